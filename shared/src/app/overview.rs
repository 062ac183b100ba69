//! The dashboard's figures, and one call with everything known about it. Reads only.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::app::views::CallView;
use crate::app::{App, Error};
use crate::domain::call::StatusUpdate;
use crate::domain::cost::Meters;
use crate::domain::id::{CallId, CallSid, CampaignId};
use crate::domain::page::{MAX_PAGE, PageRequest};
use crate::domain::phone::mask_said;
use crate::domain::session::CallSession;
use crate::domain::status::CallStatus;
use crate::domain::timings::TurnTimes;
use crate::domain::transcript::Line;
use crate::ports::StoreError;
use crate::ports::calls::{CallFilter, CallStatistics, SeriesPoint};
use crate::ports::queue::QueueName;

/// Finished calls on the first screen.
const RECENT_CALLS: u32 = 20;
/// Slices of the time line: one per half hour of a day.
const SLICES: i64 = 48;

/// Which calls the figures count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// Ordered at or after.
    pub since: Option<Timestamp>,
    /// Of one campaign.
    pub campaign_id: Option<CampaignId>,
}

/// Everything the first screen shows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DashboardData {
    /// When this was read.
    pub at: Timestamp,
    /// The counters.
    pub statistics: CallStatistics,
    /// Live calls, newest first (at most [`MAX_PAGE`]).
    pub active_calls: Vec<CallView>,
    /// The calls that finished last, newest first.
    pub recent_calls: Vec<CallView>,
    /// Outcomes over time (the last 24 hours, or since `since`), all campaigns.
    pub series: Vec<SeriesPoint>,
    /// How the system itself is.
    pub system: SystemFigures,
}

/// How the system itself is. What could not be asked is null, and a note says so.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct SystemFigures {
    /// Dashboards connected now.
    pub websocket_connections: Option<u64>,
    /// Bytes.
    pub redis_memory: Option<u64>,
    /// Connections to the records.
    pub database_pool: Pool,
    /// Per process and route: `{process, route, count, p50_ms, p95_ms}`; processes that answered
    /// nothing in the last 90 s are absent.
    pub api_response_times: Option<Vec<Value>>,
    /// Messages waiting, roughly.
    pub queue_depth: QueueDepth,
    /// What was not available.
    pub notes: Vec<String>,
}

/// Connections to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "each field is its own name")]
pub struct Pool {
    pub in_use: usize,
    pub max: usize,
}

/// Messages waiting, per queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names of the queues")]
pub struct QueueDepth {
    pub dial: Option<u64>,
    pub call_events: Option<u64>,
}

/// One call with everything known about it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CallDetail {
    /// The call.
    #[serde(flatten)]
    pub call: CallView,
    /// Every report, oldest first.
    pub updates: Vec<StatusUpdate>,
    /// What was said; empty while nothing is stored.
    pub transcript: Vec<Line>,
    /// One or two sentences.
    pub summary: Option<String>,
    /// Where the time of each of the caller's answers went, in order.
    pub timings: Vec<TurnTimes>,
    /// What it used of paid services; null while nothing is stored.
    pub meters: Option<Meters>,
}

/// A call as the two stores have it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CallState {
    /// Exotel's id.
    pub call_sid: CallSid,
    /// The live session; null after it expired, or while Redis is away.
    pub redis_data: Option<CallSession>,
    /// The record.
    pub database_data: Option<CallView>,
    /// What was not available.
    pub notes: Vec<String>,
}

/// Reads the first screen. Without Redis it still answers; without the records it does not.
pub async fn dashboard_data(app: &App, scope: Scope) -> Result<DashboardData, Error> {
    let now = app.clock.now();
    let since = scope.since.unwrap_or(now - SignedDuration::from_hours(24)).min(now);
    let step_s = (now.as_second() - since.as_second()) / SLICES;
    let step_s = u32::try_from(step_s.max(60)).unwrap_or(u32::MAX);
    let live = CallFilter { live: Some(true), ..filter_of(scope) };
    let all = PageRequest { limit: Some(MAX_PAGE), cursor: None };
    let (statistics, active, recent, series, system) = tokio::join!(
        app.calls.statistics(scope.since, scope.campaign_id),
        app.calls.list(&live, &all),
        recent_calls(app, scope),
        app.calls.series(since, now, step_s),
        system_figures(app),
    );
    let active_calls = active?.items.into_iter().map(CallView::from).collect();
    Ok(DashboardData { at: now, statistics: statistics?, active_calls, recent_calls: recent?, series: series?, system })
}

