//! What Redis knows of a call while it lasts (`temp:{CallId}`, then `call_session:{CallSid}`).

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{CallId, CallSid, CustomerId};
use super::language::Language;
use super::money::Paise;
use super::status::CallStatus;

/// The facts the bot needs to talk with one customer. No phone number: the bot never needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields of CustomerDetails")]
pub struct SessionCustomer {
    pub id: CustomerId,
    pub name: String,
    pub state: Option<String>,
    pub loan_id: Option<String>,
    pub amount: Option<Paise>,
    pub due_date: Option<Date>,
    pub language: Language,
}

/// A live call's session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallSession {
    /// Ours.
    pub call_id: CallId,
    /// Exotel's, once linked.
    pub call_sid: Option<CallSid>,
    /// Whom we talk with.
    pub customer: SessionCustomer,
    /// What the call is for; none: the usual playbook.
    #[serde(default)]
    pub playbook: Option<String>,
    /// As last written here; Postgres holds the truth.
    pub status: CallStatus,
    /// Set when the conversation shall be, or is being, handed to a human.
    pub hand_over: Option<HandOver>,
    /// First written.
    pub created_at: Timestamp,
}

impl CallSession {
    /// Its wish for a human, as it stands once agents were rung and none came.
    pub fn untaken(&self, now: Timestamp) -> HandOver {
        let unknown =
            || HandOver { reason: String::new(), language: self.customer.language, requested_at: now, untaken: true };
        self.hand_over.clone().map_or_else(unknown, |wish| HandOver { untaken: true, ..wish })
    }
}

/// The wish to hand a call to a human agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandOver {
    /// Why, for the agent's whisper.
    pub reason: String,
    /// The language the caller speaks.
    pub language: Language,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// No agent took the call: what is left to say is that we phone again.
    #[serde(default)]
    pub untaken: bool,
}
