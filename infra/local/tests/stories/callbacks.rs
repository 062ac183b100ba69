//! The carrier's status callbacks: twice, late, never, forged.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::domain::id::CallId;
use shared::domain::token::CallTokens;
use shared::sim::exotel::Scenario;

use crate::support::{Person, World, brisk};

/// The reports of a call that changed it, by source.
fn applied<'a>(detail: &'a Value, source: &str) -> Vec<&'a Value> {
    let updates = detail["updates"].as_array().expect("a history").iter();
    updates.filter(|update| update["source"] == source && update["applied"] == true).collect()
}

pub(crate) async fn a_callback_that_comes_twice_and_late_changes_nothing_twice() {
    let world = World::start().await;
    // Busy, told twice at once; and hung up, told in the wrong order and long after the end.
    let [busy, talked] = [Person::new(111), Person::new(214)];
    world.switch(json!({"callback_copies": 2, "callback_fields": "extended", "callback_delay_ms": 1_500}));
    let at_once = Scenario::switches(json!({"callback_parallel": true}));
    world.exotel().set_scenario(&busy.number(), at_once).expect("switches that exist");
    let wrong_order = Scenario::switches(json!({"answered_after_terminal": true}));
    world.exotel().set_scenario(&talked.number(), wrong_order).expect("switches that exist");
    let calls = world.phone(&[busy, talked]).await;
    // Two copies of the end for one, of the end and of the answer for the other.
    world.exotel().wait_for(|truth| truth.calls.iter().map(|call| call.callbacks_taken).sum::<usize>() == 6).await;
    for (person, status) in [(busy, "not_picked"), (talked, "completed")] {
        let detail = world.detail(&calls[&person.digits]).await;
        assert_eq!(detail["status"], json!(status), "{detail}");
        let ends = applied(&detail, "webhook");
        assert_eq!(ends.len(), 1, "{detail}");
        assert_eq!(ends[0]["status"], json!(status), "{detail}");
    }
    world.everybody_was_phoned_once(&[busy, talked]);
    world.end().await;
}

pub(crate) async fn a_lost_callback_is_made_up_for_by_asking_the_carrier() {
    let world = World::with_rhythm(brisk()).await;
    world.switch(json!({"callback_copies": 0}));
    let [busy, talked] = [Person::new(111), Person::new(214)];
    let calls = world.phone(&[busy, talked]).await;
    for (person, status, class) in [(busy, "not_picked", json!("busy")), (talked, "completed", json!(null))] {
        let detail = world.detail(&calls[&person.digits]).await;
        assert_eq!((&detail["status"], &detail["failure_class"]), (&json!(status), &class), "{detail}");
        assert!(applied(&detail, "webhook").is_empty(), "{detail}");
        assert_eq!(applied(&detail, "reconcile").len(), 1, "{detail}");
    }
    world.end().await;
}

pub(crate) async fn a_callback_with_a_wrong_signature_is_refused_and_changes_nothing() {
    let world = World::start().await;
    // Never told by the carrier itself, so that only the forged callbacks could end these calls.
    world.switch(json!({"callback_copies": 0}));
    let people = [Person::new(111), Person::new(211)];
    let campaign = world.order(&people).await;
    let [call, other] = [
        world.call_when(&campaign, people[0], |call| call["call_sid"].is_string()).await,
        world.call_when(&campaign, people[1], |call| call["call_sid"].is_string()).await,
    ];
    let (before, other_before) = (world.detail(&call).await, world.detail(&other).await);
    let id = call["call_id"].as_str().expect("an id");
    let good = signature(&world, id);
    let body = |sid: &Value| json!({"CallSid": sid, "Status": "completed"});
    let wrong = [
        format!("call_id={id}&s={}", signature(&world, other["call_id"].as_str().expect("an id"))),
        format!("call_id={id}&s={}x", &good[..good.len() - 1]),
        format!("call_id={id}"),
        "k=guessed".to_owned(),
        String::new(),
    ];
    for query in wrong {
        let path = format!("/exotel-webhook?{query}");
        let (status, answer) = world.ask("POST", &path, None, Some(body(&call["call_sid"]))).await;
        assert_eq!(status, 403, "{query}: {answer}");
    }
    // Rightly signed for the one call, with the Sid of the other: taken, and neither is ended.
    let path = format!("/exotel-webhook?call_id={id}&s={good}");
    let (status, _) = world.ask("POST", &path, None, Some(body(&other["call_sid"]))).await;
    assert_eq!(status, 200);
    assert_eq!((world.detail(&call).await, world.detail(&other).await), (before, other_before));
    let (status, _) = world.ask("POST", &path, None, Some(body(&call["call_sid"]))).await;
    assert_eq!((status, &world.detail(&call).await["status"]), (200, &json!("completed")));
    world.end().await;
}

fn signature(world: &World, call: &str) -> String {
    let tokens = CallTokens::new(world.product.app.secrets.signing.expose_secret().as_bytes());
    tokens.sign_callback(call.parse::<CallId>().expect("an id"))
}

pub(crate) async fn a_callback_for_a_call_nobody_knows_is_taken_and_changes_nothing() {
    let world = World::start().await;
    let person = Person::new(111);
    let calls = world.phone(&[person]).await;
    let before = world.detail(&calls[&person.digits]).await;
    let path = format!("/exotel-webhook?k={}", world.product.app.secrets.exotel_shared.expose_secret());
    let body = json!({"CallSid": "0123456789abcdef0123456789abcdef", "Status": "completed"});
    let (status, answer) = world.ask("POST", &path, None, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(world.detail(&calls[&person.digits]).await, before);
    let all = world.api.get("/api/calls").await.expect("listed");
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "{all}");
    world.end().await;
}
