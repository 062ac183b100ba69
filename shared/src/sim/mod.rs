//! Small servers that speak the providers' real protocols, so that the product cannot tell.

pub mod bedrock;
pub mod chance;
pub mod exotel;
pub mod gemini;
pub mod model;
pub mod sarvam;
pub mod speech;
