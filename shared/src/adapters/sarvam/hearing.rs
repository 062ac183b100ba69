//! Recognition: over the socket that is set, over the other where that one fails, and one file for each
//! utterance where no socket works.

mod by_rest;
mod session;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tracing::Instrument;

use self::by_rest::ByRest;
use self::session::Session;
use super::{Avoided, Recogniser, SarvamConfig, failed};
use crate::adapters::tls;
use crate::domain::language::Language;
use crate::ports::speech::{HearingEvent, HearingStream, SpeechError, SpeechToText};

/// Five seconds of frames; more behind than that is a provider in trouble.
const INPUT_CAPACITY: usize = 250;
const EVENT_CAPACITY: usize = 64;

type Events = mpsc::Sender<HearingEvent>;

/// A way of being heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Socket(Recogniser),
    Rest,
}

/// Sarvam's recognisers.
pub struct SarvamStt {
    config: Arc<SarvamConfig>,
    http: reqwest::Client,
    /// In the order in which they are asked; what failed lately comes last.
    ways: [(Way, Arc<Avoided>); 3],
}

impl SarvamStt {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When no HTTPS client can be made on this machine (no root certificates).
    pub fn new(config: SarvamConfig) -> Result<Self, SpeechError> {
        tls::install_provider();
        let http = reqwest::Client::builder().timeout(config.limits.rest).build().map_err(failed)?;
        let second = match config.recogniser {
            Recogniser::Realtime => Recogniser::Socket,
            Recogniser::Socket => Recogniser::Realtime,
        };
        let ways = [Way::Socket(config.recogniser), Way::Socket(second), Way::Rest];
        Ok(Self { config: Arc::new(config), http, ways: ways.map(|way| (way, Arc::default())) })
    }

    async fn begin(&self, way: Way, avoided: &Arc<Avoided>, expected: Language) -> Result<HearingStream, SpeechError> {
        let (input, inputs) = mpsc::channel(INPUT_CAPACITY);
        let (event, events) = mpsc::channel(EVENT_CAPACITY);
        let language = (!self.config.detect_language).then_some(expected);
        match way {
            Way::Socket(recogniser) => {
                let session = Session::begin(&self.config, recogniser, language, avoided).await?;
                tokio::spawn(session.run(inputs, event).in_current_span());
            }
            Way::Rest => {
                let (config, http, way) = (Arc::clone(&self.config), self.http.clone(), Arc::clone(avoided));
                tokio::spawn(ByRest { config, http, language, way }.run(inputs, event).in_current_span());
            }
        }
        Ok(HearingStream { input, events })
    }
}

#[async_trait]
impl SpeechToText for SarvamStt {
    async fn open(&self, expected: Language) -> Result<HearingStream, SpeechError> {
        let (failed_lately, fresh): (Vec<_>, Vec<_>) = self.ways.iter().partition(|(_, avoided)| avoided.is_now());
        let mut errors = Vec::new();
        for (way, avoided) in fresh.into_iter().chain(failed_lately) {
            // Whom both sockets refuse, REST refuses too, only later: it is about the account.
            if *way == Way::Rest && errors.len() > 1 && errors.iter().all(is_refusal) {
                break;
            }
            match self.begin(*way, avoided, expected).await {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    tracing::warn!(%error, ?way, "a Sarvam recogniser did not open");
                    // Before the next has answered: whoever gives up meanwhile must not begin with it again.
                    avoided.after(&error, &self.config.limits);
                    errors.push(error);
                }
            }
        }
        // No way is better than another.
        self.ways.iter().for_each(|(_, avoided)| avoided.forget());
        Err(errors.pop().unwrap_or_else(|| failed("there is no way to be heard")))
    }
}

fn is_refusal(error: &SpeechError) -> bool {
    matches!(error, SpeechError::Refused(_))
}
