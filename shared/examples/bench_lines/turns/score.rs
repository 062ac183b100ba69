//! What became of each sentence, and of what the bot said.

use super::labelled::Sentence;
use crate::figures::{percentiles, share};

/// What the turn machine did, by the wall, in milliseconds of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// An utterance was flushed: an answer is thought of from here on.
    Flushed(u64),
    /// The caller's turn was over.
    Answered(u64),
    /// The bot fell silent.
    Held(u64),
    /// And went on.
    Resumed(u64),
    /// It gave the floor away.
    Cut(u64),
}

/// What became of one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The longest pause in it.
    pub(super) pause_ms: Option<u64>,
    /// The bot's turn began inside of it.
    pub(super) cut_off: bool,
    /// The turn should have been over, and was not.
    pub(super) missed: bool,
    /// From its last sound to the end of the turn, and to the first flush.
    pub(super) ended_after_ms: Option<u64>,
    pub(super) flushed_after_ms: Option<u64>,
}

pub(super) fn judge(sentence: &Sentence, told: &[Told]) -> Outcome {
    let Sentence { start_ms, end_ms, next_ms, .. } = *sentence;
    let answered = told.iter().filter_map(|told| match told {
        Told::Answered(at) => Some(*at),
        _ => None,
    });
    let ended = answered.clone().find(|at| (end_ms..next_ms).contains(at));
    let flushed = told.iter().find_map(|told| match told {
        Told::Flushed(at) if (end_ms..next_ms).contains(at) => Some(*at),
        _ => None,
    });
    Outcome {
        pause_ms: sentence.pauses_ms.iter().max().copied(),
        cut_off: answered.clone().any(|at| at > start_ms && at < end_ms),
        missed: ended.is_none() && sentence.must_end(),
        ended_after_ms: ended.map(|at| at - end_ms),
        flushed_after_ms: flushed.map(|at| at - end_ms),
    }
}

/// Many of them in one line of a table.
pub(super) const ENDS: &str =
    "sentences with a pause | cut off | | turns | missed | over after p50 / p95 ms | first flush";

pub(super) fn ends(outcomes: &[&Outcome]) -> String {
    let paused: Vec<_> = outcomes.iter().filter(|outcome| outcome.pause_ms.is_some()).collect();
    let cut_off = paused.iter().filter(|outcome| outcome.cut_off).count();
    let missed = outcomes.iter().filter(|outcome| outcome.missed).count();
    let ended: Vec<u64> = outcomes.iter().filter_map(|outcome| outcome.ended_after_ms).collect();
    let flushed: Vec<u64> = outcomes.iter().filter_map(|outcome| outcome.flushed_after_ms).collect();
    format!(
        "{} | {cut_off} | {:.1} % | {} | {missed} | {} | {}",
        paused.len(),
        share(cut_off as f64, paused.len() as f64),
        ended.len() + missed,
        percentiles(&ended),
        percentiles(&flushed),
    )
}

/// What happened to what the bot said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Interruptions {
    /// Sound of the bot that may be interrupted.
    pub(super) spoken_ms: u64,
    pub(super) held: usize,
    pub(super) cut: usize,
    pub(super) silent_ms: u64,
    /// Sounds of the caller's that were meant for nobody.
    pub(super) sounds: usize,
}

impl Interruptions {
    pub(super) fn of(spoken_ms: u64, sounds: usize, told: &[Told]) -> Self {
        let mut sum = Self { spoken_ms, sounds, ..Self::default() };
        let mut held_since = None;
        for told in told {
            match told {
                Told::Held(at) => {
                    sum.held += 1;
                    held_since = Some(*at);
                }
                Told::Resumed(at) => sum.silent_ms += held_since.take().map_or(0, |since| at - since),
                Told::Cut(_) => {
                    // One that fell silent first is the same interruption.
                    sum.held += usize::from(held_since.take().is_none());
                    sum.cut += 1;
                }
                Told::Flushed(_) | Told::Answered(_) => {}
            }
        }
        sum
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            spoken_ms: self.spoken_ms + other.spoken_ms,
            held: self.held + other.held,
            cut: self.cut + other.cut,
            silent_ms: self.silent_ms + other.silent_ms,
            sounds: self.sounds + other.sounds,
        }
    }

    /// In ten minutes of the bot's speech.
    pub(super) fn rate(self, count: usize) -> f64 {
        count as f64 * 600_000.0 / (self.spoken_ms as f64).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turns::labelled::sentences;

    fn paused() -> Sentence {
        sentences(&[(1_000, 2_000), (2_500, 3_000), (6_000, 7_000)], 9_000).remove(0)
    }

    #[test]
    fn an_answer_into_a_pause_cuts_the_sentence_off_and_one_after_it_ends_the_turn() {
        let told = [Told::Flushed(3_100), Told::Flushed(3_300), Told::Answered(3_720)];
        let well = judge(&paused(), &told);
        assert_eq!((well.cut_off, well.missed, well.pause_ms), (false, false, Some(500)));
        assert_eq!((well.ended_after_ms, well.flushed_after_ms), (Some(720), Some(100)));
        let badly = judge(&paused(), &[Told::Answered(2_400), Told::Answered(3_720)]);
        assert_eq!((badly.cut_off, badly.ended_after_ms), (true, Some(720)));
    }

    #[test]
    fn a_turn_that_is_not_over_before_the_next_begins_was_missed_where_there_was_time_enough() {
        let late = judge(&paused(), &[Told::Answered(6_100)]);
        assert_eq!((late.missed, late.cut_off, late.ended_after_ms), (true, false, None));
        let hurried = sentences(&[(1_000, 2_000), (3_000, 4_000)], 9_000).remove(0);
        assert!(!judge(&hurried, &[]).missed, "somebody may pause for a second");
    }

    #[test]
    fn a_row_counts_pauses_for_those_cut_off_and_every_sentence_for_those_missed() {
        let plain =
            Outcome { pause_ms: None, cut_off: true, missed: true, ended_after_ms: None, flushed_after_ms: None };
        let paused = Outcome { pause_ms: Some(300), missed: false, ended_after_ms: Some(740), ..plain.clone() };
        let row = ends(&[&plain, &paused, &Outcome { cut_off: false, ..paused.clone() }]);
        assert_eq!(row, "2 | 1 | 50.0 % | 3 | 1 | 740 / 740 | –");
    }

    #[test]
    fn a_bot_that_falls_silent_and_then_gives_the_floor_away_was_interrupted_once() {
        let told = [Told::Held(1_000), Told::Resumed(1_500), Told::Held(2_000), Told::Cut(2_400), Told::Cut(4_000)];
        let found = Interruptions::of(300_000, 0, &told);
        assert_eq!((found.held, found.cut, found.silent_ms), (3, 2, 500));
        assert!((found.rate(found.held) - 6.0).abs() < 1e-9);
        assert_eq!(found.and(found).spoken_ms, 600_000);
    }
}
