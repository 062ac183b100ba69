//! Nobody is phoned twice, and nothing that may have been a call is forgotten.

use std::time::Duration;

use jiff::SignedDuration;
use local::product::Rhythm;
use serde_json::{Value, json};
use shared::domain::id::CallId;
use shared::ports::calls::Claim;
use shared::ports::queue::QueueMessage;
use shared::sim::exotel::Scenario;

use crate::support::{Person, World, brisk, eventually};

fn id(call: &Value) -> CallId {
    call["call_id"].as_str().expect("an id").parse().expect("an id")
}

pub(crate) async fn a_gateway_timeout_with_the_call_placed_makes_exactly_one_call() {
    let world = World::with_rhythm(brisk()).await;
    // One answers, so the flow itself binds the call; of the other nothing is ever heard.
    let [answers, busy] = [Person::new(114), Person::new(211)];
    let refuse = json!({"status": 504, "placed": true, "body": "html"});
    world.switch(json!({"refuse": refuse, "callback_copies": 0, "ring_ms": 1_500}));
    let campaign = world.order(&[answers, busy]).await;
    let calls = world.finished(&campaign).await;
    for person in [answers, busy] {
        let detail = world.detail(&calls[&person.digits]).await;
        let updates = detail["updates"].as_array().expect("a history");
        let in_the_dark = |update: &Value| {
            let told = update["message"].as_str().unwrap_or_default();
            update["status"] == "dialing" && told.contains("nobody knows whether")
        };
        assert!(updates.iter().any(in_the_dark), "nobody knew of a call at first: {detail}");
    }
    for (person, status) in [(answers, "completed"), (busy, "not_picked")] {
        let call = &calls[&person.digits];
        assert_eq!((&call["status"], &call["outcome_unknown"]), (&json!(status), &json!(false)), "{call}");
        assert_eq!(call["call_sid"], json!(world.lived(person).sid));
        assert_eq!(world.asked(person), 1);
    }
    assert!(bound_by(&world, &calls[&answers.digits], "passthru").await);
    assert!(bound_by(&world, &calls[&busy.digits], "reconcile").await);
    world.end().await;
}

async fn bound_by(world: &World, call: &Value, source: &str) -> bool {
    let detail = world.detail(call).await;
    let updates = detail["updates"].as_array().expect("a history");
    updates.iter().any(|update| update["source"] == source && update["applied"] == true)
}

pub(crate) async fn a_gateway_timeout_without_a_call_is_written_off_and_not_dialled_again() {
    let world = World::with_rhythm(brisk()).await;
    let person = Person::new(101);
    world.switch(json!({"refuse": {"status": 504, "body": "html"}}));
    let campaign = world.order(&[person]).await;
    let call = world.call_when(&campaign, person, |call| call["outcome_unknown"] == true).await;
    // From here on the carrier would place it.
    world.switch(json!({"refuse": null}));
    let order = QueueMessage::DialV1 { call_id: id(&call) };
    world.product.app.queue.send(std::slice::from_ref(&order), Duration::ZERO).await.expect("sent");
    let calls = world.finished(&campaign).await;
    let call = &calls[&person.digits];
    assert_eq!((&call["status"], &call["failure_class"]), (&json!("failed"), &json!("not_placed")), "{call}");
    world.product.app.queue.send(&[order], Duration::ZERO).await.expect("sent");
    drained(&world).await;
    assert_eq!((world.asked(person), world.placed(person)), (1, 0));
    world.end().await;
}

pub(crate) async fn a_carrier_that_is_busy_three_times_costs_no_attempt() {
    let world = World::start().await;
    let person = Person::new(111);
    // A counted attempt would be the only one of the day.
    let (status, answer) = world.own("PUT", "/api/settings", json!({"attempts_per_day": 1})).await;
    assert_eq!(status, 200, "{answer}");
    let slow_down = Scenario::switches(json!({"refuse": {"status": 429, "retry_after_s": 1}})).times(3);
    world.exotel().set_scenario(&person.number(), slow_down).expect("switches that exist");
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    assert_eq!((&call["status"], &call["failure_class"]), (&json!("not_picked"), &json!("busy")), "{call}");
    assert_eq!((world.asked(person), world.placed(person), &call["attempt"]), (4, 1, &json!(1)));
    // And that one attempt was counted.
    let again = world.phone(&[person]).await;
    assert_eq!(again[&person.digits]["failure_class"], json!("attempt_limit"), "{again:?}");
    assert_eq!(world.placed(person), 1);
    world.end().await;
}

