//! The doors: streams with a valid token, health, figures.

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{Voicebot, socket};
use crate::domain::id::CallSid;
use crate::domain::token::{CallTokens, same_secret};

/// The largest message we read: the carrier's own limit for audio is 100 kB, and base64 adds a third.
const LARGEST_MESSAGE: usize = 256 * 1_024;
/// Room for 100 ms of audio, the carrier's usual piece. Every read clears the whole of it first, and every
/// call keeps it.
const READ_BUFFER: usize = 4 * 1_024;

/// `WS /ws/voicebot/{session_id}?t=`, `WS /ws/voicebot?k=`, `GET /metrics`.
pub fn routes(bot: Voicebot) -> Router {
    Router::new()
        .route("/ws/voicebot/{session_id}", get(stream_of_call))
        .route("/ws/voicebot", get(stream_of_any_call))
        .route("/metrics", get(metrics))
        .with_state(bot)
}

/// `GET /health`, for the load balancer of a program of its own.
pub fn health_routes(bot: Voicebot) -> Router {
    Router::new().route("/health", get(health)).with_state(bot)
}

#[derive(Deserialize)]
struct Token {
    #[serde(default)]
    t: String,
}

/// The address we minted for one call: the token fits this session and has not expired.
async fn stream_of_call(
    State(bot): State<Voicebot>,
    Path(session_id): Path<String>,
    Query(token): Query<Token>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let app = bot.app();
    let tokens = CallTokens::new(app.secrets.signing.expose_secret().as_bytes());
    match CallSid::parse(&session_id) {
        Ok(sid) if tokens.verify_voicebot(&sid, &token.t, app.clock.now()) => accept(bot, Some(sid), upgrade),
        _ => refuse(&bot, StatusCode::UNAUTHORIZED, "token"),
    }
}

#[derive(Deserialize)]
struct SharedSecret {
    #[serde(default)]
    k: String,
}

/// The address drawn into the flow, the same for every call; `start` says which call it is.
async fn stream_of_any_call(
    State(bot): State<Voicebot>,
    Query(secret): Query<SharedSecret>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !same_secret(bot.app().secrets.exotel_shared.expose_secret(), &secret.k) {
        return refuse(&bot, StatusCode::UNAUTHORIZED, "secret");
    }
    accept(bot, None, upgrade)
}

fn accept(bot: Voicebot, sid: Option<CallSid>, upgrade: WebSocketUpgrade) -> Response {
    let live = match bot.drain().enter(bot.config().most_calls) {
        Ok(live) => live,
        Err(refusal) => return refuse(&bot, StatusCode::SERVICE_UNAVAILABLE, refusal.as_str()),
    };
    let upgrade = upgrade.max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE);
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(async move |socket| {
        bot.converse(socket::serve(socket), sid).await;
        drop(live);
    })
}

fn refuse(bot: &Voicebot, status: StatusCode, reason: &'static str) -> Response {
    bot.metrics().refused.add(reason);
    tracing::warn!(reason, "a stream was refused");
    (status, reason).into_response()
}

/// 200 while new calls are welcome, 503 while leaving: the load balancer then sends none.
async fn health(State(bot): State<Voicebot>) -> Response {
    let status = if bot.drain().is_draining() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = serde_json::json!({ "status": status.canonical_reason(), "live_calls": bot.drain().live() });
    (status, axum::Json(body)).into_response()
}

async fn metrics(State(bot): State<Voicebot>) -> Response {
    let text = bot.metrics().render(bot.drain().live(), bot.drain().refused());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
