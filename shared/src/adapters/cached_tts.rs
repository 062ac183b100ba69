//! Sentences that every call says are synthesised once or twice.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::domain::language::Language;
use crate::ports::speech::{SpeechError, TextToSpeech};

type Key = (String, Language);
type Piece = Result<Bytes, SpeechError>;

/// Sentences whose first asking is remembered, 8 bytes each; when they are so many, all are forgotten.
const MAX_ASKED_ONCE: usize = 50_000;

/// Keeps whole sentences in memory, the least recently used out first. Only what was asked for a second
/// time is kept, for most of what a model says or what holds a name is said to one person, once; and
/// only what was spoken to its end without an error.
pub struct CachedTts {
    inner: Arc<dyn TextToSpeech>,
    kept: Arc<Mutex<Kept>>,
}

struct Kept {
    by_text: HashMap<Key, (Bytes, u64)>,
    bytes: usize,
    max_bytes: usize,
    asked: u64,
    asked_once: HashSet<u64>,
    hasher: RandomState,
}

impl CachedTts {
    /// Remembers up to `max_bytes` of audio (16,000 bytes are a second).
    pub fn new(inner: Arc<dyn TextToSpeech>, max_bytes: usize) -> Self {
        let kept = Kept {
            by_text: HashMap::new(),
            bytes: 0,
            max_bytes,
            asked: 0,
            asked_once: HashSet::new(),
            hasher: RandomState::new(),
        };
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
        if lock(&self.kept).is_new(&key) {
            return Ok(source);
        }
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

    /// Nobody asked for it before; remembers that somebody has.
    fn is_new(&mut self, key: &Key) -> bool {
        if self.asked_once.len() >= MAX_ASKED_ONCE {
            self.asked_once.clear();
        }
        self.asked_once.insert(self.hasher.hash_one(key))
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
    async fn a_sentence_is_kept_when_it_is_asked_for_again_and_a_failed_one_never() {
        let speaker = Arc::new(Speaker::default());
        let tts = CachedTts::new(Arc::clone(&speaker) as Arc<dyn TextToSpeech>, 10_000);
        assert_eq!(say(&tts, "a").await, 500);
        assert!(!tts.has_kept("a", Language::Hindi), "most sentences are said once");
        assert_eq!((say(&tts, "a").await, say(&tts, "a").await), (500, 500));
        assert_eq!(speaker.0.load(Ordering::Relaxed), 2);
        assert!(tts.has_kept("a", Language::Hindi) && !tts.has_kept("a", Language::Tamil));
        for _ in 0..3 {
            assert_eq!(say(&tts, "bad").await, 100);
        }
        assert!(!tts.has_kept("bad", Language::Hindi), "what failed will cost again");
        assert_eq!(speaker.0.load(Ordering::Relaxed), 5);
        tts.speak("a", Language::Tamil).await.expect("speaks");
        assert_eq!(speaker.0.load(Ordering::Relaxed), 6);
    }

    #[tokio::test]
    async fn the_least_recently_used_sentence_makes_room() {
        let speaker = Arc::new(Speaker::default());
        let tts = CachedTts::new(Arc::clone(&speaker) as Arc<dyn TextToSpeech>, 1_000);
        for text in ["a", "a", "b", "b", "a", "c", "c", "a"] {
            say(&tts, text).await;
        }
        assert_eq!(speaker.0.load(Ordering::Relaxed), 6);
        assert!(lock(&tts.kept).bytes <= 1_000);
        say(&tts, "b").await;
        assert_eq!(speaker.0.load(Ordering::Relaxed), 7);
    }
}
