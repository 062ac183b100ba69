//! Who has the floor, and what happens when it passes.

use std::collections::VecDeque;

use super::ahead::Ahead;
use super::constants::NUDGE_AFTER_MS;
use super::hearing::{Flush, Hearing, Utterance};
use super::interruption::Contest;
use super::speculation::{Limits, Speculation};
use super::thinking::Thinking;
use super::{Action, Event};
use crate::domain::call::Disposition;
use crate::domain::dialogue::{Dialogue, Outcome, Reply, Sentence, Then};
use crate::domain::thinking::ModelRequest;
use crate::domain::transcript::Line;

/// One conversation's turn-taking.
pub struct Turn {
    pub(super) dialogue: Dialogue,
    pub(super) hearing: Hearing,
    /// Said or being said, and not yet heard to the end; the first is playing, or held.
    pub(super) saying: VecDeque<(u32, Sentence)>,
    /// When the first of `saying` began, as far as we know.
    pub(super) front_since: u64,
    /// A voice over what is being said.
    pub(super) contest: Option<Contest>,
    /// Since when the bot is silent because of it, where it is.
    pub(super) held_since: u64,
    /// When the bot fell silent for nothing.
    pub(super) alarms: Vec<u64>,
    /// Since when we listen into silence.
    pub(super) listening_since: u64,
    /// What is prepared for the case that the caller's turn is over.
    pub(super) ahead: Option<Ahead>,
    pub(super) limits: Limits,
    /// The model's answer under way.
    pub(super) thinking: Option<Thinking>,
    pub(super) last_question: u32,
    /// The caller broke off an answer of the model before its first word.
    pub(super) owes_answer: bool,
    /// And it was asked for a second time.
    pub(super) asked_twice: bool,
    pub(super) last_id: u32,
    /// The time of the last event.
    pub(super) at: u64,
    pub(super) then: Then,
    started: bool,
    over: bool,
    longest_ms: u64,
    /// Whether the line went away before we closed it.
    caller_left: bool,
}

impl Turn {
    /// A conversation that may last `longest_ms` from its start.
    pub fn new(dialogue: Dialogue, longest_ms: u64, speculation: Speculation) -> Self {
        Self {
            hearing: Hearing::new(dialogue.language()),
            dialogue,
            saying: VecDeque::new(),
            front_since: 0,
            contest: None,
            held_since: 0,
            alarms: Vec::new(),
            listening_since: 0,
            ahead: None,
            limits: Limits::new(speculation),
            thinking: None,
            last_question: 0,
            owes_answer: false,
            asked_twice: false,
            last_id: 0,
            at: 0,
            then: Then::Listen,
            started: false,
            over: false,
            longest_ms,
            caller_left: false,
        }
    }

    /// Takes one event at `at` milliseconds (never less than before) and answers what to do.
    pub fn step(&mut self, event: Event, at: u64) -> Vec<Action> {
        let mut actions = Vec::new();
        self.at = at;
        if self.over {
            // Words said before the line closed are known only now.
            if let Event::Final { text, language } = event {
                let late = self.hearing.transcript(&text, language, at);
                self.note(late, &mut actions);
            }
            return actions;
        }
        self.take(event, at, &mut actions);
        self.let_time_pass(at, &mut actions);
        actions
    }

    fn take(&mut self, event: Event, at: u64, actions: &mut Vec<Action>) {
        match event {
            Event::StreamStarted if !self.started => {
                self.started = true;
                let reply = self.dialogue.open();
                self.speak(reply, at, actions);
            }
            Event::StreamStarted | Event::Tick => {}
            Event::VoiceStarted { over_floor_db } => self.voice_started(over_floor_db, at, actions),
            Event::VoiceStopped => self.hearing.voice_stopped(at),
            Event::Partial { text } => self.hearing.partial(text),
            Event::Final { text, language } => {
                if let Some(since) = self.hearing.transcribed_since() {
                    self.limits.final_took(at - since);
                }
                let late = self.hearing.transcript(&text, language, at);
                self.note(late, actions);
            }
            Event::Played { id } => self.played(id, at, actions),
            Event::SpeechFailed { id } => self.speech_failed(id, at, actions),
            Event::Dtmf { digit: '1' } => self.agent("key 1 pressed", at, actions),
            Event::HandOverRequested => self.agent("asked for at the dashboard", at, actions),
            Event::OverQuota => self.limits.over_quota(at),
            Event::Thought { turn, thought } => self.thought(turn, thought, at, actions),
            Event::Closed => {
                self.caller_left = true;
                self.end(at, actions);
            }
            Event::Dtmf { .. } | Event::HearingLost | Event::ShuttingDown if self.is_closing() => {}
            Event::Dtmf { .. } => {
                let reply = self.dialogue.repeat();
                self.instead(reply, at, actions);
            }
            Event::HearingLost => {
                let reply = self.dialogue.deaf();
                self.instead(reply, at, actions);
            }
            Event::ShuttingDown => {
                let reply = self.dialogue.technical();
                self.instead(reply, at, actions);
            }
        }
    }

