//! Exotel's questions while a call lasts: link this call, where does the flow go on, which socket,
//! which agent (exotel.md 4 to 6).
//!
//! A live call hangs on every answer, so each one has its own deadline under half a second, never
//! is a 5xx, and falls back to the safe ending: hang up, ring nobody. What the stores did not take
//! in time is applied later by `events`.
//!
//! Every method is answered (other URL applets are known to probe with HEAD, and pages disagree on
//! GET and POST); the secret `k` is in the query of every address. Bodies that API Gateway encoded
//! as base64 are already decoded by `lambda_http`.

mod agents;
mod ask;
mod flow;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router, extract};
use shared::app::{App, addresses};
use shared::http::Failure;
use shared::wire::exotel::connect_applet::StreamAddress;
use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::PassthruQuery;

use ask::Ask;

/// A Passthru's form is below 4 KiB.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The routes of this function.
pub fn routes(app: App) -> Router {
    Router::new()
        .route("/passthru-handler", any(flow::link))
        .route("/passthru-handler/next", any(flow::next))
        .route("/passthru-handler/after-agent", any(flow::after_agent))
        .route("/voicebot-url", any(voicebot_url))
        .route("/agent-number", any(agents::number))
        .route("/agent-leg", any(agents::leg))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .route_layer(middleware::from_fn_with_state(app.clone(), admit))
        .with_state(app)
}

/// Only Exotel, and a HEAD only asks whether somebody is here.
async fn admit(State(app): State<App>, request: extract::Request, next: Next) -> Response {
    let query = Fields::from_query(request.uri().query().unwrap_or_default());
    if !addresses::is_carrier(&app, query.get("k")) {
        tracing::warn!("a request on the carrier's routes without its secret");
        return Failure::new(StatusCode::FORBIDDEN, "forbidden", "this address is for the carrier").into_response();
    }
    if request.method() == Method::HEAD {
        return StatusCode::OK.into_response();
    }
    next.run(request).await
}

/// The socket for this call. Without a CallSid (the request is undocumented) the socket for all.
async fn voicebot_url(State(app): State<App>, Ask(fields): Ask) -> Json<StreamAddress> {
    let query = PassthruQuery::read(&fields);
    Json(StreamAddress { url: addresses::voicebot(&app, query.call_sid.as_ref()) })
}
