//! Synthesises sentences one after the other, ahead of their playback. One task per queue of
//! sentences; dropping its handle cancels what it does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::select_ok;
use tokio::sync::mpsc;
use tracing::{Instrument, Span};

use super::meter::{Chunks, MeteredVoice};
use crate::domain::dialogue::Sentence;
use crate::ports::Fault;
use crate::ports::speech::SpeechError;

/// A sentence that does not sound by then is ordered a second time; what sounds first is taken.
/// Waiting the first order out would cost a slow second one its time.
const SECOND_ORDER_AFTER: Duration = Duration::from_millis(1_500);
/// Both together; the caller hears meanwhile that we are still there (`Mouth`).
const FIRST_AUDIO_WITHIN: Duration = Duration::from_secs(6);
/// Between two chunks of a sentence that has begun.
const NEXT_AUDIO_WITHIN: Duration = Duration::from_millis(2_500);
/// Chunks that may wait for the call: the synthesis is faster than the playback.
const WAITING: usize = 64;

/// News of one sentence.
pub(super) enum Synthesised {
    Audio(u32, Bytes),
    Done(u32),
    /// A try failed and the next one runs.
    Retried(Fault),
    Failed(u32, Fault),
}

/// The voice of one block of sentences.
pub(super) struct Speaker {
    orders: mpsc::UnboundedSender<(u32, Sentence, Span)>,
    pub(super) news: mpsc::Receiver<Synthesised>,
    task: tokio::task::JoinHandle<()>,
}

impl Speaker {
    pub(super) fn start(voice: Arc<MeteredVoice>) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (outbox, news) = mpsc::channel(WAITING);
        let task = tokio::spawn(speak_all(voice, inbox, outbox));
        Self { orders, news, task }
    }

    /// Queues a sentence; what is logged about it belongs to the span that is entered now. A block holds
    /// a handful, so the queue needs no bound.
    pub(super) fn order(&self, id: u32, sentence: Sentence) {
        // The task ends only after a failure, which is told in `news`.
        let _ = self.orders.send((id, sentence, Span::current()));
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn speak_all(
    voice: Arc<MeteredVoice>,
    mut inbox: mpsc::UnboundedReceiver<(u32, Sentence, Span)>,
    outbox: mpsc::Sender<Synthesised>,
) {
    while let Some((id, sentence, span)) = inbox.recv().await {
        let news = match speak(&voice, id, &sentence, &outbox).instrument(span).await {
            Outcome::Said => Synthesised::Done(id),
            Outcome::Failed(fault) => Synthesised::Failed(id, fault),
            Outcome::Unwanted => return,
        };
        if outbox.send(news).await.is_err() {
            return;
        }
    }
}

enum Outcome {
    Said,
    /// Not to its end.
    Failed(Fault),
    /// Nobody listens any more.
    Unwanted,
}

/// Why a sentence stopped.
enum Stop {
    Broken(SpeechError),
    Unwanted,
}

async fn speak(voice: &MeteredVoice, id: u32, sentence: &Sentence, outbox: &mpsc::Sender<Synthesised>) -> Outcome {
    let mut sent = 0;
    let stop = match within_limit(begin(voice, sentence, outbox)).await {
        Ok(begun) => pass_on(begun, id, &mut sent, outbox).await,
        Err(error) => return failed(&error),
    };
    let error = match stop {
        Ok(()) => return Outcome::Said,
        Err(Stop::Unwanted) => return Outcome::Unwanted,
        Err(Stop::Broken(error)) => error,
    };
    tracing::warn!(%error, "a sentence broke off; the rest of it is taken from a second order");
    // The call may be over; then nobody takes the rest either.
    let _ = outbox.send(Synthesised::Retried(error.fault())).await;
    let rest = match within_limit(voice.order(sentence)).await {
        Ok(begun) => pass_on(begun, id, &mut sent, outbox).await,
        Err(error) => Err(Stop::Broken(error)),
    };
    match rest {
        Ok(()) => Outcome::Said,
        Err(Stop::Unwanted) => Outcome::Unwanted,
        Err(Stop::Broken(error)) => failed(&error),
    }
}

/// A beginning that takes too long is none.
async fn within_limit<T>(begin: impl Future<Output = Result<T, SpeechError>>) -> Result<T, SpeechError> {
    match tokio::time::timeout(FIRST_AUDIO_WITHIN, begin).await {
        Ok(begun) => begun,
        Err(late) => Err(SpeechError::Failed(late.into())),
    }
}

/// Passes a sentence on, but for as much of it as is `sent` already: the same words in the same
/// voice take about as long, so the seam costs a syllable at most.
async fn pass_on(
    (first, mut chunks): (Bytes, Chunks),
    id: u32,
    sent: &mut usize,
    outbox: &mpsc::Sender<Synthesised>,
) -> Result<(), Stop> {
    let mut skip = *sent;
    let mut next = Some(Ok(first));
    loop {
        match next {
            Some(Ok(mut audio)) => {
                let rest = audio.split_off(skip.min(audio.len()));
                skip -= audio.len();
                *sent += rest.len();
                if !rest.is_empty() && outbox.send(Synthesised::Audio(id, rest)).await.is_err() {
                    return Err(Stop::Unwanted);
                }
            }
            Some(Err(error)) => return Err(Stop::Broken(error)),
            None => return Ok(()),
        }
        next = match tokio::time::timeout(NEXT_AUDIO_WITHIN, chunks.recv()).await {
            Ok(next) => next,
            Err(late) => return Err(Stop::Broken(SpeechError::Failed(late.into()))),
        };
    }
}

/// The first sound, of a second order where the first one fails or is slow.
async fn begin(
    voice: &MeteredVoice,
    sentence: &Sentence,
    outbox: &mpsc::Sender<Synthesised>,
) -> Result<(Bytes, Chunks), SpeechError> {
    let mut first = Box::pin(voice.order(sentence));
    let tried = tokio::time::timeout(SECOND_ORDER_AFTER, &mut first).await;
    if let Ok(Ok(begun)) = tried {
        return Ok(begun);
    }
    // The call may be over; then nobody takes the second order's sound either.
    let _ = outbox.send(Synthesised::Retried(why(&tried))).await;
    let second = Box::pin(voice.order(sentence));
    match tried {
        Ok(failure) => {
            tracing::warn!(error = failure.err().map(tracing::field::display), "a sentence is ordered again");
            second.await
        }
        Err(_) => {
            tracing::warn!("a sentence is slow to sound; ordered again");
            select_ok([first, second]).await.map(|(begun, _)| begun)
        }
    }
}

/// Why a first order is not enough.
fn why<T>(tried: &Result<Result<T, SpeechError>, tokio::time::error::Elapsed>) -> Fault {
    match tried {
        Ok(Err(error)) => error.fault(),
        Ok(Ok(_)) | Err(_) => Fault::Timeout,
    }
}

fn failed(error: &SpeechError) -> Outcome {
    tracing::warn!(%error, "a sentence could not be spoken");
    Outcome::Failed(error.fault())
}
