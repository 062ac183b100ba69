//! Scenario 10 of exotel.md 8.5: many calls against the account's two ceilings.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use shared::sim::exotel::{Outcome, Persona, Scenario, Traffic};

use crate::support::{Person, World, brisk};

/// How much faster than in life: as fast as leaves several minutes' worth of calls over two
/// minutes, so that a minute too full would be refused.
const TIMES: u32 = 2;
/// As ops would set it, and as Exotel allows.
const OUR_PACE: u32 = 150;
const THEIR_PACE: u32 = 200;
/// A hundred in life; the machine that runs this could not speak and hear a hundred calls.
const STREAMS: usize = 2;
/// Of five hundred people thirty talk, for a quarter of a minute each: now and then three at once.
const PEOPLE: u16 = 500;
const TALKERS: u16 = 30;

pub(crate) async fn five_hundred_calls_stay_inside_the_accounts_pace_and_all_end_truthfully() {
    let world = World::with_rhythm(brisk()).await;
    let app = &world.product.app;
    let mut settings = app.settings.current().await.expect("read");
    settings.calls_per_minute = OUR_PACE * TIMES;
    app.settings.replace(&settings, "a story", app.clock.now()).await.expect("stored");
    world.switch(json!({
        "requests_per_minute": THEIR_PACE * TIMES, "stream_ceiling": STREAMS,
    }));
    let people: Vec<Person> = (0..PEOPLE).map(Person::new).collect();
    for person in &people {
        let scenario = Scenario::persona(persona(*person));
        world.exotel().set_scenario(&person.number(), scenario).expect("a persona");
    }
    let campaign = world.order(&people).await;
    let calls = world.over(&campaign, Duration::from_secs(180)).await;

    world.everybody_was_phoned_once(&people);
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for event in world.traffic() {
        if let Traffic::ConnectAnswered { http_status, .. } = event {
            *answers.entry(http_status).or_default() += 1;
        }
    }
    assert_eq!(answers, BTreeMap::from([(200, usize::from(PEOPLE))]), "the carrier never had to slow us down");

    let truth = world.exotel().truth();
    let mut throttled = 0;
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for person in &people {
        let (call, lived) = (&calls[&person.digits], truth.call_to(&person.number()).expect("a call"));
        let unheard = lived.stream.as_ref().is_some_and(|stream| stream.duration_ms == 0);
        throttled += usize::from(unheard);
        let expected = match lived.outcome.expect("an end") {
            Outcome::Completed if unheard => ("failed", json!("conversation")),
            Outcome::Completed => ("completed", json!(null)),
            Outcome::Busy => ("not_picked", json!("busy")),
            Outcome::NoAnswer => ("not_picked", json!("no_answer")),
            Outcome::Canceled => ("not_picked", json!("cancelled")),
            Outcome::Failed => ("failed", json!("bad_number")),
        };
        assert_eq!((&call["status"], &call["failure_class"]), (&json!(expected.0), &expected.1), "{call}");
        *ends.entry(call["status"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert!(throttled > 0, "the ceiling of streams was reached");
    assert_eq!(ends.values().sum::<usize>(), usize::from(PEOPLE), "{ends:?}");
    assert_eq!(ends["completed"], usize::from(TALKERS) - throttled, "{ends:?}");
    world.end().await;
}

/// Who talks hangs up while the bot says why it calls; of the others one in four is busy, away, dead or
/// cancelled.
fn persona(person: Person) -> Persona {
    const UNANSWERED: [Persona; 4] = [Persona::Busy, Persona::NoAnswer, Persona::Failed, Persona::Cancelled];
    if person.digits < TALKERS { Persona::HangsUp } else { UNANSWERED[usize::from(person.digits % 4)] }
}
