//! The machine on a virtual clock, with a line and a recogniser that behave.

mod calls;
mod guesses;
mod interruptions;
mod journal;
mod overheard;
mod patience;
mod properties;
mod replay;
#[cfg(feature = "llm")]
mod thinking;

use std::collections::VecDeque;

use super::constants::*;
use super::*;
use crate::domain::call::Disposition;
use crate::domain::dialogue::{Brief, Purpose};
use crate::domain::id::{CallId, CustomerId};
use crate::domain::money::Paise;
use crate::domain::session::SessionCustomer;
use crate::domain::vad::{START_DELAY_MS, STOP_DELAY_MS};

const TUNING: Tuning = Tuning::DEFAULT;
const LONGEST: u64 = 600_000;
/// From the end of a fragment to its transcript.
const RECOGNISER_MS: u64 = 200;
const VOICE: Event = Event::VoiceStarted { over_floor_db: Some(30) };

fn beginning(speculation: Speculation, purpose: Option<Purpose>) -> Beginning {
    let customer = SessionCustomer {
        id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        name: "Kavita".to_owned(),
        state: None,
        loan_id: Some("LN-004321".to_owned()),
        amount: Some(Paise(1_500_000)),
        due_date: None,
        language: Language::English,
    };
    let brief = Brief {
        language: Language::English,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer),
        agents: true,
        purpose,
    };
    Beginning { brief, today: None, untaken: false, longest_ms: LONGEST, tuning: TUNING.speculating(speculation) }
}

/// Whatever these tests let happen on a line is recorded, and comes to the same once more.
impl Drop for Line {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let recorded = self.recorded();
            assert_eq!(super::replay(&recorded, recorded.beginning.tuning), self.actions);
        }
    }
}

/// Plays what is said when asked to, transcribes what is spoken, and keeps the actions.
struct Line {
    turn: Turn,
    journal: Journal,
    at: u64,
    unplayed: Vec<u32>,
    stopped: Vec<u32>,
    said: Vec<String>,
    prepared: Vec<(u32, String)>,
    prepared_ever: Vec<u32>,
    held: bool,
    /// Whose first sound was told.
    sounding: Option<u32>,
    /// Spoken since the utterance at the recogniser was opened.
    spoken: Vec<String>,
    finals: VecDeque<(u64, String)>,
    /// How long the recogniser takes, where not as usual.
    deaf_for: Option<u64>,
    actions: Vec<(u64, Action)>,
    /// The last question to the model.
    asked: u32,
}

