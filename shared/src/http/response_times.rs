//! How long this process takes to answer, per route, told to the dashboard through the figures
//! every process publishes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::App;

/// Answers remembered per route: enough for a steady p95, small enough to sort in microseconds.
const KEPT: usize = 200;
/// Figures live 90 s in the session store, so this keeps a busy process visible.
const PUBLISH_EVERY: Duration = Duration::from_secs(15);
/// Figures are worth less than an answer: a slow store is not waited for.
const PUBLISH_DEADLINE: Duration = Duration::from_millis(200);

/// Measures every route of `router` and publishes p50 and p95 as the figures of `process`.
pub fn with_response_times(router: impl Into<Router>, app: App, process: &str) -> Router {
    let meter = Arc::new(Meter { app, process: process.to_owned(), state: Mutex::default() });
    router
        .into()
        .layer(middleware::from_fn(move |request: Request, next: Next| measure(Arc::clone(&meter), request, next)))
}

struct Meter {
    app: App,
    process: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    routes: BTreeMap<String, VecDeque<u64>>,
    published: Option<Instant>,
}

async fn measure(meter: Arc<Meter>, request: Request, next: Next) -> Response {
    // The pattern, not the address: ids in addresses would make endless routes.
    let route = request.extensions().get::<MatchedPath>().map(|path| format!("{} {}", request.method(), path.as_str()));
    let started = Instant::now();
    let response = next.run(request).await;
    if let Some(route) = route
        && let Some(figures) = meter.note(route, started.elapsed())
    {
        let publish = meter.app.sessions.put_figures(&meter.process, &figures);
        if !matches!(tokio::time::timeout(PUBLISH_DEADLINE, publish).await, Ok(Ok(()))) {
            tracing::debug!("response times were not published");
        }
    }
    response
}

impl Meter {
    /// Remembers one answer; gives the figures when it is time to publish them.
    fn note(&self, route: String, took: Duration) -> Option<Value> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = state.routes.entry(route).or_default();
        answers.push_back(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if answers.len() > KEPT {
            answers.pop_front();
        }
        if state.published.is_some_and(|at| at.elapsed() < PUBLISH_EVERY) {
            return None;
        }
        state.published = Some(Instant::now());
        let rows: Vec<Value> = state.routes.iter().map(|(route, took)| row(&self.process, route, took)).collect();
        Some(json!({ "process": self.process, "api_response_times": rows }))
    }
}

fn row(process: &str, route: &str, took: &VecDeque<u64>) -> Value {
    let mut sorted: Vec<u64> = took.iter().copied().collect();
    sorted.sort_unstable();
    json!({
        "process": process,
        "route": route,
        "count": sorted.len(),
        "p50_ms": percentile_ms(&sorted, 50),
        "p95_ms": percentile_ms(&sorted, 95),
    })
}

/// Nearest rank, in milliseconds with one decimal.
fn percentile_ms(sorted_us: &[u64], percent: usize) -> f64 {
    let rank = (sorted_us.len() * percent).div_ceil(100).max(1);
    let us = sorted_us.get(rank - 1).copied().unwrap_or(0);
    Duration::from_micros(us / 100 * 100).as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_by_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).map(|ms| ms * 1_000).collect();
        assert_eq!(percentile_ms(&hundred, 50), 50.0);
        assert_eq!(percentile_ms(&hundred, 95), 95.0);
        assert_eq!(percentile_ms(&[7_040], 95), 7.0);
        assert_eq!(percentile_ms(&[], 95), 0.0);
    }
}
