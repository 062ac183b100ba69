//! What a caller's line and the recogniser bring, one event a line after a first line with the
//! language: `v`/`q` a voice begins/stops (`v 5`: so many dB above the noise), `f <text>` a transcript (`f:hi-IN <text>` with its
//! language), `p <text>` a partial one, `k <key>`, `s` a sentence begins to sound, `d` is played, `x` is not, `h` the
//! dashboard asks for an agent, `m <text>` the model says this, `u <tool> <JSON>` it calls that, `n` its answer ends, `y` it fails, `l` hearing is lost, `o` over quota, `e` shut down, `c` the line
//! closes, `t <ms>`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::civil::{date, time};
use shared::domain::dialogue::{Brief, Dialogue, Purpose, understand, word_count};
use shared::domain::id::CustomerId;
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::playbook::{Fact, LegalWindow, Playbook, Reason};
use shared::domain::session::SessionCustomer;
use shared::domain::spoken::rupees;
use shared::domain::thinking::{Clause, Tool, ToolCall};
use shared::domain::turn::{Action, Event, Thought, Tuning, Turn};

/// Nothing else that is said holds this amount.
const AMOUNT: Paise = Paise(15_432_100);
const LONGEST_MS: u64 = 600_000;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (first, script) = text.split_once('\n').unwrap_or((&text, ""));
    let language = Language::parse(first).unwrap_or(Language::Hindi);
    let _words = (understand(script, language), word_count(script));
    let once = talk(language, script);
    assert_eq!(talk(language, script), once, "the same events make the same actions");
}

fn talk(language: Language, script: &str) -> Vec<Action> {
    let mut line = Line {
        turn: turn(language),
        at: 0,
        unplayed: VecDeque::new(),
        prepared: Vec::new(),
        held: false,
        last_id: 0,
        asked: 0,
        done: Vec::new(),
    };
    line.event(Event::StreamStarted);
    for command in script.lines().take(60) {
        line.command(command);
    }
    line.event(Event::Closed);
    assert!(line.turn.is_over() && line.turn.deadline().is_none(), "a closed line is over");
    assert!(line.turn.outcome().disposition.is_some(), "every conversation went somehow");
    line.done
}

fn turn(language: Language) -> Turn {
    let customer = SessionCustomer {
        id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
        name: "Kavita".to_owned(),
        state: None,
        loan_id: Some("LN-004321".to_owned()),
        amount: Some(AMOUNT),
        due_date: Some(date(2026, 12, 5)),
        language,
    };
    let brief = Brief {
        language,
        lender: "Asha Finance".to_owned(),
        customer: Some(customer),
        agents: true,
        purpose: Some(purpose()),
    };
    Turn::new(Dialogue::new(brief), LONGEST_MS, Tuning::DEFAULT)
}

/// Everything a playbook can allow.
fn purpose() -> Purpose {
    let window = LegalWindow { opens: time(8, 0, 0, 0), closes: time(19, 0, 0, 0), reason: "law".to_owned() };
    let playbook = Playbook {
        name: "fuzz".to_owned(),
        persona: "somebody".to_owned(),
        goals: vec!["talk".to_owned()],
        open: vec![Fact::Company, Fact::Customer],
        locked: vec![Fact::AmountDue, Fact::DueDate, Fact::LoanEnding],
        tools_before: Tool::ALL.into_iter().filter(|tool| !tool.needs_confirmation()).collect(),
        tools_after: Tool::ALL.to_vec(),
        reason: Reason::Loan,
        reason_interruptible: true,
        closing: BTreeMap::new(),
        window,
    };
    Purpose { playbook: Arc::new(playbook), today: date(2026, 11, 25), model: true }
}

/// The carrier's and the recogniser's side.
struct Line {
    turn: Turn,
    at: u64,
    unplayed: VecDeque<u32>,
    prepared: Vec<(u32, String)>,
    held: bool,
    last_id: u32,
    /// The last question to the model.
    asked: u32,
    done: Vec<Action>,
}

