//! Use-cases, one file each: rules decided with `domain`, everything else asked through `ports`.
//! Nothing here knows HTTP, SQL, Redis or a provider's protocol.

mod error;
mod state;

pub mod addresses;
pub mod announce;
pub mod campaigns;
pub mod change_settings;
pub mod converse;
pub mod dial_next;
pub mod hand_over;
pub mod ingest_upload;
pub mod keys;
pub mod link_call;
pub mod overview;
pub mod reconcile_calls;
pub mod record_or_park;
pub mod record_status;
pub mod recordings;
pub mod rejected_rows;
pub mod release_orders;
pub mod replay_events;
pub mod trigger_calls;
pub mod upload_customers;
pub mod views;

pub use dial_next::dial_next;
pub use error::Error;
pub use hand_over::{Agents, agents_to_ring, hand_over_wanted, note_untaken};
pub use ingest_upload::{Expected, claim_upload, expect_again, expect_upload, ingest_upload, note_unfetched};
pub use link_call::link_call;
pub use reconcile_calls::reconcile_calls;
pub use record_or_park::{Taken, record_or_park};
pub use record_status::record_status;
pub use recordings::{Recordings, recordings};
pub use rejected_rows::{RejectedPage, RejectedPlace, rejected_rows};
pub use release_orders::release_orders;
pub use replay_events::{Replayed, replay_event};
pub use state::{App, Secrets, Urls};
pub use upload_customers::{NewUpload, upload_customers};
