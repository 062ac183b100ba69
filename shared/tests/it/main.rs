//! Use-case and contract tests, one program: it links once.

mod contract;
mod exotel_callbacks;
mod hand_over;
mod link_call;
mod one_call;
mod record_status;
mod support;
