//! The routes over memory stores, and over stores that never answer.

#[path = "../../../../shared/tests/it/one_call.rs"]
mod one_call;

mod never;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use shared::app::App;
use shared::domain::call::Disposition;
use shared::domain::settings::AccountSettings;
use shared::domain::status::{CallStatus, FailureClass};
use shared::http::with_layers;
use shared::ports::queue::QueueMessage;
use tower::ServiceExt;

use never::Never;
use one_call::{OneCall, SID};

const K: &str = "k=exotel-shared-secret-of-tests";
const ROUTES: [&str; 6] = [
    "/passthru-handler",
    "/passthru-handler/next",
    "/passthru-handler/after-agent",
    "/voicebot-url",
    "/agent-number",
    "/agent-leg",
];

async fn ask(app: &App, method: Method, address: &str, body: &str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(address).body(Body::from(body.to_owned())).expect("a request");
    let response = with_layers(passthru::routes(app.clone())).oneshot(request).await.expect("infallible");
    assert!(!response.headers().contains_key(header::LOCATION), "a 302 of the flow names no address");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}
async fn get(app: &App, route: &str, more: &str) -> (StatusCode, String) {
    ask(app, Method::GET, &format!("{route}?{K}&CallSid={SID}&{more}"), "").await
}

#[tokio::test]
async fn nobody_but_the_carrier_is_let_in_and_nothing_is_recorded() {
    let world = OneCall::initiated().await;
    for route in ROUTES {
        for secret in ["", "k=", "k=wrong", "K2=exotel-shared-secret-of-tests"] {
            let address = format!("{route}?{secret}&CallSid={SID}&CustomField={}", world.call);
            assert_eq!(ask(&world.app, Method::GET, &address, "").await.0, StatusCode::FORBIDDEN, "{address}");
            assert_eq!(ask(&world.app, Method::HEAD, &address, "").await.0, StatusCode::FORBIDDEN, "{address}");
        }
    }
    assert_eq!(world.record().await.status, CallStatus::Initiated);
}

#[tokio::test]
async fn head_is_answered_everywhere_and_does_nothing() {
    let world = OneCall::initiated().await;
    for route in ROUTES {
        let address = format!("{route}?{K}&CallSid={SID}&CustomField={}", world.call);
        assert_eq!(ask(&world.app, Method::HEAD, &address, "").await.0, StatusCode::OK, "{route}");
    }
    assert_eq!(world.record().await.status, CallStatus::Initiated);
}

#[tokio::test]
async fn the_first_passthru_links_the_call_and_says_ok() {
    let world = OneCall::dialing().await;
    let answer = get(&world.app, "/passthru-handler", &format!("CustomField=temp_call_id%3D{}", world.call)).await;
    assert_eq!(answer, (StatusCode::OK, "OK".to_owned()));
    assert_eq!(world.record().await.call_sid.map(String::from).as_deref(), Some(SID));
    assert_eq!(world.session().await.map(|s| s.status), Some(CallStatus::InProgress));
}

#[tokio::test]
async fn a_post_with_a_form_links_as_well() {
    let world = OneCall::dialing().await;
    let body = format!("CallSid={SID}&CustomField=a%3Db%7Ctemp_call_id%3D{}", world.call);
    let answer = ask(&world.app, Method::POST, &format!("/passthru-handler?{K}"), &body).await;
    assert_eq!(answer, (StatusCode::OK, "OK".to_owned()));
    assert_eq!(world.record().await.status, CallStatus::InProgress);
}

