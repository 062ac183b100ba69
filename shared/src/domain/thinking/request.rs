//! One question to a language model, in nobody's protocol.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything a model gets to answer one turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelRequest {
    /// Who it is, what it may say, and the facts it may use.
    pub instructions: String,
    /// The conversation as it was heard, oldest first.
    pub history: Vec<Said>,
    /// What it may call.
    pub tools: Vec<ToolSpec>,
    /// The longest answer, in tokens.
    pub most_tokens: u32,
}

/// One contribution to the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// By the person on the line.
    Caller(String),
    /// By us.
    Bot {
        /// What was heard of it; may be empty where it only called tools.
        text: String,
        /// What it called.
        calls: Vec<ToolCall>,
    },
    /// What its calls came to. Follows the contribution with the calls.
    Results(Vec<ToolResult>),
}

impl Said {
    /// Words of ours without a call.
    pub fn bot(text: impl Into<String>) -> Self {
        Self::Bot { text: text.into(), calls: Vec::new() }
    }
}

/// A tool a model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's, to answer it by.
    pub id: String,
    /// Which.
    pub name: String,
    /// As it wrote them; nobody has checked them yet.
    pub arguments: Value,
    /// What the provider wants back with the call, unread.
    pub signature: Option<String>,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// The call's.
    pub id: String,
    /// The tool's.
    pub name: String,
    /// For the model to read.
    pub text: String,
    /// The call was refused and may be corrected.
    pub is_error: bool,
}

/// A tool as it is described to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// What it is called by.
    pub name: &'static str,
    /// When to call it.
    pub description: &'static str,
    /// JSON schema of its arguments.
    pub schema: Value,
}
