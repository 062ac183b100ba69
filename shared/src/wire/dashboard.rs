//! What a browser may say on the dashboard's socket, and what it wants to hear.
//! Knows no socket and no feed.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::feed::FeedPosition;
use crate::domain::id::{CallId, CallSid, CampaignId};

/// The actions, as an unknown one is answered.
const ACTIONS: [&str; 5] = ["subscribe", "get_dashboard_data", "get_call_status", "transfer_to_agent", "ping"];

/// The first message: `{"action":"auth","key","since"?}`.
#[derive(Deserialize)]
pub struct Auth {
    action: String,
    /// The API key.
    pub key: SecretString,
    #[serde(default)]
    since: Option<String>,
}

impl Auth {
    /// `None` for anything that is not such a message.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|auth| auth.action == "auth")
    }

    /// The position the browser goes on from; `Some(None)` for one nobody gave us: like one that is
    /// too old.
    pub fn since(&self) -> Option<Option<FeedPosition>> {
        self.since.as_deref().filter(|since| !since.is_empty()).map(FeedPosition::parse)
    }
}

/// A later message.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Hear only some events from now on.
    Subscribe {
        /// Which.
        filter: Filter,
    },
    /// Everything the page shows, once.
    GetDashboardData {
        /// Calls ordered since then.
        #[serde(default)]
        since: Option<Timestamp>,
        /// Calls of this campaign only.
        #[serde(default)]
        campaign_id: Option<CampaignId>,
    },
    /// What the stores know of one call.
    GetCallStatus {
        /// Which.
        call_sid: CallSid,
    },
    /// Hand a live call over.
    TransferToAgent {
        /// Which.
        call_sid: CallSid,
        /// For the agent.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Is anybody there?
    Ping,
}

impl Action {
    /// The action, or the error message that answers it.
    pub fn read(text: &str) -> Result<Self, Value> {
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

/// The message that answers what can not be done.
pub fn error_message(code: &str, message: &str) -> Value {
    json!({ "type": "error", "code": code, "message": message })
}

/// Which events a browser wants. A field only sifts events that carry it: a log line of no call
/// passes every `call_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Events of this campaign.
    pub campaign_id: Option<CampaignId>,
    /// Events of this call.
    pub call_id: Option<CallId>,
    /// Events of these kinds (`status_update`, `statistics`, …).
    pub types: Option<Vec<String>>,
}

impl Filter {
    /// Whether an event of that kind, and of that call and campaign where it has one, is wanted.
    pub fn passes(&self, kind: &str, call_id: Option<CallId>, campaign_id: Option<CampaignId>) -> bool {
        let same_campaign = self.campaign_id.is_none() || campaign_id.is_none() || self.campaign_id == campaign_id;
        let same_call = self.call_id.is_none() || call_id.is_none() || self.call_id == call_id;
        same_campaign && same_call && self.wants(kind)
    }

    /// Whether messages of that kind are wanted.
    pub fn wants(&self, kind: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|wanted| wanted == kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_sifts_only_events_that_carry_its_field() {
        let call = |n| CallId::new(Timestamp::UNIX_EPOCH, [n; 10]);
        let filter = Filter { call_id: Some(call(1)), ..Filter::default() };
        assert!(filter.passes("log", Some(call(1)), None));
        assert!(filter.passes("log", None, None));
        assert!(!filter.passes("log", Some(call(2)), None));
        let only_transcripts = Filter { types: Some(vec!["transcript".to_owned()]), ..Filter::default() };
        assert!(!only_transcripts.passes("log", None, None));
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
