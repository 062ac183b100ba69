//! A recogniser that knows what is said: it is asked as the real one is, hears what it is sent, and answers
//! as late.

use std::collections::VecDeque;

use shared::domain::language::Language;
use shared::domain::turn::Event;

use super::labelled::Word;

/// From the end of an utterance to its transcript, and from a word to the guess that has it.
const ANSWERS_AFTER_MS: u64 = 150;
/// Of the sound before an utterance: what the ear keeps back.
const PRE_ROLL_MS: u64 = 500;

pub(super) struct Recogniser {
    language: Language,
    words: Vec<Word>,
    /// Everything up to here is in an utterance that is over, or was never sent.
    done_ms: u64,
    /// An utterance is open, with the sound from there on.
    open_from: Option<u64>,
    guessed: usize,
    /// By the wall.
    answers: VecDeque<(u64, Event)>,
}

impl Recogniser {
    pub(super) fn new(words: &[Word], language: Language) -> Self {
        Self { language, words: words.to_vec(), done_ms: 0, open_from: None, guessed: 0, answers: VecDeque::new() }
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// One more word is about to be said.
    pub(super) fn expect(&mut self, word: Word) {
        self.words.push(word);
    }

    /// Whoever asked is gone; an utterance that is open goes on.
    pub(super) fn forget(&mut self) {
        self.answers.clear();
    }

    /// The line was heard up to `heard_ms`.
    pub(super) fn start(&mut self, heard_ms: u64) {
        self.open_from.get_or_insert(heard_ms.saturating_sub(PRE_ROLL_MS).max(self.done_ms));
        self.guessed = 0;
    }

    pub(super) fn hear(&mut self, heard_ms: u64, wall: u64) {
        let Some(from) = self.open_from else { return };
        let so_far = self.said(from, heard_ms, |word| word.end_ms);
        let (count, text) = (so_far.len(), so_far.join(" "));
        if count > self.guessed {
            self.guessed = count;
            self.answers.push_back((wall + ANSWERS_AFTER_MS, Event::Partial { text }));
        }
    }

    pub(super) fn end(&mut self, heard_ms: u64, wall: u64) {
        let Some(from) = self.open_from.take() else { return };
        // Whoever hears half of a word understands it.
        let text = self.said(from, heard_ms, middle).join(" ");
        self.done_ms = heard_ms;
        self.answers.push_back((wall + ANSWERS_AFTER_MS, Event::Final { text, language: Some(self.language) }));
    }

    fn said(&self, from: u64, until: u64, known_at: fn(&Word) -> u64) -> Vec<&str> {
        let heard = self.words.iter().filter(|word| middle(word) >= from && known_at(word) <= until);
        heard.map(|word| word.text.as_str()).collect()
    }

    /// When its next answer comes.
    pub(super) fn due(&self) -> Option<u64> {
        self.answers.front().map(|(due, _)| *due)
    }

    pub(super) fn answer(&mut self, wall: u64) -> Option<Event> {
        self.answers.pop_front_if(|(due, _)| *due <= wall).map(|(_, event)| event)
    }
}

fn middle(word: &Word) -> u64 {
    word.start_ms.midpoint(word.end_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turns::labelled::words;

    fn texts(recogniser: &mut Recogniser) -> Vec<(u64, String)> {
        std::iter::from_fn(|| {
            let due = recogniser.due()?;
            match recogniser.answer(due)? {
                Event::Partial { text } => Some((due, text)),
                Event::Final { text, .. } => Some((due, format!("{text}."))),
                _ => None,
            }
        })
        .collect()
    }

    #[test]
    fn each_word_is_guessed_after_it_was_heard_and_stands_in_one_transcript() {
        let mut recogniser = Recogniser::new(&words("yes go on", &[(1_000, 1_900)]), Language::English);
        recogniser.start(1_080);
        (1_100..=1_480).step_by(20).for_each(|at| recogniser.hear(at, at));
        recogniser.end(1_480, 1_520);
        recogniser.start(1_700);
        recogniser.end(2_000, 2_000);
        let heard = texts(&mut recogniser);
        let heard: Vec<(u64, &str)> = heard.iter().map(|(at, text)| (*at, text.as_str())).collect();
        assert_eq!(heard, [(1_510, "yes"), (1_670, "yes."), (2_150, "go on.")]);
    }
}