#[tokio::test]
async fn a_passthru_without_any_parameter_is_answered() {
    let world = OneCall::initiated().await;
    for (route, expected) in ROUTES.into_iter().zip([200, 302, 302, 200, 200, 200]) {
        let (status, _) = ask(&world.app, Method::GET, &format!("{route}?{K}"), "").await;
        assert_eq!(status.as_u16(), expected, "{route}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_postgres_hanging_the_flow_goes_on_and_the_report_is_in_the_queue() {
    let world = OneCall::initiated().await;
    let app = App { calls: Arc::new(Never), ..world.app.clone() };
    let asked = tokio::time::Instant::now();
    let answer = get(&app, "/passthru-handler", &format!("CustomField={}", world.call)).await;
    assert_eq!(answer, (StatusCode::OK, "OK".to_owned()));
    // Virtual time: the sum of our own deadlines, not a measurement.
    assert!(asked.elapsed().as_millis() < 500);
    assert!(world.session().await.is_some(), "Redis is there, so the session is linked");
    let queued = world.parts.queue.take();
    let Some((QueueMessage::ReportV1 { report, tries: 0 }, _)) = queued.first() else { panic!("{queued:?}") };
    assert_eq!((report.call.call_id, report.status), (Some(world.call), CallStatus::InProgress));
}

#[tokio::test(start_paused = true)]
async fn with_redis_hanging_the_report_is_recorded_and_the_link_is_tried_again_later() {
    let world = OneCall::initiated().await;
    let app = App { sessions: Arc::new(Never), ..world.app.clone() };
    assert_eq!(get(&app, "/passthru-handler", "").await.1, "OK");
    assert_eq!(world.parts.queue.take().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn with_everything_hanging_every_route_takes_the_safe_ending() {
    let world = OneCall::initiated().await;
    world.parts.queue.go_away(true);
    let app = App { calls: Arc::new(Never), sessions: Arc::new(Never), ..world.app.clone() };
    for (route, expected) in ROUTES.into_iter().zip([200, 302, 302, 200, 200, 200]) {
        let asked = tokio::time::Instant::now();
        let facts = "Stream[Status]=completed&DialCallStatus=completed&EventType=Answered&DialWhomNumber=09000000002";
        let (status, body) = get(&app, route, facts).await;
        assert_eq!(status.as_u16(), expected, "{route}");
        assert!(asked.elapsed().as_millis() <= 500, "{route} took {:?}", asked.elapsed());
        assert!(route != "/agent-number" || body.contains(r#""numbers":[]"#), "{body}");
    }
}

#[tokio::test]
async fn the_flow_goes_to_the_agents_only_where_that_is_wanted() {
    let world = OneCall::initiated().await;
    assert_eq!(get(&world.app, "/passthru-handler/next", "Stream[Status]=completed").await.0, StatusCode::FOUND);
    world.wants_agent().await;
    assert_eq!(get(&world.app, "/passthru-handler/next", "Stream[Status]=completed").await.0, StatusCode::OK);
    assert_eq!(get(&world.app, "/passthru-handler/next", "").await.0, StatusCode::OK);
    let other = ask(&world.app, Method::GET, &format!("/passthru-handler/next?{K}&CallSid=unknown"), "").await;
    assert_eq!(other.0, StatusCode::FOUND);
}

#[tokio::test]
async fn a_stream_that_never_opened_fails_the_call_and_one_that_broke_later_does_not() {
    let world = OneCall::initiated().await;
    get(&world.app, "/passthru-handler", "").await;
    get(&world.app, "/passthru-handler/next", "Stream[Status]=failed&Stream[Duration]=40&Stream[DisconnectedBy]=NA")
        .await;
    assert_eq!(world.record().await.status, CallStatus::InProgress);
    let world = OneCall::initiated().await;
    get(&world.app, "/passthru-handler", "").await;
    let answer = get(&world.app, "/passthru-handler/next", "Stream[Status]=failed&Stream[DisconnectedBy]=NA").await;
    assert_eq!(answer.0, StatusCode::FOUND);
    let record = world.record().await;
    assert_eq!((record.status, record.failure_class), (CallStatus::Failed, Some(FailureClass::Conversation)));
}

#[tokio::test]
async fn agents_are_named_only_for_a_hand_over() {
    let world = OneCall::initiated().await;
    let settings = AccountSettings { agent_numbers: vec!["09000000002".to_owned()], ..Default::default() };
    world.app.settings.replace(&settings, "test", world.app.clock.now()).await.expect("memory");
    let (_, body) = get(&world.app, "/agent-number", "").await;
    assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON")["destination"]["numbers"], serde_json::json!([]));

    world.wants_agent().await;
    let (_, body) = get(&world.app, "/agent-number", "").await;
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(answer["destination"]["numbers"], serde_json::json!(["+919000000002"]));
    let address = answer["dial_passthru_event_url"].as_str().expect("an address");
    let route = address.strip_prefix("https://api.example.in").expect("our own address");
    let event = format!("{route}&CallSid={SID}&EventType=Answered&DialWhomNumber=09000000002");
    assert_eq!(ask(&world.app, Method::GET, &event, "").await.0, StatusCode::OK);
    let record = world.record().await;
    assert_eq!((record.status, record.agent.as_deref()), (CallStatus::AgentTransfer, Some("*******0002")));
}

#[tokio::test]
async fn no_agent_leaves_a_note_and_an_agent_leaves_a_name() {
    let world = OneCall::initiated().await;
    world.wants_agent().await;
    let nobody = "DialCallStatus=no-answer&DialWhomNumber=09000000002";
    assert_eq!(get(&world.app, "/passthru-handler/after-agent", nobody).await.0, StatusCode::OK);
    assert_eq!(world.record().await.disposition, Some(Disposition::CallbackRequested));
    assert!(world.session().await.and_then(|s| s.hand_over).is_some_and(|wish| wish.untaken), "the voicebot is told");
    assert_eq!(get(&world.app, "/passthru-handler/next", "").await.0, StatusCode::FOUND, "nobody is rung twice");
    let history = world.app.calls.updates(world.call).await.expect("memory");
    assert!(history.iter().any(|line| line.message.contains("call-back")), "{history:?}");
    assert_eq!(world.record().await.agent, None);
    let somebody = "DialCallStatus=completed&DialWhomNumber=09000000002";
    assert_eq!(get(&world.app, "/passthru-handler/after-agent", somebody).await.0, StatusCode::FOUND);
    assert_eq!(world.record().await.agent.as_deref(), Some("*******0002"));
}

#[tokio::test]
async fn the_sockets_address_carries_a_token_that_fits_this_call_and_ends() {
    let world = OneCall::initiated().await;
    for method in [Method::GET, Method::POST] {
        let address = format!("/voicebot-url?{K}&CallSid={SID}");
        let (status, body) = ask(&world.app, method, &address, "").await;
        assert_eq!(status, StatusCode::OK);
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        let url = answer["url"].as_str().expect("an address");
        assert!(url.len() < shared::wire::exotel::connect_applet::MAX_STREAM_URL);
        let token =
            url.strip_prefix(&format!("wss://voice.example.in/ws/voicebot/{SID}?t=")).expect("this call's socket");
        let tokens = shared::domain::token::CallTokens::new(b"signing-secret-of-tests");
        let now = world.app.clock.now();
        assert!(tokens.verify_voicebot(&world.sid, token, now + jiff::SignedDuration::from_secs(120)));
        assert!(!tokens.verify_voicebot(&world.sid, token, now + jiff::SignedDuration::from_secs(121)));
    }
    let (_, body) = ask(&world.app, Method::GET, &format!("/voicebot-url?{K}"), "").await;
    assert!(body.contains("wss://voice.example.in/ws/voicebot?k=exotel-shared-secret-of-tests"), "{body}");
}

#[tokio::test]
async fn of_a_body_beyond_every_form_nothing_is_read_and_the_query_alone_is_answered() {
    let world = OneCall::initiated().await;
    let facts = format!(
        "CallSid={SID}&CustomField={}&Stream[Status]=failed&Stream[DisconnectedBy]=NA&EventType=Answered&x=",
        world.call
    );
    let longest = format!("{facts}{}", "x".repeat(64 * 1024 - facts.len()));
    let too_long = format!("{longest}x");
    for (route, expected) in ROUTES.into_iter().zip([200, 302, 302, 200, 200, 200]) {
        let (status, _) = ask(&world.app, Method::POST, &format!("{route}?{K}"), &too_long).await;
        assert_eq!(status.as_u16(), expected, "{route}");
    }
    assert_eq!((world.record().await.status, world.parts.queue.take()), (CallStatus::Initiated, Vec::new()));
    for route in ["/passthru-handler", "/passthru-handler/next"] {
        ask(&world.app, Method::POST, &format!("{route}?{K}&CallSid={SID}"), &too_long).await;
        assert_eq!(world.record().await.status, CallStatus::InProgress, "{route}");
    }
    ask(&world.app, Method::POST, &format!("/passthru-handler/next?{K}"), &longest).await;
    assert_eq!(world.record().await.status, CallStatus::Failed, "the longest form is read");
}
