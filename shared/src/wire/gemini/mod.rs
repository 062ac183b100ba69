//! Gemini's `streamGenerateContent` (reference: speech-and-llm.md C).

pub mod answer;
pub mod request;
pub mod sse;
pub mod trouble;

/// The header that carries the key; in an address it would land in logs.
pub const KEY_HEADER: &str = "x-goog-api-key";
