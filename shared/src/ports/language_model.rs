//! A language model that answers a turn of a conversation.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{BoxError, Fault};
use crate::domain::thinking::{ModelRequest, ToolCall};

/// A model gave no answer, or not all of it. The variants are what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The same again will fail again: another model, and somebody should look.
    #[error("the language model refused: {0}")]
    Refused(String),
    /// The fault is in this one question (its words were blocked, its history not taken): another
    /// model, and the next question may be put here again.
    #[error("the language model did not take this question: {0}")]
    Question(String),
    /// Over a limit: another model now, this one later.
    #[error("the language model is over its limit")]
    Busy {
        /// As it says itself.
        retry_after: Option<Duration>,
    },
    /// Network, time limit, their fault: another model, or this one once more.
    #[error("the language model failed")]
    Failed(#[source] BoxError),
}

impl ModelError {
    /// Of an answer that ended in order, and in which there was nothing.
    pub(crate) fn of_nothing(stop: Stop) -> Self {
        match stop {
            // The same question would be filtered again, and the next one need not be.
            Stop::Filtered => Self::Question("the provider's own filter left nothing of the answer".to_owned()),
            Stop::Finished | Stop::Length => Self::Failed("the answer was empty".into()),
        }
    }

    /// For meters.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Refused(_) | Self::Question(_) => Fault::Refused,
            Self::Busy { .. } => Fault::Quota,
            Self::Failed(cause) => Fault::behind(&**cause),
        }
    }
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// The next words.
    Text(String),
    /// A call, whole.
    Tool(ToolCall),
    /// The end of a whole answer; nothing follows.
    Done {
        /// Why it ended.
        stop: Stop,
        /// What it cost.
        usage: Usage,
    },
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was finished, perhaps with calls.
    Finished,
    /// It was cut at the longest answer.
    Length,
    /// The provider's own filter stopped it.
    Filtered,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens read, from a cache or not.
    pub input_tokens: u32,
    /// Tokens written, thoughts included.
    pub output_tokens: u32,
}

/// An answer as it comes: in order, to `Done` or to the first error. An answer that closes
/// without either broke off.
pub type Answer = mpsc::Receiver<Result<ModelEvent, ModelError>>;

/// Something that can answer.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// Asks; returns once the answer has begun (its first words or call are in the channel).
    /// Dropping this or the answer cancels, at the provider too.
    async fn reply(&self, request: &ModelRequest) -> Result<Answer, ModelError>;
}
