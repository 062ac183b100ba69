//! Exotel's messages as its pages and others' code show them, from files: every oddity that
//! exotel.md marks in sections 1 to 6 and 11.

mod callbacks;
mod passthru;
mod rest;
mod stream;

/// The bytes of a fixture.
#[macro_export]
macro_rules! fixture {
    ($name:literal) => {
        &include_bytes!(concat!("../fixtures/exotel/", $name))[..]
    };
}

/// Ours.
const CALL: &str = "01935a10-0000-7000-8000-000000000001";
/// Exotel's: letters beyond hex occur.
const SID: &str = "3f9c1e2ab47d4c55a0de71b2c6f8162m";
