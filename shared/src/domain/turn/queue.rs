//! What is said or about to be said, and not yet heard to its end.

use std::collections::VecDeque;

use super::constants::SPOKEN_CHARACTER_MS;
use crate::domain::dialogue::Sentence;

/// In the order in which it is heard; the first sounds, is awaited or held.
#[derive(Debug, Default)]
pub(super) struct Queue(VecDeque<Queued>);

#[derive(Debug)]
struct Queued {
    id: u32,
    sentence: Sentence,
    /// From when on it sounds, as far as it is known: it may be about to.
    sounds_from: Option<u64>,
}

impl Queue {
    pub(super) fn push(&mut self, id: u32, sentence: Sentence) {
        self.0.push_back(Queued { id, sentence, sounds_from: None });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn has(&self, id: u32) -> bool {
        self.0.iter().any(|queued| queued.id == id)
    }

    /// It and all before it were heard. News of what was cut is nobody's: false.
    pub(super) fn played(&mut self, id: u32) -> bool {
        let known = self.has(id);
        while known && self.0.front().is_some_and(|front| front.id <= id) {
            self.0.pop_front();
        }
        known
    }

    /// The driver has sent its first sound, to be heard then.
    pub(super) fn sounds(&mut self, id: u32, from: u64) {
        if let Some(queued) = self.0.iter_mut().find(|queued| queued.id == id) {
            queued.sounds_from = Some(from);
        }
    }

    /// Silence since `held`: what had not begun will begin anew.
    pub(super) fn held(&mut self, held: u64) {
        for queued in &mut self.0 {
            queued.sounds_from = queued.sounds_from.filter(|from| *from < held);
        }
    }

    /// It goes on at `at`: the silence between was no speech.
    pub(super) fn resumed(&mut self, held: u64, at: u64) {
        for from in self.0.iter_mut().filter_map(|queued| queued.sounds_from.as_mut()) {
            *from += at.saturating_sub(held);
        }
    }

    /// What is heard now; nothing where nothing is said.
    pub(super) fn front_text(&self) -> &str {
        self.0.front().map_or("", |front| &front.sentence.text)
    }

    pub(super) fn front_may_be_interrupted(&self) -> bool {
        self.0.front().is_some_and(|front| front.sentence.interruptible)
    }

    /// Only the question is left.
    pub(super) fn is_last(&self) -> bool {
        self.0.len() == 1
    }

    /// Only the question is left, and at `at` its second half sounds.
    pub(super) fn question_is_half_out(&self, at: u64) -> bool {
        let question = self.0.front().filter(|_| self.is_last());
        question.is_some_and(|question| {
            let long = question.sentence.text.chars().count() as u64 * SPOKEN_CHARACTER_MS;
            question.sounds_from.is_some_and(|from| at >= from + long / 2)
        })
    }
}
