//! The Lambda; wired where the configuration is.

fn main() {}
