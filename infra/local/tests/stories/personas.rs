//! People who do more than answer questions: what the product makes of each.

use serde_json::{Value, json};
use shared::domain::language::Language;
use shared::domain::transcript::{Line, Speaker};
use shared::sim::exotel::{CallTruth, Phrase, Traffic};

use crate::conversations::speaks_of_the_debt;
use crate::support::{Person, World};

/// One call to that person, over with that disposition; what they lived, and the transcript.
async fn met(world: &World, person: Person, disposition: &str) -> (Value, CallTruth, Vec<Line>) {
    let calls = world.phone(&[person]).await;
    let call = calls[&person.digits].clone();
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!(disposition)), "{call}");
    let lines = world.transcript(&call).await;
    (call, world.lived(person), lines)
}

fn heard(lived: &CallTruth, words: &str) -> usize {
    lived.heard.iter().filter(|heard| heard.text.contains(words)).count()
}

fn told_of_the_debt(lived: &CallTruth) -> bool {
    lived.heard.iter().any(|heard| speaks_of_the_debt(&heard.text))
}

pub(crate) async fn after_a_cough_the_bot_goes_on_where_it_stopped() {
    let world = World::start().await;
    let (_, lived, lines) = met(&world, Person::new(125), "informed").await;
    let coughed = world.traffic().into_iter().find_map(|event| match event {
        Traffic::Coughed { at_ms, .. } => Some(at_ms),
        _ => None,
    });
    let coughed = coughed.expect("coughed");
    let cleared = |event: &Traffic| matches!(event, Traffic::Cleared { at_ms, .. } if *at_ms >= coughed);
    assert!(world.traffic().iter().any(cleared), "the bot fell silent");
    assert!(lived.heard.iter().all(|heard| heard.complete), "and went on: {:?}", lived.heard);
    let over: Vec<_> = lived.heard.iter().filter(|h| (h.start_ms..h.end_ms).contains(&coughed)).collect();
    assert_eq!(over.len(), 1, "inside one sentence: {:?}", lived.heard);
    assert_eq!(heard(&lived, &over[0].text), 1, "which is not said again: {:?}", lived.heard);
    let said: Vec<_> = lines.iter().filter(|line| line.speaker == Speaker::Caller).map(|line| &line.text).collect();
    assert_eq!(said, ["Yes, speaking.", "No, thank you."], "a cough is no word");
    world.end().await;
}

pub(crate) async fn an_answering_machine_is_left_without_a_word_about_the_debt() {
    let world = World::start().await;
    let person = Person::speaking(122, Language::Hindi);
    let (call, lived, lines) = met(&world, person, "voicemail").await;
    assert!(!told_of_the_debt(&lived), "{:?}", lived.heard);
    assert!(lines.iter().any(|line| line.speaker == Speaker::Caller), "what the machine said is on record");
    assert_eq!(lived.stream.and_then(|stream| stream.disconnected_by).as_deref(), Some("bot"));
    let summary = world.detail(&call).await["summary"].as_str().unwrap_or_default().to_owned();
    assert!(summary.contains("An answering machine took the call."), "{summary}");
    assert_eq!(world.intent(&call).await.as_deref(), Some("machine"));
    world.end().await;
}

pub(crate) async fn a_telephone_that_screens_calls_learns_nothing_and_counts_as_a_machine() {
    let world = World::start().await;
    let (_, lived, lines) = met(&world, Person::new(126), "voicemail").await;
    assert!(!told_of_the_debt(&lived), "{:?}", lived.heard);
    let said: Vec<_> = lines.iter().filter(|line| line.speaker == Speaker::Caller).map(|line| &line.text).collect();
    assert_eq!(said, [Phrase::Screening.text(Language::English)]);
    world.end().await;
}

pub(crate) async fn keys_in_mid_sentence_start_it_again_and_key_one_leads_to_an_agent() {
    let world = World::start().await;
    let (call, lived, _) = met(&world, Person::new(127), "transferred").await;
    assert_eq!(lived.pressed, "4#1");
    let cut = lived.heard.iter().filter(|heard| !heard.complete).count();
    assert!(cut >= 2, "each key cuts what is being said: {:?}", lived.heard);
    assert!(heard(&lived, "Thank you. I am") >= 3, "and starts it again: {:?}", lived.heard);
    assert!(lived.transferred && call["agent_transfer_time"].is_string(), "{call}");
    world.end().await;
}

pub(crate) async fn a_caller_who_changes_the_language_is_answered_in_theirs() {
    let world = World::start().await;
    let (call, lived, lines) = met(&world, Person::new(128), "informed").await;
    assert_eq!(call["language"], json!(Language::Hindi.code()), "{call}");
    let switched = lived.said.iter().find(|said| said.language == Language::Hindi).expect("changed");
    assert_eq!(switched.text, Phrase::Repeat.text(Language::Hindi));
    let after: Vec<_> = lived.heard.iter().filter(|heard| heard.start_ms > switched.start_ms).collect();
    assert!(!after.is_empty() && after.iter().all(|heard| heard.language == Language::Hindi), "{after:?}");
    let mut languages: Vec<_> = lines.iter().map(|line| line.language).collect();
    languages.dedup();
    assert_eq!(languages, [Language::English, Language::Hindi], "it does not flap: {lines:?}");
    world.end().await;
}

pub(crate) async fn a_greeting_is_heard_to_its_end_whoever_speaks_over_it() {
    let world = World::start().await;
    let (_, lived, lines) = met(&world, Person::new(129), "informed").await;
    let greeting = &lived.heard[0];
    assert!(greeting.complete && greeting.text.contains("may be recorded"), "{greeting:?}");
    assert!((greeting.start_ms..greeting.end_ms).contains(&lived.said[0].start_ms), "{:?}", lived.said);
    assert_eq!(heard(&lived, "may be recorded"), 1, "{:?}", lived.heard);
    assert!(lines.iter().any(|line| line.text == "Hello?"), "what was said over it is on record: {lines:?}");
    world.end().await;
}

pub(crate) async fn a_caller_who_is_silent_for_long_is_asked_again_and_then_understood() {
    let world = World::start().await;
    let (_, lived, _) = met(&world, Person::new(130), "informed").await;
    assert_eq!(heard(&lived, "I did not hear you"), 1, "{:?}", lived.heard);
    assert!(told_of_the_debt(&lived), "{:?}", lived.heard);
    world.end().await;
}
