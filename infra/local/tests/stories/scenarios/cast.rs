//! The people of the scenarios: who they are, what their calls meet, and how those must end.
//!
//! A number's last two digits are the persona, the first one the scenario.

use serde_json::{Value, json};
use shared::sim::exotel::Traffic;

use super::facts::Facts;
use crate::support::Part::{self, Ends, Flow, Stream};
use crate::support::Person;

/// One person in one scenario.
pub(super) struct Role {
    pub(super) person: Person,
    /// What this call meets besides the guess.
    pub(super) switches: Value,
    /// For so many connect requests only.
    pub(super) times: Option<u32>,
    pub(super) status: &'static str,
    pub(super) class: Option<&'static str>,
    pub(super) disposition: Option<&'static str>,
    /// How the Passthru after the voicebot is answered; none where it is never asked.
    pub(super) next: Option<u16>,
    /// What else must be true; answers what is not.
    pub(super) also: fn(&Facts<'_>) -> Vec<String>,
    /// The guesses that can touch it.
    pub(super) parts: &'static [Part],
}

impl Role {
    fn new(digits: u16, parts: &'static [Part]) -> Self {
        Self {
            person: Person::new(digits),
            switches: json!({}),
            times: None,
            status: "completed",
            class: None,
            disposition: None,
            next: None,
            also: |_| Vec::new(),
            parts,
        }
    }
    /// A conversation that ends so, and the flow with it.
    fn talks(digits: u16, disposition: &'static str, parts: &'static [Part]) -> Self {
        Self { disposition: Some(disposition), next: Some(302), ..Self::new(digits, parts) }
    }
    /// A conversation that leads to the agents.
    fn is_handed_over(digits: u16, parts: &'static [Part]) -> Self {
        Self { next: Some(200), ..Self::talks(digits, "transferred", parts) }
    }
    /// A conversation that leads to agents who do not take it.
    fn nobody_comes(digits: u16, parts: &'static [Part]) -> Self {
        let role = Self { disposition: Some("callback_requested"), ..Self::is_handed_over(digits, parts) };
        role.also(|facts| facts.agents(false))
    }
    /// No conversation.
    fn ends(digits: u16, status: &'static str, class: &'static str, parts: &'static [Part]) -> Self {
        Self { status, class: Some(class), ..Self::new(digits, parts) }
    }
    fn meets(self, switches: Value) -> Self {
        Self { switches, ..self }
    }
    fn also(self, also: fn(&Facts<'_>) -> Vec<String>) -> Self {
        Self { also, ..self }
    }
}

/// Everybody in the scenarios 1 to 9 of exotel.md 8.5. Four things need a story of their own: a
/// client's time-out of 35 s (`dialing`), a wrong token and an unknown Sid (`callbacks`), an empty
/// list of agents (`hand_over`), and scenario 10 (`storm`).
pub(super) fn roles() -> Vec<Role> {
    let mut roles = answered_and_not();
    roles.extend(handed_over_and_refused());
    roles.extend(told_wrongly());
    roles.extend(broken_streams());
    roles.extend(disorder());
    roles.extend(inside_a_conversation());
    roles
}

fn answered_and_not() -> Vec<Role> {
    vec![
        Role::talks(1_001, "informed", &[Ends, Flow, Stream]).also(|facts| facts.heard_the_goodbye()),
        Role::ends(2_011, "not_picked", "busy", &[Ends]).also(|facts| facts.nothing_but_a_ring()),
        Role::ends(2_012, "not_picked", "no_answer", &[Ends]).also(|facts| facts.nothing_but_a_ring()),
        Role::ends(2_013, "failed", "bad_number", &[Ends]).also(|facts| facts.nothing_but_a_ring()),
        Role::ends(2_023, "not_picked", "cancelled", &[Ends]).also(|facts| facts.nothing_but_a_ring()),
        Role::talks(3_014, "hung_up", &[Ends, Flow, Stream])
            .meets(json!({"passthru_b_delay_ms": 1_500}))
            .also(|facts| facts.told_before_passthru_b()),
    ]
}

fn handed_over_and_refused() -> Vec<Role> {
    let slow_down = json!({"refuse": {"status": 429, "retry_after_s": 1}});
    vec![
        Role::is_handed_over(4_016, &[Flow]).also(|facts| facts.agents(true)),
        Role::nobody_comes(4_116, &[]).meets(json!({"agent": "busy"})),
        Role::nobody_comes(4_216, &[Flow]).meets(json!({"agent": "no_answer"})),
        Role {
            times: Some(3),
            ..Role::ends(5_011, "not_picked", "busy", &[]).meets(slow_down).also(|facts| facts.asked(4))
        },
        Role::talks(5_114, "hung_up", &[])
            .meets(json!({"refuse": {"status": 504, "placed": true, "body": "html"}}))
            .also(|facts| facts.asked(1)),
    ]
}

fn told_wrongly() -> Vec<Role> {
    vec![
        Role::ends(6_011, "not_picked", "busy", &[Ends])
            .meets(json!({"callback_copies": 3, "callback_parallel": true})),
        Role::talks(6_114, "hung_up", &[Ends]).meets(json!({
            "callback_fields": "extended", "callback_delay_ms": 800, "answered_after_terminal": true,
            "callback_copies": 2,
        })),
        Role::talks(6_214, "hung_up", &[Ends])
            .meets(json!({"callback_copies": 0}))
            .also(|facts| facts.ended_by("reconcile")),
        Role::ends(6_313, "failed", "bad_number", &[Ends])
            .meets(json!({"callback_copies": 0}))
            .also(|facts| facts.ended_by("reconcile")),
    ]
}

fn broken_streams() -> Vec<Role> {
    let unheard = |digits| Role { next: Some(302), ..Role::ends(digits, "failed", "conversation", &[Flow]) };
    let cut = |reconnects: bool| json!({"cut_stream_after_ms": 5_000, "reconnects": reconnects});
    vec![
        unheard(7_001).meets(json!({"refuse_stream": true})),
        unheard(7_101).meets(json!({"stream_ceiling": 0})),
        Role::talks(7_201, "hung_up", &[Stream]).meets(cut(false)),
        Role::talks(7_301, "informed", &[Stream]).meets(cut(true)).also(|facts| facts.heard_the_goodbye()),
        Role::talks(7_401, "informed", &[]).meets(json!({"stall": {"at_ms": 4_000, "for_ms": 2_500}})),
        Role::talks(7_501, "hung_up", &[]).meets(json!({"stall": {"at_ms": 4_000, "for_ms": 9_000}})),
        Role::talks(7_601, "informed", &[]).meets(json!({"answers_pings": false})),
    ]
}

fn disorder() -> Vec<Role> {
    vec![
        Role::talks(8_001, "informed", &[Flow]).meets(json!({"passthru_a_async_ms": 2_500})),
        Role::talks(8_114, "hung_up", &[Flow])
            .meets(json!({"passthru_b_after_end": true, "passthru_b_delay_ms": 400}))
            .also(|facts| facts.told_before_passthru_b()),
        Role::is_handed_over(8_216, &[Flow])
            .meets(json!({"passthru_a_twice": true, "passthru_b_copies": 2}))
            .also(|facts| facts.agents(true)),
    ]
}

fn inside_a_conversation() -> Vec<Role> {
    vec![
        Role::is_handed_over(9_019, &[Stream]).also(|facts| facts.agents(true)),
        Role::talks(9_115, "informed", &[Stream]).also(|facts| {
            let cleared = |event: &Traffic| matches!(event, Traffic::Cleared { sid, .. } if *sid == facts.sid());
            let cut = facts.lived.is_some_and(|lived| lived.heard.iter().any(|heard| !heard.complete));
            facts.must(cut && facts.traffic.iter().any(cleared), "the bot fell silent for the caller")
        }),
        Role { person: Person::new(9_201).wordy(), ..Role::talks(9_201, "informed", &[Stream]) }
            .also(|facts| facts.never_too_much_at_once()),
        Role::talks(9_301, "hung_up", &[Stream]).meets(json!({"stream_limit_ms": 4_000})),
    ]
}
