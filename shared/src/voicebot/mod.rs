//! The driver of live conversations and of the dashboard socket.
//! Owns sockets, timers and providers; every decision is `domain::turn`'s and `domain::dialogue`'s.

mod call;
mod drain;
mod ear;
mod event_loop;
mod heard;
mod line_clock;
mod meter;
mod metrics;
mod mouth;
mod notes;
mod prompt_listener;
mod protecting;
mod recorder;
mod routes;
mod saying;
mod socket;
mod spans;
mod speaker;
mod tape;
#[cfg(test)]
mod tests;
mod thinker;
mod waterfall;

pub mod dashboard_socket;

pub use drain::Drain;
pub use line_clock::LineClock;
pub use prompt_listener::prompt;
pub use routes::{health_routes, routes};

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::time::Instant;
use tracing::Instrument;

use self::call::{Conversation, Left};
use self::metrics::Metrics;
use self::socket::Line;
use crate::app::App;
use crate::app::converse::{Opened, finish_conversation, keep_journal, keep_recording, open_conversation};
use crate::domain::dialogue::{Brief, Purpose};
use crate::domain::id::{CallId, CallSid};
use crate::domain::language::Language;
use crate::domain::playbook::Playbooks;
use crate::domain::session::CallSession;
use crate::domain::settings::AccountSettings;
use crate::domain::turn::{Beginning, Speculation, Tuning};
use crate::ports::language_model::LanguageModel;
use crate::ports::protection::Protection;
use crate::ports::speech::{SpeechToText, TextToSpeech};
use crate::ports::voice::VoiceModel;
use crate::wire::exotel::stream::{StreamMessage, StreamStart};

/// `start` follows `connected` within a second; a socket without it is no call.
const START_WITHIN: Duration = Duration::from_secs(10);
/// The longest goodbye: the conversation ends itself this much before the carrier would cut it.
const GOODBYE_MS: u64 = 20_000;
/// What the least setting, a minute, leaves before the goodbye.
const SHORTEST_LIMIT_MS: u64 = 40_000;

/// What ops may tune of the conversations of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoicebotConfig {
    /// Conversations at once; more are refused with 503 (memory, Sarvam sockets).
    pub most_calls: usize,
    /// Spoken where nothing is known of the customer.
    pub fallback_language: Language,
    /// What is done before the end of a turn is sure.
    pub speculation: Speculation,
    /// Whether every call leaves a journal for `ops replay`, beside its recording.
    pub journal: bool,
}

impl Default for VoicebotConfig {
    fn default() -> Self {
        let speculation = Speculation::default();
        Self { most_calls: 100, fallback_language: Language::Hindi, speculation, journal: false }
    }
}

/// What the conversations are about, and who thinks in them.
#[derive(Clone)]
pub struct Mind {
    /// Goals, facts and tools, by what a call is for.
    pub playbooks: Arc<Playbooks>,
    /// Without one the conversation follows its script.
    pub model: Option<Arc<dyn LanguageModel>>,
}

/// Everything the conversations of one process share. Cheap to clone.
#[derive(Clone)]
pub struct Voicebot(Arc<Shared>);

struct Shared {
    app: App,
    stt: Arc<dyn SpeechToText>,
    voices: Arc<dyn VoiceModel>,
    tts: Arc<dyn TextToSpeech>,
    mind: OnceLock<Mind>,
    config: VoicebotConfig,
    drain: Drain,
    metrics: Metrics,
}

impl Voicebot {
    /// Ready to serve; see [`routes()`]. Talks by its script about a loan, until it has a mind.
    pub fn new(
        app: App,
        stt: Arc<dyn SpeechToText>,
        voices: Arc<dyn VoiceModel>,
        tts: Arc<dyn TextToSpeech>,
        config: VoicebotConfig,
    ) -> Self {
        let (drain, metrics) = (Drain::default(), Metrics::default());
        Self(Arc::new(Shared { app, stt, voices, tts, mind: OnceLock::new(), config, drain, metrics }))
    }

    /// What it talks by from now on: playbooks, and a model where there is one. The first holds.
    #[must_use]
    pub fn with_mind(self, mind: Mind) -> Self {
        self.0.mind.get_or_init(|| mind);
        self
    }

    /// From now on measures how late this process comes to its work.
    #[must_use]
    pub fn measured(self) -> Self {
        tokio::spawn(event_loop::measure(Arc::downgrade(&self.0)));
        self
    }

    /// From now on asks not to be stopped while calls are live.
    #[must_use]
    pub fn protected_by(self, protection: Arc<dyn Protection>) -> Self {
        tokio::spawn(protecting::keep(self.drain().watch(), protection));
        self
    }

    /// The handle to leave with: `begin` on SIGTERM, then await `finish`.
    pub fn drain(&self) -> &Drain {
        &self.0.drain
    }

