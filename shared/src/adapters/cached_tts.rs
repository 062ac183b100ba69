//! Sentences that every call says are synthesised once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::domain::language::Language;
use crate::ports::speech::{SpeechError, TextToSpeech};

type Key = (String, Language);
type Piece = Result<Bytes, SpeechError>;

/// Keeps whole sentences in memory, the least recently used out first. Only what was spoken to
/// its end without an error is kept.
pub struct CachedTts {
    inner: Arc<dyn TextToSpeech>,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    by_text: HashMap<Key, (Bytes, u64)>,
    bytes: usize,
    max_bytes: usize,
    asked: u64,
}

impl CachedTts {
    /// Remembers up to `max_bytes` of audio (16,000 bytes are a second).
    pub fn new(inner: Arc<dyn TextToSpeech>, max_bytes: usize) -> Self {
        let kept = Kept { by_text: HashMap::new(), bytes: 0, max_bytes, asked: 0 };
        Self { inner, kept: Arc::new(Mutex::new(kept)) }
    }
}

#[async_trait]
impl TextToSpeech for CachedTts {
    async fn speak(&self, text: &str, language: Language) -> Result<mpsc::Receiver<Piece>, SpeechError> {
        let key = (text.to_owned(), language);
        let found = lock(&self.kept).find(&key);
        if let Some(audio) = found {
            let (out, pieces) = mpsc::channel(1);
            // The channel is new and has room for exactly this.
            if out.try_send(Ok(audio)).is_err() {
                tracing::error!("a fresh channel had no room");
            }
            return Ok(pieces);
        }
        let source = self.inner.speak(text, language).await?;
        let (out, pieces) = mpsc::channel(source.max_capacity());
        tokio::spawn(relay(source, out, key, Arc::clone(&self.kept)).in_current_span());
        Ok(pieces)
    }

    fn has_kept(&self, text: &str, language: Language) -> bool {
        lock(&self.kept).by_text.contains_key(&(text.to_owned(), language))
    }
}

/// Passes pieces on as they come. Returning early drops `source`, which cancels the speaking.
async fn relay(mut source: mpsc::Receiver<Piece>, out: mpsc::Sender<Piece>, key: Key, kept: Arc<Mutex<Kept>>) {
    let mut whole = BytesMut::new();
    loop {
        let piece = tokio::select! {
            () = out.closed() => return,
            piece = source.recv() => piece,
        };
        let Some(piece) = piece else { break };
        let failed = piece.is_err();
        if let Ok(audio) = &piece {
            whole.extend_from_slice(audio);
        }
        if out.send(piece).await.is_err() || failed {
            return;
        }
    }
    lock(&kept).keep(key, whole.freeze());
}

impl Kept {
    fn find(&mut self, key: &Key) -> Option<Bytes> {
        self.asked += 1;
        let (audio, asked) = self.by_text.get_mut(key)?;
        *asked = self.asked;
        Some(audio.clone())
    }

    fn keep(&mut self, key: Key, audio: Bytes) {
        if audio.is_empty() || audio.len() > self.max_bytes {
            return;
        }
        self.bytes += audio.len();
        let before = self.by_text.insert(key, (audio, self.asked));
        self.bytes -= before.map_or(0, |(audio, _)| audio.len());
        while self.bytes > self.max_bytes {
            let oldest = self.by_text.iter().min_by_key(|(_, (_, asked))| *asked).map(|(key, _)| key.clone());
            let Some((audio, _)) = oldest.and_then(|key| self.by_text.remove(&key)) else { break };
            self.bytes -= audio.len();
        }
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Speaks two pieces per text; the text `bad` fails after the first.
    #[derive(Default)]
    struct Speaker(AtomicUsize);

    #[async_trait]
    impl TextToSpeech for Speaker {
        async fn speak(&self, text: &str, _: Language) -> Result<mpsc::Receiver<Piece>, SpeechError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let (out, pieces) = mpsc::channel(2);
            let second = if text == "bad" { Err(SpeechError::Busy) } else { Ok(Bytes::from_static(&[2; 400])) };
            for piece in [Ok(Bytes::from_static(&[1; 100])), second] {
                out.send(piece).await.expect("room for two");
            }
            Ok(pieces)
        }
    }

    async fn say(tts: &CachedTts, text: &str) -> usize {
        let mut pieces = tts.speak(text, Language::Hindi).await.expect("speaks");
        let mut bytes = 0;
        while let Some(Ok(piece)) = pieces.recv().await {
            bytes += piece.len();
        }
        bytes
    }

    #[tokio::test]
    async fn a_sentence_is_synthesised_once_and_a_failed_one_again() {
        let speaker = Arc::new(Speaker::default());
        let tts = CachedTts::new(Arc::clone(&speaker) as Arc<dyn TextToSpeech>, 10_000);
        assert_eq!((say(&tts, "a").await, say(&tts, "a").await), (500, 500));
        assert_eq!(speaker.0.load(Ordering::Relaxed), 1);
        assert!(tts.has_kept("a", Language::Hindi) && !tts.has_kept("a", Language::Tamil));
        assert_eq!((say(&tts, "bad").await, say(&tts, "bad").await), (100, 100));
        assert!(!tts.has_kept("bad", Language::Hindi), "what failed will cost again");
        assert_eq!(speaker.0.load(Ordering::Relaxed), 3);
        tts.speak("a", Language::Tamil).await.expect("speaks");
        assert_eq!(speaker.0.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn the_least_recently_used_sentence_makes_room() {
        let speaker = Arc::new(Speaker::default());
        let tts = CachedTts::new(Arc::clone(&speaker) as Arc<dyn TextToSpeech>, 1_000);
        for text in ["a", "b", "a", "c", "a"] {
            say(&tts, text).await;
        }
        assert_eq!(speaker.0.load(Ordering::Relaxed), 3);
        assert!(lock(&tts.kept).bytes <= 1_000);
        say(&tts, "b").await;
        assert_eq!(speaker.0.load(Ordering::Relaxed), 4);
    }
}
