//! Use-case and contract tests, one program.

mod dial_next;
mod dialing;
mod forgetful;
mod reconcile_calls;
mod release_orders;
mod trigger_calls;

fn main() {}
