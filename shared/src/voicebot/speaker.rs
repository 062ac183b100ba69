//! Synthesises sentences one after the other, ahead of their playback. One task per queue of
//! sentences; dropping its handle cancels what it does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::dialogue::Sentence;
use crate::ports::speech::{SpeechError, TextToSpeech};

/// Two tries must fit into the 3 s a caller may wait in silence.
const FIRST_AUDIO_WITHIN: Duration = Duration::from_millis(1_400);
/// Between two chunks of a sentence that has begun.
const NEXT_AUDIO_WITHIN: Duration = Duration::from_millis(2_500);
/// Chunks that may wait for the call: the synthesis is faster than the playback.
const WAITING: usize = 64;

/// News of one sentence.
pub(super) enum Synthesised {
    Audio(u32, Bytes),
    Done(u32),
    /// A try failed and the next one runs.
    Retried,
    Failed(u32),
}

/// The voice of one block of sentences.
pub(super) struct Speaker {
    orders: mpsc::UnboundedSender<(u32, Sentence)>,
    pub(super) news: mpsc::Receiver<Synthesised>,
    task: tokio::task::JoinHandle<()>,
}

impl Speaker {
    pub(super) fn start(tts: Arc<dyn TextToSpeech>) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (outbox, news) = mpsc::channel(WAITING);
        let task = tokio::spawn(speak_all(tts, inbox, outbox));
        Self { orders, news, task }
    }

    /// Queues a sentence. A block holds a handful, so the queue needs no bound.
    pub(super) fn order(&self, id: u32, sentence: Sentence) {
        // The task ends only after a failure, which is told in `news`.
        let _ = self.orders.send((id, sentence));
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn speak_all(
    tts: Arc<dyn TextToSpeech>,
    mut inbox: mpsc::UnboundedReceiver<(u32, Sentence)>,
    outbox: mpsc::Sender<Synthesised>,
) {
    while let Some((id, sentence)) = inbox.recv().await {
        let mut outcome = speak(&*tts, id, &sentence, &outbox).await;
        if matches!(outcome, Outcome::NothingSaid) {
            if outbox.send(Synthesised::Retried).await.is_err() {
                return;
            }
            outcome = speak(&*tts, id, &sentence, &outbox).await;
        }
        let news = match outcome {
            Outcome::Said => Synthesised::Done(id),
            Outcome::NothingSaid | Outcome::BrokeOff => Synthesised::Failed(id),
            Outcome::Unwanted => return,
        };
        if outbox.send(news).await.is_err() {
            return;
        }
    }
}

enum Outcome {
    Said,
    NothingSaid,
    /// Half a sentence is out: it cannot be begun again.
    BrokeOff,
    /// Nobody listens any more.
    Unwanted,
}

async fn speak(tts: &dyn TextToSpeech, id: u32, sentence: &Sentence, outbox: &mpsc::Sender<Synthesised>) -> Outcome {
    let begun = tokio::time::Instant::now();
    let opened = tokio::time::timeout(FIRST_AUDIO_WITHIN, tts.speak(&sentence.text, sentence.language)).await;
    let mut chunks = match opened {
        Ok(Ok(chunks)) => chunks,
        Ok(Err(error)) => return failed(&error, false),
        Err(_) => return failed(&too_late(), false),
    };
    let mut said = false;
    loop {
        let patience = if said { NEXT_AUDIO_WITHIN } else { FIRST_AUDIO_WITHIN.saturating_sub(begun.elapsed()) };
        match tokio::time::timeout(patience, chunks.recv()).await {
            Ok(Some(Ok(audio))) if audio.is_empty() => {}
            Ok(Some(Ok(audio))) => {
                said = true;
                if outbox.send(Synthesised::Audio(id, audio)).await.is_err() {
                    return Outcome::Unwanted;
                }
            }
            Ok(None) if said => return Outcome::Said,
            Ok(None) => return Outcome::NothingSaid,
            Ok(Some(Err(error))) => return failed(&error, said),
            Err(_) => return failed(&too_late(), said),
        }
    }
}

fn too_late() -> SpeechError {
    SpeechError::Failed("no audio came in time".into())
}

fn failed(error: &SpeechError, said: bool) -> Outcome {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(%error, cause, said, "a sentence could not be spoken");
    if said { Outcome::BrokeOff } else { Outcome::NothingSaid }
}
