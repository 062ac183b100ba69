//! The scenarios of exotel.md 8.5, each a few people in one campaign on one product; told under
//! every guess (`support::guesses`).

mod cast;
mod facts;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};
use shared::sim::exotel::{Scenario, Switches};

use self::cast::{Role, roles};
use self::facts::Facts;
use crate::support::{GUESSES, IMMATERIAL, LENS, Lens, World, brisk};

/// What the records follow up with after the last call is final.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(crate) async fn every_call_ends_as_its_scenario_says() {
    let world = World::with_rhythm(brisk()).await;
    let roles: Vec<Role> = roles().into_iter().filter(is_touched).collect();
    for role in &roles {
        let scenario = Scenario { times: role.times, ..Scenario::switches(role.switches.clone()) };
        world.exotel().set_scenario(&role.person.number(), scenario).expect("switches that exist");
    }
    let people: Vec<_> = roles.iter().map(|role| role.person).collect();
    let campaign = world.order(&people).await;
    world.finished(&campaign).await;
    let looking = async {
        while !complaints(&world, &campaign, &roles).await.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    if tokio::time::timeout(SETTLED_WITHIN, looking).await.is_err() {
        let complaints = complaints(&world, &campaign, &roles).await;
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
    world.end().await;
}

/// No guess is turned where nobody could notice.
pub(crate) async fn every_guess_meets_somebody_or_is_said_to_matter_to_nobody() {
    let names =
        |switches: &Value| -> Vec<String> { switches.as_object().into_iter().flat_map(Map::keys).cloned().collect() };
    let roles = roles();
    for guess in &GUESSES {
        let met = roles.iter().any(|role| role.parts.contains(&guess.part));
        assert!(met, "nobody meets \"{}\"", guess.name);
    }
    let alone: BTreeSet<String> = GUESSES.iter().flat_map(|guess| names(&(guess.switches)())).collect();
    let met: BTreeSet<String> = roles.iter().flat_map(|role| names(&role.switches)).collect();
    let together = [Lens::Otherwise, Lens::Third].map(Lens::switches);
    for name in together.iter().flat_map(names) {
        assert!(alone.contains(&name) || met.contains(&name), "{name} is turned with others only");
    }
    let all = json!(Switches::default());
    for (name, _) in IMMATERIAL {
        assert!(!all[name].is_null(), "{name} is no switch");
        assert!(!alone.contains(name) && !met.contains(name), "{name} is told, and matters to nobody");
    }
}

/// Whether the guess that is turned can touch the role; all roles where none or all are.
fn is_touched(role: &Role) -> bool {
    match LENS.get() {
        Lens::Only(place) => role.parts.contains(&GUESSES[place].part),
        Lens::Default | Lens::Otherwise | Lens::Third => true,
    }
}

/// Everything that is not as the roles say, by person.
async fn complaints(world: &World, campaign: &str, roles: &[Role]) -> Vec<String> {
    let calls = world.calls(campaign).await;
    let (truth, traffic) = (world.exotel().truth(), world.traffic());
    let mut all = Vec::new();
    for role in roles {
        let stored: Value = world.detail(&calls[&role.person.digits]).await;
        let lived = truth.call_to(&role.person.number());
        let facts = Facts { world, person: role.person, stored, lived, traffic: &traffic };
        let wrong = facts.against(role).await;
        all.extend(wrong.into_iter().map(|wrong| format!("{}: {wrong}", role.person.digits)));
    }
    all
}
