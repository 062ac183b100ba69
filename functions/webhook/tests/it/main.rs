//! Status callbacks over memory stores.

#[path = "../../../../shared/tests/it/one_call.rs"]
mod one_call;

#[path = "../../../passthru/tests/it/never.rs"]
mod never;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use shared::app::{Replayed, replay_event};
use shared::domain::id::CallId;
use shared::domain::status::{CallStatus, FailureClass};
use shared::domain::token::CallTokens;
use shared::http::with_layers;
use tower::ServiceExt;

use one_call::{OneCall, SID};

const BEHIND_THE_SECRET: &str = "/exotel-webhook?k=exotel-shared-secret-of-tests";

fn signed(call: CallId) -> String {
    let signature = CallTokens::new(b"signing-secret-of-tests").sign_callback(call);
    format!("/exotel-webhook?call_id={call}&s={signature}")
}

async fn post(world: &OneCall, address: &str, body: impl Into<Body>) -> (StatusCode, String) {
    send(world, Method::POST, address, body.into()).await
}

async fn send(world: &OneCall, method: Method, address: &str, body: Body) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(address).body(body).expect("a request");
    let response = with_layers(webhook::routes(world.app.clone())).oneshot(request).await.expect("infallible");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn success() -> (StatusCode, String) {
    (StatusCode::OK, r#"{"status":"success"}"#.to_owned())
}

#[tokio::test]
async fn without_signature_or_secret_nothing_is_taken() {
    let world = OneCall::initiated().await;
    let other = signed(world.app.new_id(CallId::new)).replace("call_id=", "x=");
    let borrowed = format!("{other}&call_id={}", world.call);
    for address in ["/exotel-webhook", "/exotel-webhook?k=wrong", &borrowed] {
        let (status, _) = post(&world, address, format!("CallSid={SID}&Status=completed")).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{address}");
    }
    assert_eq!(world.record().await.status, CallStatus::Initiated);
}

#[tokio::test]
async fn all_three_kinds_of_body_end_the_call() {
    let multipart = include_str!("../../../../shared/tests/fixtures/exotel/callback_plain_no_answer.multipart");
    let json = format!(r#"{{"CallSid":"{SID}","Status":"no-answer"}}"#);
    let form = format!("CallSid={SID}&Status=no-answer&RecordingUrl=null");
    for body in [multipart.to_owned(), json, form] {
        let world = OneCall::initiated().await;
        assert_eq!(post(&world, BEHIND_THE_SECRET, body.clone()).await, success());
        let record = world.record().await;
        assert_eq!(
            (record.status, record.failure_class),
            (CallStatus::NotPicked, Some(FailureClass::NoAnswer)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_signed_address_finds_its_call_before_the_sid_is_known_and_binds_it() {
    let world = OneCall::dialing().await;
    assert_eq!(post(&world, &signed(world.call), format!("CallSid={SID}&Status=busy")).await, success());
    let record = world.record().await;
    assert_eq!((record.status, record.call_sid), (CallStatus::NotPicked, Some(world.sid.clone())));
}

#[tokio::test]
async fn the_same_callback_twice_is_one_line_of_history() {
    let world = OneCall::initiated().await;
    for _ in 0..2 {
        assert_eq!(post(&world, &signed(world.call), format!("CallSid={SID}&Status=completed")).await, success());
    }
    let history = world.app.calls.updates(world.call).await.expect("memory");
    assert_eq!(history.iter().filter(|line| line.status == CallStatus::Completed).count(), 1);
}

#[tokio::test]
async fn an_empty_callback_and_a_head_say_nothing_and_are_welcome() {
    let world = OneCall::initiated().await;
    assert_eq!(post(&world, &signed(world.call), Body::empty()).await, success());
    assert_eq!(post(&world, &signed(world.call), "{broken json").await, success());
    assert_eq!(send(&world, Method::HEAD, &signed(world.call), Body::empty()).await.0, StatusCode::OK);
    assert_eq!(world.record().await.status, CallStatus::Initiated);
    assert_eq!(world.parts.queue.take(), []);
}

#[tokio::test]
async fn an_unknown_sid_is_parked_and_applied_once_the_carrier_has_answered_us() {
    let world = OneCall::dialing().await;
    assert_eq!(post(&world, BEHIND_THE_SECRET, format!("CallSid={SID}&Status=completed")).await, success());
    let parked = world.parts.queue.take();
    assert_eq!(parked.len(), 1);
    let outcome = shared::ports::calls::DialOutcome::Accepted(world.sid.clone());
    world.app.calls.record_dial(world.call, &outcome, world.app.clock.now()).await.expect("memory");
    let body = serde_json::to_string(&parked[0].0).expect("serialises");
    assert_eq!(replay_event(&world.app, &body).await, Replayed::Done);
    assert_eq!(world.record().await.status, CallStatus::Completed);
}

#[tokio::test(start_paused = true)]
async fn with_postgres_hanging_the_report_is_in_the_queue() {
    let mut world = OneCall::initiated().await;
    world.app.calls = Arc::new(never::Never);
    assert_eq!(post(&world, &signed(world.call), format!("CallSid={SID}&Status=completed")).await, success());
    assert_eq!(world.parts.queue.take().len(), 1);
}

#[tokio::test]
async fn an_unknown_word_ends_nothing_and_is_told_to_the_watchers() {
    let world = OneCall::initiated().await;
    assert_eq!(post(&world, &signed(world.call), format!("CallSid={SID}&Status=teleported")).await, success());
    assert_eq!(world.record().await.status, CallStatus::Initiated);
    let told = format!("{:?}", world.parts.feed.events());
    assert!(told.contains("teleported"), "{told}");
}

#[tokio::test]
async fn a_body_beyond_every_callback_is_refused() {
    let world = OneCall::initiated().await;
    let (status, _) = post(&world, &signed(world.call), vec![b'a'; 64 * 1024 + 1]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
