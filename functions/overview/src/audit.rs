//! The audit trail.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::app::App;
use shared::domain::access::Scope;
use shared::domain::page::PageRequest;
use shared::http::{Answer, Api, Limit, QueryParams, Route};
use shared::ports::audit::AuditEntry;

pub(crate) fn routes(api: Api) -> Api {
    let newest = Route::get("/api/audit", Scope::Admin, "Who did what, newest first")
        .query::<AuditQuery>()
        .answers::<Trail>(200, "The newest entries.");
    api.route(newest, audit)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    /// Entries.
    limit: Option<Limit>,
}

/// The newest entries of the audit trail.
#[derive(Serialize, JsonSchema)]
struct Trail {
    items: Vec<AuditEntry>,
}

async fn audit(State(app): State<App>, QueryParams(query): QueryParams<AuditQuery>) -> Answer<Json<Trail>> {
    let rows = PageRequest { limit: query.limit.map(Limit::rows), cursor: None }.rows();
    Ok(Json(Trail { items: app.audit.newest(rows).await? }))
}
