//! What is done before the end of the caller's turn is sure: the machine's side of [`Speculation`].

use super::constants::SENTENCES_AHEAD;
use super::machine::Turn;
use super::{Action, Speculation};
use crate::domain::dialogue::{Reply, Sentence};
use crate::domain::language::Language;

/// The beginning of an answer to a turn that may be over.
pub(super) struct Ahead {
    /// The turn, as far as it was heard.
    heard: (String, Option<Language>),
    /// Under the ids it will be said by.
    sentences: Vec<(u32, Sentence)>,
}

impl Turn {
    /// Prepares, or does away with what the caller has gone on from.
    pub(super) fn look_ahead(&mut self, at: u64, actions: &mut Vec<Action>) {
        let heard = if self.is_listening() { self.hearing.maybe_turn() } else { None };
        if self.ahead.as_ref().map(|ahead| &ahead.heard) == heard.as_ref() {
            return;
        }
        self.forget_ahead(actions);
        let Some(heard) = heard.filter(|_| self.limits.mode(at) == Speculation::LlmTts && !self.was_a_nod()) else {
            return;
        };
        self.tell_whether_the_question_was_heard();
        let begin = self.dialogue.preview(&heard.0, heard.1).say.into_iter().take(SENTENCES_AHEAD);
        let sentences: Vec<_> = begin.map(|sentence| (self.next_id(), sentence)).collect();
        let prepare = |(id, sentence): &(u32, Sentence)| Action::Prepare { id: *id, sentence: sentence.clone() };
        actions.extend(sentences.iter().map(prepare));
        self.ahead = Some(Ahead { heard, sentences });
    }

    /// The ids under which the beginning of this is prepared.
    pub(super) fn ready_for(&mut self, reply: &Reply, actions: &mut Vec<Action>) -> Vec<u32> {
        let fits =
            |ahead: &Ahead| ahead.sentences.iter().map(|(_, s)| s).eq(reply.say.iter().take(ahead.sentences.len()));
        match self.ahead.take_if(|ahead| fits(ahead)) {
            Some(ahead) => ahead.sentences.into_iter().map(|(id, _)| id).collect(),
            None => {
                self.forget_ahead(actions);
                Vec::new()
            }
        }
    }

    pub(super) fn forget_ahead(&mut self, actions: &mut Vec<Action>) {
        if self.ahead.take().is_some_and(|ahead| !ahead.sentences.is_empty()) {
            actions.push(Action::Forget);
        }
    }
}
