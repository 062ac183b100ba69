//! Exotel's status callbacks (exotel.md 2): unsigned by Exotel, so the address carries our own
//! signature for one call (`call_id`, `s`), or at least the shared secret (`k`).
//!
//! Any readable message is answered with 200, also for a call nobody knows (it may precede the
//! answer to our own request, and is then parked): another answer would only bring it again.
//! Bodies that API Gateway encoded as base64 are already decoded by `lambda_http`.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use shared::app::{App, addresses, announce, record_or_park};
use shared::domain::feed::LogLevel;
use shared::domain::id::CallId;
use shared::http::{Answer, Api, Failure, Route};
use shared::wire::exotel::callback::StatusCallback;
use shared::wire::exotel::fields::Fields;

/// Exotel is said to wait 15 s; what the record has not taken by then goes to the queue.
const RECORD_WITHIN: Duration = Duration::from_secs(2);

/// The routes of this function.
pub fn routes(app: App) -> Api {
    let status_report = Route::carrier("/exotel-webhook", "What became of a call, as Exotel reports it")
        .details("A form or JSON with Exotel's fields; every readable message is answered with 200.")
        .answers::<Taken>(200, "Taken, also for a call nobody knows.");
    Api::new(app).route(status_report, status)
}

/// What Exotel wants to read.
#[derive(Serialize, JsonSchema)]
struct Taken {
    /// Always `success`.
    status: &'static str,
}

async fn status(State(app): State<App>, request: Request) -> Answer<Response> {
    let query = Fields::from_query(request.uri().query().unwrap_or_default());
    let signed = admit(&app, &query)?;
    if request.method() != Method::HEAD {
        let mut fields = read_body(request).await?;
        fields.extend(query);
        take(&app, &StatusCallback::read(&fields), signed).await;
    }
    Ok(Json(Taken { status: "success" }).into_response())
}

/// The call of a signed address; none behind the shared secret; 403 with neither.
fn admit(app: &App, query: &Fields) -> Result<Option<CallId>, Failure> {
    let signed = addresses::signed_call(app, query.get("call_id"), query.get("s"));
    if signed.is_some() || addresses::is_carrier(app, query.get("k")) {
        return Ok(signed);
    }
    tracing::warn!("a status callback without a valid signature or secret");
    Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", "this address is for the carrier"))
}

async fn read_body(request: Request) -> Result<Fields, Failure> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let body = Bytes::from_request(request, &())
        .await
        .map_err(|rejection| Failure::new(rejection.status(), "bad_body", "the body could not be read"))?;
    Ok(Fields::from_body(kind.as_deref(), &body).unwrap_or_else(|| {
        tracing::warn!(kind, bytes = body.len(), "an unreadable status callback; the call will be polled");
        Fields::default()
    }))
}

/// Empty callbacks are met in the field: nothing is recorded, and reconcile asks for the truth.
async fn take(app: &App, callback: &StatusCallback, signed: Option<CallId>) {
    let Some(report) = callback.report(signed, app.clock.now()) else {
        tracing::info!(call.id = ?signed, "a status callback that says nothing; the call will be polled");
        return;
    };
    let unknown = callback.unknown_word().map(|_| report.message.clone());
    let call_id = report.call.call_id;
    record_or_park(app, report, RECORD_WITHIN).await;
    if let Some(line) = unknown {
        tracing::error!(call.id = ?call_id, call.sid = ?callback.call_sid, line, "the carrier used a status we do not know");
        announce::log(app, LogLevel::Warning, call_id, line).await;
    }
}
