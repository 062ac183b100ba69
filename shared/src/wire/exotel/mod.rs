//! Exotel: connect, details, callbacks, passthru, stream (reference: exotel.md).

pub mod stream;
