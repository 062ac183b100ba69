//! One report about a call, from whatever source, into the record, the session and the feed.

use crate::app::{App, Error, announce};
use crate::domain::call::{Recorded, StatusReport};
use crate::domain::status::Step;

/// Records the report. The record decides; the session and the feed follow it and may fail
/// without consequence.
///
/// An unknown call is an answer (`Recorded::UnknownCall`), because reports can be faster than the
/// carrier's own answer; so is a phone that is in use by another call: the caller puts the report
/// aside and tries again.
pub async fn record_status(app: &App, report: StatusReport) -> Result<Recorded, Error> {
    let recorded = app.calls.record_report(&report, app.clock.now()).await?;
    match &recorded {
        Recorded::Stored { call, step: Step::Moved(status) } => {
            tracing::info!(call.id = %call.call_id, status = %status, source = report.source.as_str(), "a call moved on");
            if let Some(sid) = &call.call_sid
                && let Err(error) = app.sessions.set_status(sid, *status).await
            {
                tracing::warn!(%error, call.id = %call.call_id, "the session did not take the status; the record has it");
            }
            announce::call_changed(app, call, report.source, &report.message).await;
        }
        Recorded::SidConflict => {
            tracing::warn!(call.id = ?report.call.call_id, call.sid = ?report.call.call_sid, "a report names a call with another call's sid; refused");
        }
        Recorded::Stored { step: Step::Ignored, .. }
        | Recorded::Duplicate
        | Recorded::UnknownCall
        | Recorded::PhoneInUse => {}
    }
    Ok(recorded)
}
