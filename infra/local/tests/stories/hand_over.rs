//! The way to a human agent.

use serde_json::json;
use shared::domain::feed::LogLevel;
use shared::sim::exotel::Scenario;

use crate::support::{Person, World};

pub(crate) async fn a_customer_who_asks_for_an_agent_gets_one_and_whoever_does_not_is_hung_up() {
    let world = World::start().await;
    let [asks, nobody_there, needs_nothing] = [Person::new(116), Person::new(216), Person::new(301)];
    let away = Scenario::switches(json!({"agent": "no_answer"}));
    world.exotel().set_scenario(&nobody_there.number(), away).expect("switches that exist");
    let calls = world.phone(&[asks, nobody_there, needs_nothing]).await;

    let (call, lived) = (&calls[&asks.digits], world.lived(asks));
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("transferred")), "{call}");
    assert_eq!((world.applet(&lived.sid, "passthru_b"), world.applet(&lived.sid, "connect")), (Some(200), Some(200)));
    assert!(lived.transferred && lived.agents[0].talk_ms > 0, "{:?}", lived.agents);
    assert!(call["agent_transfer_time"].is_string() && call["agent"].is_string(), "{call}");

    let (call, lived) = (&calls[&nobody_there.digits], world.lived(nobody_there));
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("callback_requested")), "{call}");
    assert_eq!(
        (world.applet(&lived.sid, "passthru_b"), world.applet(&lived.sid, "passthru_c")),
        (Some(200), Some(200))
    );
    assert!(lived.heard.iter().any(|heard| heard.text.contains("no agent is free")), "{:?}", lived.heard);
    assert!(!lived.transferred && !lived.agents.is_empty(), "{:?}", lived.agents);
    let warnings = world.feed(LogLevel::Warning).await;
    assert_eq!(warnings.iter().filter(|line| line.contains("No agent took a hand-over")).count(), 1, "{warnings:?}");

    let (call, lived) = (&calls[&needs_nothing.digits], world.lived(needs_nothing));
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("informed")), "{call}");
    assert_eq!((world.applet(&lived.sid, "passthru_b"), world.applet(&lived.sid, "connect")), (Some(302), None));
    assert!(lived.agents.is_empty() && call["agent_transfer_time"].is_null(), "{call}");
    world.end().await;
}

pub(crate) async fn an_agent_who_is_taken_off_the_list_in_mid_call_is_not_rung() {
    let world = World::start().await;
    let person = Person::new(116);
    let campaign = world.order(&[person]).await;
    // The conversation has begun with an agent to offer; the customer has not asked yet.
    world.exotel().wait_for(|truth| truth.calls.iter().any(|call| !call.heard.is_empty())).await;
    let (status, answer) = world.own("PUT", "/api/settings", json!({"agent_numbers": []})).await;
    assert_eq!(status, 200, "{answer}");
    let calls = world.finished(&campaign).await;
    let (call, lived) = (&calls[&person.digits], world.lived(person));
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("callback_requested")), "{call}");
    assert_eq!((world.applet(&lived.sid, "passthru_b"), world.applet(&lived.sid, "connect")), (Some(200), Some(200)));
    assert!(lived.agents.is_empty() && !lived.transferred, "{:?}", lived.agents);
    let warnings = world.feed(LogLevel::Warning).await;
    assert_eq!(warnings.iter().filter(|line| line.contains("No agent took a hand-over")).count(), 1, "{warnings:?}");
    world.end().await;
}

pub(crate) async fn key_one_is_as_good_as_asking() {
    let world = World::start().await;
    let person = Person::new(119);
    let calls = world.phone(&[person]).await;
    let (call, lived) = (&calls[&person.digits], world.lived(person));
    assert_eq!(lived.pressed, "1");
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("transferred")), "{call}");
    assert!(lived.transferred && call["agent_transfer_time"].is_string(), "{call}");
    world.transcript(call).await;
    world.end().await;
}
