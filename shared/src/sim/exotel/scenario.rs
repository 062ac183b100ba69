//! Overrides: what a certain number's, or the n-th, call shall be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::persona::Persona;
use super::record::last_ten;
use super::switches::Switches;
use crate::domain::language::Language;

/// An override. What is absent follows the number's digits and the simulator's switches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Who the customer is.
    pub persona: Option<Persona>,
    /// What the customer speaks, whatever the bot speaks.
    pub language: Option<Language>,
    /// A JSON object with the changed fields of [`Switches`]; null for none.
    pub switches: Value,
    /// For so many connect requests only; for all, without it.
    pub times: Option<u32>,
}

impl Scenario {
    /// A persona, everything else as usual.
    pub fn persona(persona: Persona) -> Self {
        Self { persona: Some(persona), ..Self::default() }
    }
    /// Changed switches, everything else as usual.
    pub fn switches(patch: Value) -> Self {
        Self { switches: patch, ..Self::default() }
    }
    /// Only for the first `times` connect requests.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// What a call will be.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) persona: Persona,
    pub(super) language: Option<Language>,
    pub(super) switches: Switches,
}

/// All overrides.
#[derive(Default)]
pub(super) struct Scenarios {
    by_number: BTreeMap<String, Scenario>,
    by_nth: BTreeMap<u64, Scenario>,
    asked: u64,
}

impl Scenarios {
    pub(super) fn set_number(&mut self, number: &str, scenario: Scenario) {
        self.by_number.insert(last_ten(number), scenario);
    }

    pub(super) fn set_nth(&mut self, nth: u64, scenario: Scenario) {
        self.by_nth.insert(nth, scenario);
    }

    pub(super) fn forget_number(&mut self, number: &str) {
        self.by_number.remove(&last_ten(number));
    }

    /// Casts the next connect request, which is for `number`. The request's number in the order
    /// outranks the phone number.
    pub(super) fn cast(&mut self, number: &str, defaults: &Switches) -> Part {
        self.asked += 1;
        let mut part = Part { persona: Persona::of_number(number), language: None, switches: defaults.clone() };
        let key = last_ten(number);
        if let Some(scenario) = self.by_number.get_mut(&key) {
            part.play(scenario);
            if let Some(times) = &mut scenario.times {
                *times = times.saturating_sub(1);
                if *times == 0 {
                    self.by_number.remove(&key);
                }
            }
        }
        if let Some(scenario) = self.by_nth.remove(&self.asked) {
            part.play(&scenario);
        }
        part
    }
}

impl Part {
    fn play(&mut self, scenario: &Scenario) {
        self.persona = scenario.persona.unwrap_or(self.persona);
        self.language = scenario.language.or(self.language);
        // The patch was checked when it was set.
        if let Ok(switches) = self.switches.patched(&scenario.switches) {
            self.switches = switches;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_override_of_a_number_lasts_for_its_times_whatever_the_spelling() {
        let mut scenarios = Scenarios::default();
        scenarios.set_number("09000000001", Scenario::persona(Persona::Busy).times(2));
        let mut cast = || scenarios.cast("+919000000001", &Switches::default()).persona;
        assert_eq!([cast(), cast(), cast()], [Persona::Busy, Persona::Busy, Persona::Cooperative]);
    }

    #[test]
    fn the_nth_request_outranks_the_number() {
        let mut scenarios = Scenarios::default();
        scenarios.set_number("9000000001", Scenario::switches(json!({"ring_ms": 1})));
        scenarios.set_nth(2, Scenario::switches(json!({"ring_ms": 2})));
        let mut cast = || scenarios.cast("9000000001", &Switches::default()).switches.ring_ms;
        assert_eq!([cast(), cast(), cast()], [1, 2, 1]);
    }
}
