//! Orders a campaign: one call to each customer of a list, an upload or a filter.

use std::collections::HashSet;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{known_playbook, scoped};
use crate::app::{App, Error, announce, campaigns, release_orders};
use crate::domain::access::Actor;
use crate::domain::call::NewOrder;
use crate::domain::campaign::{Campaign, CampaignSettings, CampaignStatus};
use crate::domain::feed::LogLevel;
use crate::domain::id::{CallId, CampaignId, CustomerId, UploadId};
use crate::domain::language::Language;
use crate::ports::calls::Placed;
use crate::ports::campaigns::NewCampaign;
use crate::ports::customers::CustomerFilter;

/// Orders written by one statement; ids read by one query.
const PAGE: u32 = 500;
/// More are an upload or a filter.
const MOST_LISTED: usize = 20_000;
/// A campaign that is to begin later than this is a slip of the pen.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_hours(366 * 24);
/// A name longer than that is not a name.
const LONGEST_NAME: usize = 120;

/// Whom to phone, and how. Exactly one of the three ways of naming customers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BulkRequest {
    /// These customers.
    #[schemars(length(max = MOST_LISTED))]
    pub customer_ids: Option<Vec<String>>,
    /// Everybody last seen in this upload.
    pub upload_id: Option<String>,
    /// Everybody who matches.
    pub filter: Option<BulkFilter>,
    /// The campaign's own choices.
    pub settings: CampaignSettings,
    /// What the dashboard calls it.
    pub name: Option<String>,
}

/// Customers by what they have in common. Phoning everybody has to be said: `{"all":true}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BulkFilter {
    /// Everybody; nothing else may stand beside it.
    pub all: bool,
    /// Part of the name or of the loan id.
    pub q: Option<String>,
    /// State, exactly.
    pub state: Option<String>,
    /// `hi-IN`.
    pub language: Option<Language>,
    /// Last seen in this upload.
    pub upload_id: Option<String>,
}

/// A campaign as ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrderedCampaign {
    /// To follow it with.
    pub campaign_id: CampaignId,
    /// Customers the request named.
    pub total: u64,
    /// Orders the campaign has for them.
    pub queued: u64,
    /// Customers without an order, and why.
    pub skipped: Vec<SkippedCustomer>,
}

/// A customer who gets no call from this campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SkippedCustomer {
    /// As the request wrote it.
    pub customer_id: String,
    /// For people.
    pub reason: String,
}

enum Selection {
    Listed { customers: Vec<CustomerId>, refused: Vec<SkippedCustomer> },
    Matching(CustomerFilter),
}

/// Writes the campaign and its orders, and releases the first of them. The same key again gives
/// the same campaign, finishes what a crash left unwritten, and orders nobody anew.
pub async fn trigger_bulk(
    app: &App,
    actor: &Actor,
    request: &BulkRequest,
    idempotency_key: Option<&str>,
) -> Result<OrderedCampaign, Error> {
    check_settings(app, &request.settings)?;
    let selection = select(app, request).await?;
    let (campaign, is_new) = open(app, actor, request, idempotency_key).await?;
    let ordered = match selection {
        Selection::Listed { customers, refused } => order_listed(app, &campaign, &customers, refused).await?,
        Selection::Matching(filter) => order_matching(app, &campaign, is_new, &filter).await?,
    };
    tracing::info!(campaign.id = %campaign.id, queued = ordered.queued, "a campaign was ordered");
    if let Some(stored) = app.campaigns.find(campaign.id).await? {
        campaigns::announce_progress(app, &stored).await;
    }
    let message = format!("campaign \"{}\" started with {} calls", campaign.name, ordered.queued);
    announce::log(app, LogLevel::Info, None, message).await;
    if let Err(error) = release_orders(app).await {
        tracing::warn!(%error, "the orders go out with the feeder's next run");
    }
    Ok(ordered)
}

fn check_settings(app: &App, settings: &CampaignSettings) -> Result<(), Error> {
    known_playbook(app, settings.playbook.as_deref())?;
    if settings.start_at.is_some_and(|at| at > app.clock.now() + LONGEST_DELAY) {
        return Err(Error::invalid("invalid_settings", "`start_at` must be within a year from now"));
    }
    if settings.calls_per_minute == Some(0) {
        return Err(Error::invalid("invalid_settings", "`calls_per_minute` must be 1 or more"));
    }
    if settings.max_attempts.is_some_and(|n| !(1..=5).contains(&n)) {
        return Err(Error::invalid("invalid_settings", "`max_attempts` must be 1 to 5"));
    }
    Ok(())
}

/// Whom the request means; an error where that is nobody.
async fn select(app: &App, request: &BulkRequest) -> Result<Selection, Error> {
    match (&request.customer_ids, &request.upload_id, &request.filter) {
        (Some(ids), None, None) => listed(app, ids).await,
        (None, Some(upload), None) => {
            let id: UploadId = upload.parse().map_err(|_| Error::NotFound { what: "upload" })?;
            app.uploads.find(id).await?.ok_or(Error::NotFound { what: "upload" })?;
            let filter = CustomerFilter { upload_id: Some(id.to_string()), ..CustomerFilter::default() };
            matching(app, filter).await
        }
        (None, None, Some(filter)) => matching(app, stated(filter)?).await,
        _ => Err(Error::invalid(
            "one_selector",
            "name the customers in exactly one way: `customer_ids`, `upload_id` or `filter`",
        )),
    }
}

