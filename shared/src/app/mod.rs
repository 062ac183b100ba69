//! Use-cases, one file each: rules decided with `domain`, everything else asked through `ports`.
//! Nothing here knows HTTP, SQL, Redis or a provider's protocol.

mod error;
mod state;

pub mod announce;
pub mod campaigns;
pub mod dial_next;
pub mod reconcile_calls;
pub mod record_status;
pub mod release_orders;
pub mod trigger_calls;

pub use dial_next::dial_next;
pub use error::Error;
pub use reconcile_calls::reconcile_calls;
pub use record_status::record_status;
pub use release_orders::release_orders;
pub use state::{App, Secrets, Urls};
