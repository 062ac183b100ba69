//! The Connect applet: whom to ring, and what became of each agent's leg.

use axum::Json;
use axum::extract::State;
use shared::app::{App, addresses, agents_to_ring, record_or_park};
use shared::domain::call::{CallRef, StatusReport};
use shared::domain::feed::LogLevel;
use shared::domain::id::CallSid;
use shared::domain::status::{CallStatus, Source};
use shared::wire::exotel::connect_applet::{ConnectAnswer, Ringing};
use shared::wire::exotel::passthru::{AgentEvent, AgentLegEvent, PassthruQuery};

use crate::ask::Ask;
use crate::flow::{RECORD_WITHIN, announce_within};

/// Whom to ring. Where no hand-over is wanted: nobody, which Exotel reads as "do not dial".
pub(crate) async fn number(State(app): State<App>, Ask(fields): Ask) -> Json<ConnectAnswer> {
    let query = PassthruQuery::read(&fields);
    let agents = match &query.call_sid {
        Some(sid) => agents_to_ring(&app, sid).await,
        None => None,
    };
    Json(agents.map_or_else(ConnectAnswer::nobody, |agents| {
        ConnectAnswer::ring(Ringing {
            numbers: agents.numbers,
            whisper: agents.whisper,
            event_url: addresses::agent_leg(&app),
            ring_s: agents.ring_s,
            talk_s: agents.talk_s,
        })
    }))
}

/// An agent's phone rings, is taken, is hung up. Only "taken" says something about the call.
pub(crate) async fn leg(State(app): State<App>, Ask(fields): Ask) -> &'static str {
    let event = AgentLegEvent::read(&fields);
    if let (Some(sid), Some(kind)) = (&event.call_sid, event.event) {
        note_leg(&app, &event, sid, kind).await;
    }
    "OK"
}

async fn note_leg(app: &App, event: &AgentLegEvent, sid: &CallSid, kind: AgentEvent) {
    let agent = event.agent.as_deref().unwrap_or("unknown");
    tracing::info!(call.sid = %sid, event = kind.as_str(), agent, "an agent's leg");
    let report = StatusReport {
        call: CallRef { call_id: None, call_sid: Some(sid.clone()) },
        status: CallStatus::AgentTransfer,
        source: Source::Passthru,
        failure_class: None,
        message: format!("agent {agent}: {}", kind.as_str()),
        occurred_at: event.at.unwrap_or_else(|| app.clock.now()),
        duration_s: None,
        recording_url: None,
        agent: Some(agent.to_owned()),
        extra: event.masked.clone(),
        call_back_due: false,
        dedupe_key: format!("agent-leg:{sid}:{}:{agent}", kind.as_str()).chars().take(200).collect(),
    };
    announce_within(app, LogLevel::Info, &report, format!("Agent {agent}: {}", kind.as_str())).await;
    if kind == AgentEvent::Answered {
        record_or_park(app, report, RECORD_WITHIN).await;
    }
}
