//! Use-cases, one file each: rules decided with `domain`, everything else asked through `ports`.
//! Nothing here knows HTTP, SQL, Redis or a provider's protocol.

mod error;
mod state;

pub mod announce;
pub mod converse;
pub mod record_status;

pub use error::Error;
pub use record_status::record_status;
pub use state::{App, Secrets, Urls};
