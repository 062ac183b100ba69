//! Use-cases, one file each: rules decided with `domain`, everything else asked through `ports`.
//! Nothing here knows HTTP, SQL, Redis or a provider's protocol.

mod error;
mod state;

pub mod announce;
pub mod change_settings;
pub mod keys;
pub mod overview;
pub mod record_status;
pub mod request_hand_over;
pub mod views;

pub use error::Error;
pub use record_status::record_status;
pub use state::{App, Secrets, Urls};
