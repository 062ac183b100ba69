//! The control API for tests and the demo. Loopback only: it asks for no credentials.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Flow, Persona, Scenario, Switches, TrafficLine, Truth, World};

/// The paths under `/sim`.
pub(super) fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/sim/truth", get(truth))
        .route("/sim/traffic", get(traffic))
        .route("/sim/personas", get(personas))
        .route("/sim/switches", get(switches).post(patch_switches))
        .route("/sim/numbers/{number}", post(set_number).delete(forget_number))
        .route("/sim/nth/{nth}", post(set_nth))
        .route("/sim/flows/{app_id}", post(set_flow))
        .with_state(world)
}

type Refused = (StatusCode, String);

fn bad(why: String) -> Refused {
    (StatusCode::BAD_REQUEST, why)
}

async fn truth(State(world): State<Arc<World>>) -> Json<Truth> {
    Json(world.log.truth())
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    from: u64,
}

async fn traffic(State(world): State<Arc<World>>, Query(query): Query<From>) -> Json<Vec<TrafficLine>> {
    Json(world.log.traffic(query.from))
}

async fn personas() -> Json<Value> {
    let rows = Persona::TABLE.map(|(digits, persona)| json!({"digits": digits, "persona": persona}));
    Json(json!(rows))
}

async fn switches(State(world): State<Arc<World>>) -> Json<Switches> {
    Json(world.settings().switches.clone())
}

async fn patch_switches(State(world): State<Arc<World>>, Json(patch): Json<Value>) -> Result<Json<Switches>, Refused> {
    let mut settings = world.settings();
    settings.switches = settings.switches.patched(&patch).map_err(bad)?;
    Ok(Json(settings.switches.clone()))
}

async fn set_number(
    State(world): State<Arc<World>>,
    Path(number): Path<String>,
    Json(scenario): Json<Scenario>,
) -> Result<StatusCode, Refused> {
    let mut settings = world.settings();
    settings.switches.patched(&scenario.switches).map_err(bad)?;
    settings.scenarios.set_number(&number, scenario);
    Ok(StatusCode::NO_CONTENT)
}

async fn forget_number(State(world): State<Arc<World>>, Path(number): Path<String>) -> StatusCode {
    world.settings().scenarios.forget_number(&number);
    StatusCode::NO_CONTENT
}

async fn set_nth(
    State(world): State<Arc<World>>,
    Path(nth): Path<u64>,
    Json(scenario): Json<Scenario>,
) -> Result<StatusCode, Refused> {
    let mut settings = world.settings();
    settings.switches.patched(&scenario.switches).map_err(bad)?;
    settings.scenarios.set_nth(nth, scenario);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_flow(State(world): State<Arc<World>>, Path(app_id): Path<String>, Json(flow): Json<Flow>) -> StatusCode {
    world.settings().flows.insert(app_id, flow);
    StatusCode::NO_CONTENT
}
