//! Asks a live conversation to hand its caller to a human agent.

use crate::app::{App, Error, announce};
use crate::domain::call::Call;
use crate::domain::feed::LogLevel;
use crate::domain::id::CallSid;
use crate::domain::language::Language;
use crate::domain::session::HandOver;
use crate::domain::status::CallStatus;

/// Leaves the wish in the session, where the conversation sees it. A conflict where nobody is on
/// the line, or where the call is being handed over already.
pub async fn request_hand_over(app: &App, sid: &CallSid, reason: &str) -> Result<Call, Error> {
    let call = app.calls.find_by_sid(sid).await?.ok_or(Error::NotFound { what: "call" })?;
    if call.status != CallStatus::InProgress {
        let detail = format!("only a call in progress can be handed over; this one is {}", call.status);
        return Err(Error::Conflict { code: "not_in_progress", detail });
    }
    let language = call.language.unwrap_or(Language::English);
    let wish = HandOver { reason: reason.to_owned(), language, requested_at: app.clock.now() };
    if !app.sessions.request_hand_over(sid, &wish).await? {
        let detail = "the conversation of this call is not live any more".to_owned();
        return Err(Error::Conflict { code: "no_live_session", detail });
    }
    let message = format!("Hand-over to an agent asked for {}", call.customer_name);
    announce::log(app, LogLevel::Info, Some(call.call_id), message).await;
    Ok(call)
}
