//! Small servers that speak the providers' real protocols, so that the product cannot tell.

pub mod exotel;
pub mod sarvam;
pub mod speech;
