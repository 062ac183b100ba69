//! The Runtime API of AWS Lambda, as a packaged function sees it: hands out events one by one and
//! takes the answers. Knows nothing about what is in them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use shared::adapters::system::SystemClock;
use shared::ports::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

/// What became of one event.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The function's answer.
    Answered(Value),
    /// The function reported an error; SQS would deliver the batch again.
    Failed(Value),
    /// The function did not answer within its time; Lambda would have killed it.
    TimedOut,
}

/// One emulated sandbox. It ends when this is dropped.
pub struct RuntimeApi {
    address: String,
    state: Arc<Sandbox>,
    server: JoinHandle<()>,
}

struct Event {
    id: String,
    body: Vec<u8>,
    deadline_ms: i64,
}

struct Sandbox {
    waiting: Mutex<VecDeque<Event>>,
    news: Notify,
    events: AtomicU64,
    answers: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    polls: watch::Sender<u64>,
    init_error: Mutex<Option<Value>>,
}

impl RuntimeApi {
    /// Listens on a free loopback port.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let state = Arc::new(Sandbox {
            waiting: Mutex::default(),
            news: Notify::new(),
            events: AtomicU64::new(1),
            answers: Mutex::default(),
            polls: watch::Sender::new(0),
            init_error: Mutex::default(),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(not_started))
            .with_state(state.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the Runtime API stopped");
            }
        });
        Ok(Self { address, state, server })
    }

    /// The variables that Lambda itself gives a function.
    pub fn variables(&self, function: &str) -> Vec<(String, String)> {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", function),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "local"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Waits until the function has asked for an event so many times.
    pub async fn polled(&self, times: u64) {
        let mut polls = self.state.polls.subscribe();
        // The sender lives in `self`, so the wait can only end with the value.
        let _ = polls.wait_for(|count| *count >= times).await;
    }

    /// What the function said instead of asking for its first event.
    pub fn init_error(&self) -> Option<Value> {
        lock(&self.state.init_error).clone()
    }

    /// Hands the function an event and waits for what becomes of it, as long as it may run.
    pub async fn invoke(&self, event: &Value, timeout: Duration) -> Outcome {
        let id = format!("event-{}", self.state.events.fetch_add(1, Ordering::Relaxed));
        let (tell, told) = oneshot::channel();
        lock(&self.state.answers).insert(id.clone(), tell);
        let deadline = SystemClock.now().as_millisecond() + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        let event = Event { id, body: event.to_string().into_bytes(), deadline_ms: deadline };
        lock(&self.state.waiting).push_back(event);
        self.state.news.notify_one();
        match tokio::time::timeout(timeout, told).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Outcome::TimedOut,
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn next(State(sandbox): State<Arc<Sandbox>>) -> Response {
    sandbox.polls.send_modify(|count| *count += 1);
    let event = loop {
        let news = sandbox.news.notified();
        if let Some(event) = lock(&sandbox.waiting).pop_front() {
            break event;
        }
        news.await;
    };
    let headers = [
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:ap-south-1:123456789012:function:local".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.body).into_response()
}

async fn answered(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    tell(&sandbox, &id, Outcome::Answered(serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

async fn failed(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    tell(&sandbox, &id, Outcome::Failed(serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn tell(sandbox: &Sandbox, id: &str, outcome: Outcome) -> StatusCode {
    match lock(&sandbox.answers).remove(id) {
        // Nobody waits any more where the time was over.
        Some(tell) => _ = tell.send(outcome),
        None => return StatusCode::BAD_REQUEST,
    }
    StatusCode::ACCEPTED
}

async fn not_started(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let kind = headers.get("lambda-runtime-function-error-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    tracing::error!(kind, "a function did not start");
    *lock(&sandbox.init_error) = Some(serde_json::from_slice(&body).unwrap_or(Value::Null));
    (StatusCode::ACCEPTED, Json(serde_json::json!({ "status": "OK" })))
}
