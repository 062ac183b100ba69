//! Orders and the calls they become, as records.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cost::Meters;
use super::dialogue::Promised;
use super::id::{CallId, CallSid, CampaignId, CustomerId};
use super::language::Language;
use super::money::Paise;
use super::status::{CallStatus, FailureClass, Source, Step};
use super::timings::Timings;
use super::transcript::Transcript;

/// An order to phone one customer once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrder {
    /// Our id, made before anything is stored.
    pub call_id: CallId,
    /// Whom to phone.
    pub customer_id: CustomerId,
    /// The campaign it belongs to; none for a single call.
    pub campaign_id: Option<CampaignId>,
    /// 1 for the first try; a retry is a new order with the next number.
    pub attempt: i16,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// A repeated single order with the same key is the same order.
    pub idempotency_key: Option<String>,
    /// What it is for, by the name of its playbook; none: the usual one when it is dialled.
    pub playbook: Option<String>,
}

impl NewOrder {
    /// The first try of an order that stands alone: no campaign, no key, the usual playbook.
    pub fn single(call_id: CallId, customer_id: CustomerId, not_before: Timestamp) -> Self {
        Self { call_id, customer_id, campaign_id: None, attempt: 1, not_before, idempotency_key: None, playbook: None }
    }
}

/// An order or call as stored, without its transcript.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Our id.
    pub call_id: CallId,
    /// Exotel's id, once known.
    pub call_sid: Option<CallSid>,
    /// Whom.
    pub customer_id: CustomerId,
    /// The customer's name, for lists.
    pub customer_name: String,
    /// Last four digits of the number.
    pub phone_last4: String,
    /// Campaign, if any.
    pub campaign_id: Option<CampaignId>,
    /// Which try.
    pub attempt: i16,
    /// What it is for, by the name of its playbook; none in records from before orders had one.
    pub playbook: Option<String>,
    /// Where it stands.
    pub status: CallStatus,
    /// Exotel may or may not have placed it: never dialled again until reconciled.
    pub outcome_unknown: bool,
    /// Not before this moment.
    pub not_before: Timestamp,
    /// When it was ordered.
    pub requested_at: Timestamp,
    /// When Exotel was asked.
    pub dialed_at: Option<Timestamp>,
    /// First sign of somebody on the line.
    pub answered_at: Option<Timestamp>,
    /// When it was handed over.
    pub agent_transfer_time: Option<Timestamp>,
    /// When it became final.
    pub end_time: Option<Timestamp>,
    /// Seconds, as the carrier or the stream measured.
    pub duration_s: Option<i32>,
    /// Why it did not become a conversation.
    pub failure_class: Option<FailureClass>,
    /// The reason in words (the gate's verdict, Exotel's message).
    pub reason: Option<String>,
    /// How the conversation went.
    pub disposition: Option<Disposition>,
    /// The language spoken last.
    pub language: Option<Language>,
    /// The agent's number, masked.
    pub agent: Option<String>,
    /// What the call cost.
    pub cost: Option<Paise>,
    /// Last change of the record.
    pub updated_at: Timestamp,
}

/// How a conversation went, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// Asked for, and handed to, a human agent.
    Transferred,
    /// Heard the reminder and needs nothing.
    Informed,
    /// Promised to pay.
    PromiseToPay,
    /// Asked to be phoned later.
    CallbackRequested,
    /// Somebody else's phone.
    WrongNumber,
    /// Asked never to be phoned again.
    DoNotCall,
    /// Said nothing that could be understood.
    NoResponse,
    /// Hung up in mid-conversation.
    HungUp,
    /// An answering machine.
    Voicemail,
    /// Our side broke.
    Broken,
}

impl Disposition {
    /// All dispositions.
    pub const ALL: [Self; 10] = [
        Self::Transferred,
        Self::Informed,
        Self::PromiseToPay,
        Self::CallbackRequested,
        Self::WrongNumber,
        Self::DoNotCall,
        Self::NoResponse,
        Self::HungUp,
        Self::Voicemail,
        Self::Broken,
    ];

