//! What was said in a call, as it was heard.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::language::Language;

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum Speaker {
    Bot,
    Caller,
    Agent,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Who.
    pub speaker: Speaker,
    /// For the bot: only what the caller heard.
    pub text: String,
    /// In which language.
    pub language: Language,
    /// Milliseconds from the start of the stream to the first sound.
    pub start_ms: u64,
    /// Milliseconds from the start of the stream to the last sound.
    pub end_ms: u64,
    /// The bot was cut off in this sentence.
    pub interrupted: bool,
    /// The last word of a cut sentence is our estimate, true to a word or 300 ms.
    pub estimated: bool,
}

/// All lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transcript {
    /// The lines.
    pub lines: Vec<Line>,
}
