//! Requests as browsers send them, over the memory doubles.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use jiff::SignedDuration;
use shared::domain::access::ApiKey;
use shared::domain::feed::FeedEvent;
use shared::domain::id::ApiKeyId;
use shared::domain::page::PageRequest;
use shared::http::with_layers;
use shared::ports::records::Begun;
use shared::wiring::{MemoryParts, memory_app};
use tower::ServiceExt;

use super::*;

const SECRET: &str = "secret-of-a-test";
const BOUNDARY: &str = "the-boundary";

async fn app_with_key(scopes: &[Scope]) -> App {
    world_with_key(scopes).await.0
}

async fn world_with_key(scopes: &[Scope]) -> (App, MemoryParts) {
    let (app, parts) = memory_app();
    let key = ApiKey {
        id: app.new_id(ApiKeyId::new),
        name: "tests".to_owned(),
        scopes: scopes.to_vec(),
        created_at: app.clock.now(),
        revoked_at: None,
    };
    let hash = ring::digest::digest(&ring::digest::SHA256, SECRET.as_bytes());
    let hash = hash.as_ref().try_into().expect("32 bytes");
    app.api_keys.create(&key, hash).await.expect("a key");
    (app, parts)
}

fn form(field: &str, filename: &str, content: &str) -> Request<Body> {
    bytes_form(field, filename, content.as_bytes())
}

fn bytes_form(field: &str, filename: &str, content: &[u8]) -> Request<Body> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{filename}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let body = [head.as_bytes(), content, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    Request::post("/api/upload-customers")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("authorization", format!("Bearer {SECRET}"))
        .body(Body::from(body))
        .expect("a request")
}

async fn answer(app: &App, request: Request<Body>) -> (u16, Value) {
    let response = with_layers(routes_with_limit(app.clone(), 2_000)).oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1_000_000).await.expect("a body");
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn good_rows_go_in_and_bad_rows_come_back() {
    let app = app_with_key(&[Scope::Upload]).await;
    let sheet = "Name,Mobile,EMI\nAsha Test,9876543210,1500\nRavi Test,98765,1500\nAsha Test,9876543210,1600\n";
    let (status, body) = answer(&app, form("file", "Clients.CSV", sheet)).await;
    assert_eq!((status, &body["success"], &body["status"]), (200, &Value::Bool(true), &"partial_failure".into()));
    assert_eq!((&body["total_records"], &body["processed_records"]), (&3.into(), &2.into()));
    assert_eq!((&body["failed_records"], &body["duplicate_records"]), (&1.into(), &1.into()));
    assert_eq!((&body["errors"][0]["row"], &body["errors"][0]["column"]), (&3.into(), &"Mobile".into()));
    assert_eq!(body["errors"][0]["value_masked"], "*****");
    let audit = app.audit.newest(1).await.expect("the trail");
    assert_eq!(audit[0].action, "upload_customers");
}

#[tokio::test]
async fn a_refused_file_has_its_own_code_and_its_record() {
    let app = app_with_key(&[Scope::Upload]).await;
    let (status, body) = answer(&app, form("file", "a.csv", "Name,City\nAsha,Pune\n")).await;
    assert_eq!((status, &body["code"]), (422, &"no_phone_column".into()));
    assert!(body["detail"].as_str().is_some_and(|d| d.contains("Name, City")), "{body}");
    let uploads = app.uploads.list(&PageRequest::default()).await.expect("a list");
    assert_eq!(uploads.items[0].upload_status, UploadStatus::Failed);
}

#[tokio::test]
async fn a_file_over_the_limit_is_told_where_to_go() {
    let app = app_with_key(&[Scope::Upload]).await;
    for size in [2_500, 50_000] {
        let (status, body) = answer(&app, form("file", "a.csv", &"x".repeat(size))).await;
        assert_eq!((status, &body["code"]), (413, &"too_large".into()));
        assert!(body["detail"].as_str().is_some_and(|d| d.contains("POST /api/uploads")), "{body}");
    }
}

#[tokio::test]
async fn what_is_no_form_with_a_file_is_refused() {
    let app = app_with_key(&[Scope::Upload]).await;
    assert_eq!(answer(&app, form("sheet", "a.csv", "Name,Phone\n")).await.1["code"], "no_file");
    let mut no_form = form("file", "a.csv", "x");
    no_form.headers_mut().remove("content-type");
    let (status, body) = answer(&app, no_form).await;
    assert_eq!((status, &body["code"]), (415, &"not_multipart".into()));
}

#[tokio::test]
async fn only_keys_with_the_scope_may_upload() {
    let reader = app_with_key(&[Scope::Read]).await;
    assert_eq!(answer(&reader, form("file", "a.csv", "Name,Phone\n")).await.0, 403);
    let (nobody, _) = memory_app();
    assert_eq!(answer(&nobody, form("file", "a.csv", "Name,Phone\n")).await.0, 401);
}

