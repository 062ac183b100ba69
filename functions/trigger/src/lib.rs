//! `POST /api/trigger-call`, `/api/trigger-bulk-calls`, `/api/transfer-to-agent` and the campaign
//! routes: scope, audit, one use-case, answer. No rule in here.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::app::App;
use shared::app::campaigns::{CampaignChange, change_campaign};
use shared::app::trigger_calls::{BulkRequest, TriggeredCall, transfer_to_agent, trigger_bulk, trigger_one};
use shared::domain::access::Scope;
use shared::domain::id::{CallSid, CampaignId, CustomerId};
use shared::http::{Answer, Caller, Failure, IdempotencyKey, JsonBody, answer_once, with_layers};

/// How long a single call's outcome is waited for. API Gateway gives up after 29 s and people
/// long before; the call goes on without us.
const OUTCOME_WAIT: Duration = Duration::from_secs(8);

/// The routes, waiting up to 8 s for the outcome of a single call.
pub fn routes(app: App) -> Router {
    routes_waiting(app, OUTCOME_WAIT)
}

/// The routes, with the wait for a single call's outcome chosen by the caller.
pub fn routes_waiting(app: App, wait: Duration) -> Router {
    let one = move |state, caller, key, body| trigger_call(state, caller, key, body, wait);
    let router = Router::new()
        .route("/api/trigger-call", post(one))
        .route("/api/trigger-bulk-calls", post(trigger_bulk_calls))
        .route("/api/transfer-to-agent", post(transfer))
        .route("/api/campaigns/{id}/pause", post(pause))
        .route("/api/campaigns/{id}/resume", post(resume))
        .route("/api/campaigns/{id}/cancel", post(cancel))
        .with_state(app);
    with_layers(router)
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TriggerCall {
    customer_id: String,
}

async fn trigger_call(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(body): JsonBody<TriggerCall>,
    wait: Duration,
) -> Answer<Response> {
    caller.require(Scope::Call)?;
    let customer: CustomerId = body.customer_id.parse().map_err(unreadable)?;
    let work = async {
        caller.audit(&app, "trigger_call", format!("customer:{customer}")).await?;
        let call = trigger_one(&app, &caller.actor, customer, key.0.as_deref(), wait).await?;
        Ok(view(&call))
    };
    answer_once(&app, &caller, &key, &("trigger-call", &body), work).await
}

/// 200 with the carrier's id, or 202 with our own to follow the call by.
fn view(call: &TriggeredCall) -> (StatusCode, Value) {
    let status = if call.call_sid.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let body = json!({
        "success": true,
        "call_id": call.call_id,
        "call_sid": call.call_sid,
        "status": call.status,
        "reason": call.reason,
        "not_before": call.not_before,
    });
    (status, body)
}

async fn trigger_bulk_calls(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(request): JsonBody<BulkRequest>,
) -> Answer<Response> {
    caller.require(Scope::Call)?;
    let work = async {
        caller.audit(&app, "trigger_bulk_calls", "campaign:new").await?;
        let ordered = trigger_bulk(&app, &caller.actor, &request, key.0.as_deref()).await?;
        let body = json!({
            "success": true,
            "campaign_id": ordered.campaign_id,
            "total": ordered.total,
            "queued": ordered.queued,
            "skipped": ordered.skipped,
        });
        Ok((StatusCode::OK, body))
    };
    answer_once(&app, &caller, &key, &("trigger-bulk-calls", &request), work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    call_sid: String,
    #[serde(default)]
    reason: Option<String>,
}

async fn transfer(State(app): State<App>, caller: Caller, JsonBody(body): JsonBody<Transfer>) -> Answer<Json<Value>> {
    caller.require(Scope::Call)?;
    let sid = CallSid::parse(&body.call_sid).map_err(unreadable)?;
    caller.audit(&app, "transfer_to_agent", format!("call_sid:{sid}")).await?;
    let reason: String = body.reason.as_deref().unwrap_or("asked for on the dashboard").chars().take(200).collect();
    let call = transfer_to_agent(&app, &sid, &reason).await?;
    Ok(Json(json!({ "success": true, "call_id": call.call_id, "call_sid": sid, "status": call.status })))
}

async fn pause(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Value>> {
    change(&app, &caller, &id, CampaignChange::Pause).await
}

async fn resume(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Value>> {
    change(&app, &caller, &id, CampaignChange::Resume).await
}

async fn cancel(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Value>> {
    change(&app, &caller, &id, CampaignChange::Cancel).await
}

async fn change(app: &App, caller: &Caller, id: &str, change: CampaignChange) -> Answer<Json<Value>> {
    caller.require(Scope::Call)?;
    let id: CampaignId = id.parse().map_err(unreadable)?;
    caller.audit(app, change.action(), format!("campaign:{id}")).await?;
    let campaign = change_campaign(app, id, change).await?;
    Ok(Json(json!({ "success": true, "campaign": campaign })))
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::invalid("invalid_id", error.to_string())
}
