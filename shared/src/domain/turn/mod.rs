//! Turn-taking as a pure state machine on a virtual clock: events and times in, actions out.
//! Owns no timer, socket or audio; the driver waits for [`Turn::deadline`] and carries out what
//! [`Turn::step`] answers. Recorded events replay to the same actions.

mod hearing;
mod machine;
#[cfg(test)]
mod tests;

pub use machine::Turn;

use super::dialogue::Sentence;
use super::language::Language;

/// Quiet after which an utterance is flushed to the recogniser. Its transcript is kept and joined
/// to what follows, so the wait for it runs while we still listen. Shorter cuts words apart.
pub const FLUSH_AFTER_MS: u64 = 150;
/// Quiet after which the caller's turn is over (on top of the 100 ms the detector needs).
pub const PATIENCE_MS: u64 = 500;
/// The same after an answer that is complete in itself: a plain yes, no or agent.
pub const SHORT_PATIENCE_MS: u64 = 250;
/// Voice over the bot for this long is an interruption, with the detector's 80 ms about 260 ms; a
/// cough is over sooner.
pub const BARGE_IN_MS: u64 = 180;
/// A transcript that has not come by then will not: the caller must not wait in silence for 3 s.
pub const FINAL_WAIT_MS: u64 = 2_500;
/// The same where part of the answer is known already: the rest is probably nothing.
pub const REST_WAIT_MS: u64 = 800;
/// A transcript that comes later than this after its turn counts for the present one.
pub const LATE_MS: u64 = 5_000;
/// Silence into which we ask again.
pub const NUDGE_AFTER_MS: u64 = 6_000;
/// The longest utterance: after that a steady noise or a monologue is flushed as it is.
pub const LONGEST_UTTERANCE_MS: u64 = 15_000;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The line is open: begin.
    StreamStarted,
    /// The detector heard a voice begin.
    VoiceStarted,
    /// The detector heard it stop.
    VoiceStopped,
    /// The recogniser's guess so far.
    Partial {
        /// Its text.
        text: String,
    },
    /// A finished transcript; empty where nothing was said.
    Final {
        /// Its text.
        text: String,
        /// The language heard.
        language: Option<Language>,
    },
    /// The caller heard this sentence to its end.
    Played {
        /// Which.
        id: u32,
    },
    /// This sentence could not be spoken, also not on the second try.
    SpeechFailed {
        /// Which.
        id: u32,
    },
    /// A key.
    Dtmf {
        /// `0`-`9`, `*`, `#`.
        digit: char,
    },
    /// Somebody at the dashboard asked for an agent.
    HandOverRequested,
    /// The recogniser is gone and could not be reopened.
    HearingLost,
    /// This process must end.
    ShuttingDown,
    /// The line is gone.
    Closed,
    /// The deadline came.
    Tick,
}

/// What the driver shall do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Speak after what is already queued.
    Say {
        /// Counts up from 1.
        id: u32,
        /// What.
        sentence: Sentence,
    },
    /// Stop at once and forget everything queued.
    StopPlayback,
    /// An utterance begins, a little before now (the driver has kept the pre-roll).
    SpeechStart,
    /// The utterance is over: transcribe it now.
    SpeechEnd,
    /// The caller said this. Comes also after the end, for what was said before it.
    Heard {
        /// As transcribed, fragments joined.
        text: String,
        /// In which language.
        language: Language,
        /// First sound, on the clock of the events.
        start_ms: u64,
        /// Last sound.
        end_ms: u64,
        /// What is said next answers it; else it is for the record alone.
        answered: bool,
    },
    /// Write the wish for an agent down now; the line is closed by a later `HangUp`.
    HandOver {
        /// For the agent.
        reason: &'static str,
    },
    /// Everything is said and heard: close the line.
    HangUp,
}
