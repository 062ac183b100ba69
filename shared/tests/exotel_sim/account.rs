//! The account's API: forms it takes, ways it refuses, conditions of its list, and events.

use serde_json::{Value, json};
use shared::sim::exotel::{Outcome, Scenario};

use crate::app::{Conduct, Stage};
use crate::{COOPERATIVE, sid_of};

const BUSY: &str = "+919000000011";

#[tokio::test]
async fn a_multipart_order_is_taken_and_a_json_one_is_not() {
    let stage = Stage::new(Conduct::default()).await;
    let order = stage.order(BUSY, "order-1");
    let url = format!("http://{}/v1/Accounts/simlender1/Calls/connect", stage.sim.address());
    let http = reqwest::Client::new();
    let post = || http.post(&url).basic_auth("sim-key", Some("sim-token"));
    let form = order.iter().cloned().fold(reqwest::multipart::Form::new(), |form, (k, v)| form.text(k, v));
    let answer = post().multipart(form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = answer.text().await.unwrap();
    assert!(body.contains("<TwilioResponse><Call>") && body.contains("<Sid>"), "{body}");
    let fields: std::collections::BTreeMap<_, _> = order.into_iter().collect();
    let refused = post().json(&fields).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let body = refused.text().await.unwrap();
    assert!(body.contains("<RestException><Message>Unsupported content type"), "{body}");
}

#[tokio::test]
async fn a_refusal_has_the_body_the_switch_says() {
    let stage = Stage::new(Conduct::default()).await;
    for (body, begins) in [("json", "{\"RestException\""), ("xml", "<?xml"), ("html", "<html>"), ("empty", "")] {
        let refuse = json!({"refuse": {"status": 503, "body": body}});
        stage.set(COOPERATIVE, Scenario::switches(refuse).times(1));
        let answer = stage.dial(COOPERATIVE, "order-1").await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (503, None));
        let text = answer.text().await.unwrap();
        assert!(text.starts_with(begins) && text.is_empty() == (body == "empty"), "{text}");
    }
    assert!(stage.sim.truth().calls.is_empty());
}

#[tokio::test]
async fn a_refused_order_may_be_reported_as_failed_all_the_same() {
    let stage = Stage::new(Conduct::default()).await;
    let refuse = json!({"status": 500, "reported": true});
    stage.set(COOPERATIVE, Scenario::switches(json!({"refuse": refuse})));
    assert_eq!(stage.dial(COOPERATIVE, "order-1").await.status(), 500);
    let truth = stage.over(1).await;
    assert_eq!((truth.calls[0].outcome, truth.calls[0].answered_at), (Some(Outcome::Failed), None));
    assert!(stage.seen("status")[0].body.contains("failed"));
}

#[tokio::test]
async fn the_list_knows_its_documented_conditions() {
    let stage = Stage::new(Conduct::default()).await;
    sid_of(stage.dial(BUSY, "order-1").await).await;
    stage.over(1).await;
    let total = async |query: &str| -> Value {
        let body: Value = stage.read(&format!("Calls.json?{query}")).await.json().await.unwrap();
        body["Metadata"]["Total"].clone()
    };
    for (query, expected) in [
        ("Status=busy,failed", 1),
        ("Status=completed", 0),
        ("Direction=outbound-api", 1),
        ("Direction=inbound", 0),
        ("PhoneNumber=%2B912200000000", 1),
        ("To=%2B912200000000", 0),
        ("Duration=gte:0s%3Blte:45s", 1),
        ("Duration=gt:45s", 0),
        ("Price=lte:1", 1),
        ("Price=gt:1", 0),
    ] {
        assert_eq!(total(query).await, json!(expected), "{query}");
    }
    for bad in ["Duration=10s", "PageSize=101", "DateCreated=yesterday"] {
        assert_eq!(stage.read(&format!("Calls.json?{bad}")).await.status(), 400, "{bad}");
    }
    stage.sim.set_switches(&json!({"list_wraps_calls": true})).unwrap();
    let body: Value = stage.read("Calls.json").await.json().await.unwrap();
    assert_eq!(body["Calls"][0]["Call"]["Status"], "busy");
}

