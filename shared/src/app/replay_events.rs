//! Parked reports, tried again.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::link_call::link_session;
use crate::app::record_or_park::RETRY_AFTER_S;
use crate::app::{App, record_status};
use crate::domain::call::{Recorded, StatusReport};
use crate::domain::status::Source;
use crate::ports::BoxError;
use crate::ports::queue::QueueMessage;

/// One message's time; a batch of ten stays under a minute.
const MESSAGE_WITHIN: Duration = Duration::from_secs(5);

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// In the record, put back for later, or given up: the queue may forget it.
    Done,
    /// A store is away: the queue shall bring it again.
    Again,
}

/// Applies one message of the queue `call-events`. A message nobody can read is logged and given
/// up: bringing it again would not make it readable.
pub async fn replay_event(app: &App, message: &str) -> Replayed {
    let (report, tries) = match serde_json::from_str(message) {
        Ok(QueueMessage::ReportV1 { report, tries }) => (*report, tries),
        Ok(QueueMessage::DialV1 { call_id }) => {
            tracing::error!(call.id = %call_id, "an order came into the queue for reports; dropped");
            return Replayed::Done;
        }
        Err(error) => {
            tracing::error!(%error, "an unreadable message in the queue for reports; dropped");
            return Replayed::Done;
        }
    };
    let result = timeout(MESSAGE_WITHIN, apply(app, &report, tries)).await;
    match result.unwrap_or_else(|_| Err("the stores were too slow".into())) {
        Ok(()) => Replayed::Done,
        Err(error) => {
            tracing::warn!(%error, call.sid = ?report.call.call_sid, tries, "a parked report could not be applied; it comes again");
            Replayed::Again
        }
    }
}

async fn apply(app: &App, report: &StatusReport, tries: u8) -> Result<(), BoxError> {
    match record_status(app, report.clone()).await? {
        Recorded::UnknownCall | Recorded::PhoneInUse => put_back(app, report, tries).await,
        Recorded::SidConflict => Ok(()),
        Recorded::Stored { .. } | Recorded::Duplicate => link_if_live(app, report).await,
    }
}

async fn put_back(app: &App, report: &StatusReport, tries: u8) -> Result<(), BoxError> {
    let tries = tries.saturating_add(1);
    let Some(delay) = RETRY_AFTER_S.get(usize::from(tries)) else {
        tracing::error!(
            call.id = ?report.call.call_id, call.sid = ?report.call.call_sid, status = %report.status,
            "a report's call never became known, or its phone never free; dropped"
        );
        return Ok(());
    };
    let message = QueueMessage::ReportV1 { report: Box::new(report.clone()), tries };
    Ok(app.queue.send(&[message], Duration::from_secs(*delay)).await?)
}

/// The Passthru that could not be recorded may not have been linked either.
async fn link_if_live(app: &App, report: &StatusReport) -> Result<(), BoxError> {
    let Some(sid) = report.call.call_sid.as_ref().filter(|_| report.source == Source::Passthru) else {
        return Ok(());
    };
    match app.calls.find_by_sid(sid).await? {
        Some(call) if !call.status.is_final() => Ok(link_session(app, call.call_id, sid, call.status).await?),
        _ => Ok(()),
    }
}
