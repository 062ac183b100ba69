//! Conversations that have come to where the caller is listened to, or the bot speaks.

use std::sync::Arc;

use jiff::civil::date;
use shared::domain::dialogue::{Brief, Purpose};
use shared::domain::id::CustomerId;
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::playbook::Playbook;
use shared::domain::session::SessionCustomer;
use shared::domain::thinking::Clause;
use shared::domain::turn::{Action, Beginning, Event, Thought, Tuning, Turn};
use shared::ports::BoxError;

use crate::corpus::hello;

/// No call of a bench is ended by the clock.
const LONGEST_MS: u64 = u64::MAX / 2;
/// Between two steps to where the conversation shall be: an answer is surely over by then.
const STEP_MS: u64 = 3_000;
/// Something that only a model can answer.
const OPEN_QUESTION: &str = "what happens to my money";

/// Where it has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    /// The bot has asked who is there.
    AskedYesNo,
    /// It has answered something, and listens to whatever comes.
    AskedOpenly,
    /// It begins to say what it calls for.
    Speaks,
}

/// Where all begins.
#[derive(Clone)]
pub(super) struct Stage {
    playbook: Arc<Playbook>,
}

impl Stage {
    pub(super) fn new() -> Result<Self, BoxError> {
        let playbook = Playbook::shipped()?.into_iter().next().ok_or("no playbook")?;
        Ok(Self { playbook: Arc::new(playbook) })
    }

    /// A conversation that is there at `at`, with what it still has to do.
    pub(super) fn set(&self, scene: Scene, language: Language, at: u64) -> (Turn, Vec<Action>) {
        let mut rehearsal = Rehearsal { turn: self.beginning(language).turn(), language, at: at - 3 * STEP_MS };
        let greeting = rehearsal.step(Event::StreamStarted);
        if scene == Scene::AskedYesNo {
            rehearsal.at = at;
        }
        rehearsal.hear_out(&greeting);
        if scene == Scene::AskedYesNo {
            return (rehearsal.turn, Vec::new());
        }
        rehearsal.say("yes");
        if scene == Scene::Speaks {
            rehearsal.at = at;
            let actions = rehearsal.step(Event::Tick);
            return (rehearsal.turn, actions);
        }
        let reason = rehearsal.pass();
        rehearsal.hear_out(&reason);
        rehearsal.say(OPEN_QUESTION);
        rehearsal.at = at;
        let answer = rehearsal.step(Event::Tick);
        rehearsal.hear_out(&answer);
        (rehearsal.turn, Vec::new())
    }

    fn beginning(&self, language: Language) -> Beginning {
        let customer = SessionCustomer {
            id: CustomerId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]),
            name: "Kavita".to_owned(),
            state: None,
            loan_id: Some("LN-004321".to_owned()),
            amount: Some(Paise(1_500_000)),
            due_date: Some(date(2026, 12, 5)),
            language,
        };
        let today = date(2026, 11, 25);
        let purpose = Some(Purpose { playbook: Arc::clone(&self.playbook), today, model: true });
        let lender = "Asha Finance".to_owned();
        let brief = Brief { language, lender, customer: Some(customer), agents: true, purpose };
        Beginning { brief, today: Some(today), untaken: false, longest_ms: LONGEST_MS, tuning: Tuning::DEFAULT }
    }
}

/// A model that has answered before it is asked.
pub(super) fn thoughts(turn: u32, language: Language) -> [Event; 2] {
    let clause = Clause { text: hello(language).to_owned(), ends_sentence: true };
    [Thought::Clause(clause), Thought::Done].map(|thought| Event::Thought { turn, thought })
}

struct Rehearsal {
    turn: Turn,
    language: Language,
    at: u64,
}

impl Rehearsal {
    fn step(&mut self, event: Event) -> Vec<Action> {
        let mut actions = self.turn.step(event, self.at);
        let asked =
            actions.iter().find_map(|action| if let Action::Think { turn } = action { Some(*turn) } else { None });
        for thought in asked.into_iter().flat_map(|turn| thoughts(turn, self.language)) {
            actions.extend(self.turn.step(thought, self.at));
        }
        actions
    }

    /// Words without a sound of which the detector could tell.
    fn say(&mut self, text: &str) {
        self.step(Event::Final { text: text.to_owned(), language: Some(self.language) });
    }

    fn pass(&mut self) -> Vec<Action> {
        self.at += STEP_MS;
        self.step(Event::Tick)
    }

    fn hear_out(&mut self, actions: &[Action]) {
        for action in actions {
            if let Action::Say { id, .. } = action {
                self.step(Event::Sounds { id: *id, from: self.at });
                self.step(Event::Played { id: *id });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 60_000;

    /// What is said when this was heard in that scene, after so long.
    fn answers(scene: Scene, language: Language, text: &str) -> Option<u64> {
        let (mut turn, _) = Stage::new().expect("a playbook").set(scene, language, AT);
        turn.step(Event::Final { text: text.to_owned(), language: Some(language) }, AT + 100);
        (AT + 100..AT + 3_000).find(|at| {
            let actions = turn.step(Event::Tick, *at);
            actions.iter().any(|action| matches!(action, Action::Heard { answered: true, .. }))
        })
    }

    #[test]
    fn a_scene_in_every_language_is_what_it_is_called() {
        let tuning = Tuning::DEFAULT.endpoint;
        for language in Language::ALL {
            let plain = answers(Scene::AskedYesNo, language, "yes");
            assert_eq!(plain, Some(AT + 100 + tuning.complete_ms), "{language}: a yes was asked for");
            let open = answers(Scene::AskedOpenly, language, "yes");
            assert_eq!(open, Some(AT + 100 + tuning.patience_ms), "{language}: anything was asked for");
            let (_, says) = Stage::new().expect("a playbook").set(Scene::Speaks, language, AT);
            let says = says.iter().filter(|action| matches!(action, Action::Say { .. })).count();
            assert!(says >= 3, "{language}: {says} sentences");
        }
    }
}
