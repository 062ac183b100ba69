//! The Lambda around the library of this package.

fn main() {}
