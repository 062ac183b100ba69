//! The three Passthru applets of the flow: before the voicebot, after it, after the agents.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use shared::app::{App, announce, hand_over_wanted, link_call, note_untaken, record_or_park};
use shared::domain::call::{CallRef, StatusReport};
use shared::domain::feed::LogLevel;
use shared::domain::id::CallSid;
use shared::domain::status::{CallStatus, FailureClass, Source};
use shared::wire::exotel::passthru::{AgentDial, PassthruQuery, StreamFacts};

use crate::ask::Ask;

/// The record's share of Exotel's patience; the queue takes 150 ms more.
pub(crate) const RECORD_WITHIN: Duration = Duration::from_millis(200);

/// The customer answered. Exotel reads `OK` and goes on to the voicebot.
pub(crate) async fn link(State(app): State<App>, Ask(fields): Ask) -> &'static str {
    let query = PassthruQuery::read(&fields);
    match &query.call_sid {
        Some(sid) => {
            let report = report(&app, &query, sid, "answered", "the customer answered");
            link_call(&app, report).await;
        }
        None => tracing::warn!(call.id = ?query.custom.call_id, "a Passthru without a CallSid; nothing to link"),
    }
    "OK"
}

/// The voicebot is done: 200 leads to the agents, 302 to the end. A 302 has no `Location`.
pub(crate) async fn next(State(app): State<App>, Ask(fields): Ask) -> impl IntoResponse {
    let query = PassthruQuery::read(&fields);
    let Some(sid) = &query.call_sid else { return StatusCode::FOUND };
    let (wish, ()) = tokio::join!(hand_over_wanted(&app, sid), note_stream(&app, &query, sid));
    tracing::info!(call.sid = %sid, hand_over = wish.is_some(), "the voicebot's part of a call is over");
    if wish.is_some() { StatusCode::OK } else { StatusCode::FOUND }
}

/// The agents' part is over: 302 ends the call, 200 leads back to the voicebot, which tells the customer
/// that nobody was free. A flow without that applet ends either way.
pub(crate) async fn after_agent(State(app): State<App>, Ask(fields): Ask) -> impl IntoResponse {
    let query = PassthruQuery::read(&fields);
    let Some(sid) = &query.call_sid else { return StatusCode::FOUND };
    let taken = query.agent_answered();
    let untaken = async {
        if !taken {
            note_untaken(&app, sid).await;
        }
    };
    tokio::join!(note_agents(&app, &query, sid), untaken);
    if taken { StatusCode::FOUND } else { StatusCode::OK }
}

/// A stream that never opened makes the call `failed(conversation)`: Exotel will say `completed`,
/// which only means that the phone was answered, and a customer who heard silence must not count
/// as spoken to (exotel.md 9). A report that comes after Exotel's is kept in the history only.
async fn note_stream(app: &App, query: &PassthruQuery, sid: &CallSid) {
    let Some(stream) = &query.stream else { return };
    let position = format!("stream:{}", stream.status.as_deref().unwrap_or("-"));
    let message = format!("the voicebot's stream ended: {}", stream.summary());
    let mut report = report(app, query, sid, &position, &message);
    report.duration_s = stream.duration_s;
    report.recording_url = stream.recording_url.clone();
    if stream.never_opened() {
        flag_silence(app, &mut report, stream).await;
    }
    record_or_park(app, report, RECORD_WITHIN).await;
}

async fn flag_silence(app: &App, report: &mut StatusReport, stream: &StreamFacts) {
    report.status = CallStatus::Failed;
    report.failure_class = Some(FailureClass::Conversation);
    report.duration_s = None;
    let summary = stream.summary();
    tracing::error!(call.sid = ?report.call.call_sid, summary, "a customer answered and the voicebot was not reached");
    let line = format!("A customer answered, but the voicebot was not reached ({summary})");
    announce_within(app, LogLevel::Error, report, line).await;
}

async fn note_agents(app: &App, query: &PassthruQuery, sid: &CallSid) {
    let dial = query.dial.as_ref();
    let ended = dial.and_then(|d| d.status.as_deref()).or(query.call_type.as_deref()).unwrap_or("no details");
    let position = format!("after-agent:{ended}");
    let agent = dial.and_then(AgentDial::whom).map(str::to_owned);
    let report = if query.agent_answered() {
        let mut report = report(app, query, sid, &position, "an agent spoke with the customer");
        report.status = CallStatus::AgentTransfer;
        report.agent = Some(agent.unwrap_or_else(|| "unknown".to_owned()));
        report
    } else {
        let message = format!("no agent took the call ({ended}); a call-back is due");
        let mut report = report(app, query, sid, &position, &message);
        report.call_back_due = true;
        tracing::warn!(call.sid = %sid, ended, "no agent took a hand-over");
        announce_within(
            app,
            LogLevel::Warning,
            &report,
            format!("No agent took a hand-over ({ended}); a call-back is due"),
        )
        .await;
        report
    };
    record_or_park(app, report, RECORD_WITHIN).await;
}

/// A watcher's line must not use up the time of the report.
pub(crate) async fn announce_within(app: &App, level: LogLevel, report: &StatusReport, line: String) {
    let line = match &report.call.call_sid {
        Some(sid) if report.call.call_id.is_none() => format!("{line} [call {sid}]"),
        _ => line,
    };
    let said = announce::log(app, level, report.call.call_id, line);
    if tokio::time::timeout(Duration::from_millis(50), said).await.is_err() {
        tracing::warn!("the live feed was too slow for a line");
    }
}

/// Somebody is, or was, on the line: what every Passthru can say. One key per position in the flow.
fn report(app: &App, query: &PassthruQuery, sid: &CallSid, position: &str, message: &str) -> StatusReport {
    StatusReport {
        call: CallRef { call_id: query.custom.call_id, call_sid: Some(sid.clone()) },
        status: CallStatus::InProgress,
        source: Source::Passthru,
        failure_class: None,
        message: message.to_owned(),
        occurred_at: query.at.unwrap_or_else(|| app.clock.now()),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: query.extra(),
        call_back_due: false,
        dedupe_key: format!("passthru:{sid}:{position}").chars().take(200).collect(),
    }
}
