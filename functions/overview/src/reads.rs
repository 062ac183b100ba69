//! Figures, calls and campaigns.

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::app::overview::{self, CallDetail, CallState, DashboardData, Scope as Counted};
use shared::app::views::CallView;
use shared::app::{App, Error, Recordings, recordings};
use shared::domain::access::Scope;
use shared::domain::campaign::Campaign;
use shared::domain::id::{CallId, CallSid, CampaignId, CustomerId};
use shared::domain::page::{Page, PageRequest};
use shared::domain::status::CallStatus;
use shared::http::{Answer, Api, Caller, Failure, Limit, PathId, QueryParams, Route, Since, id_in_path, page_failure};
use shared::ports::calls::CallFilter;

pub(crate) fn routes(api: Api) -> Api {
    campaigns_of(calls_and_figures(api))
}

fn calls_and_figures(api: Api) -> Api {
    let figures = Route::get("/api/dashboard-data", Scope::Read, "Everything on the first screen")
        .query::<CountedQuery>()
        .answers::<DashboardData>(200, "Figures, live and recent calls.");
    let list = Route::get("/api/calls", Scope::Read, "Calls, newest first")
        .query::<CallsQuery>()
        .answers::<Page<CallView>>(200, "A page.");
    let one = Route::get("/api/calls/{id}", Scope::Read, "One call with its history and words")
        .id::<CallId>()
        .answers::<CallDetail>(200, "The call.");
    let in_both = Route::get("/api/call-status/{call_sid}", Scope::Read, "What both stores know of a call")
        .id::<CallSid>()
        .answers::<CallState>(200, "The call in both stores.");
    let heard = Route::get("/api/calls/{id}/recording", Scope::Pii, "Where a call can be heard")
        .details("Each time is noted in the audit trail. Until a call is over, and where it was not recorded, 404.")
        .id::<CallId>()
        .answers::<Recordings>(200, "Addresses that need no key and are soon refused.");
    let api = api.route(figures, dashboard_data).route(list, calls).route(one, call);
    api.route(heard, recording).route(in_both, call_status)
}

fn campaigns_of(api: Api) -> Api {
    let list = Route::get("/api/campaigns", Scope::Read, "Campaigns, newest first")
        .query::<PageQuery>()
        .answers::<Page<Campaign>>(200, "A page.");
    let one = Route::get("/api/campaigns/{id}", Scope::Read, "One campaign with its counts")
        .id::<CampaignId>()
        .answers::<Campaign>(200, "The campaign.");
    api.route(list, campaigns).route(one, campaign)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CountedQuery {
    /// Only calls ordered at or after this.
    since: Option<Since>,
    /// Only calls of this campaign.
    #[schemars(with = "Option<CampaignId>")]
    campaign_id: Option<String>,
}

async fn dashboard_data(
    State(app): State<App>,
    QueryParams(query): QueryParams<CountedQuery>,
) -> Answer<Json<DashboardData>> {
    let campaign_id = query.campaign_id.as_deref().map(id_in_path::<CampaignId>).transpose()?;
    Ok(Json(overview::dashboard_data(&app, Counted { since: query.since.map(Since::moment), campaign_id }).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CallsQuery {
    /// `next_cursor` of the page before.
    #[schemars(with = "Option<CallId>")]
    cursor: Option<String>,
    /// Rows.
    limit: Option<Limit>,
    /// Only calls that stand so.
    #[schemars(with = "Option<CallStatus>")]
    status: Option<String>,
    /// Only calls for which a phone is, or may be, ringing or in use; or only the others.
    live: Option<bool>,
    /// Only calls of this campaign.
    #[schemars(with = "Option<CampaignId>")]
    campaign_id: Option<String>,
    /// Only calls to this customer.
    #[schemars(with = "Option<CustomerId>")]
    customer_id: Option<String>,
    /// Only calls ordered at or after this.
    since: Option<Since>,
    /// Part of the customer's name.
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
            since: self.since.map(Since::moment),
            q: self.q.clone().filter(|q| !q.trim().is_empty()),
        })
    }
}

async fn calls(State(app): State<App>, QueryParams(query): QueryParams<CallsQuery>) -> Answer<Json<Page<CallView>>> {
    let page = PageRequest { cursor: query.cursor.clone(), limit: query.limit.map(Limit::rows) };
    let found = app.calls.list(&query.filter()?, &page).await.map_err(page_failure)?;
    let items = found.items.into_iter().map(CallView::from).collect();
    Ok(Json(Page { items, next_cursor: found.next_cursor }))
}

async fn call(State(app): State<App>, PathId(id): PathId<CallId>) -> Answer<Json<CallDetail>> {
    Ok(Json(overview::call_detail(&app, id).await?))
}

async fn recording(State(app): State<App>, caller: Caller, PathId(id): PathId<CallId>) -> Answer<Json<Recordings>> {
    let found = recordings(&app, id).await?;
    caller.audit(&app, "hear_recording", format!("call:{id}")).await?;
    Ok(Json(found))
}

async fn call_status(State(app): State<App>, PathId(sid): PathId<CallSid>) -> Answer<Json<CallState>> {
    Ok(Json(overview::call_state(&app, sid).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows.
    limit: Option<Limit>,
}

impl From<PageQuery> for PageRequest {
    fn from(query: PageQuery) -> Self {
        Self { cursor: query.cursor, limit: query.limit.map(Limit::rows) }
    }
}

async fn campaigns(State(app): State<App>, QueryParams(page): QueryParams<PageQuery>) -> Answer<Json<Page<Campaign>>> {
    Ok(Json(app.campaigns.list(&page.into()).await.map_err(page_failure)?))
}

async fn campaign(State(app): State<App>, PathId(id): PathId<CampaignId>) -> Answer<Json<Campaign>> {
    let campaign = app.campaigns.find(id).await?;
    Ok(Json(campaign.ok_or(Error::NotFound { what: "campaign" })?))
}
