//! What is shown, to whom, and what is masked.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use shared::app::expect_upload;
use shared::domain::access::Scope;
use shared::domain::call::{ConversationResult, Disposition};
use shared::domain::cost::Meters;
use shared::domain::id::{CallId, UploadId};
use shared::domain::language::Language;
use shared::domain::timings::{Timings, TurnTimes};
use shared::domain::transcript::{Line, Speaker, Transcript};
use shared::domain::upload::{RejectedRow, RejectedRows, RowError};
use tower::ServiceExt;

use crate::world::World;

#[tokio::test]
async fn what_can_not_be_read_is_refused_in_our_own_form() {
    let world = World::new();
    let key = world.key(&[Scope::Read, Scope::Admin]).await;
    let wrong = [
        "/api/calls?status=busy",
        "/api/calls?live=perhaps",
        "/api/calls?customer_id=7",
        "/api/calls?nonsense=1",
        "/api/calls?cursor=rubbish",
        "/api/calls/17",
        "/api/call-status/a:b",
        "/api/campaigns/x",
        "/api/uploads/x",
        "/api/customers?language=klingon",
        "/api/customers?cursor=rubbish",
        "/api/customers/x",
        "/api/dashboard-data?since=yesterday",
        "/api/dashboard-data?campaign_id=x",
        "/api/audit?limit=-1",
        "/api/calls?limit=0",
        "/api/calls?limit=201",
        "/api/customers?state=%00",
        "/api/customers?upload_id=",
        "/api/do-not-call?cursor=rubbish",
        "/api/keys?cursor=rubbish",
    ];
    for path in wrong {
        let (status, body) = world.get(&key, path).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {body}");
        assert_eq!(body["success"], false, "{path}");
        for field in ["code", "detail", "request_id"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{path} {field}: {body}");
        }
    }
    let unknown = CallId::new(world.app.clock.now(), [3; 10]);
    assert_eq!(world.get(&key, &format!("/api/calls/{unknown}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&key, "/api/call-status/nobody").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn full_numbers_are_shown_to_pii_keys_only_and_every_time_is_noted() {
    let world = World::new();
    let id = world.customer("Asha Rao", "9876543210").await;
    let reader = world.key(&[Scope::Read]).await;
    let (_, list) = world.get(&reader, "/api/customers?q=asha").await;
    assert_eq!(list["items"][0]["phone_number"], "+91******3210");
    let (_, one) = world.get(&reader, &format!("/api/customers/{id}")).await;
    assert_eq!((&one["phone_number"], &one["attributes"]), (&json!("+91******3210"), &Value::Null));
    assert_eq!(world.audited(), Vec::<String>::new());

    let trusted = world.key(&[Scope::Read, Scope::Pii]).await;
    let (_, list) = world.get(&trusted, "/api/customers?masked=true").await;
    assert_eq!(list["items"][0]["phone_number"], "+91******3210");
    let (_, list) = world.get(&trusted, "/api/customers").await;
    assert_eq!(list["items"][0]["phone_number"], "+919876543210");
    let (_, one) = world.get(&trusted, &format!("/api/customers/{id}")).await;
    assert_eq!((&one["phone_number"], &one["attributes"]["Guarantor"]), (&json!("+919876543210"), &json!("X")));
    assert_eq!(world.audited(), ["reveal_phone", "reveal_phone"]);

    world.parts.audit.go_away(true);
    let (status, body) = world.get(&trusted, &format!("/api/customers/{id}")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!body.to_string().contains("9876543210"));
}

#[tokio::test]
async fn the_first_screen_has_its_figures_and_survives_a_queue_that_is_away() {
    let world = World::new();
    let customer = world.customer("Asha Rao", "9876543210").await;
    let call = world.order(customer).await;
    let key = world.key(&[Scope::Read]).await;
    world.parts.queue.go_away(true);
    let (status, data) = world.get(&key, "/api/dashboard-data").await;
    assert_eq!(status, StatusCode::OK, "{data}");
    assert_eq!(data["statistics"]["total_calls"], 1);
    assert!(data["series"].as_array().is_some_and(|series| series.len() <= 500));
    let (_, calls) = world.get(&key, "/api/calls?status=queued&limit=1").await;
    assert_eq!(calls["items"][0]["call_id"], call.to_string());
    assert_eq!(calls["items"][0]["phone_number"], "******3210");
    let (_, detail) = world.get(&key, &format!("/api/calls/{call}")).await;
    assert_eq!(
        (&detail["status"], &detail["transcript"], &detail["timings"]),
        (&json!("queued"), &json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_number_said_in_a_call_is_masked_in_its_transcript_and_summary() {
    let world = World::new();
    let call = world.order(world.customer("Asha", "9876543210").await).await;
    let line = Line {
        speaker: Speaker::Caller,
        text: "ring me on 98765 43211".to_owned(),
        language: Language::English,
        start_ms: 0,
        end_ms: 900,
        interrupted: false,
        estimated: false,
        word_starts_ms: Vec::new(),
    };
    let summary = "Wants a call on 9876543211".to_owned();
    let left = ConversationResult { transcript: Transcript { lines: vec![line] }, summary, ..conversation() };
    world.app.calls.save_conversation(call, &left).await.expect("stored");
    let (_, detail) = world.ask(&world.key(&[Scope::Read]).await, "GET", &format!("/api/calls/{call}"), None).await;
    assert_eq!(detail["transcript"][0]["text"], "ring me on ***** *3211");
    assert_eq!(detail["transcript"][0]["word_starts_ms"], json!([0, 84, 135, 186, 543]), "a time for each word");
    assert_eq!(detail["summary"], "Wants a call on ******3211");
}

#[tokio::test]
async fn a_call_tells_where_the_time_of_each_of_its_turns_went() {
    let world = World::new();
    let call = world.order(world.customer("Asha", "9876543210").await).await;
    let answered = TurnTimes {
        voice_end_ms: Some(4_000),
        flush_ms: Some(4_200),
        final_ms: Some(4_350),
        first_token_ms: Some(4_900),
        taken_ms: Some(4_700),
        first_clause_ms: Some(5_000),
        first_audio_ms: Some(5_200),
        played_ms: Some(7_800),
    };
    let cut = TurnTimes { voice_end_ms: Some(9_000), ..TurnTimes::default() };
    let left = ConversationResult { timings: Timings { turns: vec![answered, cut] }, ..conversation() };
    world.app.calls.save_conversation(call, &left).await.expect("stored");
    let (_, detail) = world.get(&world.key(&[Scope::Read]).await, &format!("/api/calls/{call}")).await;
    let whole = json!({
        "voice_end_ms": 4_000, "flush_ms": 4_200, "final_ms": 4_350, "first_token_ms": 4_900, "taken_ms": 4_700,
        "first_clause_ms": 5_000, "first_audio_ms": 5_200, "played_ms": 7_800,
    });
    let nothing_came = json!({
        "voice_end_ms": 9_000, "flush_ms": null, "final_ms": null, "first_token_ms": null, "taken_ms": null,
        "first_clause_ms": null, "first_audio_ms": null, "played_ms": null,
    });
    assert_eq!(detail["timings"], json!([whole, nothing_came]));
}

/// One that left no more than that it was.
fn conversation() -> ConversationResult {
    ConversationResult {
        transcript: Transcript::default(),
        summary: String::new(),
        disposition: Disposition::CallbackRequested,
        intent: None,
        promise: None,
        language: Language::English,
        duration_s: 5,
        timings: Timings::default(),
        meters: Meters::default(),
        cost: None,
    }
}

#[tokio::test]
async fn a_recording_is_given_to_those_who_may_hear_it_and_each_time_is_noted() {
    let world = World::new();
    let call = world.order(world.customer("Asha", "9876543210").await).await;
    let path = format!("/api/calls/{call}/recording");
    let (reader, listener) = (world.key(&[Scope::Read]).await, world.key(&[Scope::Pii]).await);
    assert_eq!(world.get(&reader, &path).await.0, StatusCode::FORBIDDEN);
    assert_eq!(world.get(&listener, &path).await.0, StatusCode::NOT_FOUND, "it was not recorded");
    assert_eq!(world.audited(), Vec::<String>::new());
    world.app.calls.keep_recording(call, "recordings/a.wav").await.expect("noted");
    let (status, given) = world.get(&listener, &path).await;
    assert_eq!((status, &given["recordings"][0]["url"]), (StatusCode::OK, &json!("memory:recordings/a.wav")));
    assert_eq!(world.audited(), ["hear_recording"]);
    world.parts.audit.go_away(true);
    assert_eq!(world.get(&listener, &path).await.0, StatusCode::SERVICE_UNAVAILABLE, "what can not be noted");
}

#[tokio::test]
async fn health_needs_no_key_and_tells_no_secret() {
    let world = World::new();
    let (status, body) = world.get("", "/health").await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "status": "ok", "database": "ok", "redis": "ok" })));
}

#[tokio::test]
async fn response_times_of_this_process_reach_the_dashboard() {
    let mut world = World::new();
    let measured =
        shared::http::with_response_times(overview::routes(world.app.clone()), world.app.clone(), "overview-1");
    world.router = shared::http::with_layers(measured);
    let key = world.key(&[Scope::Read]).await;
    world.get(&key, &format!("/api/calls/{}", CallId::new(world.app.clock.now(), [3; 10]))).await;
    let (_, data) = world.get(&key, "/api/dashboard-data").await;
    let row = &data["system"]["api_response_times"][0];
    assert_eq!((&row["process"], &row["route"]), (&json!("overview-1"), &json!("GET /api/calls/{id}")), "{data}");
    assert_eq!(row["count"], 1);
}

fn a_refused_row() -> RejectedRows {
    let problem = RowError {
        row: 3,
        column: "Phone".to_owned(),
        value_masked: "*****".to_owned(),
        problem: "too short".to_owned(),
    };
    let cells = vec!["Ravi Test".to_owned(), "98765".to_owned()];
    let row = RejectedRow { row: 3, problems: vec![problem], cells };
    RejectedRows { headers: vec!["Name".to_owned(), "Phone".to_owned()], rows: vec![row] }
}

#[tokio::test]
async fn refused_rows_are_masked_without_pii_and_shown_and_noted_with_it() {
    let world = World::new();
    let expected = expect_upload(&world.app, "a.csv", 10).await.expect("an upload").upload;
    world.app.uploads.keep_rejected(expected.id, 0, &a_refused_row()).await.expect("kept");
    let path = format!("/api/uploads/{}/rejected", expected.id);
    let table = async |key: &str, query: &str| {
        let request = Request::get(format!("{path}{query}")).header("authorization", format!("Bearer {key}"));
        let response = world.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await;
        let response = response.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        String::from_utf8(bytes.into()).expect("text")
    };
    let reader = world.key(&[Scope::Read]).await;
    assert!(table(&reader, "").await.ends_with("3,Phone,too short,R*** ****,*****\r\n"));
    assert_eq!(world.audited(), Vec::<String>::new());
    let trusted = world.key(&[Scope::Read, Scope::Pii]).await;
    assert!(table(&trusted, "").await.ends_with("3,Phone,too short,Ravi Test,98765\r\n"));
    assert!(table(&trusted, "?masked=true").await.contains("*****"));
    assert_eq!(world.audited(), ["reveal_rejected_rows"]);

    let caller = world.key(&[Scope::Call]).await;
    assert_eq!(world.get(&caller, &path).await.0, StatusCode::FORBIDDEN);
    let nowhere = path.replace(&expected.id.to_string(), &world.app.new_id(UploadId::new).to_string());
    assert_eq!(world.get(&reader, &nowhere).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&reader, "/api/uploads/x/rejected").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.get(&reader, &format!("{path}?cursor=x")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_upload_whose_file_never_came_ends_as_failed() {
    let world = World::new();
    let id = expect_upload(&world.app, "a.csv", 10).await.expect("an upload").upload.id;
    let reader = world.key(&[Scope::Read]).await;
    let path = format!("/api/uploads/{id}");
    assert_eq!(world.get(&reader, &path).await.1["upload_status"], "awaiting_file");
    world.parts.clock.advance(jiff::SignedDuration::from_hours(2));
    for shown in [world.get(&reader, &path).await.1, world.get(&reader, "/api/uploads").await.1["items"][0].clone()] {
        assert_eq!(shown["upload_status"], "failed");
        assert!(shown["processing_errors"][0]["problem"].as_str().is_some_and(|p| p.contains("ask for a new one")));
    }
}