    fn voice_started(&mut self, over_floor_db: Option<u8>, at: u64, actions: &mut Vec<Action>) {
        if self.hearing.is_between_fragments() {
            self.limits.flushed(true);
        }
        if self.hearing.voice_started(at) {
            actions.push(Action::SpeechStart);
        }
        self.voice_over_bot(over_floor_db, at);
        self.voice_over_thought(at, actions);
    }

    /// When the driver shall send `Tick`; `None` once it is over.
    pub fn deadline(&self) -> Option<u64> {
        if self.over || !self.started {
            return None;
        }
        let silence = (self.is_listening() && self.hearing.is_idle()).then_some(self.listening_since + NUDGE_AFTER_MS);
        let end = (!self.is_closing()).then_some(self.longest_ms);
        let takes = self.is_listening() || self.is_closing();
        let flush = self.hearing.flush_at(self.limits.flush_after_ms(self.at));
        let over = if takes { self.hearing.over_at() } else { None };
        [flush, over, self.contest_due(), self.thought_due(), silence, end].into_iter().flatten().min()
    }

    /// Everything is said, or the line is gone.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Over, and words the caller said before are still being transcribed.
    pub fn awaits_words(&self) -> bool {
        self.over && self.hearing.awaits_late()
    }

    /// Whether a hand-over is what the end is for.
    pub fn hands_over(&self) -> bool {
        self.then == Then::HandOver
    }

    /// How the conversation went.
    pub fn outcome(&self) -> Outcome {
        let mut outcome = self.dialogue.outcome();
        let undone = self.caller_left && self.then == Then::HandOver;
        if outcome.disposition.is_none() || undone {
            outcome.disposition = Some(if self.started { Disposition::HungUp } else { Disposition::Broken });
        }
        outcome
    }

    /// What the model is asked; `heard` is the conversation so far, as it was heard.
    pub fn model_request(&self, heard: &[Line]) -> Option<ModelRequest> {
        self.dialogue.model_request(heard)
    }

    /// The right person said so.
    pub fn is_confirmed(&self) -> bool {
        self.dialogue.is_confirmed()
    }

    pub(super) fn is_listening(&self) -> bool {
        self.started && self.saying.is_empty() && self.then == Then::Listen
    }

    pub(super) fn is_closing(&self) -> bool {
        matches!(self.then, Then::HandOver | Then::HangUp(_))
    }

    /// Everything that is due by now, in the order in which it fell due.
    fn let_time_pass(&mut self, at: u64, actions: &mut Vec<Action>) {
        if self.over || !self.started {
            return;
        }
        let flush = self.hearing.take_flush(at, self.limits.flush_after_ms(at));
        tell(flush, actions);
        self.contend(at, actions);
        self.think_no_longer(at, actions);
        if !self.is_closing() && at >= self.longest_ms {
            let reply = self.dialogue.time_over();
            self.instead(reply, at, actions);
        }
        if self.is_closing() {
            // Everything is decided; what the caller still says is kept and answers nothing.
            let said = self.hearing.take_turn(at);
            self.note(said, actions);
        } else if self.is_listening() {
            self.listen(at, actions);
        }
        self.look_ahead(at, actions);
    }

    fn listen(&mut self, at: u64, actions: &mut Vec<Action>) {
        let was_a_nod = self.was_a_nod();
        if let Some(turn) = self.hearing.take_turn(at) {
            self.contest = None;
            if was_a_nod { self.note(Some(turn), actions) } else { self.answer(turn, at, actions) }
        }
        // A cough answers nothing: the silence around it may be over long ago.
        if self.is_listening() && self.hearing.is_idle() && at >= self.listening_since + NUDGE_AFTER_MS {
            let reply = self.dialogue.silence();
            self.instead(reply, at, actions);
        }
    }

    fn answer(&mut self, turn: Utterance, at: u64, actions: &mut Vec<Action>) {
        if turn.text.is_empty() {
            // A cough asks for nothing. Words nobody could make out are asked for again.
            if self.owes_answer {
                self.think_again(at, actions);
            } else if turn.timed_out {
                let reply = self.dialogue.not_understood();
                self.speak(reply, at, actions);
            }
            return;
        }
        self.limits.flushed(false);
        (self.owes_answer, self.asked_twice) = (false, false);
        let reply = self.dialogue.answer(&turn.text, turn.language);
        actions.extend(self.heard(turn, true));
        self.speak_as_asked(reply, "the caller asked for an agent", at, actions);
    }

