//! What is said, in which order, and when the call is over with it.

use std::borrow::Cow;

use super::Action;
use super::machine::Turn;
use crate::domain::dialogue::{Reply, Then};

impl Turn {
    pub(super) fn agent(&mut self, reason: &'static str, at: u64, actions: &mut Vec<Action>) {
        if !self.started || self.then == Then::HandOver {
            return;
        }
        let reply = self.dialogue.hand_over();
        self.silence_bot(at, actions);
        self.owed_since = at;
        self.speak_as_asked(reply, reason, at, actions);
    }

    /// Stops what is being said and says this.
    pub(super) fn instead(&mut self, reply: Reply, at: u64, actions: &mut Vec<Action>) {
        if !self.started {
            return;
        }
        self.silence_bot(at, actions);
        self.owed_since = at;
        self.speak(reply, at, actions);
    }

    /// Leaves the floor to whoever speaks; what they say is still to be answered.
    pub(super) fn fall_silent(&mut self, at: u64, actions: &mut Vec<Action>) {
        let held = self.contest.take().is_some_and(|contest| contest.held);
        if held || !self.saying.is_empty() {
            self.saying.clear();
            actions.push(Action::StopPlayback);
        }
        self.forget_ahead(actions);
        self.forget_thought(actions);
        self.listening_since = at;
    }

    pub(super) fn silence_bot(&mut self, at: u64, actions: &mut Vec<Action>) {
        self.fall_silent(at, actions);
        let said = self.hearing.forget(at);
        self.note(said, actions);
    }

    pub(super) fn speak_as_asked(
        &mut self,
        reply: Reply,
        reason: impl Into<Cow<'static, str>>,
        at: u64,
        actions: &mut Vec<Action>,
    ) {
        if reply.then == Then::HandOver {
            actions.push(Action::HandOver { reason: reason.into() });
        }
        self.speak(reply, at, actions);
    }

    pub(super) fn speak(&mut self, reply: Reply, at: u64, actions: &mut Vec<Action>) {
        self.then = reply.then;
        (self.question_out, self.gave_way) = (false, false);
        self.closing_since = at;
        self.hearing.asked(reply.expects, self.dialogue.language());
        if self.then == Then::Think {
            self.think(at, actions);
            return;
        }
        let mut ready = self.ready_for(&reply, actions).into_iter();
        for sentence in reply.say {
            let id = ready.next().unwrap_or_else(|| self.next_id());
            self.saying.push(id, sentence.clone());
            actions.push(Action::Say { id, sentence });
        }
        if self.saying.is_empty() {
            self.all_said(at, actions);
        }
    }

    pub(super) fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn played(&mut self, id: u32, at: u64, actions: &mut Vec<Action>) {
        if !self.saying.played(id) {
            return;
        }
        if self.saying.is_empty() {
            self.all_said(at, actions);
        } else if !self.hearing.is_speaking() && self.contest.is_none() {
            // "Hm" or "hello?" into an earlier sentence does not answer the question to come.
            let said = self.hearing.forget(at);
            self.note(said, actions);
        }
    }

    pub(super) fn speech_failed(&mut self, id: u32, at: u64, actions: &mut Vec<Action>) {
        if !self.saying.has(id) {
            return;
        }
        self.saying.clear();
        if !self.is_closing() {
            self.then = self.dialogue.mute();
            if self.then == Then::HandOver {
                actions.push(Action::HandOver { reason: "the bot lost its voice".into() });
            }
        }
        self.hang_up(at, actions);
    }

    fn all_said(&mut self, at: u64, actions: &mut Vec<Action>) {
        match self.then {
            Then::Listen => {
                self.listening_since = at;
                self.question_out = true;
                self.release(actions);
            }
            // The rest of the answer is still to come.
            Then::Think => {}
            Then::HandOver | Then::HangUp(_) => self.hang_up(at, actions),
        }
    }

    pub(super) fn hang_up(&mut self, at: u64, actions: &mut Vec<Action>) {
        self.end(at, actions);
        actions.push(Action::HangUp);
    }

    pub(super) fn end(&mut self, at: u64, actions: &mut Vec<Action>) {
        self.over = true;
        self.forget_ahead(actions);
        self.forget_thought(actions);
        if self.hearing.close(at) {
            actions.push(Action::SpeechEnd);
        }
        let said = self.hearing.forget(at);
        self.note(said, actions);
    }
}
