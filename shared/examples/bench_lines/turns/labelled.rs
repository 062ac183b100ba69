//! Lines of which it is known what is said on them, and when.

use shared::domain::audio::{FRAME_MS, FRAME_SAMPLES};
use shared::domain::language::Language;

use crate::corpus::{Clip, ms};
use crate::noise::Condition;

/// A pause that is no longer is inside a sentence: whoever answers into it cuts somebody off.
pub(super) const LONGEST_INNER_MS: u64 = 600;
/// After so much quiet nobody goes on: a turn that is not over by then was missed. Between the two an end is
/// neither asked for nor wrong.
const SURELY_OVER_MS: u64 = 2_000;

/// One word of the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
}

/// What is said in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) start_ms: u64,
    /// The last sound.
    pub(super) end_ms: u64,
    pub(super) pauses_ms: Vec<u64>,
    /// The next begins, or the line ends.
    pub(super) next_ms: u64,
}

impl Sentence {
    /// So much quiet follows that the turn must be over.
    pub(super) fn must_end(&self) -> bool {
        self.next_ms - self.end_ms >= SURELY_OVER_MS
    }
}

/// A line with its labels.
pub(super) struct Line {
    pub(super) kind: String,
    pub(super) language: Language,
    pub(super) samples: Vec<i16>,
    pub(super) words: Vec<Word>,
    pub(super) sentences: Vec<Sentence>,
}

impl Line {
    pub(super) fn of(clip: &Clip, condition: Condition, all: &[Clip], seed: u64) -> Self {
        let stretches: Vec<(u64, u64)> = clip.parts.iter().map(|part| (ms(part.start), ms(part.end))).collect();
        let words = clip.parts.iter().zip(&stretches).flat_map(|(part, at)| words(part.text, &[*at]));
        Self {
            kind: condition.to_string(),
            language: clip.language,
            samples: condition.line(clip, all, seed),
            words: words.collect(),
            sentences: sentences(&stretches, ms(clip.samples.len())),
        }
    }

    /// What is on the line where nobody speaks: for the time in which the bot does.
    pub(super) fn noise(&self) -> Vec<i16> {
        /// So close to a word its echo in the room may still be heard.
        const APART_MS: u64 = 200;
        let speaks = |at: u64| {
            self.sentences
                .iter()
                .any(|sentence| (sentence.start_ms..sentence.end_ms + APART_MS).contains(&(at + APART_MS / 2)))
        };
        let frames = self.samples.chunks_exact(FRAME_SAMPLES).enumerate();
        frames.filter(|(number, _)| !speaks(*number as u64 * FRAME_MS)).flat_map(|(_, frame)| frame).copied().collect()
    }
}

/// Stretches of speech as sentences.
pub(super) fn sentences(stretches: &[(u64, u64)], length_ms: u64) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    for (start_ms, end_ms) in stretches.iter().copied() {
        if let Some(last) = sentences.last_mut() {
            let pause_ms = start_ms - last.end_ms;
            if pause_ms <= LONGEST_INNER_MS {
                last.pauses_ms.push(pause_ms);
                last.end_ms = end_ms;
                continue;
            }
            last.next_ms = start_ms;
        }
        sentences.push(Sentence { start_ms, end_ms, pauses_ms: Vec::new(), next_ms: length_ms });
    }
    sentences
}

/// A text over the stretches in which it is said: each word by its letters, and none in a pause.
pub(super) fn words(text: &str, stretches: &[(u64, u64)]) -> Vec<Word> {
    let letters = |word: &str| 1 + word.chars().filter(|letter| letter.is_alphanumeric()).count() as u64;
    let total: u64 = text.split_whitespace().map(letters).sum();
    let spoken: u64 = stretches.iter().map(|(start, end)| end - start).sum();
    let mut said = 0;
    let place = |said: u64, is_end: bool| {
        let mut left = spoken * said / total.max(1);
        for (start, end) in stretches {
            // A word that ends with a stretch does not end where the next begins.
            if left < end - start || is_end && left == end - start {
                return start + left;
            }
            left -= end - start;
        }
        stretches.last().map_or(0, |last| last.1)
    };
    let word = |text: &str| {
        let start_ms = place(said, false);
        said += letters(text);
        Word { text: text.to_owned(), start_ms, end_ms: place(said, true) }
    };
    text.split_whitespace().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_of_600_ms_is_inside_a_sentence_and_a_longer_one_is_between_two() {
        let found = sentences(&[(1_000, 2_000), (2_600, 3_000), (3_601, 4_000), (6_000, 7_000)], 8_999);
        let spans: Vec<(u64, u64)> = found.iter().map(|sentence| (sentence.start_ms, sentence.end_ms)).collect();
        assert_eq!(spans, [(1_000, 3_000), (3_601, 4_000), (6_000, 7_000)]);
        assert_eq!(found[0].pauses_ms, [600]);
        assert_eq!(found.iter().map(|sentence| sentence.next_ms).collect::<Vec<_>>(), [3_601, 6_000, 8_999]);
        assert_eq!(found.iter().map(Sentence::must_end).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn words_fill_the_stretches_by_their_letters_and_leave_out_the_pause() {
        let found = words("not now, call me", &[(1_000, 1_800), (2_200, 3_000)]);
        let spans: Vec<(u64, u64)> = found.iter().map(|word| (word.start_ms, word.end_ms)).collect();
        assert_eq!(spans, [(1_000, 1_400), (1_400, 1_800), (2_200, 2_700), (2_700, 3_000)].map(|(a, b)| (a, b)));
    }
}
