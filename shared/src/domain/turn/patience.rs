//! How long the quiet must be before the caller's turn is over: by what was asked, by what was
//! heard so far, and by this caller's own pauses. Pure, and blind to time.

use std::collections::VecDeque;

use super::EndpointTuning;
use super::constants::{DICTATED_DIGITS, PAUSES_KEPT, PLAIN_WORDS};
use crate::domain::dialogue::{Expects, Intent, digits_at_end, is_unfinished, understand, word_count};
use crate::domain::language::Language;
use crate::domain::vad::START_DELAY_MS;

/// What the words so far look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    /// A plain yes, no or agent, where that was asked.
    Complete,
    /// As many digits as were asked for.
    Counted,
    /// Perhaps a whole sentence; nobody knows.
    #[default]
    Sentence,
    /// Nobody ends so.
    Unfinished,
    /// In the middle of digits.
    Dictation,
}

/// Reads the words so far.
pub(super) fn shape(heard: &str, expects: Expects, language: Language) -> Shape {
    if is_unfinished(heard, language) {
        return Shape::Unfinished;
    }
    let digits = digits_at_end(heard, language);
    match expects {
        Expects::Digits { count: Some(count) } if digits >= usize::from(count) => return Shape::Counted,
        Expects::Digits { .. } | Expects::Amount | Expects::Date if digits > 0 => return Shape::Dictation,
        Expects::YesNo if is_plain(heard, language) => return Shape::Complete,
        _ if digits >= DICTATED_DIGITS => return Shape::Dictation,
        Expects::YesNo | Expects::Digits { .. } | Expects::Amount | Expects::Date | Expects::Open => {}
    }
    Shape::Sentence
}

fn is_plain(heard: &str, language: Language) -> bool {
    let plain = || {
        matches!(
            understand(heard, language),
            Intent::Yes | Intent::No | Intent::Agent | Intent::WrongPerson | Intent::DoNotCall
        )
    };
    (1..=PLAIN_WORDS).contains(&word_count(heard)) && plain()
}

impl Shape {
    /// The quiet it takes, for somebody with these pauses. A plain answer is one also from somebody
    /// slow.
    pub(super) fn patience_ms(self, pauses: &Pauses, tuning: &EndpointTuning) -> u64 {
        let (least, theirs) = match self {
            Self::Complete => (tuning.complete_ms, false),
            Self::Counted => (tuning.least_ms, false),
            Self::Sentence => (tuning.patience_ms, true),
            Self::Unfinished => (tuning.unfinished_ms, true),
            Self::Dictation => (tuning.dictation_ms, true),
        };
        let own = pauses.long().filter(|_| theirs).map_or(0, |long| long + START_DELAY_MS + tuning.own_pause_margin_ms);
        least.max(own).min(tuning.most_ms)
    }

    /// An answer to it is worth speaking into a buffer before the turn is over.
    pub(super) fn may_be_over(self) -> bool {
        !matches!(self, Self::Unfinished | Self::Dictation)
    }
}

/// The pauses after which this caller went on.
#[derive(Debug, Default)]
pub(super) struct Pauses(VecDeque<u64>);

impl Pauses {
    pub(super) fn went_on_after(&mut self, ms: u64) {
        self.0.push_back(ms);
        if self.0.len() > PAUSES_KEPT {
            self.0.pop_front();
        }
    }

    /// Nine of ten are not longer. A single one is chance.
    fn long(&self) -> Option<u64> {
        const LEAST: usize = 2;
        let mut sorted: Vec<u64> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let place = (sorted.len() * 9).div_ceil(10).checked_sub(1)?;
        sorted.get(place).copied().filter(|_| sorted.len() >= LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use crate::domain::turn::Tuning;

    const TUNING: EndpointTuning = Tuning::DEFAULT.endpoint;

    fn shaped(heard: &str, expects: Expects) -> Shape {
        shape(heard, expects, Language::English)
    }
    fn pauses(of: &[u64]) -> Pauses {
        let mut pauses = Pauses::default();
        of.iter().for_each(|ms| pauses.went_on_after(*ms));
        pauses
    }

    #[test]
    fn a_plain_answer_is_complete_only_where_a_yes_or_no_was_asked() {
        for heard in ["yes", "Yes, speaking.", "no", "wrong number"] {
            assert_eq!(shaped(heard, Expects::YesNo), Shape::Complete, "{heard}");
            assert_eq!(shaped(heard, Expects::Open), Shape::Sentence, "{heard}");
        }
        for heard in ["yes,", "yes but", "I don't want", "hello", ""] {
            assert_ne!(shaped(heard, Expects::YesNo), Shape::Complete, "{heard}");
        }
    }

    #[test]
    fn digits_are_waited_for_until_all_that_were_asked_are_there() {
        let four = Expects::Digits { count: Some(4) };
        assert_eq!(shaped("four three", four), Shape::Dictation);
        assert_eq!(shaped("43 21", four), Shape::Counted);
        assert_eq!(shaped("it is 15,000", Expects::Amount), Shape::Dictation);
        assert_eq!(shaped("15,000 rupees", Expects::Amount), Shape::Sentence);
        assert_eq!(shaped("on the 25", Expects::YesNo), Shape::Sentence);
        assert_eq!(shaped("call me at 98765", Expects::YesNo), Shape::Dictation);
    }

    #[test]
    fn who_pauses_long_is_waited_for_longer_but_not_for_ever_and_not_after_a_yes() {
        let usual = Shape::Sentence.patience_ms(&pauses(&[]), &TUNING);
        assert_eq!(Shape::Sentence.patience_ms(&pauses(&[900]), &TUNING), usual, "one is chance");
        assert_eq!(Shape::Sentence.patience_ms(&pauses(&[200, 300, 250]), &TUNING), usual);
        assert_eq!(
            Shape::Sentence.patience_ms(&pauses(&[700, 750]), &TUNING),
            750 + START_DELAY_MS + TUNING.own_pause_margin_ms
        );
        assert_eq!(Shape::Sentence.patience_ms(&pauses(&[5_000, 4_000]), &TUNING), TUNING.most_ms);
        assert_eq!(Shape::Complete.patience_ms(&pauses(&[900, 900]), &TUNING), TUNING.complete_ms);
        let mut forgotten = pauses(&[900, 900]);
        (0..PAUSES_KEPT).for_each(|_| forgotten.went_on_after(120));
        assert_eq!(Shape::Sentence.patience_ms(&forgotten, &TUNING), usual);
    }

    proptest! {
        #[test]
        fn no_end_is_believed_before_450_ms_but_for_a_plain_answer_and_none_after_the_most(
            heard in "[a-z0-9 ,]{0,30}",
            known in prop::collection::vec(0_u64..10_000, 0..20),
        ) {
            for expects in [Expects::YesNo, Expects::Open, Expects::Amount, Expects::Digits { count: Some(4) }] {
                let shape = shaped(&heard, expects);
                let patience = shape.patience_ms(&pauses(&known), &TUNING);
                prop_assert!(patience >= TUNING.least_ms || shape == Shape::Complete);
                prop_assert!(patience <= TUNING.most_ms);
            }
        }
    }
}
