//! Who has the floor, and what happens when it passes.

use super::ahead::Ahead;
use super::constants::GOODBYE_WITHIN_MS;
use super::hearing::{Flush, Hearing, Utterance};
use super::interruption::Contest;
use super::queue::Queue;
use super::speculation::Limits;
use super::thinking::Thinking;
use super::{Action, Event, Tuning};
use crate::domain::call::Disposition;
use crate::domain::dialogue::{Dialogue, Machine, Outcome, Then};
use crate::domain::language::Language;
use crate::domain::thinking::ModelRequest;
use crate::domain::transcript::Line;

/// A turn whose words did not come in time: one utterance, to a question that still stands.
#[derive(Debug, Clone, Copy)]
struct Missed {
    start_ms: u64,
    /// What it answers had been heard.
    question_heard: bool,
}

/// One conversation's turn-taking.
pub struct Turn {
    pub(super) tuning: Tuning,
    pub(super) dialogue: Dialogue,
    pub(super) hearing: Hearing,
    pub(super) saying: Queue,
    /// The caller has heard what was asked last: before that nothing answers it.
    pub(super) question_out: bool,
    /// Since when the caller waits for a sound of ours, where they do.
    pub(super) owed_since: u64,
    /// A voice over what is being said, or into a pause of it.
    pub(super) contest: Option<Contest>,
    /// The floor was given away for words that were only guessed.
    pub(super) gave_way: bool,
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
    pub(super) last_id: u32,
    /// The turn that was asked for again because its words did not come.
    asked_again: Option<Missed>,
    /// The time of the last event.
    pub(super) at: u64,
    pub(super) then: Then,
    /// When the last words were ordered.
    pub(super) closing_since: u64,
    pub(super) started: bool,
    pub(super) over: bool,
    longest_ms: u64,
    /// Whether the line went away before we closed it.
    caller_left: bool,
}