impl Line {
    fn command(&mut self, command: &str) {
        let (kind, text) = command.split_once(' ').unwrap_or((command, ""));
        let (kind, language) = kind.split_once(':').unwrap_or((kind, ""));
        let text = text.to_owned();
        let front = self.unplayed.front().copied().unwrap_or(text.len() as u32);
        match kind {
            "v" => self.event(Event::VoiceStarted { over_floor_db: text.trim().parse().ok() }),
            "q" => self.event(Event::VoiceStopped),
            "f" => self.event(Event::Final { text, language: Language::parse(language).ok() }),
            "p" => self.event(Event::Partial { text }),
            "k" => self.event(Event::Dtmf { digit: text.chars().next().unwrap_or('1') }),
            "s" => self.event(Event::Sounds { id: front, from: self.at }),
            "d" => {
                self.unplayed.pop_front();
                self.event(Event::Played { id: front });
            }
            "x" => {
                self.unplayed.pop_front();
                self.event(Event::SpeechFailed { id: front });
            }
            "m" => self.thought(Thought::Clause(Clause { text, ends_sentence: true })),
            "u" => {
                let (name, arguments) = text.split_once(' ').unwrap_or((&text, "{}"));
                let arguments = serde_json::from_str(arguments).unwrap_or_default();
                let (id, name) = ("t".to_owned(), name.to_owned());
                self.thought(Thought::Tool(ToolCall { id, name, arguments, signature: None }));
            }
            "n" => self.thought(Thought::Done),
            "y" => self.thought(Thought::Failed),
            "h" => self.event(Event::HandOverRequested),
            "o" => self.event(Event::OverQuota),
            "l" => self.event(Event::HearingLost),
            "e" => self.event(Event::ShuttingDown),
            "c" => self.event(Event::Closed),
            "t" => self.wait(text.trim().parse::<u64>().unwrap_or(500) % 60_000),
            _ => {}
        }
    }

    fn thought(&mut self, thought: Thought) {
        let told = self.turn.model_request(&[]).map(|request| format!("{request:?}")).unwrap_or_default();
        let amount = rupees(AMOUNT, self.turn.outcome().language);
        let knows = told.contains(&amount) || told.contains("154321");
        assert!(!knows || self.turn.is_confirmed(), "the model knows what it may not: {told}");
        self.event(Event::Thought { turn: self.asked, thought });
    }

    /// Lets time pass with its deadlines.
    fn wait(&mut self, ms: u64) {
        let until = self.at + ms;
        while let Some(due) = self.turn.deadline().filter(|due| *due <= until) {
            self.at = due.max(self.at);
            self.event(Event::Tick);
        }
        self.at = until;
    }

    fn event(&mut self, event: Event) {
        let over = self.turn.is_over();
        let actions = self.turn.step(event, self.at);
        for action in &actions {
            match action {
                Action::Say { id, sentence } => {
                    assert!(!over, "speaking into a closed line");
                    let ahead = self.prepared.iter().position(|(known, _)| known == id);
                    match ahead {
                        Some(ahead) => assert_eq!(self.prepared.remove(ahead).1, sentence.text),
                        None => assert!(*id > self.last_id, "ids count up"),
                    }
                    assert!(!sentence.text.trim().is_empty(), "silence is not said");
                    let about_the_debt = sentence.text.contains(&rupees(AMOUNT, sentence.language));
                    assert!(!about_the_debt || self.turn.is_confirmed(), "told to a stranger: {}", sentence.text);
                    self.last_id = self.last_id.max(*id);
                    self.unplayed.push_back(*id);
                }
                Action::Prepare { id, sentence } => {
                    assert!(*id > self.last_id && self.unplayed.is_empty());
                    self.last_id = *id;
                    self.prepared.push((*id, sentence.text.clone()));
                }
                Action::Forget => {
                    assert!(!self.prepared.is_empty());
                    self.prepared.clear();
                }
                Action::Hold => {
                    assert!(!self.held, "holds twice");
                    self.held = true;
                }
                Action::Resume => {
                    assert!(self.held, "goes on with what it held");
                    self.held = false;
                }
                Action::StopPlayback => {
                    self.unplayed.clear();
                    self.held = false;
                }
                Action::Heard { start_ms, end_ms, .. } => assert!(start_ms <= end_ms && *end_ms <= self.at),
                Action::Think { turn } => {
                    assert!(*turn > self.asked, "questions count up");
                    self.asked = *turn;
                }
                Action::SpeechStart
                | Action::SpeechEnd
                | Action::ThinkNoMore { .. }
                | Action::Stopped { .. }
                | Action::HandOver { .. }
                | Action::HangUp => {}
            }
        }
        let ends = self.turn.is_over() || self.turn.deadline().is_some();
        assert!(!self.held || ends, "silent, and nothing will end it");
        assert!(self.turn.deadline().is_none_or(|due| due > self.at), "a deadline that does not pass");
        self.done.extend(actions);
    }
}
