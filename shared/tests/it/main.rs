//! Use-case and contract tests, one program: it links once.

mod contract;
mod support;
