//! Hearing and speaking.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{BoxError, Fault};
use crate::domain::language::Language;

/// A speech provider did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// Will not work with these credentials or this request.
    #[error("the speech provider refused: {0}")]
    Refused(String),
    /// Over its limits: another way now, this one later.
    #[error("the speech provider is over its limit")]
    Busy,
    /// Network, timeout, server fault: try the second way.
    #[error("the speech provider failed")]
    Failed(#[source] BoxError),
}

impl SpeechError {
    /// For meters.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Refused(_) => Fault::Refused,
            Self::Busy => Fault::Quota,
            Self::Failed(cause) => Fault::behind(&**cause),
        }
    }
}

/// What we tell an open recogniser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HearingInput {
    /// 8 kHz 16-bit little-endian mono.
    Audio(Bytes),
    /// The caller began to speak (by our own detection).
    SpeechStart,
    /// The caller went quiet: finish this utterance now.
    SpeechEnd,
}

/// What an open recogniser tells us.
#[derive(Debug)]
pub enum HearingEvent {
    /// What it understands so far of the open utterance.
    Partial {
        /// The text.
        text: String,
    },
    /// One finished utterance; an empty text means nothing was said.
    Final {
        /// The text.
        text: String,
        /// The language it heard, where it can tell and we can speak it.
        language: Option<Language>,
    },
    /// The stream is over; open another.
    Closed(SpeechError),
}

/// One open recogniser. Dropping `input` ends it.
pub struct HearingStream {
    /// Bounded; a full channel means the provider is behind.
    pub input: mpsc::Sender<HearingInput>,
    /// In order.
    pub events: mpsc::Receiver<HearingEvent>,
}

/// Streaming speech-to-text.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// Opens a stream for a whole call; `expected` is where it starts, it may report others.
    async fn open(&self, expected: Language) -> Result<HearingStream, SpeechError>;
}

/// Text-to-speech.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// Speaks one sentence. Chunks are 8 kHz 16-bit little-endian mono, faster than real time;
    /// the channel closes after the last. Dropping the receiver cancels.
    async fn speak(
        &self,
        text: &str,
        language: Language,
    ) -> Result<mpsc::Receiver<Result<Bytes, SpeechError>>, SpeechError>;

    /// Whether this sentence is here already, so that speaking it costs nothing.
    fn has_kept(&self, _text: &str, _language: Language) -> bool {
        false
    }
}
