//! How a simulated language model behaves.

use std::collections::VecDeque;
use std::time::Duration;

use super::brain::Plan;
use crate::sim::sarvam::{Delay, Hits};

/// How long each step takes (defaults: speech-and-llm.md D).
#[derive(Debug, Clone, PartialEq)]
pub struct Delays {
    /// Until the response's headers. Whether the real ones send them at once is not documented.
    pub headers: Delay,
    /// From there to the first words.
    pub first: Delay,
    /// Between two pieces of words.
    pub between: Delay,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            headers: Delay::Fixed(Duration::from_millis(50)),
            first: Delay::Drawn { p50_ms: 650.0, p95_ms: 1_350.0 },
            between: Delay::Drawn { p50_ms: 30.0, p95_ms: 80.0 },
        }
    }
}

impl Delays {
    /// Everything at once.
    pub fn none() -> Self {
        Self { headers: Delay::NONE, first: Delay::NONE, between: Delay::NONE }
    }
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Which requests.
    pub hits: Hits,
    /// Answers with this status and the provider's own word for it, instead of a stream.
    pub refuse: Option<(u16, String)>,
    /// What a refusal says beside that.
    pub words: Option<String>,
    /// How long a refusal asks to wait.
    pub retry_after: Option<Duration>,
    /// Gemini answers that the question is blocked for this reason, and nothing else.
    pub blocked: Option<String>,
    /// What happens to the stream, and after how many pieces of words.
    pub in_stream: Option<(usize, InStream)>,
}

impl Faults {
    pub(in crate::sim) fn refusal(&self) -> String {
        self.words.clone().unwrap_or_else(|| "refused by a switch".to_owned())
    }
}

/// What can happen to an answer under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InStream {
    /// Nothing more comes, and nothing ends.
    Silence,
    /// It ends cleanly, without its last messages.
    End,
    /// The connection is cut inside a message.
    Cut,
    /// A message arrives damaged.
    Damaged,
    /// The provider's own filter ends it, in order.
    Filtered,
    /// An error of this kind comes instead of the next piece.
    Error(String),
}

/// What the model says.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Behaviour {
    /// What its instructions ask for.
    #[default]
    Honest,
    /// Speaks of a debt before it may.
    TellsDebtEarly,
    /// Names an amount nobody gave it.
    InventsAmount,
    /// Talks until it is cut off.
    NeverStops,
    /// Ends without a word.
    Empty,
    /// Answers in English, whatever is spoken.
    SpeaksEnglish,
    /// Calls a tool with arguments that are no JSON object.
    BrokenArguments,
    /// Calls a tool nobody offered.
    InventsTool,
}

/// Everything that can be switched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Switches {
    /// How long things take.
    pub delays: Delays,
    /// What goes wrong.
    pub faults: Faults,
    /// What it says.
    pub behaviour: Behaviour,
    /// Said first, one a request, before the brain is asked.
    pub script: VecDeque<Plan>,
    /// Bytes of each write; whole messages where there is none.
    pub chop: Option<usize>,
    /// Messages of each write; one where there is none.
    pub together: Option<usize>,
    /// Messages and fields of kinds nobody knows come in between.
    pub novelties: bool,
    /// Thoughts come before the words.
    pub thoughts: bool,
    /// Lines end with a carriage return too, and the last message has no blank line after it.
    pub odd_line_ends: bool,
}
