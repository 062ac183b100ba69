//! Figures, calls and campaigns.

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use shared::app::overview::{self, CallDetail, CallState, DashboardData, Scope as Counted};
use shared::app::views::CallView;
use shared::app::{App, Error};
use shared::domain::access::Scope;
use shared::domain::campaign::Campaign;
use shared::domain::id::{CallSid, CampaignId, CustomerId};
use shared::domain::page::{Page, PageRequest};
use shared::domain::status::CallStatus;
use shared::http::{Answer, Caller, Failure, QueryParams, id_in_path, page_failure};
use shared::ports::calls::CallFilter;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountedQuery {
    since: Option<Timestamp>,
    campaign_id: Option<String>,
}

pub(crate) async fn dashboard_data(
    State(app): State<App>,
    caller: Caller,
    QueryParams(query): QueryParams<CountedQuery>,
) -> Answer<Json<DashboardData>> {
    caller.require(Scope::Read)?;
    let campaign_id = query.campaign_id.as_deref().map(id_in_path::<CampaignId>).transpose()?;
    Ok(Json(overview::dashboard_data(&app, Counted { since: query.since, campaign_id }).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallsQuery {
    cursor: Option<String>,
    limit: Option<u32>,
    status: Option<String>,
    live: Option<bool>,
    campaign_id: Option<String>,
    customer_id: Option<String>,
    since: Option<Timestamp>,
    q: Option<String>,
}

impl CallsQuery {
    fn filter(&self) -> Result<CallFilter, Failure> {
        let status = match self.status.as_deref() {
            Some(word) => Some(CallStatus::parse(word).ok_or_else(|| {
                let all = CallStatus::ALL.map(CallStatus::as_str).join(", ");
                Failure::invalid("invalid_query", format!("status: one of {all}"))
            })?),
            None => None,
        };
        let campaign = self.campaign_id.as_deref().map(id_in_path::<CampaignId>).transpose()?;
        let customer = self.customer_id.as_deref().map(id_in_path::<CustomerId>).transpose()?;
        Ok(CallFilter {
            status,
            live: self.live,
            campaign_id: campaign.map(|id| id.to_string()),
            customer_id: customer.map(|id| id.to_string()),
            since: self.since,
            q: self.q.clone().filter(|q| !q.trim().is_empty()),
        })
    }
}

pub(crate) async fn calls(
    State(app): State<App>,
    caller: Caller,
    QueryParams(query): QueryParams<CallsQuery>,
) -> Answer<Json<Page<CallView>>> {
    caller.require(Scope::Read)?;
    let page = PageRequest { cursor: query.cursor.clone(), limit: query.limit };
    let found = app.calls.list(&query.filter()?, &page).await.map_err(page_failure)?;
    let items = found.items.into_iter().map(CallView::from).collect();
    Ok(Json(Page { items, next_cursor: found.next_cursor }))
}

pub(crate) async fn call(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<CallDetail>> {
    caller.require(Scope::Read)?;
    Ok(Json(overview::call_detail(&app, id_in_path(&id)?).await?))
}

pub(crate) async fn call_status(
    State(app): State<App>,
    caller: Caller,
    Path(sid): Path<String>,
) -> Answer<Json<CallState>> {
    caller.require(Scope::Read)?;
    let sid = CallSid::parse(&sid).map_err(|error| Failure::invalid("invalid_id", error.to_string()))?;
    Ok(Json(overview::call_state(&app, sid).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

impl From<PageQuery> for PageRequest {
    fn from(query: PageQuery) -> Self {
        Self { cursor: query.cursor, limit: query.limit }
    }
}

pub(crate) async fn campaigns(
    State(app): State<App>,
    caller: Caller,
    QueryParams(page): QueryParams<PageQuery>,
) -> Answer<Json<Page<Campaign>>> {
    caller.require(Scope::Read)?;
    Ok(Json(app.campaigns.list(&page.into()).await.map_err(page_failure)?))
}

pub(crate) async fn campaign(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Campaign>> {
    caller.require(Scope::Read)?;
    let campaign = app.campaigns.find(id_in_path(&id)?).await?;
    Ok(Json(campaign.ok_or(Error::NotFound { what: "campaign" })?))
}
