//! Whether this process can do its work: a load balancer asks, so there is no key, no secret and no
//! limit. Whoever asks more often than once a second gets the answer of that second.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use shared::app::App;
use shared::http::{Api, Route};
use shared::ports::StoreError;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A store that needs longer for a ping does not serve calls either.
const DEADLINE: Duration = Duration::from_secs(1);
/// However often it is asked, the stores are looked at no more often than this.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// How the stores are.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Health")]
struct Report {
    /// `ok` or `degraded`.
    status: &'static str,
    /// `ok` or `unavailable`.
    database: &'static str,
    /// `ok` or `unavailable`.
    redis: &'static str,
}

/// The last look at the stores.
type Last = Arc<Mutex<Option<(Instant, StatusCode, Report)>>>;

pub(crate) fn routes(api: Api) -> Api {
    let route = Route::open("/health", "Whether this process can do its work")
        .answers::<Report>(200, "It can.")
        .answers::<Report>(503, "A store is away.");
    let last = Last::default();
    api.route(route, move |app| answer(last.clone(), app))
}

async fn answer(last: Last, State(app): State<App>) -> (StatusCode, Json<Report>) {
    // Held while the stores are asked: a flood waits for one question instead of asking its own.
    let mut last = last.lock().await;
    if let Some((at, status, report)) = last.as_ref()
        && at.elapsed() < KEPT_FOR
    {
        return (*status, Json(report.clone()));
    }
    let (status, report) = look(&app).await;
    *last = Some((Instant::now(), status, report.clone()));
    (status, Json(report))
}

async fn look(app: &App) -> (StatusCode, Report) {
    let (database, redis) = tokio::join!(
        tokio::time::timeout(DEADLINE, app.records.ping()),
        tokio::time::timeout(DEADLINE, app.sessions.memory_bytes()),
    );
    let database = answers(database);
    let redis = answers(redis);
    let status = if database && redis { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |well| if well { "ok" } else { "unavailable" };
    let whole = if database && redis { "ok" } else { "degraded" };
    (status, Report { status: whole, database: word(database), redis: word(redis) })
}

fn answers<T>(reply: Result<Result<T, StoreError>, tokio::time::error::Elapsed>) -> bool {
    matches!(reply, Ok(Ok(_)))
}
