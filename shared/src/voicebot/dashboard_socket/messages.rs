//! What a browser may say on the socket, and what it wants to hear.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::hub::Published;
use crate::domain::feed::FeedPosition;
use crate::domain::id::{CallId, CallSid, CampaignId};
use crate::http::Since;

/// The actions, as an unknown one is answered.
const ACTIONS: [&str; 5] = ["subscribe", "get_dashboard_data", "get_call_status", "transfer_to_agent", "ping"];

/// The first message.
#[derive(Deserialize)]
pub(super) struct Auth {
    action: String,
    pub(super) key: SecretString,
    #[serde(default)]
    since: Option<String>,
}

impl Auth {
    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|auth| auth.action == "auth")
    }

    /// `Some(None)` for a position nobody gave us: like one that is too old.
    pub(super) fn since(&self) -> Option<Option<FeedPosition>> {
        self.since.as_deref().filter(|since| !since.is_empty()).map(FeedPosition::parse)
    }
}

/// A later message.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(super) enum Action {
    Subscribe {
        filter: Filter,
    },
    GetDashboardData {
        #[serde(default)]
        since: Option<Since>,
        #[serde(default)]
        campaign_id: Option<CampaignId>,
    },
    GetCallStatus {
        call_sid: CallSid,
    },
    TransferToAgent {
        call_sid: CallSid,
        #[serde(default)]
        reason: Option<String>,
    },
    Ping,
}

impl Action {
    /// The action, or the error message that answers it.
    pub(super) fn read(text: &str) -> Result<Self, Value> {
        let body: Value =
            serde_json::from_str(text).map_err(|_| error_message("not_json", "send a JSON object with an `action`"))?;
        let known = body.get("action").and_then(Value::as_str).is_some_and(|action| ACTIONS.contains(&action));
        if !known {
            let mut message = error_message("unknown_action", "there is no such action");
            message["available_actions"] = json!(ACTIONS);
            return Err(message);
        }
        serde_json::from_value(body).map_err(|error| error_message("invalid_action", &error.to_string()))
    }
}

pub(super) fn error_message(code: &str, message: &str) -> Value {
    json!({ "type": "error", "code": code, "message": message })
}

/// Which events a browser wants. A field only sifts events that carry it: a log line of no call
/// passes every `call_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Filter {
    campaign_id: Option<CampaignId>,
    call_id: Option<CallId>,
    types: Option<Vec<String>>,
}

impl Filter {
    pub(super) fn passes(&self, event: &Published) -> bool {
        let same_campaign =
            self.campaign_id.is_none() || event.campaign_id.is_none() || self.campaign_id == event.campaign_id;
        let same_call = self.call_id.is_none() || event.call_id.is_none() || self.call_id == event.call_id;
        same_campaign && same_call && self.wants(&event.kind)
    }

    pub(super) fn wants(&self, kind: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|wanted| wanted == kind))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::feed::{FeedEvent, LogLevel};

    fn log_of(call_id: Option<CallId>) -> Published {
        let event =
            FeedEvent::Log { level: LogLevel::Info, message: "m".to_owned(), call_id, at: Timestamp::UNIX_EPOCH };
        Published::new(FeedPosition { ms: 5, seq: 1 }, &event)
    }

    #[test]
    fn an_event_carries_its_type_and_position() {
        let body: Value = serde_json::from_str(&log_of(None).text).expect("JSON");
        assert_eq!((&body["type"], &body["position"]), (&json!("log"), &json!("5-1")));
    }

    #[test]
    fn a_filter_sifts_only_events_that_carry_its_field() {
        let call = |n| CallId::new(Timestamp::UNIX_EPOCH, [n; 10]);
        let filter = Filter { call_id: Some(call(1)), ..Filter::default() };
        assert!(filter.passes(&log_of(Some(call(1)))));
        assert!(filter.passes(&log_of(None)));
        assert!(!filter.passes(&log_of(Some(call(2)))));
        let only_transcripts = Filter { types: Some(vec!["transcript".to_owned()]), ..Filter::default() };
        assert!(!only_transcripts.passes(&log_of(None)));
    }

    #[test]
    fn an_unknown_action_hears_which_there_are() {
        let answer = Action::read(r#"{"action":"dance"}"#).expect_err("unknown");
        assert_eq!(answer["available_actions"], json!(ACTIONS));
        let answer = Action::read(r#"{"action":"get_call_status"}"#).expect_err("incomplete");
        assert_eq!(answer["code"], "invalid_action");
        assert_eq!(Action::read("{").expect_err("broken")["code"], "not_json");
    }

    #[test]
    fn a_position_nobody_gave_is_not_the_same_as_none() {
        let since = |text| Auth::read(text).expect("an auth message").since();
        assert_eq!(since(r#"{"action":"auth","key":"k"}"#), None);
        assert_eq!(since(r#"{"action":"auth","key":"k","since":"rubbish"}"#), Some(None));
        assert_eq!(since(r#"{"action":"auth","key":"k","since":"7-2"}"#), Some(Some(FeedPosition { ms: 7, seq: 2 })));
        assert!(Auth::read(r#"{"action":"subscribe","key":"k"}"#).is_none());
    }
}
