//! Messages from outside as pure data: parse leniently, send strictly. No sockets, no rules.

pub mod dashboard;
pub mod exotel;
pub mod gemini;
pub mod s3;
pub mod sarvam;
pub mod sqs;
