//! Fake providers with fixed delays, on one port, for both bots: Sarvam, Bedrock, an
//! OpenAI-compatible model, and the bits of AWS that a call touches. Much lighter than the
//! simulators, which check every request and record every frame: hundreds of calls shall cost less
//! than one core, generator included.

mod answer;
mod aws;
mod delays;
mod ear;
mod hearing;
mod model;
mod voice;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{any, post, put};
use axum::serve::ListenerExt;
use serde::Serialize;
use shared::domain::language::Language;
use shared::sim::chance::Chance;
use shared::sim::speech::Lexicon;
use tokio::net::TcpListener;

pub(crate) use self::delays::Delays;
use self::voice::Voice;
use crate::Fallible;

/// Long enough that no sentence of a bot needs more.
const SAMPLE: &str = "Good morning and thank you for waiting so patiently on the line. I have looked into the matter that \
    you have asked me about and I would like to tell you what we have found out so far. Please listen until the end and \
    then ask me whatever you would like to know. There is no hurry at all and I will gladly say everything again if \
    something is not clear to you. If you would rather read about it we can send you a letter as well.";
/// How long both sentences of an answer sound, less what a bot may trim.
pub(crate) const ANSWER_MS: f64 = 5_000.0;
const _: () = assert!(answer::CHARACTERS * 45 > ANSWER_MS as usize);

/// What happened so far.
#[derive(Debug, Default)]
struct Counts {
    finals: AtomicU64,
    answers: AtomicU64,
    spoken: AtomicU64,
    recordings: AtomicU64,
    unexpected: AtomicU64,
}

/// The counts of a run.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Served {
    pub(crate) finals: u64,
    pub(crate) answers: u64,
    pub(crate) sentences: u64,
    pub(crate) recordings: u64,
    /// Requests to AWS that a call without trouble does not make.
    pub(crate) unexpected: u64,
}

/// What every door needs. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Providers {
    lexicon: Lexicon,
    loses_words: bool,
    delays: Delays,
    voice: Arc<Voice>,
    chance: Arc<Chance>,
    counts: Arc<Counts>,
}

impl Providers {
    /// They hear what `lexicon` has said.
    pub(crate) async fn new(lexicon: Lexicon, delays: Delays, loses_words: bool) -> Self {
        let voice = Voice::new(lexicon.speak(SAMPLE, Language::English).await.audio);
        let (chance, counts) = (Arc::default(), Arc::default());
        Self { lexicon, loses_words, delays, voice: Arc::new(voice), chance, counts }
    }

    /// Serves until the program ends; answers where.
    pub(crate) async fn serve(&self) -> Fallible<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let routes = Router::new()
            .route("/speech-to-text-realtime/ws", any(hearing::realtime))
            .route("/speech-to-text/ws", any(hearing::socket))
            .route("/speech-to-text", post(hearing::file))
            .route("/text-to-speech/ws", any(voice::socket))
            .route("/text-to-speech", post(voice::file))
            .route("/model/{id}/converse-stream", post(model::bedrock))
            .route("/v1/chat/completions", post(model::openai))
            .route("/", post(aws::service))
            .route("/{bucket}/{*key}", put(aws::object))
            .with_state(self.clone());
        let listener = listener.tap_io(|socket| {
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "a socket keeps gathering");
            }
        });
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the providers stopped serving");
            }
        });
        Ok(address)
    }

    /// From the caller's last word to the first sound any bot could play that speaks in whole sentences.
    pub(crate) fn floor_ms(&self) -> f64 {
        self.delays.floor_ms(answer::FIRST_SENTENCE)
    }

    /// The counts so far.
    pub(crate) fn served(&self) -> Served {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { finals, answers, spoken, recordings, unexpected } = &*self.counts;
        Served {
            finals: of(finals),
            answers: of(answers),
            sentences: of(spoken),
            recordings: of(recordings),
            unexpected: of(unexpected),
        }
    }

    fn delay(&self, median_ms: f64) -> Duration {
        self.chance.delay(self.delays.of(median_ms))
    }
}
