//! Counts what a call orders from the voice and from language models. Decides nothing, changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::metrics::{Metrics, count};
use crate::domain::dialogue::Sentence;
use crate::ports::language_model::Usage;
use crate::ports::speech::{SpeechError, TextToSpeech};

/// What is still to come of a sentence.
pub(super) type Chunks = mpsc::Receiver<Result<Bytes, SpeechError>>;

/// What language models read and wrote in one call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tokens {
    pub(super) read: u64,
    pub(super) written: u64,
}

impl Tokens {
    pub(super) fn add(&mut self, usage: Usage, metrics: &Metrics) {
        let (read, written) = (u64::from(usage.input_tokens), u64::from(usage.output_tokens));
        self.read += read;
        self.written += written;
        count(&metrics.tokens_read, read);
        count(&metrics.tokens_written, written);
    }
}

/// The voice of one call, with its meter.
pub(super) struct MeteredVoice {
    inner: Arc<dyn TextToSpeech>,
    chars: Arc<AtomicU64>,
}

impl MeteredVoice {
    /// Counts into `chars`.
    pub(super) fn new(inner: Arc<dyn TextToSpeech>, chars: Arc<AtomicU64>) -> Self {
        Self { inner, chars }
    }

    /// The first sound of a sentence, and what brings the rest. Its characters count from then on: an order
    /// that fails before is told through the channel as well, and is none that is paid for.
    pub(super) async fn order(&self, sentence: &Sentence) -> Result<(Bytes, Chunks), SpeechError> {
        let (text, language) = (&sentence.text, sentence.language);
        let free = self.inner.has_kept(text, language);
        let mut chunks = self.inner.speak(text, language).await?;
        let first = loop {
            match chunks.recv().await {
                Some(Ok(audio)) if audio.is_empty() => {}
                Some(Ok(audio)) => break audio,
                Some(Err(error)) => return Err(error),
                None => return Err(SpeechError::Refused("no audio came".to_owned())),
            }
        };
        if !free {
            self.chars.fetch_add(text.chars().count() as u64, Ordering::Relaxed);
        }
        Ok((first, chunks))
    }
}
