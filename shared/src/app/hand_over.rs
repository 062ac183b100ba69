//! The way to a human agent: is one wanted, who is rung, and what the agent hears first.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::App;
use crate::domain::call::Disposition;
use crate::domain::id::CallSid;
use crate::domain::language::Language;
use crate::domain::phone::PhoneNumber;
use crate::domain::session::HandOver;
use crate::domain::status::CallStatus;

/// The carrier's patience with us (half a second, exotel.md 10), less the way there and back. The session,
/// the record and the settings are asked at once: none waits for another.
const WITHIN: Duration = Duration::from_millis(450);

/// Whom to ring, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agents {
    /// E.164, tried in this order.
    pub numbers: Vec<String>,
    /// Spoken to the agent only: why and in which language. Never a figure.
    pub whisper: String,
    /// Seconds each may ring.
    pub ring_s: u32,
    /// Seconds the two may talk.
    pub talk_s: u32,
}

/// The wish to hand this call over, from the session or else from the record. `None` also where
/// nobody can be asked, and for a call that is over: the safe ending is to hang up. Both are asked
/// at once, so that one that is slow does not use up the other's time.
pub async fn hand_over_wanted(app: &App, sid: &CallSid) -> Option<HandOver> {
    let session = timeout(WITHIN, app.sessions.get(sid));
    let record = timeout(WITHIN, app.calls.find_by_sid(sid));
    let (session, record) = tokio::join!(session, record);
    match session {
        Ok(Ok(Some(session))) if session.status.is_final() => return None,
        // Once is enough: a flow that leads back here must not ring the same agents for ever.
        Ok(Ok(Some(session))) if session.hand_over.is_some() => return session.hand_over.filter(|wish| !wish.untaken),
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, call.sid = %sid, "no session to ask for a hand-over"),
        Err(_) => tracing::warn!(call.sid = %sid, "the session was too slow to ask for a hand-over"),
    }
    let call = match record {
        Ok(Ok(call)) => call?,
        Ok(Err(error)) => {
            tracing::warn!(%error, call.sid = %sid, "no record to ask for a hand-over");
            return None;
        }
        Err(_) => {
            tracing::warn!(call.sid = %sid, "the record was too slow to ask for a hand-over");
            return None;
        }
    };
    // A call-back is due where agents were rung already, and none came.
    let rung = call.disposition == Some(Disposition::CallbackRequested);
    (call.status == CallStatus::AgentTransfer && !rung).then(|| HandOver {
        reason: "The customer asked for an agent".to_owned(),
        language: call.language.unwrap_or(Language::English),
        requested_at: call.agent_transfer_time.unwrap_or_else(|| app.clock.now()),
        untaken: false,
    })
}

/// The agents to ring for this call; `None` where no hand-over is wanted or nobody is named in
/// the settings.
pub async fn agents_to_ring(app: &App, sid: &CallSid) -> Option<Agents> {
    let (wish, settings) = tokio::join!(hand_over_wanted(app, sid), timeout(WITHIN, app.settings.current()));
    let wish = wish?;
    let settings = match settings {
        Ok(Ok(settings)) => settings,
        Ok(Err(error)) => {
            tracing::error!(%error, call.sid = %sid, "a hand-over fails: the settings can not be read");
            return None;
        }
        Err(_) => {
            tracing::error!(call.sid = %sid, "a hand-over fails: the settings were too slow");
            return None;
        }
    };
    let numbers: Vec<String> = settings.agent_numbers.iter().filter_map(|number| dialable(number)).collect();
    if numbers.is_empty() {
        tracing::error!(call.sid = %sid, "a hand-over fails: the settings name no agent");
        return None;
    }
    Some(Agents { numbers, whisper: whisper(&wish), ring_s: settings.ring_timeout_s, talk_s: settings.call_limit_s })
}

/// Nobody took the call. The flow may lead back to the voicebot, which then says so and nothing else;
/// where the session is away, the record's status tells it the same.
pub async fn note_untaken(app: &App, sid: &CallSid) {
    let note = async {
        let Some(session) = app.sessions.get(sid).await? else { return Ok(false) };
        app.sessions.request_hand_over(sid, &session.untaken(app.clock.now())).await
    };
    match timeout(WITHIN, note).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => tracing::warn!(call.sid = %sid, "no session to say in that no agent took the call"),
        Ok(Err(error)) => {
            tracing::warn!(%error, call.sid = %sid, "the session does not say that no agent took the call");
        }
        Err(_) => tracing::warn!(call.sid = %sid, "the session was too slow to say that no agent took the call"),
    }
}

fn dialable(number: &str) -> Option<String> {
    match PhoneNumber::parse(number) {
        Ok(phone) => Some(phone.expose().to_owned()),
        Err(error) => {
            tracing::warn!(%error, "an agent's number in the settings can not be dialled");
            None
        }
    }
}

/// The reason may come from a model: figures are taken out, the agent sees them on the screen.
fn whisper(wish: &HandOver) -> String {
    let reason: String = wish.reason.chars().filter(|c| !c.is_numeric() && *c != '₹').collect();
    format!("Call from the voice assistant, {}. {}", wish.language.name(), reason.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_hears_reason_and_language_but_no_figure() {
        let wish = HandOver {
            reason: "wants to pay ₹15,000 or १५ in parts".to_owned(),
            language: Language::Hindi,
            requested_at: jiff::Timestamp::UNIX_EPOCH,
            untaken: false,
        };
        let heard = whisper(&wish);
        assert!(heard.contains("Hindi") && heard.contains("in parts"), "{heard}");
        assert!(!heard.contains(char::is_numeric) && !heard.contains('₹'), "{heard}");
    }
}
