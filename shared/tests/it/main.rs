//! Use-case and contract tests, one program.

#[cfg(feature = "voicebot")]
mod dashboard_socket;
mod overview;
