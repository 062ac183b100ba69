//! Records as people see them: numbers masked, money in rupees.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::call::{Call, Disposition};
use crate::domain::id::{CallId, CallSid, CampaignId, CustomerId};
use crate::domain::language::Language;
use crate::domain::status::{CallStatus, FailureClass};

/// A call as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields of domain::call::Call")]
pub struct CallView {
    pub call_id: CallId,
    pub call_sid: Option<CallSid>,
    pub customer_id: CustomerId,
    pub customer_name: String,
    /// `******3210`: lists of calls never show more.
    pub phone_number: String,
    pub campaign_id: Option<CampaignId>,
    pub attempt: i16,
    /// What the call is for; none in records from before orders said so.
    pub playbook: Option<String>,
    pub status: CallStatus,
    /// A phone is, or may be, ringing or in use.
    pub live: bool,
    pub outcome_unknown: bool,
    pub not_before: Timestamp,
    pub requested_at: Timestamp,
    pub dialed_at: Option<Timestamp>,
    pub answered_at: Option<Timestamp>,
    pub agent_transfer_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    /// Seconds.
    pub duration: Option<i32>,
    pub failure_class: Option<FailureClass>,
    pub reason: Option<String>,
    pub disposition: Option<Disposition>,
    pub language: Option<Language>,
    /// Masked.
    pub agent: Option<String>,
    pub cost_paise: Option<i64>,
    pub updated_at: Timestamp,
}

impl From<Call> for CallView {
    fn from(call: Call) -> Self {
        Self {
            call_id: call.call_id,
            call_sid: call.call_sid,
            customer_id: call.customer_id,
            customer_name: call.customer_name,
            phone_number: format!("******{}", call.phone_last4),
            campaign_id: call.campaign_id,
            attempt: call.attempt,
            playbook: call.playbook,
            status: call.status,
            live: call.status.is_live(),
            outcome_unknown: call.outcome_unknown,
            not_before: call.not_before,
            requested_at: call.requested_at,
            dialed_at: call.dialed_at,
            answered_at: call.answered_at,
            agent_transfer_time: call.agent_transfer_time,
            end_time: call.end_time,
            duration: call.duration_s,
            failure_class: call.failure_class,
            reason: call.reason,
            disposition: call.disposition,
            language: call.language,
            agent: call.agent,
            cost_paise: call.cost.map(|c| c.0),
            updated_at: call.updated_at,
        }
    }
}