#[tokio::test]
async fn a_file_sent_again_with_its_key_is_stored_once() {
    let app = app_with_key(&[Scope::Upload]).await;
    let keyed = |sheet: &str| {
        let mut request = form("file", "a.csv", sheet);
        request.headers_mut().insert("idempotency-key", "once".parse().expect("a value"));
        request
    };
    let first = answer(&app, keyed("Name,Phone\nAsha,9876543210\n")).await;
    assert_eq!((first.0, &first.1["processed_records"]), (200, &1.into()));
    assert_eq!(answer(&app, keyed("Name,Phone\nAsha,9876543210\n")).await, first);
    assert_eq!(app.uploads.list(&PageRequest::default()).await.expect("a list").items.len(), 1);
    let other = answer(&app, keyed("Name,Phone\nRavi,9876543211\n")).await;
    assert_eq!((other.0, &other.1["code"]), (422, &"idempotency_mismatch".into()));
}

#[tokio::test]
async fn a_browser_that_hangs_up_and_sends_its_file_again_finds_it_stored_once() {
    let (app, parts) = world_with_key(&[Scope::Upload]).await;
    let keyed = || {
        let mut request = form("file", "a.csv", "Name,Phone\nAsha,9876543210\n");
        request.headers_mut().insert("idempotency-key", "once".parse().expect("a value"));
        request
    };
    {
        let mut sent = pin!(answer(&app, keyed()));
        // The whole file arrives in the first look; then it is being imported.
        let waits = std::future::poll_fn(|cx| Poll::Ready(sent.as_mut().poll(cx).is_pending())).await;
        assert!(waits, "the answer came before the browser could hang up");
    }
    let over = |event: &FeedEvent| matches!(event, FeedEvent::UploadProgress { status: UploadStatus::Completed, .. });
    let imported = async {
        while !parts.feed.events().iter().any(over) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), imported).await.expect("the import ends");
    let (mut status, mut body) = answer(&app, keyed()).await;
    for _ in 0..100 {
        if status == 409 {
            tokio::task::yield_now().await;
            (status, body) = answer(&app, keyed()).await;
        }
    }
    assert_eq!((status, &body["processed_records"]), (200, &1.into()));
    assert_eq!(app.uploads.list(&PageRequest::default()).await.expect("a list").items.len(), 1);
}

fn announced(body: &Value) -> Request<Body> {
    Request::post("/api/uploads")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {SECRET}"))
        .body(Body::from(body.to_string()))
        .expect("a request")
}

#[tokio::test]
async fn a_large_file_gets_an_address_of_its_own() {
    let app = app_with_key(&[Scope::Upload]).await;
    let (status, body) = answer(&app, announced(&json!({"filename": "a.csv", "bytes": 300_000_000}))).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["headers"], json!({"content-length": "300000000"}));
    assert_eq!(body["expires_at"], "2026-11-23T07:30:00Z");
    assert!(body["put_url"].is_string());
    let id = body["upload_id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let record = app.uploads.find(id).await.expect("read").expect("there");
    assert_eq!((record.upload_status, record.bytes), (UploadStatus::AwaitingFile, 300_000_000));
    assert_eq!(app.audit.newest(1).await.expect("the trail")[0].action, "announce_upload");
}

#[tokio::test]
async fn an_announcement_that_is_repeated_gets_an_address_that_takes_the_file() {
    let (app, parts) = world_with_key(&[Scope::Upload]).await;
    let again = async || {
        let mut request = announced(&json!({"filename": "a.csv", "bytes": 5}));
        request.headers_mut().insert("idempotency-key", "once".parse().expect("a value"));
        answer(&app, request).await
    };
    let first = again().await.1;
    parts.clock.advance(SignedDuration::from_mins(59));
    let (status, second) = again().await;
    assert_eq!((status, &second["upload_id"]), (200, &first["upload_id"]));
    assert_eq!((&second["expires_at"], &second["headers"]), (&first["expires_at"], &first["headers"]));
    assert_eq!(app.audit.newest(9).await.expect("the trail").len(), 1);

    let url = second["put_url"].as_str().expect("an address");
    let key = parts.objects.arrive(url, "12345".into()).expect("taken");
    shared::app::claim_upload(&app, &key, "x").await.expect("an answer").expect("free");
    let (status, refused) = again().await;
    assert_eq!((status, &refused["code"]), (409, &"file_arrived".into()));
}

#[tokio::test]
async fn an_address_that_takes_a_file_is_not_kept_with_the_key() {
    let app = app_with_key(&[Scope::Upload]).await;
    let body = json!({"filename": "a.csv", "bytes": 5});
    let mut request = announced(&body);
    request.headers_mut().insert("idempotency-key", "once".parse().expect("a value"));
    let url = answer(&app, request).await.1["put_url"].as_str().expect("an address").to_owned();
    let scope = app.api_keys.list(&PageRequest::default()).await.expect("keys").items[0].id.to_string();
    let identity = request_identity(&[b"POST", b"/api/uploads", body.to_string().as_bytes()]);
    let kept = app.idempotency.begin(&scope, "once", identity, app.clock.now()).await.expect("asked");
    assert!(matches!(&kept, Begun::Answered(answer) if !answer.body.contains(&url)), "{kept:?}");
}

