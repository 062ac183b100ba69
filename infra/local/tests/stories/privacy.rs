//! What must never stand in a log.

use serde_json::json;

use crate::support::{LOG, Person, SECRETS, World};

pub(crate) async fn the_log_of_a_campaign_holds_no_number_and_no_secret() {
    let world = World::start().await;
    let people = [111, 212, 313, 414, 516].map(Person::new);
    let calls = world.phone(&people).await;
    // What people and strangers send in is logged too.
    let sheet = format!("name,phone_number\nAsha,{}x\nRavi,{}\n", people[0].number(), people[1].number());
    let upload = world.api.upload("bad.csv", sheet.into_bytes()).await.expect("taken");
    assert_eq!(upload["failed_records"], 1, "{upload}");
    let (status, _) = world.own("POST", "/api/do-not-call", json!({"phone_number": people[2].number()})).await;
    assert_eq!(status, 201);
    let forged = format!("/exotel-webhook?k=guessed&From={}", people[0].number());
    assert_eq!(world.ask("POST", &forged, None, Some(json!({"From": people[0].number()}))).await.0, 403);
    // The log is there, or nothing would be proven.
    let log = LOG.text();
    for call in calls.values() {
        assert!(log.contains(call["call_id"].as_str().expect("an id")), "no word of {call}");
    }
    nothing_private(&log);
    world.end().await;
}

pub(crate) async fn the_log_of_all_stories_holds_no_number_and_no_secret() {
    nothing_private(&LOG.text());
}

fn nothing_private(log: &str) {
    let secrets = SECRETS.lock().expect("no story broke off in there").clone();
    // Whoever logged is a product, and its secrets are known.
    assert_eq!(secrets.is_empty(), log.is_empty());
    for line in log.lines() {
        assert!(!holds_a_number(line), "a full number: {line}");
        assert!(!secrets.iter().any(|secret| line.contains(secret.as_str())), "a secret: {line}");
        // Of the simulated carrier; `k=` and `s=` are how our own secrets travel in addresses.
        for private in ["sim-token", "c2ltLWtleTpzaW0tdG9rZW4", "?k=", "&k=", "&s=", "Bearer va_"] {
            assert!(!line.contains(private), "`{private}`: {line}");
        }
    }
}

/// Ten digits or more that end as the number of one of the stories' people does.
fn holds_a_number(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_digit()).any(|digits| {
        let national = digits.get(digits.len().saturating_sub(10)..).unwrap_or_default();
        national.len() == 10 && national.starts_with("90000") && digits.len() <= 13
    })
}
