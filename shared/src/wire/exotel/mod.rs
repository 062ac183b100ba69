//! Exotel: connect, details, callbacks, passthru, stream (reference: exotel.md).

pub mod callback;
pub mod connect_applet;
pub mod custom_field;
pub mod fields;
pub mod passthru;
pub mod times;
pub mod connect;
pub mod details;
mod lenient;
pub mod time;
