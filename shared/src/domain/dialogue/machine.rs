//! Machines that take a call. An answering machine is told nothing at all: whoever plays it back may be
//! anyone. A telephone that asks on behalf of its owner is told which company calls, and no more; then a
//! person is waited for. No model has a part in it.

use super::intent::{Intent, clauses, holds};
use super::languages::machines::{BEGINS_EITHER, SCREENS, asks_to_hold, name, reason};
use super::languages::networks::{OF_NETWORKS, of_a_telephone, of_somebody};
use super::languages::others::of_another;
use super::languages::table;
use super::reply::{Expects, Reply, Then};
use super::script::Dialogue;
use crate::domain::call::Disposition;
use crate::domain::language::Language;

/// How often such a telephone is answered: what it asks a third time it does not understand.
const MOST_ANSWERS: u8 = 2;
/// Silences, of six seconds each, in which it may fetch its owner.
const MOST_WAITS: u8 = 4;

/// What takes a call and is no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// Records what it is told, or is the network's announcement.
    Records,
    /// Asks who calls and why, and may fetch a person.
    Screens,
}

/// A telephone's questions, while they last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Screening {
    answers: u8,
    waits: u8,
}

impl Dialogue {
    /// The machine these words are of, in any language: networks and telephones do not speak the customer's.
    /// Words that are still coming may only begin what tells.
    pub fn machine_in(&self, text: &str, all_there: bool) -> Option<Machine> {
        if self.is_confirmed() {
            return None;
        }
        let clauses = clauses(text);
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| clauses.iter().any(|clause| holds(clause, phrase)));
        // A person who asks who is calling asks for one of the two; only a machine asks for both.
        let asks_for_both = |language| has(name(language)) && has(reason(language));
        if has(SCREENS) || Language::ALL.into_iter().any(asks_for_both) {
            return Some(Machine::Screens);
        }
        let told = |phrase: &str| all_there || !BEGINS_EITHER.contains(&phrase);
        let tells = |language, phrase: &'static str| {
            told(phrase)
                && has(&[phrase])
                && (!of_a_telephone(language).contains(&phrase) || !self.may_be_told_by_one(has))
        };
        let records = |language| table(language).words.machine.iter().any(|phrase| tells(language, phrase));
        Language::ALL.into_iter().any(records).then_some(Machine::Records)
    }

    /// Whether a person may be telling that somebody's telephone is switched off: speaks of somebody, or
    /// has answered us before. A machine comes at once, and knows nobody.
    fn may_be_told_by_one(&self, has: impl Fn(&[&str]) -> bool) -> bool {
        let answered = self.intent.is_some_and(|intent| !matches!(intent, Intent::Machine | Intent::Unclear));
        let speaks_of_somebody =
            || Language::ALL.into_iter().any(|language| has(of_somebody(language)) || has(of_another(language)));
        answered || speaks_of_somebody() && !has(OF_NETWORKS)
    }

    /// Ends the call without another word.
    pub fn machine_records(&mut self) -> Reply {
        (self.intent, self.decided) = (Some(Intent::Machine), Some(Disposition::Voicemail));
        Reply { say: Vec::new(), then: Then::HangUp(Disposition::Voicemail), expects: Expects::Open }
    }

    /// To words that are a machine's; `None` where a person speaks.
    pub(super) fn answer_machine(&mut self, text: &str) -> Option<Reply> {
        match self.machine_in(text, true) {
            Some(Machine::Records) => Some(self.machine_records()),
            Some(Machine::Screens) => Some(self.machine_screens()),
            None => self.screening.filter(|_| is_told_to_hold(text)).map(|_| self.wait_for_a_person()),
        }
    }

    fn machine_screens(&mut self) -> Reply {
        self.intent = Some(Intent::Machine);
        let screening = self.screening.get_or_insert_default();
        if screening.answers >= MOST_ANSWERS {
            return self.wait_for_a_person();
        }
        screening.answers += 1;
        self.listen(vec![self.soft(|s| s.screened)])
    }

    /// Says nothing: what is asked of a person is not for this machine.
    pub(super) fn wait_for_a_person(&mut self) -> Reply {
        let screening = self.screening.get_or_insert_default();
        if screening.waits >= MOST_WAITS {
            return self.machine_records();
        }
        screening.waits += 1;
        self.listen(Vec::new())
    }
}

fn is_told_to_hold(text: &str) -> bool {
    let clauses = clauses(text);
    let told = |phrase: &&str| clauses.iter().any(|clause| holds(clause, phrase));
    Language::ALL.into_iter().any(|language| asks_to_hold(language).iter().any(&told))
}

#[cfg(test)]
mod tests;
