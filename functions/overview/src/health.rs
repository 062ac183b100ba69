//! Whether this process can do its work: a load balancer asks, so there is no key and no secret.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::app::App;
use shared::ports::StoreError;

/// A store that needs longer for a ping does not serve calls either.
const DEADLINE: Duration = Duration::from_secs(1);

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    database: &'static str,
    redis: &'static str,
}

pub(crate) async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let (database, redis) = tokio::join!(
        tokio::time::timeout(DEADLINE, app.records.ping()),
        tokio::time::timeout(DEADLINE, app.sessions.memory_bytes()),
    );
    let database = answers(database);
    let redis = answers(redis);
    let status = if database && redis { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |well| if well { "ok" } else { "unavailable" };
    let status_word = if database && redis { "ok" } else { "degraded" };
    (status, Json(Health { status: status_word, database: word(database), redis: word(redis) }))
}

fn answers<T>(reply: Result<Result<T, StoreError>, tokio::time::error::Elapsed>) -> bool {
    matches!(reply, Ok(Ok(_)))
}
