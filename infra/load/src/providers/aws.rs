//! What the deployed bot asks of AWS during a call: KMS opens its data keys when it starts, S3 takes
//! the recordings. Everything else is counted, because it means that something went wrong.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::Providers;

/// `POST /`: the services that speak JSON. Here a wrapped key is the key itself.
pub(super) async fn service(State(providers): State<Providers>, headers: HeaderMap, body: String) -> Response {
    let action = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    if action.ends_with(".Decrypt") {
        let answer = json!({"KeyId": asked["KeyId"], "Plaintext": asked["CiphertextBlob"],
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"});
        return Json(answer).into_response();
    }
    tracing::warn!(action, "the bot asked AWS for something that an ordinary call does not need");
    providers.counts.unexpected.fetch_add(1, Ordering::Relaxed);
    Json(json!({"Successful": [], "Failed": []})).into_response()
}

/// `PUT /{bucket}/{key}`: taken and forgotten.
pub(super) async fn object(State(providers): State<Providers>, body: Body) -> Response {
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        if piece.is_err() {
            return StatusCode::BAD_REQUEST.into_response();
        }
    }
    providers.counts.recordings.fetch_add(1, Ordering::Relaxed);
    [(header::ETAG, "\"load\"")].into_response()
}
