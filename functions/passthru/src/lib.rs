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

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, extract};
use serde_json::Value;
use shared::app::{App, addresses};
use shared::http::{Api, Failure, Route};
use shared::wire::exotel::connect_applet::StreamAddress;
use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::PassthruQuery;

use ask::Ask;

/// The routes of this function.
pub fn routes(app: App) -> Api {
    let route = Route::carrier;
    let link = route("/passthru-handler", "The customer answered: links our call to Exotel's");
    let next = route("/passthru-handler/next", "The voicebot is done: to the agents, or the end");
    let after = route("/passthru-handler/after-agent", "The agents' part is over");
    let url = route("/voicebot-url", "The socket of this call");
    let number = route("/agent-number", "Whom to ring");
    let leg = route("/agent-leg", "What became of an agent's leg");
    let admitted = middleware::from_fn_with_state(app.clone(), admit);
    Api::new(app)
        .route(link.answers_plainly(200, "`OK`, whatever happens behind it."), flow::link)
        .route(next.answers_plainly(200, "To the agents.").answers_plainly(302, "To the end."), flow::next)
        .route(
            after.answers_plainly(200, "Nobody came: back to the voicebot.").answers_plainly(302, "To the end."),
            flow::after_agent,
        )
        .route(url.answers::<Value>(200, "The address."), voicebot_url)
        .route(number.answers::<Value>(200, "Numbers to ring; none where no hand-over is wanted."), agents::number)
        .route(leg.answers_plainly(200, "`OK`"), agents::leg)
        .map(|routes| routes.route_layer(admitted))
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
