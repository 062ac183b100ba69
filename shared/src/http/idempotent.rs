//! Requests that carry an `Idempotency-Key`: done once, answered as often as they come.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, resume_unwind};

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use ring::digest;
use serde_json::Value;
use tokio::task::JoinError;
use tracing::Instrument;

use super::layers::with_request_id;
use super::{Caller, Failure};
use crate::app::{App, Error};
use crate::ports::records::{Begun, HeldKey, SavedAnswer};

/// Longer keys are not keys.
pub(super) const LONGEST: usize = 200;
/// No answer to a change is larger; one that is would not be kept.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// On an answer that was given before.
const REPLAYED: &str = "idempotency-replayed";

/// The `Idempotency-Key` header, where there is one. As an extractor it answers 422 for a key
/// that can not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(value) = headers.get("idempotency-key") else { return Ok(Self(None)) };
        let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        let key = value.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > LONGEST || !key.bytes().all(plain) {
            let detail = format!("`Idempotency-Key` must have 1 to {LONGEST} characters of visible ASCII");
            return Err(Failure::invalid("invalid_idempotency_key", detail));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::of(&parts.headers)
    }
}

/// Put on a response: what is kept instead of its body, because the body holds something that is
/// shown once and stored nowhere.
#[derive(Clone)]
pub struct ReplayAs(pub Value);

/// What was kept of the first answer, where this request is its repeat and the route
/// [renews](super::Route::renews) its answers; else nothing.
#[derive(Debug, Clone)]
pub struct Repeat(pub Option<Value>);

impl<S: Sync> FromRequestParts<S> for Repeat {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self(None)))
    }
}

/// What an `Idempotency-Key` stands for: the SHA-256 of a request's parts (route, body, file).
pub fn request_identity(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        // The length in front: "ab" and "c" are not "a" and "bc".
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut identity = [0; 32];
    identity.copy_from_slice(context.finish().as_ref());
    identity
}

/// Does `work` unless this caller's key was answered before; then gives that answer, with the
/// header `Idempotency-Replayed: true`. The same key for another request (`identity`) is refused.
///
/// Work that failed, or panicked, frees the key, so that it may be tried again; the work itself must
/// bear that. Keyed work is a task of its own: a caller that hangs up and asks again with its key
/// finds the work done or still being done, never cut off in the middle with its key taken.
pub async fn answer_once<R, F>(
    app: &App,
    caller: &Caller,
    key: &IdempotencyKey,
    identity: [u8; 32],
    work: F,
) -> Result<Response, Failure>
where
    R: IntoResponse + Send + 'static,
    F: Future<Output = Result<R, Failure>> + Send + 'static,
{
    answer_once_or_renew(app, caller, key, identity, false, |_| work).await
}

/// As [`answer_once`]; where the answer is to be renewed, `work` is also done for a repeat, with what
/// was kept.
pub(super) async fn answer_once_or_renew<R, F>(
    app: &App,
    caller: &Caller,
    key: &IdempotencyKey,
    identity: [u8; 32],
    renew: bool,
    work: impl FnOnce(Repeat) -> F + Send + 'static,
) -> Result<Response, Failure>
where
    R: IntoResponse + Send + 'static,
    F: Future<Output = Result<R, Failure>> + Send + 'static,
{
    let Some(key) = key.0.clone() else { return Ok(work(Repeat(None)).await?.into_response()) };
    let scope = caller.actor.key_id.map_or_else(|| caller.actor.name.clone(), |id| id.to_string());
    let app = app.clone();
    let keyed = async move {
        match app.idempotency.begin(&scope, &key, identity, app.clock.now()).await? {
            Begun::Fresh(held) => first(&app, &held, work(Repeat(None))).await,
            Begun::Answered(answer) if renew => {
                Ok(marked(work(Repeat(Some(body_of(&answer)?))).await?.into_response()))
            }
            Begun::Answered(answer) => replayed(&answer),
            Begun::InProgress => Err(Failure::in_progress()),
            Begun::Mismatch => {
                let detail = "this `Idempotency-Key` was used for another request; use a new one";
                Err(Failure::invalid("idempotency_mismatch", detail))
            }
        }
    };
    match tokio::spawn(with_request_id(keyed).in_current_span()).await {
        Ok(answer) => answer,
        Err(ended) => Err(unfinished(ended)),
    }
}

/// A panic goes on where every other one is caught; a task is cut off only with the whole process.
fn unfinished(ended: JoinError) -> Failure {
    match ended.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(cut) => Error::Unavailable(Box::new(cut)).into(),
    }
}

/// Does the work of a key that is ours, and keeps its answer.
async fn first<R, F>(app: &App, held: &HeldKey, work: F) -> Result<Response, Failure>
where
    R: IntoResponse + Send + 'static,
    F: Future<Output = Result<R, Failure>> + Send,
{
    let response = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done.into_response(),
        Err(panic) => {
            free(app, held).await;
            resume_unwind(panic)
        }
    };
    if !response.status().is_success() {
        free(app, held).await;
        return Ok(response);
    }
    let (answer, response) = taken_apart(response).await?;
    match app.idempotency.finish(held, &answer, app.clock.now()).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!("the work took over a minute, and a repeat is doing it again"),
        Err(error) => tracing::warn!(%error, "the answer is not kept; a repeat finds the work done"),
    }
    Ok(response)
}

async fn free(app: &App, held: &HeldKey) {
    if let Err(error) = app.idempotency.abandon(held).await {
        tracing::warn!(%error, "the key stays taken for a minute");
    }
}

/// What is kept of a response, and the response whole again.
async fn taken_apart(response: Response) -> Result<(SavedAnswer, Response), Failure> {
    let (mut parts, body) = response.into_parts();
    let bug = |error: axum::Error| Error::Bug(error.into_inner());
    let body = to_bytes(body, MAX_ANSWER_BYTES).await.map_err(bug)?;
    let kept = match parts.extensions.remove::<ReplayAs>() {
        Some(ReplayAs(body)) => body.to_string(),
        None => String::from_utf8_lossy(&body).into_owned(),
    };
    let answer = SavedAnswer { status: parts.status.as_u16(), body: kept };
    Ok((answer, Response::from_parts(parts, Body::from(body))))
}

fn replayed(answer: &SavedAnswer) -> Result<Response, Failure> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    Ok(marked((status, Json(body_of(answer)?)).into_response()))
}

fn body_of(answer: &SavedAnswer) -> Result<Value, Failure> {
    Ok(serde_json::from_str(&answer.body).map_err(|error| Error::Bug(Box::new(error)))?)
}

/// Says that this is the answer to an earlier request; a refusal is a new one.
fn marked(mut response: Response) -> Response {
    if response.status().is_success() {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_request_do_not_run_into_each_other() {
        assert_ne!(request_identity(&[b"ab", b"c"]), request_identity(&[b"a", b"bc"]));
        assert_eq!(request_identity(&[b"ab", b"c"]), request_identity(&[b"ab", b"c"]));
    }
}
