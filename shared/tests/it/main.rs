//! Use-case and contract tests, one program.
fn main() {}
