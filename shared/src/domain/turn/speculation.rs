//! How much is done before the end of a turn is sure, and when that is too much. Pure.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{HearingTuning, SpeculationTuning, Tuning};

/// What is done ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Speculation {
    /// Nothing.
    #[serde(rename = "off")]
    Off,
    /// The answer is thought of. The script needs no time for that; a language model does.
    #[serde(rename = "llm")]
    Llm,
    /// And its beginning is spoken into a buffer.
    #[default]
    #[serde(rename = "llm+tts")]
    LlmTts,
}

impl Speculation {
    fn lower(self, steps: u8) -> Self {
        match (self, steps) {
            (mode, 0) => mode,
            (Self::LlmTts, 1) => Self::Llm,
            _ => Self::Off,
        }
    }
}

impl Tuning {
    /// The same with that much done ahead.
    #[must_use]
    pub fn speculating(mut self, mode: Speculation) -> Self {
        self.speculation.mode = mode;
        self
    }
}

impl std::fmt::Display for Speculation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Llm => "llm",
            Self::LlmTts => "llm+tts",
        })
    }
}

impl std::str::FromStr for Speculation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "llm" => Ok(Self::Llm),
            "llm+tts" => Ok(Self::LlmTts),
            _ => Err("off, llm or llm+tts"),
        }
    }
}

/// Watches what speculation costs and brings in one conversation.
#[derive(Debug)]
pub(super) struct Limits {
    tuning: SpeculationTuning,
    hearing: HearingTuning,
    /// Of the last flushes: whether the caller went on.
    went_on: VecDeque<bool>,
    /// Steps down because of them.
    steps: u8,
    /// From flush to transcript, lately.
    final_ms: u64,
    rest_until: u64,
}

impl Limits {
    pub(super) fn new(tuning: Tuning) -> Self {
        Self {
            tuning: tuning.speculation,
            hearing: tuning.hearing,
            went_on: VecDeque::new(),
            steps: 0,
            final_ms: 0,
            rest_until: 0,
        }
    }

    /// What may be done ahead now.
    pub(super) fn mode(&self, at: u64) -> Speculation {
        if at < self.rest_until {
            return Speculation::Off;
        }
        self.tuning.mode.lower(self.steps + u8::from(self.final_ms > self.tuning.slow_final_ms))
    }

    /// The quiet after which a fragment is flushed.
    pub(super) fn flush_after_ms(&self, at: u64) -> u64 {
        if self.mode(at) == Speculation::Off { self.hearing.calm_flush_after_ms } else { self.hearing.flush_after_ms }
    }

    /// What became of a flush: the caller went on, or had finished.
    pub(super) fn flushed(&mut self, went_on: bool) {
        self.went_on.push_back(went_on);
        if self.went_on.len() < self.tuning.flushes_judged {
            return;
        }
        let restarts = self.went_on.iter().filter(|went_on| **went_on).count();
        if restarts > self.tuning.most_restarts {
            self.steps = (self.steps + 1).min(2);
        } else if restarts <= self.tuning.few_restarts {
            self.steps = self.steps.saturating_sub(1);
        }
        self.went_on.clear();
    }

    /// A transcript took so long.
    pub(super) fn final_took(&mut self, ms: u64) {
        // Three parts of what is known: one slow transcript is no slow recogniser.
        self.final_ms = (self.final_ms * 3 + ms) / 4;
    }

    /// A provider says that we ask for too much.
    pub(super) fn over_quota(&mut self, at: u64) {
        self.rest_until = at + self.tuning.quota_rest_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TUNING: Tuning = Tuning::DEFAULT;

    fn watching(wanted: Speculation) -> Limits {
        Limits::new(TUNING.speculating(wanted))
    }
    fn after(limits: &mut Limits, restarts: usize) -> Speculation {
        (0..TUNING.speculation.flushes_judged).for_each(|n| limits.flushed(n < restarts));
        limits.mode(0)
    }

    #[test]
    fn the_modes_have_names() {
        for (name, mode) in [("off", Speculation::Off), ("llm", Speculation::Llm), ("llm+tts", Speculation::LlmTts)] {
            assert_eq!(name.parse(), Ok(mode));
        }
        assert!("tts".parse::<Speculation>().is_err());
    }

    #[test]
    fn who_goes_on_after_most_pauses_is_speculated_about_less_and_later_more_again() {
        let mut limits = watching(Speculation::LlmTts);
        assert_eq!(after(&mut limits, TUNING.speculation.most_restarts), Speculation::LlmTts);
        assert_eq!(after(&mut limits, TUNING.speculation.most_restarts + 1), Speculation::Llm);
        assert_eq!(after(&mut limits, TUNING.speculation.flushes_judged), Speculation::Off);
        assert_eq!(limits.flush_after_ms(0), TUNING.hearing.calm_flush_after_ms);
        assert_eq!(after(&mut limits, TUNING.speculation.few_restarts + 1), Speculation::Off, "neither many nor few");
        assert_eq!(after(&mut limits, TUNING.speculation.few_restarts), Speculation::Llm);
        assert_eq!(after(&mut limits, 0), Speculation::LlmTts);
        assert_eq!(limits.flush_after_ms(0), TUNING.hearing.flush_after_ms);
    }

    #[test]
    fn a_slow_recogniser_costs_a_step_until_it_is_quick_again() {
        let mut limits = watching(Speculation::LlmTts);
        limits.final_took(TUNING.speculation.slow_final_ms * 2);
        assert_eq!(limits.mode(0), Speculation::LlmTts, "once is no habit");
        (0..4).for_each(|_| limits.final_took(TUNING.speculation.slow_final_ms * 2));
        assert_eq!(limits.mode(0), Speculation::Llm);
        (0..4).for_each(|_| limits.final_took(200));
        assert_eq!(limits.mode(0), Speculation::LlmTts);
    }

    #[test]
    fn a_quota_that_is_used_up_stops_everything_for_a_minute() {
        let mut limits = watching(Speculation::LlmTts);
        limits.over_quota(5_000);
        assert_eq!(limits.mode(5_000 + TUNING.speculation.quota_rest_ms - 1), Speculation::Off);
        assert_eq!(limits.mode(5_000 + TUNING.speculation.quota_rest_ms), Speculation::LlmTts);
        assert_eq!(watching(Speculation::Off).mode(0), Speculation::Off);
    }
}
