//! A made-up call: somebody asks who is calling, coughs into the greeting, says yes, and wants an agent.

use std::collections::VecDeque;

use shared::domain::dialogue::Brief;
use shared::domain::id::{CallId, CustomerId};
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::session::SessionCustomer;
use shared::domain::turn::{Action, Beginning, Event, Journal, Tuning, Turn};

const FRAME_MS: u64 = 20;
const RECOGNISER_MS: u64 = 200;
const CHARACTER_MS: u64 = 60;

/// As a driver would write it down.
pub(crate) fn journal() -> Vec<u8> {
    let mut call = Call::begin();
    call.hear_out();
    call.speak("who is this speaking there", 900);
    call.wait(2_500);
    call.speak("", 200);
    call.hear_out();
    call.speak("yes", 500);
    call.wait(1_000);
    call.hear_out();
    call.speak("connect me to an agent", 900);
    call.wait(1_500);
    call.hear_out();
    assert!(call.turn.is_over() && call.turn.hands_over());
    call.journal.finish()
}

fn beginning() -> Beginning {
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
        purpose: None,
    };
    Beginning { brief, today: None, untaken: false, longest_ms: 600_000, tuning: Tuning::DEFAULT }
}

struct Call {
    turn: Turn,
    journal: Journal,
    at: u64,
    /// Sentences, with what is left of the first.
    queue: VecDeque<(u32, u64)>,
    sounding: Option<u32>,
    held: bool,
    spoken: String,
    transcripts: VecDeque<(u64, String)>,
}

impl Call {
    fn begin() -> Self {
        let beginning = beginning();
        let mut call = Self {
            turn: beginning.turn(),
            journal: Journal::new(CallId::new(jiff::Timestamp::UNIX_EPOCH, [2; 10]), &beginning),
            at: 0,
            queue: VecDeque::new(),
            sounding: None,
            held: false,
            spoken: String::new(),
            transcripts: VecDeque::new(),
        };
        call.event(Event::StreamStarted);
        call
    }

    fn event(&mut self, event: Event) {
        self.journal.event(&event, self.at);
        let actions = self.turn.step(event, self.at);
        self.journal.actions(&actions, self.at);
        for action in actions {
            match action {
                Action::Say { id, sentence } => {
                    self.queue.push_back((id, sentence.text.chars().count() as u64 * CHARACTER_MS));
                }
                Action::Hold => self.held = true,
                Action::Resume => self.held = false,
                Action::StopPlayback => {
                    self.queue.clear();
                    self.held = false;
                }
                Action::SpeechEnd => {
                    self.transcripts.push_back((self.at + RECOGNISER_MS, std::mem::take(&mut self.spoken)));
                }
                _ => {}
            }
        }
    }

    /// 20 ms of the line.
    fn frame(&mut self) {
        self.at += FRAME_MS;
        if let Some((_, text)) = self.transcripts.pop_front_if(|(due, _)| *due <= self.at) {
            self.event(Event::Final { text, language: Some(Language::English) });
        }
        self.event(Event::Tick);
        if self.held {
            return;
        }
        let Some((id, left)) = self.queue.front_mut() else { return };
        *left = left.saturating_sub(FRAME_MS);
        let (id, over) = (*id, *left == 0);
        if self.sounding.replace(id) != Some(id) {
            self.event(Event::Sounds { id, from: self.at });
        }
        if over {
            self.queue.pop_front();
            self.event(Event::Played { id });
        }
    }

    fn wait(&mut self, ms: u64) {
        (0..ms / FRAME_MS).for_each(|_| self.frame());
    }

    /// A voice of so many milliseconds; the detector tells of it 80 ms late, and 100 ms of its end.
    fn speak(&mut self, text: &str, ms: u64) {
        self.spoken.push_str(text);
        self.wait(80);
        self.event(Event::VoiceStarted { over_floor_db: Some(30) });
        self.wait(ms + 20);
        self.event(Event::VoiceStopped);
    }

    /// Until the bot has said everything, and a second longer.
    fn hear_out(&mut self) {
        while !self.queue.is_empty() && !self.turn.is_over() {
            self.frame();
        }
        if !self.turn.is_over() {
            self.wait(1_000);
        }
    }
}
