//! A carrier may open a stream again that broke in mid-call: then one call has two conversations,
//! and what it leaves is made of both.

use super::call::{ConversationResult, Disposition};

impl ConversationResult {
    /// What the call leaves whose earlier conversation left `before`.
    pub fn after(self, before: ConversationResult) -> Self {
        let offset_ms = before.transcript.lines.iter().map(|line| line.end_ms).max().unwrap_or(0);
        let keeps = keeps_the_first(before.disposition, self.disposition);
        let mut transcript = before.transcript;
        transcript.lines.extend(self.transcript.lines.into_iter().map(|mut line| {
            line.start_ms += offset_ms;
            line.end_ms += offset_ms;
            line.word_starts_ms.iter_mut().for_each(|at| *at += offset_ms);
            line
        }));
        let mut timings = before.timings;
        timings.turns.extend(self.timings.later_by(offset_ms).turns);
        Self {
            transcript,
            disposition: if keeps { before.disposition } else { self.disposition },
            intent: if keeps { before.intent } else { self.intent.or(before.intent) },
            promise: self.promise.or(before.promise),
            language: self.language,
            summary: joined(before.summary, self.summary),
            duration_s: before.duration_s.saturating_add(self.duration_s),
            timings,
            meters: before.meters.plus(self.meters),
            cost: None,
        }
    }
}

/// Whether what was decided first stands: the second conversation came to nothing.
fn keeps_the_first(first: Disposition, second: Disposition) -> bool {
    !came_to_nothing(first) && came_to_nothing(second)
}

fn came_to_nothing(disposition: Disposition) -> bool {
    match disposition {
        Disposition::HungUp | Disposition::Broken | Disposition::NoResponse => true,
        Disposition::Transferred
        | Disposition::Informed
        | Disposition::PromiseToPay
        | Disposition::CallbackRequested
        | Disposition::WrongNumber
        | Disposition::DoNotCall
        | Disposition::Voicemail => false,
    }
}

fn joined(first: String, second: String) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second,
        (_, true) => first,
        _ if first == second => first,
        _ => format!("{first} {second}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cost::Meters;
    use crate::domain::language::Language;
    use crate::domain::money::Paise;
    use crate::domain::timings::{Timings, TurnTimes};
    use crate::domain::transcript::{Line, Speaker, Transcript};

    const METERS: Meters =
        Meters { line_ms: 20_000, stt_ms: 19_000, tts_chars: 80, llm_tokens_read: 1_500, llm_tokens_written: 20 };

    fn left(disposition: Disposition, text: &str, summary: &str) -> ConversationResult {
        let line = Line {
            speaker: Speaker::Caller,
            text: text.to_owned(),
            language: Language::English,
            start_ms: 100,
            end_ms: 900,
            interrupted: false,
            estimated: false,
            word_starts_ms: vec![100],
        };
        let turn = TurnTimes { voice_end_ms: Some(900), ..TurnTimes::default() };
        ConversationResult {
            transcript: Transcript { lines: vec![line] },
            disposition,
            intent: Some(text.to_owned()),
            promise: None,
            language: Language::English,
            summary: summary.to_owned(),
            duration_s: 20,
            timings: Timings { turns: vec![turn] },
            meters: METERS,
            cost: Some(Paise(70)),
        }
    }

    fn both(first: Disposition, second: Disposition) -> ConversationResult {
        left(second, "two", "Then that.").after(left(first, "one", "First this."))
    }

    #[test]
    fn the_later_word_counts_unless_it_came_to_nothing() {
        let nothing = [Disposition::HungUp, Disposition::Broken, Disposition::NoResponse];
        for first in Disposition::ALL {
            for second in Disposition::ALL {
                let stands = nothing.contains(&second) && !nothing.contains(&first);
                let both = both(first, second);
                assert_eq!(both.disposition, if stands { first } else { second }, "{first:?}, then {second:?}");
                assert_eq!(both.intent.as_deref(), Some(if stands { "one" } else { "two" }));
            }
        }
    }

    #[test]
    fn words_times_and_meters_are_those_of_both() {
        let both = both(Disposition::PromiseToPay, Disposition::HungUp);
        let lines: Vec<_> = both.transcript.lines.iter().map(|l| (l.text.as_str(), l.start_ms, l.end_ms)).collect();
        assert_eq!(lines, [("one", 100, 900), ("two", 1_000, 1_800)]);
        let ends: Vec<_> = both.timings.turns.iter().map(|turn| turn.voice_end_ms).collect();
        assert_eq!(ends, [Some(900), Some(1_800)]);
        let twice =
            Meters { line_ms: 40_000, stt_ms: 38_000, tts_chars: 160, llm_tokens_read: 3_000, llm_tokens_written: 40 };
        assert_eq!(both.meters, twice);
        assert_eq!((both.summary.as_str(), both.duration_s), ("First this. Then that.", 40));
        assert_eq!(both.cost, None, "the sum of two costs would pay a begun minute twice");
    }

    #[test]
    fn each_word_of_the_second_conversation_is_as_much_later_as_its_line() {
        let both = both(Disposition::Informed, Disposition::HungUp);
        let words: Vec<_> = both.transcript.lines.iter().flat_map(|line| line.word_starts_ms.clone()).collect();
        assert_eq!(words, [100, 1_000]);
    }

    #[test]
    fn a_summary_that_says_the_same_is_said_once() {
        assert_eq!(joined("Same.".to_owned(), "Same.".to_owned()), "Same.");
        assert_eq!(joined(String::new(), "Second.".to_owned()), "Second.");
        assert_eq!(joined("First.".to_owned(), String::new()), "First.");
    }
}
