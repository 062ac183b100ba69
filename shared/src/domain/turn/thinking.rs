//! While a model answers: the machine's side of it. A late piece of an older answer is dropped by
//! its number, and whoever waits too long is answered by the script.

use super::ahead::{Prepared, Thoughts};
use super::machine::Turn;
use super::{Action, Thought};
use crate::domain::dialogue::{Reply, Sentence, Then, Verdict};

/// An answer under way.
#[derive(Debug, Clone)]
pub(super) struct Thinking {
    /// Counts up with every question to the model.
    question: u32,
    /// By when its next piece must be here.
    due: u64,
    /// Its first words, where they were spoken into a buffer before.
    prepared: Option<Prepared>,
}

impl Turn {
    /// Asks the model, or takes what it has answered before the turn was surely over.
    pub(super) fn think(&mut self, at: u64, actions: &mut Vec<Action>) {
        self.then = Then::Think;
        let tuning = self.tuning.model;
        let due = (at + tuning.first_clause_within_ms).min(self.owed_since + tuning.answer_within_ms);
        if let Some(Thoughts { question, pieces, prepared }) = self.thoughts_so_far() {
            self.thinking = Some(Thinking { question, due, prepared });
            for piece in pieces {
                self.thought(question, piece, at, actions);
            }
            return;
        }
        self.last_question += 1;
        let question = self.last_question;
        self.thinking = Some(Thinking { question, due, prepared: None });
        actions.push(Action::Think { turn: question });
    }

    /// A piece of an answer; of an older one it is nobody's.
    pub(super) fn thought(&mut self, turn: u32, thought: Thought, at: u64, actions: &mut Vec<Action>) {
        if self.thought_ahead(turn, &thought, at, actions) {
            return;
        }
        let Some(due) = self.thinking.as_ref().filter(|thinking| thinking.question == turn).map(|t| t.due) else {
            return;
        };
        let verdict = match thought {
            Thought::Clause(clause) => self.dialogue.clause(&clause),
            Thought::Tool(call) => self.dialogue.tool(&call),
            Thought::Done => Verdict::Instead(self.dialogue.answered()),
            Thought::Failed => Verdict::Instead(self.dialogue.unanswered()),
        };
        match verdict {
            Verdict::Say(sentence) => self.say_thought(sentence, at, actions),
            Verdict::Nothing => {}
            Verdict::Stopped(why, reply) => {
                actions.push(Action::Stopped { why });
                self.end_thought(reply, at, actions);
            }
            Verdict::Instead(reply) => self.end_thought(reply, at, actions),
            // It may correct itself: within the same time, for the caller hears nothing of it.
            Verdict::Again => {
                self.forget_prepared(actions);
                self.think(at, actions);
                if let Some(again) = &mut self.thinking {
                    again.due = due;
                }
            }
        }
    }

    fn say_thought(&mut self, sentence: Sentence, at: u64, actions: &mut Vec<Action>) {
        if let Some(thinking) = &mut self.thinking {
            thinking.due = at + self.tuning.model.next_clause_within_ms;
        }
        let prepared = self.thinking.as_mut().and_then(|t| t.prepared.take_if(|(_, ahead)| *ahead == sentence));
        self.forget_prepared(actions);
        let id = prepared.map_or_else(|| self.next_id(), |(id, _)| id);
        self.saying.push(id, sentence.clone());
        actions.push(Action::Say { id, sentence });
    }

    /// What follows the answer, after what of it is still being said.
    fn end_thought(&mut self, reply: Reply, at: u64, actions: &mut Vec<Action>) {
        self.forget_thought(actions);
        let reason = self.dialogue.why_agent().unwrap_or("the caller asked for an agent").to_owned();
        self.speak_as_asked(reply, reason, at, actions);
    }

    /// The script answers what a model did not in time.
    pub(super) fn think_no_longer(&mut self, at: u64, actions: &mut Vec<Action>) {
        if self.thought_due().is_some_and(|due| at >= due) {
            let reply = self.dialogue.unanswered();
            self.end_thought(reply, at, actions);
        }
    }

    /// When that is. What is being said leaves the model time, and so does a caller who is not waiting.
    pub(super) fn thought_due(&self) -> Option<u64> {
        let waits = self.saying.is_empty() && !self.hearing.is_speaking();
        let thinking = self.thinking.as_ref().filter(|_| waits)?;
        let noise = self.hearing.quiet_since().map_or(0, |quiet| quiet + self.tuning.hearing.rest_wait_ms);
        Some(thinking.due.max(noise))
    }

    /// The floor is the caller's; what was heard of the answer stands.
    pub(super) fn break_off_thought(&mut self, actions: &mut Vec<Action>) {
        if self.thinking.is_some() {
            self.forget_thought(actions);
            self.dialogue.interrupted();
        }
    }

    /// Nobody waits for the model any more.
    pub(super) fn forget_thought(&mut self, actions: &mut Vec<Action>) {
        self.forget_prepared(actions);
        if self.thinking.take().is_some() {
            self.then = Then::Listen;
            actions.push(Action::ThinkNoMore { for_nobody: false });
        }
    }

    fn forget_prepared(&mut self, actions: &mut Vec<Action>) {
        if self.thinking.as_mut().is_some_and(|thinking| thinking.prepared.take().is_some()) {
            actions.push(Action::Forget);
        }
    }
}