#[tokio::test]
async fn events_come_live_and_the_answer_may_be_told_after_the_end() {
    let stage = Stage::new(Conduct { sentences: vec!["Bye."], ..Conduct::default() }).await;
    let mut order = stage.order(COOPERATIVE, "order-1");
    order.push(("StatusCallbackEvents[2]".to_owned(), "ringing".to_owned()));
    let told = async |late: bool, copies: usize| {
        let switches = json!({"callback_fields": "extended", "callback_body": "urlencoded",
                              "answered_after_terminal": late});
        stage.sim.set_switches(&switches).unwrap();
        let before = stage.seen("status").len();
        sid_of(stage.post("sim-token", &order).await).await;
        stage.over(copies).await;
        let event = |body: &str| {
            let word = body.split('&').find_map(|pair| pair.strip_prefix("EventType="));
            word.unwrap_or_default().to_owned()
        };
        stage.seen("status")[before..].iter().map(|seen| event(&seen.body)).collect::<Vec<_>>()
    };
    assert_eq!(told(false, 3).await, ["ringing", "answered", "terminal"]);
    assert_eq!(told(true, 3).await, ["ringing", "terminal", "answered"]);
}

#[tokio::test]
async fn a_callback_is_sent_once_where_there_are_no_retries_and_copies_may_leave_together() {
    let stage = Stage::new(Conduct { refused_callbacks: 1, ..Conduct::default() }).await;
    stage.set(BUSY, Scenario::switches(json!({"callback_retry_ms": []})));
    sid_of(stage.dial(BUSY, "order-1").await).await;
    stage.until(|_| !stage.seen("status").is_empty()).await;
    stage.set("+919000000111", Scenario::switches(json!({"callback_copies": 2, "callback_parallel": true})));
    sid_of(stage.dial("+919000000111", "order-2").await).await;
    stage.until(|truth| truth.calls.get(1).is_some_and(|call| call.callbacks_taken == 2)).await;
    assert_eq!(stage.seen("status").len(), 3);
}

#[tokio::test]
async fn a_call_into_an_unknown_app_is_taken_and_over_once_it_is_answered() {
    let stage = Stage::new(Conduct::default()).await;
    let mut order = stage.order(COOPERATIVE, "order-1");
    for (_, value) in order.iter_mut().filter(|(name, _)| name == "Url") {
        *value = value.replace("start_voice/77", "start_voice/99");
    }
    sid_of(stage.post("sim-token", &order).await).await;
    let truth = stage.over(1).await;
    let call = &truth.calls[0];
    assert_eq!((call.outcome, call.answered_at.is_some()), (Some(Outcome::Completed), true));
    assert!(call.stream.is_none());
    assert_eq!(stage.paths(), ["status"], "no applet asks anything");
}

#[tokio::test]
async fn the_link_to_a_recording_lasts_from_five_to_sixty_minutes() {
    let stage = Stage::new(Conduct::default()).await;
    let sid = sid_of(stage.dial(BUSY, "order-1").await).await;
    for (minutes, expected) in [("4", 400), ("5", 200), ("60", 200), ("61", 400), ("-5", 400), ("soon", 400)] {
        let answer = stage.read(&format!("Calls/{sid}.json?RecordingUrlValidity={minutes}")).await;
        assert_eq!(answer.status(), expected, "{minutes}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["RestException"]["Status"], if expected == 400 { json!(400) } else { Value::Null });
    }
}

#[tokio::test]
async fn open_streams_are_counted_beside_their_ceiling() {
    let stage = Stage::new(Conduct::default()).await;
    let told = async || stage.read("ActiveStreams").await.text().await.unwrap();
    let stream = |open: u32, ceiling: u32| {
        format!(
            "<Stream><ActiveStreamCount>{open}</ActiveStreamCount><ThrottleLimit>{ceiling}</ThrottleLimit></Stream>"
        )
    };
    sid_of(stage.dial(COOPERATIVE, "over").await).await;
    stage.over(1).await;
    assert!(told().await.contains(&stream(0, 100)), "{}", told().await);
    stage.sim.set_switches(&json!({"stream_ceiling": 7})).unwrap();
    for (open, number) in [(1, "+919000000017"), (2, "+919000000117")] {
        sid_of(stage.dial(number, number).await).await;
        stage.until(|truth| truth.calls.last().is_some_and(|call| call.stream.is_some())).await;
        assert!(told().await.contains(&stream(open, 7)), "{}", told().await);
    }
}
