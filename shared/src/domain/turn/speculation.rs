//! How much is done before the end of a turn is sure, and when that is too much. Pure.

use std::collections::VecDeque;

use super::constants::{
    CALM_FLUSH_AFTER_MS, FEW_RESTARTS, FLUSH_AFTER_MS, FLUSHES_JUDGED, MOST_RESTARTS, QUOTA_REST_MS, SLOW_FINAL_MS,
};

/// What is done ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Speculation {
    /// Nothing.
    Off,
    /// The answer is thought of. The script needs no time for that; a language model does.
    Llm,
    /// And its beginning is spoken into a buffer.
    #[default]
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
#[derive(Debug, Default)]
pub(super) struct Limits {
    wanted: Speculation,
    /// Of the last flushes: whether the caller went on.
    went_on: VecDeque<bool>,
    /// Steps down because of them.
    steps: u8,
    /// From flush to transcript, lately.
    final_ms: u64,
    rest_until: u64,
}

impl Limits {
    pub(super) fn new(wanted: Speculation) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// What may be done ahead now.
    pub(super) fn mode(&self, at: u64) -> Speculation {
        if at < self.rest_until {
            return Speculation::Off;
        }
        self.wanted.lower(self.steps + u8::from(self.final_ms > SLOW_FINAL_MS))
    }

    /// The quiet after which a fragment is flushed.
    pub(super) fn flush_after_ms(&self, at: u64) -> u64 {
        if self.mode(at) == Speculation::Off { CALM_FLUSH_AFTER_MS } else { FLUSH_AFTER_MS }
    }

    /// What became of a flush: the caller went on, or had finished.
    pub(super) fn flushed(&mut self, went_on: bool) {
        self.went_on.push_back(went_on);
        if self.went_on.len() < FLUSHES_JUDGED {
            return;
        }
        let restarts = self.went_on.iter().filter(|went_on| **went_on).count();
        if restarts > MOST_RESTARTS {
            self.steps = (self.steps + 1).min(2);
        } else if restarts <= FEW_RESTARTS {
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
        self.rest_until = at + QUOTA_REST_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(limits: &mut Limits, restarts: usize) -> Speculation {
        (0..FLUSHES_JUDGED).for_each(|n| limits.flushed(n < restarts));
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
        let mut limits = Limits::new(Speculation::LlmTts);
        assert_eq!(after(&mut limits, MOST_RESTARTS), Speculation::LlmTts);
        assert_eq!(after(&mut limits, MOST_RESTARTS + 1), Speculation::Llm);
        assert_eq!(after(&mut limits, FLUSHES_JUDGED), Speculation::Off);
        assert_eq!(limits.flush_after_ms(0), CALM_FLUSH_AFTER_MS);
        assert_eq!(after(&mut limits, FEW_RESTARTS + 1), Speculation::Off, "neither many nor few");
        assert_eq!(after(&mut limits, FEW_RESTARTS), Speculation::Llm);
        assert_eq!(after(&mut limits, 0), Speculation::LlmTts);
        assert_eq!(limits.flush_after_ms(0), FLUSH_AFTER_MS);
    }

    #[test]
    fn a_slow_recogniser_costs_a_step_until_it_is_quick_again() {
        let mut limits = Limits::new(Speculation::LlmTts);
        limits.final_took(SLOW_FINAL_MS * 2);
        assert_eq!(limits.mode(0), Speculation::LlmTts, "once is no habit");
        (0..4).for_each(|_| limits.final_took(SLOW_FINAL_MS * 2));
        assert_eq!(limits.mode(0), Speculation::Llm);
        (0..4).for_each(|_| limits.final_took(200));
        assert_eq!(limits.mode(0), Speculation::LlmTts);
    }

    #[test]
    fn a_quota_that_is_used_up_stops_everything_for_a_minute() {
        let mut limits = Limits::new(Speculation::LlmTts);
        limits.over_quota(5_000);
        assert_eq!(limits.mode(5_000 + QUOTA_REST_MS - 1), Speculation::Off);
        assert_eq!(limits.mode(5_000 + QUOTA_REST_MS), Speculation::LlmTts);
        assert_eq!(Limits::new(Speculation::Off).mode(0), Speculation::Off);
    }
}