#[tokio::test]
async fn an_announcement_that_is_repeated_too_late_is_told_to_announce_the_file_again() {
    let (app, parts) = world_with_key(&[Scope::Upload]).await;
    let again = async |key: &'static str| {
        let mut request = announced(&json!({"filename": "a.csv", "bytes": 5}));
        request.headers_mut().insert("idempotency-key", key.parse().expect("a value"));
        answer(&app, request).await
    };
    assert_eq!(again("once").await.0, 200);
    parts.clock.advance(SignedDuration::from_hours(1));
    let (status, body) = again("once").await;
    assert_eq!((status, &body["code"]), (409, &"address_expired".into()));
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("new `Idempotency-Key`")), "{body}");
    assert_eq!(again("twice").await.0, 200);
}

#[tokio::test]
async fn an_announcement_of_what_can_not_come_is_refused() {
    let app = app_with_key(&[Scope::Upload]).await;
    for (body, status, code) in [
        (json!({"filename": "a.pdf", "bytes": 10}), 422, "unsupported_format"),
        (json!({"filename": "a.csv", "bytes": 0}), 422, "empty_file"),
        (json!({"filename": "a.xls", "bytes": 30_000_000}), 413, "too_large"),
        (json!({"filename": "a.csv", "bytes": -1}), 422, "invalid_body"),
        (json!({"filename": "a.csv"}), 422, "invalid_body"),
    ] {
        let (given, answer) = answer(&app, announced(&body)).await;
        assert_eq!((given, &answer["code"]), (status, &code.into()), "{body}: {answer}");
    }
    let reader = app_with_key(&[Scope::Read]).await;
    assert_eq!(answer(&reader, announced(&json!({"filename": "a.csv", "bytes": 1}))).await.0, 403);
}

#[tokio::test]
async fn a_connection_cut_half_way_stores_nothing_and_says_so() {
    let app = app_with_key(&[Scope::Upload]).await;
    let whole = form("file", "a.csv", "Name,Phone\nAsha Test,9876543210\nRavi Test,9876543211\n");
    let (parts, body) = whole.into_parts();
    let bytes = to_bytes(body, 10_000).await.expect("a body");
    let reset_after = |half| {
        let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        Body::from_stream(futures_util::stream::iter([Ok(half), Err(reset)]))
    };
    let cuts = [10, 60, 180, bytes.len() - 30];
    for (cut, is_reset) in cuts.into_iter().flat_map(|cut| [(cut, false), (cut, true)]) {
        let half = bytes.slice(..cut);
        let mut half = Request::new(if is_reset { reset_after(half) } else { Body::from(half) });
        *half.method_mut() = parts.method.clone();
        *half.uri_mut() = parts.uri.clone();
        *half.headers_mut() = parts.headers.clone();
        let (status, body) = answer(&app, half).await;
        assert_eq!((status, &body["code"]), (400, &"cut_off".into()), "{cut} {is_reset}: {body}");
    }
    assert_eq!(app.uploads.list(&PageRequest::default()).await.expect("a list").items, []);
}

#[tokio::test]
async fn the_same_file_twice_at_once_is_stored_once_and_told_in_both_reports() {
    let app = app_with_key(&[Scope::Upload]).await;
    let sheet = "Name,Phone\nAsha Test,9876543210\nRavi Test,9876543211\n";
    let both = tokio::join!(answer(&app, form("file", "a.csv", sheet)), answer(&app, form("file", "a.csv", sheet)));
    let taken = |(status, body): &(u16, Value)| (*status, body["processed_records"].clone());
    assert_eq!((taken(&both.0), taken(&both.1)), ((200, 2.into()), (200, 2.into())));
    let known = [&both.0.1, &both.1.1].map(|body| body["duplicate_records"].as_i64());
    assert_eq!(known.into_iter().flatten().sum::<i64>(), 2, "those who came second were known: {known:?}");
    assert_eq!(app.customers.ids(&Default::default(), None, 10).await.expect("ids").len(), 2);
}

/// The use-case's own test compares every word; here the route must bring each answer through.
#[tokio::test]
async fn every_nasty_sheet_is_answered_over_the_route() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/tests/fixtures/sheets");
    let mut seen = 0;
    for expectation in std::fs::read_dir(folder).expect("the fixtures").flatten() {
        let path = expectation.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let expected: Value = serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
        let sheet = path.with_extension("");
        let name = sheet.file_name().and_then(|n| n.to_str()).expect("a name");
        let app = app_with_key(&[Scope::Upload]).await;
        let request = bytes_form("file", name, &std::fs::read(&sheet).expect("the sheet"));
        let response = with_layers(routes(app)).oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1_000_000).await.expect("a body");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        if let Some(code) = expected["refused"].as_str() {
            assert_eq!((status, &body["code"]), (422, &code.into()), "{name}: {body}");
        } else {
            assert_eq!(status, 200, "{name}: {body}");
            let counts = ["total", "processed", "failed", "duplicates"].map(|count| expected[count].clone());
            let given = ["total_records", "processed_records", "failed_records", "duplicate_records"];
            assert_eq!(given.map(|count| body[count].clone()), counts, "{name}: {body}");
        }
        seen += 1;
    }
    assert!(seen > 60, "only {seen} sheets were found");
}
