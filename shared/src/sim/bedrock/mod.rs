//! Bedrock Runtime's ConverseStream, as far as reference/speech-and-llm.md B8 knows it: the real
//! framing, the checks of a request, and an answer in pieces.

mod checks;
mod frames;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::model::{self, End, Endings, ModelHandle, ModelSim, Served, body};
pub use frames::frame;

/// Serves until the handle is dropped. Its key is an access key id, or an API key as a bearer token.
///
/// # Errors
/// When the listener has no local address.
pub fn serve(listener: TcpListener, sim: ModelSim) -> std::io::Result<ModelHandle> {
    model::serve(listener, sim, axum::Router::new().route("/model/{id}/converse-stream", post(converse)))
}

async fn converse(
    State(sim): State<Served>,
    Path(model): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    let ticket = sim.control.visit(&model, asked.clone());
    let (switches, faults) = (sim.control.switches(), sim.control.faults());
    let checked = checks::key(&headers, &sim.key).and_then(|()| checks::request(&model, &asked));
    let refusal = match (&faults.refuse, checked) {
        (Some((status, kind)), _) => Some((*status, kind.clone(), faults.refusal())),
        (None, Err((status, kind, message))) => Some((status, kind.to_owned(), message)),
        (None, Ok(())) => None,
    };
    if let Some((status, kind, message)) = refusal {
        ticket.end(End::Fault);
        return error(status, &kind, &message, faults.retry_after);
    }
    tokio::time::sleep(sim.control.draw(switches.delays.headers)).await;
    let plan = sim.control.plan(&checks::asked(&asked));
    let most = asked["inferenceConfig"]["maxTokens"].as_u64().unwrap_or(u64::MAX);
    let frames = frames::answer(&plan, most, &switches);
    let endings = Endings { error: frames::exception, filtered: frames::filtered };
    let body = body(frames, switches, faults.in_stream, endings, ticket);
    (
        [
            (header::CONTENT_TYPE, "application/vnd.amazon.eventstream"),
            (header::HeaderName::from_static("x-amzn-requestid"), "6f0d0d3e-0000-4000-8000-000000000001"),
        ],
        body,
    )
        .into_response()
}

fn error(status: u16, kind: &str, message: &str, retry_after: Option<std::time::Duration>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = (status, Json(json!({"message": message}))).into_response();
    let headers = answer.headers_mut();
    // The SDK cuts at the colon.
    let named = format!("{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/");
    if let Ok(value) = named.parse() {
        headers.insert("x-amzn-errortype", value);
    }
    if let Some(Ok(value)) = retry_after.map(|wait| wait.as_millis().to_string().parse()) {
        headers.insert("x-amz-retry-after", value);
    }
    answer
}
