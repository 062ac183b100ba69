//! Counts what a call orders from the voice and from language models. Decides nothing, changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::metrics::{Metrics, count};
use crate::domain::language::Language;
use crate::ports::language_model::Usage;
use crate::ports::speech::{SpeechError, TextToSpeech};

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
}

#[async_trait]
impl TextToSpeech for MeteredVoice {
    async fn speak(
        &self,
        text: &str,
        language: Language,
    ) -> Result<mpsc::Receiver<Result<Bytes, SpeechError>>, SpeechError> {
        let free = self.inner.has_kept(text, language);
        let chunks = self.inner.speak(text, language).await?;
        if !free {
            self.chars.fetch_add(text.chars().count() as u64, Ordering::Relaxed);
        }
        Ok(chunks)
    }

    fn has_kept(&self, text: &str, language: Language) -> bool {
        self.inner.has_kept(text, language)
    }
}
