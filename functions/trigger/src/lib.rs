//! `POST /api/trigger-call`, `/api/trigger-bulk-calls`, `/api/transfer-to-agent` and the campaign
//! routes: scope, audit, one use-case, answer. No rule in here.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::app::campaigns::{CampaignChange, change_campaign};
use shared::app::trigger_calls::{
    BulkRequest, OrderedCampaign, TriggeredCall, transfer_to_agent, trigger_bulk, trigger_one,
};
use shared::domain::access::Scope;
use shared::domain::campaign::Campaign;
use shared::domain::id::{CallId, CallSid, CampaignId, CustomerId};
use shared::domain::status::CallStatus;
use shared::http::{Answer, Api, Caller, IdempotencyKey, JsonBody, PathId, Route, id_in_path};

/// How long a single call's outcome is waited for. API Gateway gives up after 29 s and people
/// long before; the call goes on without us.
const OUTCOME_WAIT: Duration = Duration::from_secs(8);

/// The routes, waiting up to 8 s for the outcome of a single call.
pub fn routes(app: App) -> Api {
    routes_waiting(app, OUTCOME_WAIT)
}

/// The routes, with the wait for a single call's outcome chosen by the caller.
pub fn routes_waiting(app: App, wait: Duration) -> Api {
    let one = move |state, caller, key, body| trigger_call(state, caller, key, body, wait);
    let order = Route::post("/api/trigger-call", Scope::Call, "Phone one customer")
        .details(
            "Waits up to 8 s for what becomes of the call. A customer who has an undialled order, or is being phoned \
             for one, gets no second: the same call is answered, whatever the `Idempotency-Key`.",
        )
        .takes::<TriggerCall>()
        .answers::<Triggered>(200, "The carrier has the call.")
        .answers::<Triggered>(202, "Not decided yet; follow the call by its `call_id`.");
    let bulk = Route::post("/api/trigger-bulk-calls", Scope::Call, "Phone many customers: a campaign")
        .details("Names the customers in exactly one way: `customer_ids`, `upload_id` or `filter`.")
        .takes::<BulkRequest>()
        .answers::<TriggeredCampaign>(200, "The campaign with what it ordered.");
    let hand_over = Route::post("/api/transfer-to-agent", Scope::Call, "Ask a live conversation to hand over")
        .takes::<Transfer>()
        .answers::<Transferring>(200, "The conversation was asked.");
    let campaign = |path, summary| {
        Route::post(path, Scope::Call, summary).id::<CampaignId>().answers::<Changed>(200, "The campaign as it is now.")
    };
    Api::new(app)
        .route(order, one)
        .route(bulk, trigger_bulk_calls)
        .route(hand_over, transfer)
        .route(campaign("/api/campaigns/{id}/pause", "Dial nothing new until it is resumed"), pause)
        .route(campaign("/api/campaigns/{id}/resume", "Go on"), resume)
        .route(campaign("/api/campaigns/{id}/cancel", "Never dial what is not dialled yet"), cancel)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TriggerCall {
    /// Whom to phone.
    #[schemars(with = "CustomerId")]
    customer_id: String,
    /// What the call is for; the usual playbook where nothing is named.
    #[serde(default)]
    playbook: Option<String>,
}

/// A single order, as far as it came.
#[derive(Serialize, JsonSchema)]
struct Triggered {
    success: bool,
    call_id: CallId,
    /// Exotel's id, once it has accepted the call.
    call_sid: Option<CallSid>,
    status: CallStatus,
    /// Why it waits, where it does.
    reason: Option<String>,
    /// Where it waits: not before this.
    not_before: Timestamp,
}

async fn trigger_call(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(body): JsonBody<TriggerCall>,
    wait: Duration,
) -> Answer<(StatusCode, Json<Triggered>)> {
    let customer: CustomerId = id_in_path(&body.customer_id)?;
    caller.audit(&app, "trigger_call", format!("customer:{customer}")).await?;
    let playbook = body.playbook.as_deref();
    Ok(view(trigger_one(&app, &caller.actor, customer, playbook, key.0.as_deref(), wait).await?))
}

/// 200 with the carrier's id, or 202 with our own to follow the call by.
fn view(call: TriggeredCall) -> (StatusCode, Json<Triggered>) {
    let status = if call.call_sid.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let TriggeredCall { call_id, call_sid, status: stands, reason, not_before } = call;
    (status, Json(Triggered { success: true, call_id, call_sid, status: stands, reason, not_before }))
}

/// A campaign as ordered.
#[derive(Serialize, JsonSchema)]
struct TriggeredCampaign {
    success: bool,
    #[serde(flatten)]
    ordered: OrderedCampaign,
}

async fn trigger_bulk_calls(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(request): JsonBody<BulkRequest>,
) -> Answer<Json<TriggeredCampaign>> {
    caller.audit(&app, "trigger_bulk_calls", "campaign:new").await?;
    let ordered = trigger_bulk(&app, &caller.actor, &request, key.0.as_deref()).await?;
    Ok(Json(TriggeredCampaign { success: true, ordered }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Transfer {
    /// Exotel's id of the call.
    #[schemars(with = "CallSid")]
    call_sid: String,
    /// For the agent; the first 200 characters of it.
    #[serde(default)]
    reason: Option<String>,
}

/// A hand-over that was asked for.
#[derive(Serialize, JsonSchema)]
struct Transferring {
    success: bool,
    call_id: CallId,
    call_sid: CallSid,
    status: CallStatus,
}

async fn transfer(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<Transfer>,
) -> Answer<Json<Transferring>> {
    let call_sid: CallSid = id_in_path(&body.call_sid)?;
    caller.audit(&app, "transfer_to_agent", format!("call_sid:{call_sid}")).await?;
    let reason: String = body.reason.as_deref().unwrap_or("asked for on the dashboard").chars().take(200).collect();
    let call = transfer_to_agent(&app, &call_sid, &reason).await?;
    Ok(Json(Transferring { success: true, call_id: call.call_id, call_sid, status: call.status }))
}

/// A campaign after a change.
#[derive(Serialize, JsonSchema)]
struct Changed {
    success: bool,
    campaign: Campaign,
}

async fn pause(State(app): State<App>, caller: Caller, PathId(id): PathId<CampaignId>) -> Answer<Json<Changed>> {
    change(&app, &caller, id, CampaignChange::Pause).await
}

async fn resume(State(app): State<App>, caller: Caller, PathId(id): PathId<CampaignId>) -> Answer<Json<Changed>> {
    change(&app, &caller, id, CampaignChange::Resume).await
}

async fn cancel(State(app): State<App>, caller: Caller, PathId(id): PathId<CampaignId>) -> Answer<Json<Changed>> {
    change(&app, &caller, id, CampaignChange::Cancel).await
}

async fn change(app: &App, caller: &Caller, id: CampaignId, change: CampaignChange) -> Answer<Json<Changed>> {
    caller.audit(app, change.action(), format!("campaign:{id}")).await?;
    Ok(Json(Changed { success: true, campaign: change_campaign(app, id, change).await? }))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, header};
    use serde_json::{Value, json};
    use shared::domain::access::ApiKey;
    use shared::domain::customer::CustomerDetails;
    use shared::domain::id::{ApiKeyId, UploadId};
    use shared::domain::language::Language;
    use shared::domain::phone::PhoneNumber;
    use shared::http::with_layers;
    use shared::ports::customers::CustomerFilter;
    use shared::wiring::{MemoryParts, memory_app};
    use tower::ServiceExt;

    use super::*;

    /// The SHA-256 of `caller-key` and of `reader-key`, as the records keep them.
    fn hash(secret: &str) -> [u8; 32] {
        let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
        digest.as_ref().try_into().expect("32 bytes")
    }

    async fn world() -> (Router, MemoryParts, String) {
        let (app, parts) = memory_app();
        for (secret, scope) in [("caller-key", Scope::Call), ("reader-key", Scope::Read)] {
            let key = ApiKey {
                id: app.new_id(ApiKeyId::new),
                name: secret.to_owned(),
                scopes: vec![scope],
                created_at: Timestamp::UNIX_EPOCH,
                revoked_at: None,
            };
            app.api_keys.create(&key, hash(secret)).await.expect("stored");
        }
        let mut import = app.customers.import(app.new_id(UploadId::new)).await.expect("an import");
        let row = CustomerDetails {
            name: "Asha".to_owned(),
            phone: PhoneNumber::parse("9000000001").expect("a number"),
            state: None,
            loan_id: None,
            amount: None,
            due_date: None,
            language: Language::Hindi,
            attributes: Default::default(),
        };
        import.add(vec![row]).await.expect("stored");
        import.finish().await.expect("visible");
        let ids = app.customers.ids(&CustomerFilter::default(), None, 1).await.expect("listed");
        (with_layers(routes_waiting(app, Duration::ZERO)), parts, ids[0].to_string())
    }

    async fn post_as(router: &Router, key: &str, path: &str, once: Option<&str>, body: Value) -> (u16, Value) {
        let mut request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        let request = request.body(Body::from(body.to_string())).expect("a request");
        let response = router.clone().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    #[tokio::test]
    async fn an_order_that_is_not_decided_yet_is_accepted_with_its_id() {
        let (router, parts, customer) = world().await;
        let body = json!({ "customer_id": customer });
        let (status, answer) = post_as(&router, "caller-key", "/api/trigger-call", None, body).await;
        assert_eq!((status, &answer["success"], &answer["status"]), (202, &json!(true), &json!("queued")));
        assert!(answer["call_id"].is_string() && answer["call_sid"].is_null());
        assert_eq!(parts.audit.entries()[0].subject, format!("customer:{customer}"));
    }

    #[tokio::test]
    async fn a_key_without_the_scope_orders_nothing() {
        let (router, parts, customer) = world().await;
        let (status, _) =
            post_as(&router, "reader-key", "/api/trigger-call", None, json!({ "customer_id": customer })).await;
        assert_eq!(status, 403);
        let (status, _) =
            post_as(&router, "nobody", "/api/trigger-call", None, json!({ "customer_id": customer })).await;
        assert_eq!(status, 401);
        assert!(parts.queue.take().is_empty());
    }

    #[tokio::test]
    async fn what_can_not_be_audited_is_not_ordered() {
        let (router, parts, customer) = world().await;
        parts.audit.go_away(true);
        let body = json!({ "customer_id": customer });
        let (status, _) = post_as(&router, "caller-key", "/api/trigger-call", Some("k1"), body.clone()).await;
        assert_eq!(status, 503);
        assert!(parts.queue.take().is_empty());
        parts.audit.go_away(false);
        let (status, _) = post_as(&router, "caller-key", "/api/trigger-call", Some("k1"), body).await;
        assert_eq!(status, 202, "the key was freed");
    }

    #[tokio::test]
    async fn the_same_key_gets_the_same_answer_and_another_request_is_refused() {
        let (router, parts, customer) = world().await;
        let body = json!({ "customer_ids": [customer] });
        let path = "/api/trigger-bulk-calls";
        let first = post_as(&router, "caller-key", path, Some("k1"), body.clone()).await;
        assert_eq!((first.0, &first.1["queued"]), (200, &json!(1)));
        assert_eq!(post_as(&router, "caller-key", path, Some("k1"), body).await, first);
        assert_eq!(parts.queue.take().len(), 1);
        let other = json!({ "filter": { "all": true } });
        let (status, answer) = post_as(&router, "caller-key", path, Some("k1"), other).await;
        assert_eq!((status, &answer["code"]), (422, &json!("idempotency_mismatch")));
    }

    #[tokio::test]
    async fn an_empty_list_is_refused_with_a_sentence() {
        let (router, _, _) = world().await;
        let body = json!({ "customer_ids": [] });
        let (status, answer) = post_as(&router, "caller-key", "/api/trigger-bulk-calls", None, body).await;
        assert_eq!((status, &answer["code"], &answer["success"]), (422, &json!("empty_list"), &json!(false)));
    }

    #[tokio::test]
    async fn a_campaign_is_paused_and_resumed_by_its_routes() {
        let (router, _, customer) = world().await;
        let body = json!({ "customer_ids": [customer], "name": "November" });
        let (_, ordered) = post_as(&router, "caller-key", "/api/trigger-bulk-calls", None, body).await;
        let id = ordered["campaign_id"].as_str().expect("an id");
        for (verb, expected) in [("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")] {
            let path = format!("/api/campaigns/{id}/{verb}");
            let (status, answer) = post_as(&router, "caller-key", &path, None, json!({})).await;
            assert_eq!((status, &answer["campaign"]["status"]), (200, &json!(expected)));
        }
        let (status, answer) =
            post_as(&router, "caller-key", &format!("/api/campaigns/{id}/resume"), None, json!({})).await;
        assert_eq!((status, &answer["code"]), (409, &json!("campaign_status")));
    }

    #[tokio::test]
    async fn handing_over_an_unknown_call_is_not_found() {
        let (router, _, _) = world().await;
        let (status, _) =
            post_as(&router, "caller-key", "/api/transfer-to-agent", None, json!({ "call_sid": "nosuchcall" })).await;
        assert_eq!(status, 404);
    }

    #[tokio::test]
    async fn a_failure_bears_the_request_id_of_its_answer() {
        let (router, _, _) = world().await;
        let request = Request::post("/api/trigger-call").body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        let header = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let body: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(body["request_id"], json!(header));
    }
}
