//! Where the time of each turn went, as the record keeps it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One answer of the caller and our reply, in milliseconds from the start of the stream. What never
/// came is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TurnTimes {
    /// The caller's last sound.
    pub voice_end_ms: Option<u64>,
    /// The recogniser was told to finish.
    pub flush_ms: Option<u64>,
    /// The words were there.
    pub final_ms: Option<u64>,
    /// The first words or call of a language model's answer, where one was asked; that may be before
    /// the caller's answer counted as over.
    pub first_token_ms: Option<u64>,
    /// The answer counted as over, and the reply was decided.
    pub taken_ms: Option<u64>,
    /// The first sentence of the reply went to the voice.
    pub first_clause_ms: Option<u64>,
    /// The reply's first sound at the caller's ear.
    pub first_audio_ms: Option<u64>,
    /// The last sound of the reply's first sentence, where it was heard to its end.
    pub played_ms: Option<u64>,
}

/// The turns of one call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// In order.
    pub turns: Vec<TurnTimes>,
}

impl Timings {
    /// The same, that much later.
    pub fn later_by(mut self, ms: u64) -> Self {
        for turn in &mut self.turns {
            let times = [
                &mut turn.voice_end_ms,
                &mut turn.flush_ms,
                &mut turn.final_ms,
                &mut turn.first_token_ms,
                &mut turn.taken_ms,
                &mut turn.first_clause_ms,
                &mut turn.first_audio_ms,
                &mut turn.played_ms,
            ];
            times.into_iter().flatten().for_each(|at| *at += ms);
        }
        self
    }
}