/// An empty filter would match everybody, and nobody meant that.
fn stated(filter: &BulkFilter) -> Result<CustomerFilter, Error> {
    let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let criteria = CustomerFilter {
        q: given(&filter.q),
        state: given(&filter.state),
        language: filter.language,
        upload_id: given(&filter.upload_id),
    };
    match (filter.all, criteria == CustomerFilter::default()) {
        (false, true) => Err(Error::invalid(
            "empty_filter",
            "an empty filter phones nobody; write {\"all\":true} to phone everybody",
        )),
        (true, false) => Err(Error::invalid("empty_filter", "`all` stands alone; leave the other criteria out")),
        _ => Ok(criteria),
    }
}

async fn matching(app: &App, filter: CustomerFilter) -> Result<Selection, Error> {
    if app.customers.ids(&filter, None, 1).await?.is_empty() {
        return Err(Error::invalid("empty_list", "no customer matches; nobody is phoned"));
    }
    Ok(Selection::Matching(filter))
}

async fn listed(app: &App, ids: &[String]) -> Result<Selection, Error> {
    if ids.len() > MOST_LISTED {
        let detail = format!("`customer_ids` takes at most {MOST_LISTED}; name an `upload_id` or a `filter` for more");
        return Err(Error::invalid("too_many_customers", detail));
    }
    let mut refused = Vec::new();
    let mut skip = |id: &str, reason: &str| {
        refused.push(SkippedCustomer { customer_id: id.chars().take(64).collect(), reason: reason.to_owned() });
    };
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for text in ids {
        match text.parse::<CustomerId>() {
            Ok(id) if seen.insert(id) => candidates.push(id),
            Ok(_) => skip(text, "listed more than once"),
            Err(_) => skip(text, "not a customer id"),
        }
    }
    let mut customers = Vec::with_capacity(candidates.len());
    for page in candidates.chunks(PAGE as usize) {
        let known: HashSet<_> = app.customers.find_many(page).await?.into_iter().map(|c| c.id).collect();
        for id in page {
            if known.contains(id) {
                customers.push(*id);
            } else {
                skip(&id.to_string(), "no such customer");
            }
        }
    }
    if customers.is_empty() {
        return Err(Error::invalid("empty_list", "the list names no customer we know; nobody is phoned"));
    }
    Ok(Selection::Listed { customers, refused })
}

/// The campaign of this key, and whether it was stored just now.
async fn open(app: &App, actor: &Actor, request: &BulkRequest, key: Option<&str>) -> Result<(Campaign, bool), Error> {
    let now = app.clock.now();
    let id = app.new_id(CampaignId::new);
    let name = request.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let campaign = NewCampaign {
        id,
        name: match name {
            Some(name) => name.chars().take(LONGEST_NAME).collect(),
            None => format!("Campaign of {}", now.strftime("%Y-%m-%d %H:%M UTC")),
        },
        idempotency_key: scoped(actor, key.unwrap_or(&id.to_string())),
        settings: request.settings.clone(),
        created_by: actor.name.clone(),
        created_at: now,
    };
    let stored = app.campaigns.create(&campaign).await?;
    let campaign = app.campaigns.find(stored).await?.ok_or(Error::NotFound { what: "campaign" })?;
    Ok((campaign, stored == id))
}

async fn order_listed(
    app: &App,
    campaign: &Campaign,
    customers: &[CustomerId],
    skipped: Vec<SkippedCustomer>,
) -> Result<OrderedCampaign, Error> {
    let total = (customers.len() + skipped.len()) as u64;
    let mut ordered = OrderedCampaign { campaign_id: campaign.id, total, queued: 0, skipped };
    for page in customers.chunks(PAGE as usize) {
        place(app, campaign, page, &mut ordered).await?;
    }
    Ok(ordered)
}

async fn order_matching(
    app: &App,
    campaign: &Campaign,
    is_new: bool,
    filter: &CustomerFilter,
) -> Result<OrderedCampaign, Error> {
    // Ids sort by time: who came after the campaign was ordered is not in it when the order is repeated.
    let millisecond = jiff::SignedDuration::from_millis(1);
    let end = (!is_new).then(|| CustomerId::new(campaign.created_at + millisecond, [0; 10]));
    let mut ordered = OrderedCampaign { campaign_id: campaign.id, total: 0, queued: 0, skipped: Vec::new() };
    let mut after = None;
    loop {
        let mut page = app.customers.ids(filter, after, PAGE).await?;
        page.retain(|id| end.is_none_or(|end| *id < end));
        let Some(last) = page.last() else { return Ok(ordered) };
        after = Some(*last);
        ordered.total += page.len() as u64;
        place(app, campaign, &page, &mut ordered).await?;
    }
}

async fn place(
    app: &App,
    campaign: &Campaign,
    customers: &[CustomerId],
    ordered: &mut OrderedCampaign,
) -> Result<(), Error> {
    if matches!(campaign.status, CampaignStatus::Cancelled | CampaignStatus::Completed) {
        // An old key: what there is of this campaign is all there will be.
        ordered.queued += customers.len() as u64;
        return Ok(());
    }
    let not_before = campaign.settings.start_at.map_or(campaign.created_at, |at| at.max(campaign.created_at));
    let playbook = known_playbook(app, campaign.settings.playbook.as_deref())?;
    let orders: Vec<_> = customers
        .iter()
        .map(|customer| NewOrder {
            call_id: app.new_id(CallId::new),
            customer_id: *customer,
            campaign_id: Some(campaign.id),
            attempt: 1,
            not_before,
            idempotency_key: None,
            playbook: Some(playbook.clone()),
        })
        .collect();
    for placed in app.calls.place(&orders).await? {
        match placed {
            Placed::New(_) | Placed::Existing(_) => ordered.queued += 1,
            Placed::NoCustomer(id) => ordered
                .skipped
                .push(SkippedCustomer { customer_id: id.to_string(), reason: "no such customer".to_owned() }),
        }
    }
    Ok(())
}