    fn app(&self) -> &App {
        &self.0.app
    }
    fn stt(&self) -> Arc<dyn SpeechToText> {
        Arc::clone(&self.0.stt)
    }
    fn voices(&self) -> Arc<dyn VoiceModel> {
        Arc::clone(&self.0.voices)
    }
    fn tts(&self) -> Arc<dyn TextToSpeech> {
        Arc::clone(&self.0.tts)
    }
    fn model(&self) -> Option<Arc<dyn LanguageModel>> {
        self.0.mind.get()?.model.clone()
    }
    fn config(&self) -> &VoicebotConfig {
        &self.0.config
    }
    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Holds one conversation to its end and saves what it leaves.
    async fn converse(&self, mut line: Line, sid: Option<CallSid>) {
        let Some(start) = await_start(&mut line).await else {
            tracing::warn!(call.sid = ?sid, "a socket opened and no stream started");
            return;
        };
        let started = Instant::now();
        let sid = sid.or_else(|| CallSid::parse(&start.call_sid).ok());
        let opened = open_conversation(self.app(), sid.as_ref(), call_id_in(&start)).await.map(|mut opened| {
            // A session from before the link does not know its Sid yet.
            opened.session.call_sid = opened.session.call_sid.or(sid.clone());
            opened
        });
        if opened.is_none() {
            tracing::error!(call.sid = ?sid, "no data for this call; it ends with an apology");
        }
        let call_id = opened.as_ref().map(|o| o.session.call_id.to_string()).unwrap_or_default();
        let span = tracing::info_span!("conversation", call.id = call_id, call.sid = ?sid);
        self.talk(line, &start, started, opened).instrument(span).await;
    }

    async fn talk(&self, line: Line, start: &StreamStart, started: Instant, opened: Option<Opened>) {
        let beginning = self.beginning(opened.as_ref());
        let session = opened.as_ref().map(|opened| &opened.session);
        let conversation = Conversation::new(self.clone(), line, start, started, &beginning, session);
        let began = self.app().clock.now();
        let Left { result, recording, journal } = conversation.run().await;
        tracing::info!(
            disposition = result.disposition.as_str(),
            duration_s = result.duration_s,
            lines = result.transcript.lines.len(),
            "the conversation is over"
        );
        if let Some(Opened { session, settings }) = opened {
            finish_conversation(self.app(), &session, &result, &settings.prices).await;
            if let Some(recording) = recording {
                keep_recording(self.app(), &session, began, &recording).await;
            }
            if let Some(journal) = journal {
                keep_journal(self.app(), &session, began, journal.into()).await;
            }
        }
    }

    fn beginning(&self, opened: Option<&Opened>) -> Beginning {
        let tuning = Tuning::DEFAULT.speculating(self.config().speculation);
        let Some(Opened { session, settings }) = opened else {
            let brief = Brief {
                language: self.config().fallback_language,
                lender: String::new(),
                customer: None,
                agents: false,
                purpose: None,
            };
            return Beginning { brief, today: None, untaken: false, longest_ms: SHORTEST_LIMIT_MS, tuning };
        };
        let untaken = session.hand_over.as_ref().filter(|wish| wish.untaken);
        let brief = Brief {
            language: untaken.map_or(session.customer.language, |wish| wish.language),
            lender: settings.lender_name.clone(),
            customer: Some(session.customer.clone()),
            agents: !settings.agent_numbers.is_empty(),
            purpose: self.purpose(session, settings),
        };
        let limit = u64::from(settings.call_limit_s) * 1_000;
        let longest_ms = limit.saturating_sub(GOODBYE_MS).max(SHORTEST_LIMIT_MS);
        // Months count, not the day more or less that a time zone makes.
        let today = self.app().clock.now().to_zoned(TimeZone::UTC).date();
        Beginning { brief, today: Some(today), untaken: untaken.is_some(), longest_ms, tuning }
    }
}

impl Voicebot {
    /// What this call is for. The day is the one where we phone.
    fn purpose(&self, session: &CallSession, settings: &AccountSettings) -> Option<Purpose> {
        let mind = self.0.mind.get()?;
        let playbook = mind.playbooks.find(session.playbook.as_deref()).unwrap_or_else(|| {
            // Only where a deployment took it away while the phone rang: `dial_next` has found it.
            tracing::error!(
                playbook = session.playbook,
                "the call's playbook is not known here; the usual one is used"
            );
            mind.playbooks.usual()
        });
        // A zone nobody knows can not be stored: `change_settings` has refused it.
        let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
        let today = self.app().clock.now().to_zoned(zone).date();
        Some(Purpose { playbook: Arc::clone(playbook), today, model: mind.model.is_some() })
    }
}

async fn await_start(line: &mut Line) -> Option<StreamStart> {
    let start = async {
        loop {
            match line.inbound.recv().await? {
                StreamMessage::Start(start) => return Some(start),
                StreamMessage::Stop { .. } => return None,
                StreamMessage::Connected
                | StreamMessage::Media { .. }
                | StreamMessage::Dtmf { .. }
                | StreamMessage::Mark { .. }
                | StreamMessage::Clear
                | StreamMessage::Ignored { .. } => {}
            }
        }
    };
    tokio::time::timeout(START_WITHIN, start).await.ok().flatten()
}

/// Our own id, where our address carried it.
fn call_id_in(start: &StreamStart) -> Option<CallId> {
    ["call_id", "temp_call_id"].iter().find_map(|key| start.custom_parameters.get(*key)?.parse().ok())
}