pub(crate) async fn a_call_the_carrier_placed_without_answering_in_time_is_bound_by_its_callback() {
    let world = World::start().await;
    // Longer than our client waits (35 s). The one phone rings before, the other after that.
    let [before, after] = [Person::new(111), Person::new(211)];
    let scenario =
        |early: bool| Scenario::switches(json!({"connect_latency_ms": 36_500, "answer_before_response": early}));
    world.exotel().set_scenario(&before.number(), scenario(true)).expect("switches that exist");
    world.exotel().set_scenario(&after.number(), scenario(false)).expect("switches that exist");
    let campaign = world.order(&[before, after]).await;
    let early = world.call_when(&campaign, before, |call| call["status"] == "not_picked").await;
    let unknown = world.call_when(&campaign, after, |call| call["outcome_unknown"] == true).await;
    assert_eq!((&unknown["status"], world.placed(after)), (&json!("dialing"), 0), "{unknown}");
    let calls = world.finished(&campaign).await;
    for person in [before, after] {
        let call = &calls[&person.digits];
        assert_eq!((&call["status"], &call["failure_class"]), (&json!("not_picked"), &json!("busy")), "{call}");
        assert_eq!((&call["outcome_unknown"], &call["call_sid"]), (&json!(false), &json!(world.lived(person).sid)));
        assert_eq!(world.asked(person), 1);
    }
    assert_eq!(calls[&before.digits]["end_time"], early["end_time"], "the late time-out changed nothing");
    world.end().await;
}

pub(crate) async fn a_refusal_ends_the_order_whatever_code_it_has() {
    let world = World::start().await;
    // Codes and bodies are guesses (exotel.md 12.8): a number on the register, a wrong ExoPhone, a
    // ceiling of calls; and one that is reported as failed although nothing rang.
    let refused = [
        (101, json!({"status": 403}), "refused"),
        (201, json!({"status": 400, "body": "html"}), "refused"),
        (301, json!({"status": 403, "body": "empty"}), "refused"),
        (401, json!({"status": 406, "body": "xml"}), "refused"),
    ];
    let people: Vec<Person> = refused.iter().map(|(digits, ..)| Person::new(*digits)).collect();
    for ((_, refuse, _), person) in refused.iter().zip(&people) {
        let scenario = Scenario::switches(json!({"refuse": refuse}));
        world.exotel().set_scenario(&person.number(), scenario).expect("switches that exist");
    }
    let reported = Person::new(501);
    let scenario = Scenario::switches(json!({"refuse": {"status": 500, "reported": true}}));
    world.exotel().set_scenario(&reported.number(), scenario).expect("switches that exist");
    let calls = world.phone(&[people.as_slice(), &[reported]].concat()).await;
    for ((digits, _, class), person) in refused.iter().zip(&people) {
        let call = &calls[digits];
        assert_eq!((&call["status"], &call["failure_class"]), (&json!("failed"), &json!(class)), "{call}");
        assert_eq!((world.asked(*person), world.placed(*person)), (1, 0), "{call}");
    }
    let call = &calls[&reported.digits];
    assert_eq!((&call["status"], &call["failure_class"]), (&json!("failed"), &json!("bad_number")), "{call}");
    assert_eq!((&call["outcome_unknown"], world.asked(reported)), (&json!(false), 1), "{call}");
    world.end().await;
}

pub(crate) async fn an_account_that_is_not_served_stops_the_campaign_and_loses_nobody() {
    for (status, class) in [(401, "credentials"), (402, "balance")] {
        let world = World::start().await;
        let people = [111, 211, 311].map(Person::new);
        world.exotel().set_nth_scenario(1, Scenario::switches(json!({"refuse": {"status": status}}))).expect("set");
        // One at a time: the second must not be asked for before the first is refused.
        let app = &world.product.app;
        let mut settings = app.settings.current().await.expect("read");
        settings.calls_per_minute = 1;
        app.settings.replace(&settings, "a story", app.clock.now()).await.expect("stored");
        let campaign = world.order(&people).await;
        let path = format!("/api/campaigns/{campaign}");
        eventually("the campaign is paused", || async {
            let campaign = world.api.get(&path).await.expect("shown");
            (campaign["status"] == "paused").then_some(())
        })
        .await;
        let calls = world.calls(&campaign).await;
        let failed: Vec<_> = calls.values().filter(|call| call["status"] == "failed").collect();
        assert_eq!((failed.len(), &failed[0]["failure_class"]), (1, &json!(class)), "{calls:?}");
        assert_eq!(calls.values().filter(|call| call["status"] == "queued").count(), 2, "{calls:?}");
        assert_eq!(world.exotel().truth().calls.len(), 0);
        world.end().await;
    }
}

