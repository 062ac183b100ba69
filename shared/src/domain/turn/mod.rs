//! Turn-taking as a pure state machine on a virtual clock: events and times in, actions out.
//! Owns no timer, socket or audio; the driver waits for [`Turn::deadline`] and carries out what
//! [`Turn::step`] answers. Recorded events ([`Journal`]) replay to the same actions ([`replay()`]).

mod ahead;
pub mod constants;
mod echo;
mod floor;
mod hearing;
mod interruption;
mod journal;
mod machine;
mod patience;
mod queue;
mod replay;
mod speaking;
mod speculation;
#[cfg(test)]
mod tests;
mod thinking;
mod tuning;

pub use constants::{EndpointTuning, HearingTuning, InterruptionTuning, ModelTuning, SpeculationTuning, Tuning};
pub use echo::EchoGuard;
pub use journal::{BadJournal, Beginning, Journal, Recorded, Step};
pub use machine::Turn;
pub use replay::{Timeline, replay};
pub use speculation::Speculation;
pub use tuning::{BadSetting, Knob};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::dialogue::Sentence;
use super::language::Language;
use super::thinking::{Clause, Stopped, ToolCall};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The line is open: begin.
    StreamStarted,
    /// The detector heard a voice begin, and it is not the bot's own (see [`EchoGuard`]).
    VoiceStarted {
        /// How loud it is above the line's noise, where that is known.
        over_floor_db: Option<u8>,
    },
    /// The detector heard it stop.
    VoiceStopped,
    /// A sound began that may be a voice; where it is one, `VoiceStarted` follows shortly.
    VoiceSuspected,
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
    /// The first sound of this sentence is on its way, also where it was stopped before that.
    Sounds {
        /// Which.
        id: u32,
        /// When it is heard; that may be a little later than now.
        from: u64,
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
    /// A provider says that we ask for too much.
    OverQuota,
    /// A piece of the model's answer to `Think`.
    Thought {
        /// The number of that.
        turn: u32,
        /// What came.
        thought: Thought,
    },
    /// This process must end.
    ShuttingDown,
    /// The line is gone.
    Closed,
    /// The deadline came.
    Tick,
}

/// A piece of a model's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thought {
    /// Words that can be spoken.
    Clause(Clause),
    /// A tool it calls.
    Tool(ToolCall),
    /// The end of a whole answer.
    Done,
    /// No answer, or not all of it.
    Failed,
}

/// What the driver shall do, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Speak after what is already queued.
    Say {
        /// Counts up from 1.
        id: u32,
        /// What.
        sentence: Sentence,
    },
    /// The caller's turn may be over, and this would begin the answer: make its sound ready, and play
    /// nothing. A later `Say` of the same id plays it, `Forget` does away with it.
    Prepare {
        /// Counts up with those of `Say`.
        id: u32,
        /// What.
        sentence: Sentence,
    },
    /// The caller went on: what was prepared is not said.
    Forget,
    /// A voice over the bot: be silent at once, keep what was not heard, and say nothing until one of
    /// the next two.
    Hold,
    /// It was no interruption: go on where you stopped.
    Resume,
    /// Stop at once and forget everything queued or held; what is said next is said.
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
    /// Ask the model (see [`Turn::model_request`]); whatever it still says to an earlier question is
    /// of no use to anybody. Comes also before the caller's turn is surely over.
    Think {
        /// Counts up from 1.
        turn: u32,
    },
    /// End what the model is doing.
    ThinkNoMore {
        /// The caller went on: nothing of it was said.
        for_nobody: bool,
    },
    /// The model said what may not be said; the script said something instead.
    Stopped {
        /// Why.
        why: Stopped,
    },
    /// Write the wish for an agent down now; the line is closed by a later `HangUp`.
    HandOver {
        /// For the agent.
        reason: Cow<'static, str>,
    },
    /// Everything is said and heard: close the line.
    HangUp,
}
