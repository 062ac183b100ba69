//! Gemini's `streamGenerateContent`, as far as reference/speech-and-llm.md C4 knows it.

mod checks;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::model::{self, End, Endings, Frame, ModelHandle, ModelSim, Plan, Served, Switches, body, pieces};

/// Serves until the handle is dropped.
///
/// # Errors
/// When the listener has no local address.
pub fn serve(listener: TcpListener, sim: ModelSim) -> std::io::Result<ModelHandle> {
    model::serve(listener, sim, axum::Router::new().route("/v1beta/models/{action}", post(generate)))
}

async fn generate(
    State(sim): State<Served>,
    Path(action): Path<String>,
    address: Uri,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let model = action.strip_suffix(":streamGenerateContent").unwrap_or(&action);
    let ticket = sim.control.visit(model, asked.clone());
    let (switches, faults) = (sim.control.switches(), sim.control.faults());
    let streams = action.ends_with(":streamGenerateContent") && address.query() == Some("alt=sse");
    let checked = match streams {
        true => checks::key(&headers, &sim.key).and_then(|()| checks::request(model, &asked)),
        false => Err((404, "NOT_FOUND", "this simulator only streams, with alt=sse".to_owned())),
    };
    let refusal = match (&faults.refuse, checked) {
        (Some((status, kind)), _) => Some((*status, kind.clone(), faults.refusal())),
        (None, Err((status, kind, message))) => Some((status, kind.to_owned(), message)),
        (None, Ok(())) => None,
    };
    if let Some((status, kind, message)) = refusal {
        ticket.end(End::Fault);
        let mut error = json!({"code": status, "message": message, "status": kind});
        if let Some(wait) = faults.retry_after {
            let kind = "type.googleapis.com/google.rpc.RetryInfo";
            error["details"] = json!([{"@type": kind, "retryDelay": format!("{}s", wait.as_secs_f64())}]);
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return (status, Json(json!({"error": error}))).into_response();
    }
    tokio::time::sleep(sim.control.draw(switches.delays.headers)).await;
    let frames = match &faults.blocked {
        Some(reason) => vec![Frame::other(blocked(reason))],
        None => {
            let most = asked["generationConfig"]["maxOutputTokens"].as_u64().unwrap_or(u64::MAX);
            answer(model, &sim.control.plan(&checks::asked(&asked)), most, &switches)
        }
    };
    let endings = Endings { error: in_stream_error, filtered };
    let body = body(frames, switches, faults.in_stream, endings, ticket);
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// The records of an answer: words in pieces, calls whole, the reason on the last.
fn answer(model: &str, plan: &Plan, most_tokens: u64, switches: &Switches) -> Vec<Frame> {
    let (plan, cut) = plan.within(most_tokens);
    let end = if switches.odd_line_ends { "\r\n\r\n" } else { "\n\n" };
    let record = |parts: Value, more: Value| {
        let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
        let mut usage = json!({"promptTokenCount": 300, "totalTokenCount": 300});
        if more["last"] == true {
            candidate["finishReason"] = json!(if cut { "MAX_TOKENS" } else { "STOP" });
            let written = plan.text.chars().count().div_ceil(4);
            usage = json!({"promptTokenCount": 300, "candidatesTokenCount": written, "thoughtsTokenCount": 2,
                "totalTokenCount": 302 + written});
        }
        let mut record =
            json!({"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": "abc"});
        if switches.novelties {
            record["novelty"] = json!({"of": [1]});
        }
        let end = if more["last"] == true && switches.odd_line_ends { "" } else { end };
        format!("data: {record}{end}").into_bytes()
    };
    let mut frames = Vec::new();
    if switches.thoughts {
        let thought = json!([{"text": "15,000 rupees!", "thought": true}]);
        frames.push(Frame::other(record(thought, Value::Null)));
    }
    for piece in pieces(&plan.text) {
        frames.push(Frame::words(record(json!([{"text": piece}]), Value::Null)));
    }
    for (number, (name, input)) in plan.calls.iter().enumerate() {
        let id = format!("fc{}", number + 1);
        let args = serde_json::from_str(input).unwrap_or(Value::String(input.clone()));
        let call = json!({"functionCall": {"id": id, "name": name, "args": args},
            "thoughtSignature": checks::signature(&id)});
        frames.push(Frame::words(record(json!([call]), Value::Null)));
    }
    // An empty answer ends with a part of no text.
    frames.push(Frame::other(record(json!([{"text": ""}]), json!({"last": true}))));
    frames
}

fn in_stream_error(kind: &str) -> Vec<u8> {
    alone(&json!({"error": {"code": 503, "message": "failed by a switch", "status": kind}}))
}

/// Instead of an answer.
fn blocked(reason: &str) -> Vec<u8> {
    let feedback = json!({"blockReason": reason, "safetyRatings": ratings()});
    let usage = json!({"promptTokenCount": 300, "totalTokenCount": 300});
    alone(&json!({"promptFeedback": feedback, "usageMetadata": usage}))
}

/// The end of an answer that a filter stopped: a candidate without content.
fn filtered() -> Vec<u8> {
    let candidate = json!({"finishReason": "SAFETY", "index": 0, "safetyRatings": ratings()});
    let usage = json!({"promptTokenCount": 300, "candidatesTokenCount": 10, "totalTokenCount": 310});
    alone(&json!({"candidates": [candidate], "usageMetadata": usage}))
}

fn ratings() -> Value {
    json!([{"category": "HARM_CATEGORY_HARASSMENT", "probability": "MEDIUM", "blocked": true}])
}

fn alone(record: &Value) -> Vec<u8> {
    format!("data: {record}\n\n").into_bytes()
}