impl Turn {
    /// A conversation that may last `longest_ms` from its start.
    pub fn new(dialogue: Dialogue, longest_ms: u64, tuning: Tuning) -> Self {
        Self {
            hearing: Hearing::new(dialogue.language(), tuning),
            tuning,
            dialogue,
            saying: Queue::default(),
            question_out: false,
            owed_since: 0,
            contest: None,
            gave_way: false,
            held_since: 0,
            alarms: Vec::new(),
            listening_since: 0,
            ahead: None,
            limits: Limits::new(tuning),
            thinking: None,
            last_question: 0,
            last_id: 0,
            asked_again: None,
            at: 0,
            then: Then::Listen,
            closing_since: 0,
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
            Event::VoiceSuspected => self.hearing.voice_suspected(at),
            Event::Partial { text } => {
                self.hearing.partial(text, at);
                self.notice_machine(at, actions);
            }
            Event::Final { text, language } => {
                if let Some(since) = self.hearing.transcribed_since() {
                    self.limits.final_took(at - since);
                }
                if let Some(late) = self.hearing.transcript(&text, language, at) {
                    self.late_words(late, at, actions);
                }
                self.notice_machine(at, actions);
            }
            Event::Sounds { id, from } => self.saying.sounds(id, from),
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
                if let Some(reply) = self.dialogue.key() {
                    self.instead(reply, at, actions);
                }
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
        if self.hearing.voice_started(over_floor_db, at) {
            actions.push(Action::SpeechStart);
        }
        self.voice_over_bot(over_floor_db, at);
    }

    /// A machine talks at once, over the greeting, and does not stop for it: it is known by its first words.
    /// The bot falls silent and hears it out. One that records ends the call as soon as its words are
    /// certain: those still coming may become a relative's, who says that a phone is switched off.
    fn notice_machine(&mut self, at: u64, actions: &mut Vec<Action>) {
        if !self.started || self.is_closing() {
            return;
        }
        match self.dialogue.machine_in(&self.hearing.so_far(), false) {
            Some(Machine::Records) if self.dialogue.machine_in(&self.hearing.certain(), true).is_some() => {
                let reply = self.dialogue.machine_records();
                self.instead(reply, at, actions);
            }
            Some(_) if !self.is_listening() => self.fall_silent(at, actions),
            Some(_) | None => {}
        }
    }

    /// When the driver shall send `Tick`; `None` once it is over.
    pub fn deadline(&self) -> Option<u64> {
        if self.over || !self.started {
            return None;
        }
        let end = if self.is_closing() { self.closing_since + GOODBYE_WITHIN_MS } else { self.longest_ms };
        let takes = self.is_listening() || self.is_closing();
        let flush = self.hearing.flush_at(self.limits.flush_after_ms(self.at));
        let over = if takes { self.hearing.over_at() } else { None };
        [flush, over, self.contest_due(), self.thought_due(), self.nudge_at(), Some(end)].into_iter().flatten().min()
    }

    /// When we ask into the silence.
    fn nudge_at(&self) -> Option<u64> {
        let silent = self.is_listening() && self.hearing.is_idle();
        silent.then_some(self.listening_since + self.tuning.hearing.nudge_after_ms)
    }

    /// Since when the caller waits for a sound of ours; `None` while they speak, or nothing is owed.
    pub fn owes_sound_since(&self) -> Option<u64> {
        if self.over || !self.started || self.hearing.is_speaking() {
            return None;
        }
        match self.hearing.quiet_since() {
            // The floor is theirs, or a noise has passed over what we say.
            Some(quiet) if self.is_listening() => Some(quiet),
            Some(quiet) => Some(quiet.max(self.owed_since)),
            None => (!self.is_listening()).then_some(self.owed_since),
        }
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

    /// The language spoken now.
    pub fn language(&self) -> Language {
        self.dialogue.language()
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
        self.request_ahead(heard).or_else(|| self.dialogue.model_request(heard))
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
        if !self.is_closing() && at >= self.longest_ms {
            let reply = self.dialogue.time_over();
            self.instead(reply, at, actions);
        }
        if self.is_closing() {
            // Everything is decided; what the caller still says is kept and answers nothing.
            let said = self.hearing.take_turn(at);
            self.note(said, actions);
            if at >= self.closing_since + GOODBYE_WITHIN_MS {
                self.hang_up(at, actions);
                return;
            }
        } else if self.is_listening() {
            self.listen(at, actions);
        }
        // After an answer that begins now: its time may be over with the caller's turn.
        self.think_no_longer(at, actions);
        self.look_ahead(at, actions);
    }

    fn listen(&mut self, at: u64, actions: &mut Vec<Action>) {
        let was_a_nod = self.was_a_nod();
        if let Some(turn) = self.hearing.take_turn(at) {
            let heard = self.was_question_heard();
            self.dialogue.question_was_heard(heard);
            self.contest = None;
            let turn = if was_a_nod { turn } else { self.with_guess(turn) };
            self.asked_again = self.missed(&turn, heard);
            if was_a_nod { self.note(Some(turn), actions) } else { self.answer(turn, at, actions) }
        }
        // A cough answers nothing: the silence around it may be over long ago.
        if self.nudge_at().is_some_and(|due| at >= due) {
            let reply = self.dialogue.silence();
            self.instead(reply, at, actions);
        }
    }

    /// A recogniser that has guessed at a wish and does not finish was heard well enough.
    fn with_guess(&mut self, turn: Utterance) -> Utterance {
        let whole = format!("{} {}", turn.text, turn.guess).trim().to_owned();
        if turn.guess.is_empty() || !self.dialogue.may_go_by_guess(&whole, turn.language) {
            return turn;
        }
        self.hearing.went_by_guess();
        Utterance { text: whole, ..turn }
    }

    /// Of several utterances one is no answer ("yes" … "is not here"), and what was asked openly is not
    /// what is asked again.
    fn missed(&self, turn: &Utterance, question_heard: bool) -> Option<Missed> {
        let whole = turn.timed_out && turn.text.is_empty() && self.hearing.awaits_one_late();
        (whole && !self.dialogue.asks_openly()).then_some(Missed { start_ms: turn.start_ms, question_heard })
    }

    fn answer(&mut self, turn: Utterance, at: u64, actions: &mut Vec<Action>) {
        if turn.text.is_empty() {
            // A cough asks for nothing. Words nobody could make out are asked for again, and so are those for
            // which the bot broke off and which were none.
            if turn.timed_out || self.gave_way {
                self.owed_since = turn.end_ms.max(self.listening_since);
                let reply = self.dialogue.not_understood();
                self.speak(reply, at, actions);
            }
            return;
        }
        self.limits.flushed(false);
        self.owed_since = turn.end_ms.max(self.listening_since);
        self.turn_ended_with(&turn.text, turn.language, actions);
        self.reply_to(turn, at, actions);
    }

    /// Words of a turn that is over. Where we ask for them again, they are the answer after all.
    fn late_words(&mut self, turn: Utterance, at: u64, actions: &mut Vec<Action>) {
        let missed = self.asked_again.take_if(|missed| missed.start_ms == turn.start_ms);
        // Whoever has said something since is answered that.
        let Some(missed) = missed.filter(|_| !self.is_closing() && self.hearing.is_idle()) else {
            return self.note(Some(turn), actions);
        };
        self.silence_bot(at, actions);
        self.owed_since = at;
        self.dialogue.question_was_heard(missed.question_heard);
        self.dialogue.understood_after_all();
        self.reply_to(turn, at, actions);
    }

    fn reply_to(&mut self, turn: Utterance, at: u64, actions: &mut Vec<Action>) {
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
}

/// The recogniser's part of it.
pub(super) fn tell(flush: Option<Flush>, actions: &mut Vec<Action>) {
    match flush {
        Some(Flush::End) => actions.push(Action::SpeechEnd),
        Some(Flush::Renew) => actions.extend([Action::SpeechEnd, Action::SpeechStart]),
        None => {}
    }
}
