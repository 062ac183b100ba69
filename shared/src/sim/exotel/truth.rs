//! What really happened: every call as the customer lived it, and all traffic in order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

use super::persona::Persona;
use super::playback::PlaybackWarnings;
use crate::domain::language::Language;

/// Traffic lines kept; the oldest go first.
const TRAFFIC_KEPT: usize = 200_000;

/// All calls, in the order they were placed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Truth {
    /// Connect requests that reached the simulator, refused ones included.
    pub connect_requests: usize,
    /// Placed calls.
    pub calls: Vec<CallTruth>,
}

impl Truth {
    /// `CustomField`s under which more than one call was placed: somebody was phoned twice.
    pub fn dialed_twice(&self) -> Vec<&str> {
        let mut fields: Vec<&str> =
            self.calls.iter().filter(|c| c.connects > 1).filter_map(|c| c.custom_field.as_deref()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The newest call to a number, compared by its last ten digits.
    pub fn call_to(&self, number: &str) -> Option<&CallTruth> {
        let key = super::record::last_ten(number);
        self.calls.iter().rev().find(|c| super::record::last_ten(&c.to) == key)
    }

    /// The call of a Sid.
    pub fn call(&self, sid: &str) -> Option<&CallTruth> {
        self.calls.iter().find(|c| c.sid == sid)
    }
}

/// One placed call.
#[derive(Debug, Clone, Serialize)]
pub struct CallTruth {
    /// Exotel's id.
    pub sid: String,
    /// As the connect request carried it.
    pub custom_field: Option<String>,
    /// The customer's number as the connect request had it.
    pub to: String,
    /// Who the customer is.
    pub persona: Persona,
    /// Placed calls with the same `CustomField` so far, this one included.
    pub connects: usize,
    /// How the call ended; none while it lives.
    pub outcome: Option<Outcome>,
    /// By the simulator's clock.
    pub placed_at: Timestamp,
    /// When the customer took the call.
    pub answered_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// The stream to the bot, where one was tried.
    pub stream: Option<StreamTruth>,
    /// What the bot said, as the customer heard it.
    pub heard: Vec<HeardUtterance>,
    /// What the customer said.
    pub said: Vec<SaidUtterance>,
    /// Keys the customer pressed.
    pub pressed: String,
    /// An agent took the call.
    pub transferred: bool,
    /// The agents' phones that were rung, in order.
    pub agents: Vec<AgentTruth>,
    /// Status callbacks answered with 2xx.
    pub callbacks_taken: usize,
    /// The longest the customer heard nothing after having spoken, until the bot sounded again or the stream
    /// was over: in time of the line, without what this machine or the line were late.
    pub longest_silence_ms: u64,
    /// Bad habits of the bot.
    pub warnings: PlaybackWarnings,
}

/// Exotel's word for the end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "Exotel's own words")]
pub enum Outcome {
    Completed,
    Busy,
    NoAnswer,
    Failed,
    Canceled,
}

impl Outcome {
    /// As Exotel writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamTruth {
    /// Exotel's id of the stream.
    pub stream_sid: String,
    /// `completed`, `cancelled` or `failed`; none while it is open.
    pub status: Option<String>,
    /// `bot`, `user` or `NA`.
    pub disconnected_by: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: u64,
}

/// One utterance of the bot. Times are milliseconds from the start of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeardUtterance {
    /// The words heard; the last one perhaps only in part.
    pub text: String,
    /// Its language.
    pub language: Language,
    /// First sound.
    pub start_ms: u64,
    /// Last sound.
    pub end_ms: u64,
    /// Heard to its last frame.
    pub complete: bool,
}

/// One utterance of the customer. Times are milliseconds from the start of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidUtterance {
    /// The sentence.
    pub text: String,
    /// Its language.
    pub language: Language,
    /// First frame sent.
    pub start_ms: u64,
    /// End of the last frame sent.
    pub end_ms: u64,
    /// Said to the end before the stream was over.
    pub complete: bool,
}