pub(crate) async fn a_worker_that_died_after_its_claim_phones_nobody_twice() {
    // No feeder in time: the claim below is the first to touch the order.
    let world = World::with_rhythm(Rhythm { feed_every: Duration::from_secs(3_600), ..brisk() }).await;
    let person = Person::new(101);
    let app = &world.product.app;
    world.upload(&[person]).await;
    let customers = world.api.get("/api/customers").await.expect("listed");
    let customer = customers["items"][0]["id"].as_str().expect("an id").parse().expect("an id");
    let order = shared::domain::call::NewOrder::single(
        app.new_id(CallId::new),
        customer,
        app.clock.now() - SignedDuration::from_secs(1),
    );
    let call_id = order.call_id;
    app.calls.place(&[order]).await.expect("placed");
    let settings = app.settings.current().await.expect("read");
    let claim = app.calls.claim(call_id, Some(&settings), app.clock.now()).await.expect("judged");
    assert!(matches!(claim, Claim::Claimed(_)), "{claim:?}");
    // The queue delivers the message of the dead worker again.
    app.queue.send(&[QueueMessage::DialV1 { call_id }], Duration::ZERO).await.expect("sent");
    let path = format!("/api/calls/{call_id}");
    let call = eventually("the claim is written off", || async {
        world.api.get(&path).await.ok().filter(|call| call["status"] != "dialing")
    })
    .await;
    assert_eq!((&call["status"], &call["failure_class"]), (&json!("failed"), &json!("not_placed")), "{call}");
    app.queue.send(&[QueueMessage::DialV1 { call_id }], Duration::ZERO).await.expect("sent");
    drained(&world).await;
    assert_eq!(world.asked(person), 0);
    world.end().await;
}

pub(crate) async fn everybody_is_phoned_once_however_often_it_is_asked_for() {
    let world = World::start().await;
    let people: Vec<Person> = [111, 212, 313, 423, 514, 611, 712].map(Person::new).into();
    let upload = world.upload(&people).await;
    let bulk = || async {
        let key = Some(world.product.api_key.as_str());
        let body = Some(json!({"upload_id": upload}));
        world.ask_once("POST", "/api/trigger-bulk-calls", key, body, Some("the same button")).await
    };
    let (one, two) = tokio::join!(bulk(), bulk());
    // The second of two at once may be told to wait; asking again gives the first one's answer.
    for (status, answer) in [&one, &two] {
        assert!(*status == 200 || answer["code"] == "in_progress", "{answer}");
    }
    let (_, answer) = [one, two].into_iter().find(|(status, _)| *status == 200).expect("one went through");
    assert_eq!(bulk().await, (200, answer.clone()));
    let campaign = answer["campaign_id"].as_str().expect("an id");
    let deliver_again = async || {
        let orders: Vec<_> =
            world.calls(campaign).await.values().map(|call| QueueMessage::DialV1 { call_id: id(call) }).collect();
        assert_eq!(orders.len(), people.len());
        world.product.app.queue.send(&orders, Duration::ZERO).await.expect("sent");
        world.product.app.queue.send(&orders, Duration::ZERO).await.expect("sent");
    };
    deliver_again().await;
    world.finished(campaign).await;
    deliver_again().await;
    drained(&world).await;
    assert_eq!(bulk().await, (200, answer));
    world.everybody_was_phoned_once(&people);
    assert!(people.iter().all(|person| world.asked(*person) == 1));
    world.end().await;
}

/// Every order in the queue was looked at.
async fn drained(world: &World) {
    eventually("the queue is empty", || async {
        let depth = world.product.app.queue.depth(shared::ports::queue::QueueName::Dial).await.expect("counted");
        (depth == 0).then_some(())
    })
    .await;
}
