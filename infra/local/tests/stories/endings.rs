//! Calls that end before, or instead of, a conversation.

use serde_json::json;
use shared::domain::transcript::Speaker;

use crate::support::{Person, World};

pub(crate) async fn a_busy_line_and_a_dead_number_end_truthfully_without_a_conversation() {
    let world = World::start().await;
    let expected = [
        (Person::new(111), "not_picked", "busy"),
        (Person::new(212), "not_picked", "no_answer"),
        (Person::new(313), "failed", "bad_number"),
        (Person::new(423), "not_picked", "cancelled"),
    ];
    let people = expected.map(|(person, ..)| person);
    let calls = world.phone(&people).await;
    for (person, status, class) in expected {
        let call = &calls[&person.digits];
        assert_eq!((&call["status"], &call["failure_class"]), (&json!(status), &json!(class)), "{call}");
        assert_eq!((&call["answered_at"], &call["disposition"]), (&json!(null), &json!(null)), "{call}");
        assert!(world.lived(person).stream.is_none(), "a stream to {}", person.digits);
        assert_eq!(world.detail(call).await["transcript"], json!([]));
    }
    world.everybody_was_phoned_once(&people);
    world.end().await;
}

pub(crate) async fn a_customer_who_hangs_up_in_mid_sentence_has_heard_what_the_transcript_says() {
    let world = World::start().await;
    let person = Person::new(114);
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("hung_up")), "{call}");
    assert!(world.lived(person).heard.last().is_some_and(|heard| !heard.complete), "cut in a sentence");
    let lines = world.transcript(call).await;
    let last = lines.iter().rfind(|line| line.speaker == Speaker::Bot).expect("the bot spoke");
    assert!(last.interrupted && last.estimated, "{last:?}");
    world.end().await;
}

pub(crate) async fn a_silent_customer_is_asked_twice_and_then_left_in_peace() {
    let world = World::start().await;
    let person = Person::new(117);
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("no_response")), "{call}");
    let lived = world.lived(person);
    let heard = |words: &str| lived.heard.iter().filter(|heard| heard.text.contains(words)).count();
    assert_eq!(heard("I did not hear you"), 2, "{:?}", lived.heard);
    assert_eq!(heard("Goodbye"), 1);
    assert_eq!(lived.heard.iter().filter(|h| crate::conversations::speaks_of_the_debt(&h.text)).count(), 0);
    assert_eq!(lived.stream.and_then(|stream| stream.disconnected_by).as_deref(), Some("bot"));
    world.transcript(call).await;
    world.end().await;
}
