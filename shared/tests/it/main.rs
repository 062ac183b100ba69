//! Use-case and contract tests, one program.

mod exotel_callbacks;
mod hand_over;
mod link_call;
mod one_call;
mod record_status;
