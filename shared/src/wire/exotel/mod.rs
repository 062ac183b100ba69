//! Exotel: connect, details, callbacks, passthru, stream (reference: exotel.md).

pub mod connect;
pub mod details;
mod lenient;
pub mod time;
