//! What is done before the end of the caller's turn is sure: the machine's side of [`Speculation`].

use super::machine::Turn;
use super::{Action, Speculation, Thought};
use crate::domain::dialogue::{Reply, Sentence, Then};
use crate::domain::language::Language;
use crate::domain::thinking::ModelRequest;
use crate::domain::transcript::Line;

/// A sentence made ready, under the id it will be said by.
pub(super) type Prepared = (u32, Sentence);

/// The beginning of an answer to a turn that may be over.
pub(super) struct Ahead {
    /// The turn, as far as it was heard.
    heard: (String, Option<Language>),
    /// The script's.
    sentences: Vec<Prepared>,
    /// The model's.
    thoughts: Option<Thoughts>,
}

/// What a model has answered so far to a turn that may not be over.
pub(super) struct Thoughts {
    pub(super) question: u32,
    /// In the order in which they came.
    pub(super) pieces: Vec<Thought>,
    /// Its first words.
    pub(super) prepared: Option<Prepared>,
}

impl Turn {
    /// Prepares, or does away with what the caller has gone on from. After digits or an "and" more will
    /// probably come: then no voice is ordered, but a model begins to think. Asked after so much more patience,
    /// it would have no time left.
    pub(super) fn look_ahead(&mut self, at: u64, actions: &mut Vec<Action>) {
        let heard = if self.is_listening() { self.hearing.all_there() } else { None };
        if self.ahead.as_ref().map(|ahead| &ahead.heard) == heard.as_ref() {
            return;
        }
        self.forget_ahead(actions);
        let mode = self.limits.mode(at);
        let Some(heard) = heard.filter(|_| mode != Speculation::Off && !self.was_a_nod()) else { return };
        let question_heard = self.was_question_heard();
        self.dialogue.question_was_heard(question_heard);
        let reply = self.dialogue.preview(&heard.0, heard.1);
        let mut ahead = Ahead { heard, sentences: Vec::new(), thoughts: None };
        if reply.then == Then::Think {
            self.last_question += 1;
            let question = self.last_question;
            ahead.thoughts = Some(Thoughts { question, pieces: Vec::new(), prepared: None });
            actions.push(Action::Think { turn: question });
        } else if self.may_speak_ahead(at) {
            let begin = reply.say.into_iter().take(self.tuning.speculation.sentences_ahead);
            ahead.sentences = begin.map(|sentence| self.prepare(sentence, actions)).collect();
        }
        self.ahead = Some(ahead);
    }

    fn may_speak_ahead(&self, at: u64) -> bool {
        self.limits.mode(at) == Speculation::LlmTts && self.hearing.may_be_over()
    }

    fn prepare(&mut self, sentence: Sentence, actions: &mut Vec<Action>) -> Prepared {
        let id = self.next_id();
        actions.push(Action::Prepare { id, sentence: sentence.clone() });
        (id, sentence)
    }

    /// Keeps a piece of a model's answer to a turn that may not be over; false where it is of another.
    pub(super) fn thought_ahead(&mut self, turn: u32, thought: &Thought, at: u64, actions: &mut Vec<Action>) -> bool {
        let thoughts = self.ahead.as_mut().and_then(|ahead| ahead.thoughts.as_mut());
        let Some(thoughts) = thoughts.filter(|thoughts| thoughts.question == turn) else { return false };
        thoughts.pieces.push(thought.clone());
        let is_first = thoughts.pieces.len() == 1;
        if let Thought::Clause(clause) = thought
            && is_first
            && self.may_speak_ahead(at)
        {
            let heard = self.ahead.as_ref().map(|ahead| ahead.heard.clone());
            let words = heard.and_then(|(text, language)| self.dialogue.preview_clause(&text, language, clause));
            let prepared = words.map(|sentence| self.prepare(sentence, actions));
            if let Some(thoughts) = self.ahead.as_mut().and_then(|ahead| ahead.thoughts.as_mut()) {
                thoughts.prepared = prepared;
            }
        }
        true
    }

    /// What the model is asked before the caller's turn is surely over; `so_far` is the conversation.
    pub(super) fn request_ahead(&self, so_far: &[Line]) -> Option<ModelRequest> {
        let ahead = self.ahead.as_ref().filter(|ahead| ahead.thoughts.is_some())?;
        self.dialogue.preview_request(&ahead.heard.0, ahead.heard.1, so_far, self.at)
    }

    /// The caller's turn is over: what was prepared for other words is nobody's.
    pub(super) fn turn_ended_with(&mut self, text: &str, language: Option<Language>, actions: &mut Vec<Action>) {
        let same = |ahead: &Ahead| ahead.heard.0 == text && ahead.heard.1 == language;
        if !self.ahead.as_ref().is_some_and(same) {
            self.forget_ahead(actions);
        }
    }

    /// The ids under which the beginning of this is prepared.
    pub(super) fn ready_for(&mut self, reply: &Reply, actions: &mut Vec<Action>) -> Vec<u32> {
        let fits =
            |ahead: &Ahead| ahead.sentences.iter().map(|(_, s)| s).eq(reply.say.iter().take(ahead.sentences.len()));
        match self.ahead.take_if(|ahead| ahead.thoughts.is_none() && fits(ahead)) {
            Some(ahead) => ahead.sentences.into_iter().map(|(id, _)| id).collect(),
            None => {
                self.forget_ahead(actions);
                Vec::new()
            }
        }
    }

    /// What the model has answered already.
    pub(super) fn thoughts_so_far(&mut self) -> Option<Thoughts> {
        self.ahead.take_if(|ahead| ahead.thoughts.is_some()).and_then(|ahead| ahead.thoughts)
    }

    pub(super) fn forget_ahead(&mut self, actions: &mut Vec<Action>) {
        let Some(ahead) = self.ahead.take() else { return };
        let prepared = ahead.thoughts.as_ref().is_some_and(|thoughts| thoughts.prepared.is_some());
        if ahead.thoughts.is_some() {
            actions.push(Action::ThinkNoMore { for_nobody: true });
        }
        if prepared || !ahead.sentences.is_empty() {
            actions.push(Action::Forget);
        }
    }
}