impl Line {
    fn begin() -> Self {
        Self::of(Speculation::LlmTts)
    }
    fn of(speculation: Speculation) -> Self {
        Self::on(&beginning(speculation, None))
    }
    fn on(beginning: &Beginning) -> Self {
        let mut line = Self {
            turn: beginning.turn(),
            journal: Journal::new(CallId::new(jiff::Timestamp::UNIX_EPOCH, [2; 10]), beginning),
            at: 0,
            unplayed: vec![],
            stopped: vec![],
            said: vec![],
            prepared: vec![],
            prepared_ever: vec![],
            held: false,
            sounding: None,
            spoken: vec![],
            finals: VecDeque::new(),
            deaf_for: None,
            actions: vec![],
            asked: 0,
        };
        line.event(Event::StreamStarted);
        line
    }
    /// What the journal has of it.
    fn recorded(&self) -> Recorded {
        Recorded::read(&self.journal.clone().finish()).expect("as it was written")
    }
    /// A right person who has been told why we call; the reason is still to be played.
    fn told() -> Self {
        let mut line = Self::begin();
        line.play_all();
        line.hear("yes");
        line
    }
    fn event(&mut self, event: Event) -> Vec<Action> {
        let at = self.at;
        self.journal.event(&event, at);
        let actions = self.turn.step(event, at);
        self.journal.actions(&actions, at);
        let answered = actions.iter().any(|action| matches!(action, Action::Heard { answered: true, .. }));
        for action in &actions {
            self.carry_out(action, answered);
        }
        self.actions.extend(actions.iter().cloned().map(|action| (self.at, action)));
        self.let_sound();
        actions
    }
    /// What is next sounds at once.
    fn let_sound(&mut self) {
        let next = self.unplayed.first().copied().filter(|_| !self.held);
        if next != self.sounding
            && let Some(id) = next
        {
            self.sounding = next;
            self.event(Event::Sounds { id, from: self.at });
        }
    }
    fn carry_out(&mut self, action: &Action, answered: bool) {
        match action {
            Action::Say { id, sentence } => {
                let ahead = self.prepared.iter().position(|(known, _)| known == id);
                if let Some(ahead) = ahead {
                    assert_eq!(self.prepared.remove(ahead).1, sentence.text);
                    assert!(answered, "what was prepared is said before the turn is over");
                }
                self.unplayed.push(*id);
                self.said.push(sentence.text.clone());
            }
            Action::Prepare { id, sentence } => {
                assert!(self.unplayed.is_empty(), "prepares while it speaks");
                self.prepared.push((*id, sentence.text.clone()));
                self.prepared_ever.push(*id);
            }
            Action::Forget => {
                assert!(!self.prepared.is_empty(), "forgets nothing");
                self.prepared.clear();
            }
            Action::Hold => {
                assert!(!self.held, "holds twice");
                self.held = true;
            }
            Action::Resume => {
                assert!(self.held, "goes on with nothing");
                self.held = false;
            }
            Action::StopPlayback => {
                self.stopped.append(&mut self.unplayed);
                self.held = false;
            }
            Action::SpeechEnd => {
                let text = std::mem::take(&mut self.spoken).join(" ");
                self.finals.push_back((self.at + self.deaf_for.unwrap_or(RECOGNISER_MS), text));
            }
            Action::Think { turn } => self.asked = *turn,
            Action::SpeechStart
            | Action::Heard { .. }
            | Action::ThinkNoMore { .. }
            | Action::Stopped { .. }
            | Action::HandOver { .. }
            | Action::HangUp => {}
        }
    }
    /// Lets time pass with its deadlines and transcripts.
    fn wait(&mut self, ms: u64) {
        let until = self.at + ms;
        loop {
            let due = self.turn.deadline().into_iter().chain(self.finals.front().map(|(due, _)| *due)).min();
            let Some(due) = due.filter(|due| *due <= until) else { break };
            self.at = due.max(self.at);
            match self.finals.pop_front_if(|(due, _)| *due <= self.at) {
                Some((_, text)) => {
                    self.event(Event::Final { text, language: Some(Language::English) });
                }
                None => {
                    self.event(Event::Tick);
                    assert_ne!(self.turn.deadline(), Some(due), "a deadline that does not pass");
                }
            }
        }
        self.at = until;
    }
    fn play_one(&mut self) {
        self.wait(1_000);
        let id = self.unplayed.remove(0);
        self.event(Event::Played { id });
    }
    fn play_all(&mut self) {
        while !self.unplayed.is_empty() {
            self.play_one();
        }
    }
    /// A sound of so many milliseconds that the detector takes for a voice, until it tells its end.
    fn sound(&mut self, ms: u64) {
        self.wait(START_DELAY_MS);
        self.event(VOICE);
        self.wait((ms + STOP_DELAY_MS).saturating_sub(START_DELAY_MS));
        self.event(Event::VoiceStopped);
    }
    /// The same as `wait` with a frame of silence from the line every 20 ms.
    fn listen(&mut self, ms: u64) {
        for _ in 0..ms / 20 {
            self.wait(20);
            self.event(Event::Tick);
        }
    }
    /// Words in so many milliseconds.
    fn speak(&mut self, text: &str, ms: u64) {
        self.spoken.push(text.to_owned());
        self.sound(ms);
    }
    /// A pause between two such.
    fn pause(&mut self, ms: u64) {
        self.wait(ms - STOP_DELAY_MS);
    }
    fn hear(&mut self, text: &str) {
        self.speak(text, 600);
        self.wait(TUNING.endpoint.most_ms);
    }
    fn has(&self, action: &Action) -> bool {
        self.actions.iter().any(|(_, known)| known == action)
    }
    /// When it was first told that.
    fn when(&self, action: &Action) -> Option<u64> {
        self.actions.iter().find(|(_, known)| known == action).map(|(at, _)| *at)
    }
    /// The caller's words on record, and whether they were answered.
    fn heard<'a>(&'a self) -> Vec<(&'a str, bool)> {
        let heard = |(_, action): &'a (u64, Action)| match action {
            Action::Heard { text, answered, .. } => Some((text.as_str(), *answered)),
            _ => None,
        };
        self.actions.iter().filter_map(heard).collect()
    }
    fn disposition(&self) -> Option<Disposition> {
        self.turn.outcome().disposition
    }
}