fn filter_of(scope: Scope) -> CallFilter {
    CallFilter { since: scope.since, campaign_id: scope.campaign_id.map(|id| id.to_string()), ..CallFilter::default() }
}

/// The newest calls of each outcome, merged: a list by order time alone would show nothing but
/// waiting orders while a large campaign runs.
async fn recent_calls(app: &App, scope: Scope) -> Result<Vec<CallView>, Error> {
    let page = PageRequest { limit: Some(RECENT_CALLS), cursor: None };
    let of = |status| CallFilter { status: Some(status), ..filter_of(scope) };
    let (completed, failed, not_picked) =
        (of(CallStatus::Completed), of(CallStatus::Failed), of(CallStatus::NotPicked));
    let (completed, failed, not_picked) = tokio::try_join!(
        app.calls.list(&completed, &page),
        app.calls.list(&failed, &page),
        app.calls.list(&not_picked, &page),
    )?;
    let outcomes = completed.items.into_iter().chain(failed.items).chain(not_picked.items);
    let mut calls: Vec<CallView> = outcomes.map(CallView::from).collect();
    calls.sort_by_key(|call| std::cmp::Reverse(call.end_time.unwrap_or(call.updated_at)));
    calls.truncate(RECENT_CALLS as usize);
    Ok(calls)
}

/// How the system itself is; never an error.
pub async fn system_figures(app: &App) -> SystemFigures {
    let (sockets, memory, figures, dial, call_events) = tokio::join!(
        app.sessions.ws_count(),
        app.sessions.memory_bytes(),
        app.sessions.figures(),
        app.queue.depth(QueueName::Dial),
        app.queue.depth(QueueName::CallEvents),
    );
    let mut notes = Vec::new();
    let (in_use, max) = app.records.pool();
    SystemFigures {
        websocket_connections: known(sockets, &mut notes),
        redis_memory: known(memory, &mut notes),
        api_response_times: known(figures, &mut notes).map(response_times),
        queue_depth: QueueDepth { dial: known(dial, &mut notes), call_events: known(call_events, &mut notes) },
        database_pool: Pool { in_use, max },
        notes,
    }
}

fn known<T>(answer: Result<T, StoreError>, notes: &mut Vec<String>) -> Option<T> {
    answer
        .map_err(|error| {
            let note = error.to_string();
            if !notes.contains(&note) {
                tracing::warn!(%error, "a figure of the dashboard is missing");
                notes.push(note);
            }
        })
        .ok()
}

fn response_times(figures: Vec<Value>) -> Vec<Value> {
    let rows = figures.into_iter().filter_map(|mut figure| match figure.get_mut("api_response_times")?.take() {
        Value::Array(rows) => Some(rows),
        _ => None,
    });
    rows.flatten().collect()
}

/// One call with its history and words; telephone numbers that were said are masked.
pub async fn call_detail(app: &App, id: CallId) -> Result<CallDetail, Error> {
    let call = app.calls.find(id).await?.ok_or(Error::NotFound { what: "call" })?;
    let (updates, left) = tokio::try_join!(app.calls.updates(id), app.calls.conversation(id))?;
    let masked = |line: Line| Line { text: mask_said(&line.text), ..line.with_word_times() };
    let summary = left.as_ref().map(|left| mask_said(&left.summary));
    let meters = left.as_ref().map(|left| left.meters);
    let (transcript, timings) = left.map(|left| (left.transcript.lines, left.timings.turns)).unwrap_or_default();
    let transcript = transcript.into_iter().map(masked).collect();
    Ok(CallDetail { call: call.into(), updates, transcript, summary, timings, meters })
}

/// A call as the two stores have it, by Exotel's id.
pub async fn call_state(app: &App, call_sid: CallSid) -> Result<CallState, Error> {
    let (session, call) = tokio::join!(app.sessions.get(&call_sid), app.calls.find_by_sid(&call_sid));
    let mut notes = Vec::new();
    let redis_data = known(session, &mut notes).flatten();
    let database_data = call?.map(CallView::from);
    if redis_data.is_none() && database_data.is_none() {
        return Err(Error::NotFound { what: "call" });
    }
    Ok(CallState { call_sid, redis_data, database_data, notes })
}
