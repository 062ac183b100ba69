//! Exotel: connect, details, callbacks, passthru, stream (reference: exotel.md).

pub mod callback;
pub mod connect;
pub mod connect_applet;
pub mod custom_field;
pub mod details;
pub mod fields;
mod lenient;
pub mod passthru;
pub mod retry_after;
pub mod stream;
pub mod time;
