//! What we build on goes away in the middle of calls.

use serde_json::json;
use shared::sim::sarvam::Faults;

use crate::support::{Person, World};

pub(crate) async fn nothing_is_lost_when_redis_forgets_everything_in_mid_campaign() {
    let world = World::start().await;
    world.switch(json!({"ring_ms": 700}));
    let people: Vec<Person> = [101, 216, 311, 412, 514, 619, 720].map(Person::new).into();
    let campaign = world.order(&people).await;
    // Once while phones ring, once while people talk.
    world.exotel().wait_for(|truth| truth.calls.len() >= 4).await;
    assert!(world.wipe_redis().await > 0);
    world.exotel().wait_for(|truth| truth.calls.iter().filter(|call| !call.said.is_empty()).count() >= 3).await;
    assert!(world.wipe_redis().await > 0);
    let calls = world.finished(&campaign).await;
    let expected = [
        (101, "completed", json!("informed")),
        (216, "completed", json!("transferred")),
        (311, "not_picked", json!(null)),
        (412, "not_picked", json!(null)),
        (514, "completed", json!("hung_up")),
        (619, "completed", json!("transferred")),
        (720, "completed", json!("promise_to_pay")),
    ];
    for (digits, status, disposition) in expected {
        let call = &calls[&digits];
        assert_eq!((&call["status"], &call["disposition"]), (&json!(status), &disposition), "{call}");
        if status == "completed" {
            world.transcript(call).await;
        }
    }
    for person in people.iter().filter(|person| [216, 619].contains(&person.digits)) {
        assert!(world.lived(*person).transferred, "{} waited for an agent", person.digits);
    }
    world.everybody_was_phoned_once(&people);
    world.end().await;
}

pub(crate) async fn without_speech_every_call_still_ends_and_says_so() {
    let world = World::start().await;
    let refused = Faults { refuse: Some((503, "internal_server_error".to_owned())), ..Faults::default() };
    let silent = Faults { silent: true, ..Faults::default() };
    for (person, fault) in [(Person::new(101), refused), (Person::new(201), silent)] {
        world.speech().set(|switches| {
            for faults in [
                &mut switches.realtime,
                &mut switches.socket,
                &mut switches.stt_rest,
                &mut switches.tts,
                &mut switches.tts_rest,
            ] {
                *faults = fault.clone();
            }
        });
        let calls = world.phone(&[person]).await;
        let (call, lived) = (&calls[&person.digits], world.lived(person));
        assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("broken")), "{call}");
        assert!(lived.heard.is_empty(), "{:?}", lived.heard);
        let stream = lived.stream.expect("a stream");
        assert_eq!(stream.disconnected_by.as_deref(), Some("bot"), "{stream:?}");
        assert_eq!(world.applet(&lived.sid, "passthru_b"), Some(302));
    }
    world.end().await;
}

pub(crate) async fn a_speaking_socket_that_hangs_is_replaced_by_the_second_way() {
    let world = World::start().await;
    world.speech().set(|switches| switches.tts = Faults { silent: true, ..Faults::default() });
    let person = Person::new(118);
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!("wrong_number")), "{call}");
    assert!(world.speech().counts().rest_utterances > 0);
    world.transcript(call).await;
    world.end().await;
}