    /// The record keeps every word, also those that answer nothing.
    pub(super) fn note(&self, said: Option<Utterance>, actions: &mut Vec<Action>) {
        actions.extend(said.and_then(|said| self.heard(said, false)));
    }

    fn heard(&self, said: Utterance, answered: bool) -> Option<Action> {
        let language = said.language.unwrap_or(self.dialogue.language());
        let Utterance { text, start_ms, end_ms, .. } = said;
        (!text.is_empty()).then_some(Action::Heard { text, language, start_ms, end_ms, answered })
    }

    fn agent(&mut self, reason: &'static str, at: u64, actions: &mut Vec<Action>) {
        if !self.started || self.then == Then::HandOver {
            return;
        }
        let reply = self.dialogue.hand_over();
        self.silence_bot(at, actions);
        self.speak_as_asked(reply, reason, at, actions);
    }

    /// Stops what is being said and says this.
    fn instead(&mut self, reply: Reply, at: u64, actions: &mut Vec<Action>) {
        if !self.started {
            return;
        }
        self.silence_bot(at, actions);
        self.speak(reply, at, actions);
    }

    fn silence_bot(&mut self, at: u64, actions: &mut Vec<Action>) {
        if !self.saying.is_empty() {
            self.saying.clear();
            actions.push(Action::StopPlayback);
        }
        self.contest = None;
        self.forget_ahead(actions);
        self.forget_thought(actions);
        let said = self.hearing.forget(at);
        self.note(said, actions);
    }

    pub(super) fn speak_as_asked(&mut self, reply: Reply, reason: &'static str, at: u64, actions: &mut Vec<Action>) {
        if reply.then == Then::HandOver {
            actions.push(Action::HandOver { reason });
        }
        self.speak(reply, at, actions);
    }

    pub(super) fn speak(&mut self, reply: Reply, at: u64, actions: &mut Vec<Action>) {
        self.then = reply.then;
        self.front_since = at;
        self.hearing.asked(reply.expects, self.dialogue.language());
        let mut ready = self.ready_for(&reply, actions).into_iter();
        for sentence in reply.say {
            let id = ready.next().unwrap_or_else(|| self.next_id());
            self.saying.push_back((id, sentence.clone()));
            actions.push(Action::Say { id, sentence });
        }
        if self.then == Then::Think {
            self.think(at, actions);
        } else if self.saying.is_empty() {
            self.all_said(at, actions);
        }
    }

    pub(super) fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    fn played(&mut self, id: u32, at: u64, actions: &mut Vec<Action>) {
        // News of a block that was cut is nobody's.
        if !self.saying.iter().any(|(known, _)| *known == id) {
            return;
        }
        while self.saying.front().is_some_and(|(front, _)| *front <= id) {
            self.saying.pop_front();
        }
        self.front_since = at;
        if self.saying.is_empty() {
            self.all_said(at, actions);
        } else if !self.hearing.is_speaking() && self.contest.is_none() {
            // "Hm" or "hello?" into an earlier sentence does not answer the question to come.
            let said = self.hearing.forget(at);
            self.note(said, actions);
        }
    }

    fn speech_failed(&mut self, id: u32, at: u64, actions: &mut Vec<Action>) {
        if !self.saying.iter().any(|(known, _)| *known == id) {
            return;
        }
        if !self.is_closing() {
            // No voice, no apology either: the record says why.
            self.dialogue.technical();
            self.then = Then::HangUp(Disposition::Broken);
        }
        self.saying.clear();
        self.hang_up(at, actions);
    }

    fn all_said(&mut self, at: u64, actions: &mut Vec<Action>) {
        match self.then {
            Then::Listen => self.listening_since = at,
            // The rest of the answer is still to come.
            Then::Think => {}
            Then::HandOver | Then::HangUp(_) => self.hang_up(at, actions),
        }
    }

    fn hang_up(&mut self, at: u64, actions: &mut Vec<Action>) {
        self.end(at, actions);
        actions.push(Action::HangUp);
    }

    fn end(&mut self, at: u64, actions: &mut Vec<Action>) {
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

/// The recogniser's part of it.
pub(super) fn tell(flush: Option<Flush>, actions: &mut Vec<Action>) {
    match flush {
        Some(Flush::End) => actions.push(Action::SpeechEnd),
        Some(Flush::Renew) => actions.extend([Action::SpeechEnd, Action::SpeechStart]),
        None => {}
    }
}
