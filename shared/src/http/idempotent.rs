//! Requests that carry an `Idempotency-Key`: done once, answered as often as they come.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use ring::digest;
use serde::Serialize;
use serde_json::Value;

use super::{Caller, Failure};
use crate::app::App;
use crate::ports::records::{Begun, SavedAnswer};

/// Longer keys are not keys.
const LONGEST: usize = 200;

/// The `Idempotency-Key` header, where there is one. As an extractor it answers 422 for a key
/// that can not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > LONGEST {
            let detail = format!("`Idempotency-Key` must have 1 to {LONGEST} visible characters");
            return Err(Failure::invalid("invalid_idempotency_key", detail));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

/// Does `work` unless this caller's key was answered before; then gives that answer. `request` is
/// what the key stands for (route and body): the same key for another request is refused.
///
/// Work that failed frees the key, so that it may be tried again; the work itself must bear that.
pub async fn answer_once<R, F>(
    app: &App,
    caller: &Caller,
    key: &IdempotencyKey,
    request: &R,
    work: F,
) -> Result<Response, Failure>
where
    R: Serialize + Sync,
    F: Future<Output = Result<(StatusCode, Value), Failure>> + Send,
{
    let Some(key) = &key.0 else { return Ok(respond(work.await?)) };
    let scope = caller.actor.key_id.map_or_else(|| caller.actor.name.clone(), |id| id.to_string());
    match app.idempotency.begin(&scope, key, hash(request)?, app.clock.now()).await? {
        Begun::Fresh => {}
        Begun::Answered(answer) => return saved(&answer),
        Begun::InProgress => {
            let detail = "the same request is still being worked on; ask again in a moment";
            return Err(Failure::new(StatusCode::CONFLICT, "in_progress", detail));
        }
        Begun::Mismatch => {
            return Err(Failure::invalid(
                "idempotency_mismatch",
                "this `Idempotency-Key` was used for another request",
            ));
        }
    }
    match work.await {
        Ok((status, body)) => {
            let answer = SavedAnswer { status: status.as_u16(), body: body.to_string() };
            if let Err(error) = app.idempotency.finish(&scope, key, &answer, app.clock.now()).await {
                tracing::warn!(%error, "the answer is not kept; a repeat finds the work done");
            }
            Ok(respond((status, body)))
        }
        Err(failure) => {
            if let Err(error) = app.idempotency.abandon(&scope, key).await {
                tracing::warn!(%error, "the key stays taken for a minute");
            }
            Err(failure)
        }
    }
}

fn respond((status, body): (StatusCode, Value)) -> Response {
    (status, Json(body)).into_response()
}

fn hash(request: &impl Serialize) -> Result<[u8; 32], Failure> {
    let bad = |_| Failure::invalid("invalid_body", "the request can not be identified");
    let text = serde_json::to_vec(request).map_err(bad)?;
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, &text).as_ref());
    Ok(hash)
}

fn saved(answer: &SavedAnswer) -> Result<Response, Failure> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let body: Value = serde_json::from_str(&answer.body).map_err(|error| crate::app::Error::Bug(Box::new(error)))?;
    Ok(respond((status, body)))
}
