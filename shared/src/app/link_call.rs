//! The first Passthru: our call and the carrier's Sid belong together, and somebody answered.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::record_or_park::park;
use crate::app::{App, Error, Taken, record_or_park};
use crate::domain::call::{Recorded, StatusReport};
use crate::domain::id::{CallId, CallSid};
use crate::domain::session::CallSession;
use crate::domain::status::CallStatus;

/// The record's and the session's share of the carrier's patience. With the queue's 150 ms the
/// answer is always out before half a second (exotel.md 10).
const RECORD_WITHIN: Duration = Duration::from_millis(200);
const SESSION_WITHIN: Duration = Duration::from_millis(100);

/// Binds the Sid in the record and moves the session under it. What either store does not take in
/// time goes to the queue. Never fails: the flow of a live call hangs on the answer.
pub async fn link_call(app: &App, report: StatusReport) -> Taken {
    let taken = record_or_park(app, report.clone(), RECORD_WITHIN).await;
    let Some((call, sid, status)) = whom_to_link(&report, &taken) else { return taken };
    let moved = match timeout(SESSION_WITHIN, link_session(app, call, &sid, status)).await {
        Ok(moved) => moved.map_err(|error| error.to_string()),
        Err(_) => Err("too slow".to_owned()),
    };
    match moved {
        Ok(()) => taken,
        Err(error) => {
            tracing::warn!(%error, call.id = %call, call.sid = %sid, "the session was not linked");
            // A report that is parked or lost already has had its turn at the queue.
            if matches!(taken, Taken::Recorded(_)) { park(app, report).await } else { taken }
        }
    }
}

/// Moves the session under the Sid; where Redis has lost it, writes it anew from the record.
pub(super) async fn link_session(app: &App, call: CallId, sid: &CallSid, status: CallStatus) -> Result<(), Error> {
    if let Some(session) = app.sessions.link(call, sid).await? {
        // The status was recorded before there was a session under this Sid to note it in.
        if session.status != status {
            app.sessions.set_status(sid, status).await?;
        }
        return Ok(());
    }
    let Some(customer) = app.calls.session_customer(call).await? else {
        tracing::warn!(call.id = %call, call.sid = %sid, "a call without a session and without a record was answered");
        return Ok(());
    };
    let playbook = app.calls.find(call).await?.and_then(|call| call.playbook);
    let session = CallSession {
        call_id: call,
        call_sid: Some(sid.clone()),
        customer,
        playbook,
        status,
        hand_over: None,
        created_at: app.clock.now(),
    };
    Ok(app.sessions.put(sid, &session).await?)
}

/// A Sid that belongs to another call is not linked: the bot would speak to the wrong person.
fn whom_to_link(report: &StatusReport, taken: &Taken) -> Option<(CallId, CallSid, CallStatus)> {
    let sid = report.call.call_sid.clone()?;
    match taken {
        Taken::Recorded(Recorded::SidConflict) => None,
        Taken::Recorded(Recorded::Stored { call, .. }) => Some((call.call_id, sid, call.status)),
        Taken::Recorded(Recorded::Duplicate | Recorded::UnknownCall | Recorded::PhoneInUse)
        | Taken::Parked
        | Taken::Lost => Some((report.call.call_id?, sid, report.status)),
    }
}
