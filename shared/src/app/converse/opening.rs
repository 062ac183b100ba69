//! Whom the stream that just began belongs to.

use std::time::Duration;

use crate::app::App;
use crate::domain::id::{CallId, CallSid};
use crate::domain::session::{CallSession, SessionCustomer};
use crate::domain::settings::AccountSettings;
use crate::domain::status::CallStatus;

/// The stream can be faster than the passthru that links the session: look again for this long.
const SESSION_WAIT: Duration = Duration::from_millis(300);
/// Between two looks.
const SESSION_LOOK: Duration = Duration::from_millis(60);
/// The caller hears nothing meanwhile: the records get this long, then we apologise.
const RECORDS_WAIT: Duration = Duration::from_millis(1_500);

/// A conversation's data.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Whom we talk with.
    pub session: CallSession,
    /// How the lender calls itself, who takes hand-overs, how long a call may last.
    pub settings: AccountSettings,
}

/// Finds the session: Redis by Sid (waiting a moment for the passthru), Redis by our own id where
/// the stream carried it, else the records. `None` where nobody knows the call, or the settings
/// can not be read: then nothing may be said about an account.
pub async fn open_conversation(app: &App, sid: Option<&CallSid>, call: Option<CallId>) -> Option<Opened> {
    let settings = tokio::time::timeout(RECORDS_WAIT, app.settings.current());
    let (session, settings) = tokio::join!(find_session(app, sid, call), settings);
    let settings = match settings {
        Ok(Ok(settings)) => settings,
        Ok(Err(error)) => {
            tracing::error!(%error, "the settings could not be read; the call ends with an apology");
            return None;
        }
        Err(_) => {
            tracing::error!("the settings did not come in time; the call ends with an apology");
            return None;
        }
    };
    Some(Opened { session: session?, settings })
}

async fn find_session(app: &App, sid: Option<&CallSid>, call: Option<CallId>) -> Option<CallSession> {
    if let Some(sid) = sid
        && let Ok(Some(session)) = tokio::time::timeout(SESSION_WAIT, cached(app, sid, call)).await
    {
        let reopened = session.status == CallStatus::AgentTransfer;
        return Some(if reopened { after_hand_over(app, session) } else { session });
    }
    match tokio::time::timeout(RECORDS_WAIT, recorded(app, sid, call)).await {
        Ok(session) => session,
        Err(_) => {
            tracing::error!(call.sid = ?sid, "the records did not answer in time");
            None
        }
    }
}

/// A stream that opens after the hand-over can only be there because no agent took the call, whether or
/// not that was noted.
fn after_hand_over(app: &App, session: CallSession) -> CallSession {
    CallSession { hand_over: Some(session.untaken(app.clock.now())), ..session }
}

/// Looks into Redis until the session is there; the caller bounds the wait.
async fn cached(app: &App, sid: &CallSid, call: Option<CallId>) -> Option<CallSession> {
    loop {
        let found = match call {
            Some(call) => app.sessions.link(call, sid).await,
            None => app.sessions.get(sid).await,
        };
        match found {
            Ok(Some(session)) => return Some(session),
            Ok(None) => tokio::time::sleep(SESSION_LOOK).await,
            Err(error) => {
                tracing::warn!(%error, call.sid = %sid, "no session from redis; the records are asked");
                return None;
            }
        }
    }
}

async fn recorded(app: &App, sid: Option<&CallSid>, call: Option<CallId>) -> Option<CallSession> {
    let by_sid = match sid {
        Some(sid) => app.calls.find_by_sid(sid).await,
        None => Ok(None),
    };
    let found = match (by_sid, call) {
        (Ok(None), Some(call)) => app.calls.find(call).await,
        (found, _) => found,
    };
    let record = match found {
        Ok(record) => record?,
        Err(error) => {
            tracing::error!(%error, call.sid = ?sid, "the call could not be looked up");
            return None;
        }
    };
    // A stream that names one call and carries another's Sid is not to be trusted with either.
    if let (Some(known), Some(sid)) = (&record.call_sid, sid)
        && known != sid
    {
        tracing::warn!(call.id = %record.call_id, call.sid = %sid, "the stream names a call that has another sid");
        return None;
    }
    let customer = match app.calls.session_customer(record.call_id).await {
        Ok(customer) => customer?,
        Err(error) => {
            tracing::error!(%error, call.id = %record.call_id, "the customer could not be read");
            return None;
        }
    };
    let session = CallSession {
        call_id: record.call_id,
        call_sid: sid.cloned(),
        hand_over: None,
        customer: SessionCustomer { language: record.language.unwrap_or(customer.language), ..customer },
        playbook: record.playbook,
        status: CallStatus::InProgress,
        created_at: app.clock.now(),
    };
    Some(if record.status == CallStatus::AgentTransfer { after_hand_over(app, session) } else { session })
}
