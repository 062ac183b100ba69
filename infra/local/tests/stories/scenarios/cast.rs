//! The people of the scenarios: who they are, what their calls meet, and how those must end.
//!
//! A number's last two digits are the persona, the first one the scenario.

use serde_json::{Value, json};
use shared::sim::exotel::Traffic;

use super::facts::Facts;
use crate::support::Part::{self, Address, Ends, Flow, Handshake, Passthru, Reads, Stream};
use crate::support::{LENS, Person};

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

/// How a guess stands in this story.
fn stands(switch: &str, value: impl Into<Value>) -> bool {
    LENS.get().switches()[switch] == value.into()
}

/// Everybody in the scenarios 1 to 9 of exotel.md 8.5. Four things need a story of their own: a
/// client's time-out of 35 s (`dialing`), a wrong token and an unknown Sid (`callbacks`), an empty
/// list of agents (`hand_over`), and scenario 10 (`storm`). No pong means nothing to us
/// (`support::guesses`).
pub(super) fn roles() -> Vec<Role> {
    let mut roles = answered_and_not();
    roles.extend(handed_over_and_refused());
    roles.extend(told_wrongly());
    roles.extend(broken_streams());
    roles.extend(unreached_bots());
    roles.extend(disorder());
    roles.extend(failing_passthrus());
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
    let placed_unheard =
        |told: u32| json!({"refuse": {"status": 504, "placed": true, "body": "html"}, "callback_copies": told});
    vec![
        Role::is_handed_over(4_016, &[Flow]).also(|facts| facts.agents(true)),
        Role::nobody_comes(4_116, &[]).meets(json!({"agent": "busy"})),
        Role::nobody_comes(4_216, &[Flow]).meets(json!({"agent": "no_answer"})),
        Role {
            times: Some(3),
            ..Role::ends(5_011, "not_picked", "busy", &[]).meets(slow_down).also(|facts| facts.asked(4))
        },
        Role::talks(5_114, "hung_up", &[]).meets(placed_unheard(1)).also(|facts| facts.asked(1)),
        Role::ends(5_211, "not_picked", "busy", &[Reads])
            .meets(placed_unheard(0))
            .also(|facts| facts.ended_by("reconcile")),
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
        Role::talks(6_214, "hung_up", &[Ends, Reads])
            .meets(json!({"callback_copies": 0}))
            .also(|facts| facts.ended_by("reconcile")),
        Role::ends(6_313, "failed", "bad_number", &[Ends, Reads])
            .meets(json!({"callback_copies": 0}))
            .also(|facts| facts.ended_by("reconcile")),
    ]
}

/// Nobody spoke, and the flow says so.
fn unheard(digits: u16, parts: &'static [Part]) -> Role {
    Role { next: Some(302), ..Role::ends(digits, "failed", "conversation", parts) }
}

fn broken_streams() -> Vec<Role> {
    let cut = |reconnects: bool| json!({"cut_stream_after_ms": 5_000, "reconnects": reconnects});
    vec![
        unheard(7_001, &[Flow]).meets(json!({"refuse_stream": true})),
        unheard(7_101, &[Flow]).meets(json!({"stream_ceiling": 0})),
        Role::talks(7_201, "hung_up", &[Stream]).meets(cut(false)),
        Role::talks(7_301, "informed", &[Stream]).meets(cut(true)).also(|facts| facts.heard_the_goodbye()),
        Role::talks(7_401, "informed", &[]).meets(json!({"stall": {"at_ms": 4_000, "for_ms": 2_500}})),
        Role::talks(7_501, "hung_up", &[]).meets(json!({"stall": {"at_ms": 4_000, "for_ms": 9_000}})),
    ]
}

/// The way to the bot takes two tries, or longer than the carrier may wait for its address.
fn unreached_bots() -> Vec<Role> {
    let once = stands("handshake_retries", 0);
    let impatient = stands("voicebot_url_timeout_ms", 3_000);
    let late = match (impatient, stands("hang_up_without_address", true)) {
        (false, _) => Role::talks(7_701, "informed", &[Address]),
        (true, false) => unheard(7_701, &[Address]),
        (true, true) => Role::new(7_701, &[Address]).also(|facts| facts.nobody_spoke()),
    };
    vec![
        if once { unheard(7_601, &[Handshake]) } else { Role::talks(7_601, "informed", &[Handshake]) }
            .meets(json!({"lost_handshakes": 1})),
        late.meets(json!({"mishap": {"applet": "voicebot_url", "late_ms": 6_000}})),
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
        Role { next: None, ..Role::talks(8_301, "informed", &[]) }.meets(json!({"passthru_b_copies": 0})),
        nobody_is_asked(8_316, &[]).meets(json!({"passthru_b_copies": 0})),
    ]
}

/// The wish for an agent does not reach the flow: a call-back is due.
fn nobody_is_asked(digits: u16, parts: &'static [Part]) -> Role {
    let role = Role { next: None, ..Role::talks(digits, "callback_requested", parts) };
    role.also(|facts| facts.no_agent_is_rung())
}

/// Something in front of our program answers in its stead; and an answer of ours is long under way.
fn failing_passthrus() -> Vec<Role> {
    let in_time = stands("passthru_timeout_ms", 15_000);
    let before = match stands("passthru_other", "branch_a") {
        true => Role::talks(8_501, "informed", &[Passthru]),
        false => Role::new(8_501, &[Passthru]).also(|facts| facts.nobody_spoke()),
    };
    let after = match in_time || stands("passthru_silent", "branch_a") {
        true => Role { next: in_time.then_some(200), ..Role::is_handed_over(8_416, &[Passthru]) }
            .also(|facts| facts.agents(true)),
        false => nobody_is_asked(8_416, &[Passthru]),
    };
    vec![
        before.meets(json!({"mishap": {"applet": "passthru_a", "answered": 503}})),
        after.meets(json!({"mishap": {"applet": "passthru_b", "late_ms": 7_000}})),
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
