//! Language models: Bedrock's ConverseStream for our bot, an OpenAI-compatible stream for the peer.
//! The same tokens at the same moments.

use std::convert::Infallible;
use std::sync::atomic::Ordering;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use shared::sim::bedrock::frame;
use tokio::time::{Instant, sleep_until};

use super::{Providers, answer};

/// Pieces of a body, each with its moment.
type Timed = Vec<(Instant, Bytes)>;

/// `POST /model/{id}/converse-stream`.
pub(super) async fn bedrock(State(providers): State<Providers>, _asked: Bytes) -> Response {
    let event = |name: &str, payload: Value| Bytes::from(frame("event", name, &payload));
    let body = providers.answer(
        Some(event("messageStart", json!({"role": "assistant"}))),
        |_, token| event("contentBlockDelta", json!({"delta": {"text": token}, "contentBlockIndex": 0})),
        vec![
            event("contentBlockStop", json!({"contentBlockIndex": 0})),
            event("messageStop", json!({"stopReason": "end_turn"})),
            event(
                "metadata",
                json!({"usage": {"inputTokens": 50, "outputTokens": 20, "totalTokens": 70}, "metrics": {"latencyMs": 1}}),
            ),
        ],
    );
    streamed("application/vnd.amazon.eventstream", body)
}

/// `POST /v1/chat/completions`, streamed.
pub(super) async fn openai(State(providers): State<Providers>, _asked: Bytes) -> Response {
    let event = |choices: Value, usage: Value| {
        let chunk = json!({"id": "chatcmpl-load", "object": "chat.completion.chunk", "created": 1, "model": "load",
            "choices": choices, "usage": usage});
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let choice = |delta: Value, reason: Value| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    let body = providers.answer(
        None,
        |at, token| {
            let role = if at == 0 { json!({"role": "assistant", "content": token}) } else { json!({"content": token}) };
            event(choice(role, Value::Null), Value::Null)
        },
        vec![
            event(choice(json!({}), json!("stop")), Value::Null),
            event(json!([]), json!({"prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70})),
            Bytes::from_static(b"data: [DONE]\n\n"),
        ],
    );
    streamed("text/event-stream", body)
}

impl Providers {
    /// An answer nobody had before: what opens it comes with its first token, what ends it with its last.
    fn answer(&self, opening: Option<Bytes>, piece: impl Fn(usize, &str) -> Bytes, ending: Vec<Bytes>) -> Timed {
        let number = self.counts.answers.fetch_add(1, Ordering::Relaxed);
        let first = Instant::now() + self.delay(self.delays.first_token);
        let due = |at: usize| first + std::time::Duration::from_secs_f64(self.delays.token * at as f64 / 1_000.0);
        let tokens = answer::tokens(number);
        let last = due(tokens.len().saturating_sub(1));
        let said = tokens.iter().enumerate().map(|(at, token)| (due(at), piece(at, token)));
        let opening = opening.map(|bytes| (first, bytes));
        opening.into_iter().chain(said).chain(ending.into_iter().map(|bytes| (last, bytes))).collect()
    }
}

fn streamed(kind: &'static str, pieces: Timed) -> Response {
    let pieces = stream::unfold(pieces.into_iter(), async |mut pieces| {
        let (due, bytes) = pieces.next()?;
        sleep_until(due).await;
        Some((Ok::<_, Infallible>(bytes), pieces))
    });
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(pieces)).into_response()
}
