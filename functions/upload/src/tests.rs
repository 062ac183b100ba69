//! Requests as browsers send them, over the memory doubles.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::Value;
use shared::domain::access::ApiKey;
use shared::domain::id::ApiKeyId;
use shared::domain::page::PageRequest;
use shared::wiring::memory_app;
use tower::ServiceExt;

use super::*;

const SECRET: &str = "secret-of-a-test";
const BOUNDARY: &str = "the-boundary";

async fn app_with_key(scopes: &[Scope]) -> App {
    let (app, _) = memory_app();
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
    app
}

fn form(field: &str, filename: &str, content: &str) -> Request<Body> {
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{filename}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{content}\r\n--{BOUNDARY}--\r\n"
    );
    Request::post("/api/upload-customers")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("authorization", format!("Bearer {SECRET}"))
        .body(Body::from(body))
        .expect("a request")
}

async fn answer(app: &App, request: Request<Body>) -> (u16, Value) {
    let response =
        shared::http::with_layers(routes_with_limit(app.clone(), 2_000)).oneshot(request).await.expect("an answer");
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