    /// What stands in the record once a conversation has left this: it may be saved after the report that
    /// nobody took its hand-over.
    pub fn left_after(self, known: Option<Self>) -> Self {
        match (known, self) {
            (Some(Self::CallbackRequested), Self::Transferred) => Self::CallbackRequested,
            (_, left) => left,
        }
    }

    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transferred => "transferred",
            Self::Informed => "informed",
            Self::PromiseToPay => "promise_to_pay",
            Self::CallbackRequested => "callback_requested",
            Self::WrongNumber => "wrong_number",
            Self::DoNotCall => "do_not_call",
            Self::NoResponse => "no_response",
            Self::HungUp => "hung_up",
            Self::Voicemail => "voicemail",
            Self::Broken => "broken",
        }
    }

    /// The disposition of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.as_str() == word)
    }
}

/// Which call a report speaks of: our id, Exotel's, or both (then the Sid is bound).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRef {
    /// Ours, where the message carried it with a valid signature or in `CustomField`.
    pub call_id: Option<CallId>,
    /// Exotel's.
    pub call_sid: Option<CallSid>,
}

/// One report about a call, from whatever source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// Whose.
    pub call: CallRef,
    /// The status it claims.
    pub status: CallStatus,
    /// Who says so.
    pub source: Source,
    /// Why, for `failed` and `not_picked`.
    pub failure_class: Option<FailureClass>,
    /// A sentence for people.
    pub message: String,
    /// When it happened, by the reporter's clock.
    pub occurred_at: Timestamp,
    /// Seconds on the line, where the reporter knows.
    pub duration_s: Option<i32>,
    /// Carrier's recording link.
    pub recording_url: Option<String>,
    /// The agent's number (masked) where this is about the hand-over leg.
    pub agent: Option<String>,
    /// The reporter's own fields, numbers already masked.
    pub extra: serde_json::Value,
    /// A hand-over came to nothing: somebody must phone this customer again.
    #[serde(default)]
    pub call_back_due: bool,
    /// The same report seen twice has the same key.
    pub dedupe_key: String,
}

/// What recording a report did.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// Stored; the call before the report, and what the report changed.
    Stored {
        /// The call as it is after the report.
        call: Box<Call>,
        /// What changed.
        step: Step,
    },
    /// Seen before: nothing stored.
    Duplicate,
    /// No such call (yet): keep the report and try again.
    UnknownCall,
    /// It would make the call live while another call to the same phone is: nothing stored. Keep
    /// the report and try again.
    PhoneInUse,
    /// The message names one of our calls with a Sid that belongs to another: refused, logged.
    SidConflict,
}

/// One line of a call's history.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields of StatusReport, as stored")]
pub struct StatusUpdate {
    pub status: CallStatus,
    pub source: Source,
    pub message: String,
    pub occurred_at: Timestamp,
    pub received_at: Timestamp,
    /// False where it came late and changed nothing.
    pub applied: bool,
    pub extra: serde_json::Value,
}

/// What a finished (or broken off) conversation leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationResult {
    /// Every line, as heard.
    pub transcript: Transcript,
    /// How it went.
    pub disposition: Disposition,
    /// The last thing the caller wanted (`agent`, `yes`, `no`, `unclear`, …).
    pub intent: Option<String>,
    /// What was promised, where it was read back and agreed to.
    pub promise: Option<Promised>,
    /// The language spoken last.
    pub language: Language,
    /// One or two sentences for the agent and the list.
    pub summary: String,
    /// Stream length.
    pub duration_s: i32,
    /// Per-turn waterfall.
    pub timings: Timings,
    /// What it used of paid services.
    pub meters: Meters,
    /// What that costs; none where nobody could tell.
    pub cost: Option<Paise>,
}
