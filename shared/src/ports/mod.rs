//! What we need from outside, as small traits that speak our language.
//! No adapter, no protocol, no SQL in here.

mod error;

pub mod audit;
pub mod calls;
pub mod campaigns;
pub mod clock;
pub mod customers;
pub mod feed;
pub mod keys;
pub mod language_model;
pub mod objects;
pub mod pace;
pub mod protection;
pub mod queue;
pub mod records;
pub mod secrets;
pub mod sessions;
pub mod sheets;
pub mod speech;
pub mod telephony;
pub mod voice;

pub use error::{BoxError, Fault, Late, StoreError, with_causes};