/// One agent's phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentTruth {
    /// As the Connect answer had it.
    pub number: String,
    /// Took the call.
    pub answered: bool,
    /// How long customer and agent talked.
    pub talk_ms: u64,
}

/// One line of the traffic log.
#[derive(Debug, Clone, Serialize)]
pub struct TrafficLine {
    /// Grows by one.
    pub seq: u64,
    /// By the simulator's clock.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Traffic,
}

/// One thing that went over a wire, or happened on the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Traffic {
    ConnectRequested { number: String, custom_field: Option<String> },
    ConnectAnswered { number: String, http_status: u16, sid: Option<String> },
    ApiRead { path: String },
    CallState { sid: String, state: String },
    AppletAsked { sid: String, applet: &'static str },
    AppletAnswered { sid: String, applet: &'static str, http_status: Option<u16> },
    CallbackSent { sid: String, event: &'static str, status: String },
    CallbackAnswered { sid: String, event: &'static str, http_status: Option<u16> },
    StreamOpened { sid: String, stream_sid: String },
    StreamClosed { sid: String, stream_sid: String, status: String, by: String },
    Cleared { sid: String, at_ms: u64 },
    Said { sid: String, text: String, at_ms: u64 },
    Coughed { sid: String, at_ms: u64 },
    Pressed { sid: String, digit: char, at_ms: u64 },
}

#[derive(Default)]
struct Pages {
    truth: Truth,
    index: HashMap<String, usize>,
    placed_under: HashMap<String, usize>,
    traffic: VecDeque<TrafficLine>,
    next_seq: u64,
}

/// The log everything is written to.
pub(super) struct Log {
    pages: Mutex<Pages>,
    version: watch::Sender<u64>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self { pages: Mutex::default(), version: watch::Sender::new(0) }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        // A panic in a reader's predicate leaves the pages as they were: still true.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.version.send_modify(|version| *version += 1);
    }

    /// Appends a line.
    pub(super) fn note(&self, at: Timestamp, event: Traffic) {
        let mut pages = self.pages();
        if let Traffic::ConnectRequested { .. } = event {
            pages.truth.connect_requests += 1;
        }
        let seq = pages.next_seq;
        pages.next_seq += 1;
        if pages.traffic.len() == TRAFFIC_KEPT {
            pages.traffic.pop_front();
        }
        pages.traffic.push_back(TrafficLine { seq, at, event });
        drop(pages);
        self.changed();
    }

    /// Adds a placed call.
    pub(super) fn place(&self, mut call: CallTruth) {
        let mut pages = self.pages();
        if let Some(field) = &call.custom_field {
            let count = pages.placed_under.entry(field.clone()).or_default();
            *count += 1;
            call.connects = *count;
        }
        let index = pages.truth.calls.len();
        pages.index.insert(call.sid.clone(), index);
        pages.truth.calls.push(call);
        drop(pages);
        self.changed();
    }

    /// Changes a call's truth.
    pub(super) fn amend(&self, sid: &str, change: impl FnOnce(&mut CallTruth)) {
        let mut pages = self.pages();
        let index = pages.index.get(sid).copied();
        if let Some(call) = index.and_then(|index| pages.truth.calls.get_mut(index)) {
            change(call);
        }
        drop(pages);
        self.changed();
    }

    pub(super) fn truth(&self) -> Truth {
        self.pages().truth.clone()
    }

    /// Lines from `from_seq` on.
    pub(super) fn traffic(&self, from_seq: u64) -> Vec<TrafficLine> {
        self.pages().traffic.iter().filter(|line| line.seq >= from_seq).cloned().collect()
    }

    /// Returns once the predicate holds.
    pub(super) async fn wait_for(&self, mut holds: impl FnMut(&Truth) -> bool) {
        let mut version = self.version.subscribe();
        while !holds(&self.pages().truth) {
            if version.changed().await.is_err() {
                return;
            }
        }
    }
}
