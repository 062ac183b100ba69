//! The carrier.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::BoxError;
use crate::domain::id::{CallId, CallSid};
use crate::domain::phone::PhoneNumber;
use crate::domain::status::{CallStatus, FailureClass};

/// One request to phone somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Ours; travels in `CustomField` and in the callback's address.
    pub call_id: CallId,
    /// Whom.
    pub to: PhoneNumber,
    /// Seconds it may ring.
    pub ring_timeout_s: u32,
    /// Seconds it may last.
    pub call_limit_s: u32,
    /// Where status reports go (already signed).
    pub status_callback: String,
}

/// Why a request did not lead to a known call. The variants are what the caller can do next.
#[derive(Debug, thiserror::Error)]
pub enum TelephonyError {
    /// Surely no call; asking again would be refused again.
    #[error("the carrier refused: {reason}")]
    Refused {
        /// For the record.
        class: FailureClass,
        /// Its words.
        reason: String,
    },
    /// Surely no call; too many requests. Everyone slows down, no attempt is counted.
    #[error("the carrier asks us to slow down")]
    Busy {
        /// Its `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Surely no call, and no order will go through: credentials, balance, account.
    #[error("the carrier does not serve this account: {reason}")]
    AccountBlocked {
        /// For the record.
        class: FailureClass,
        /// Its words.
        reason: String,
    },
    /// Timeout, 5xx, cut connection: there may be a call. Never asked again by itself.
    #[error("nobody knows whether the carrier placed the call")]
    OutcomeUnknown(#[source] BoxError),
}

impl TelephonyError {
    /// Only a request that surely made no call may be sent again: the other mistake rings a customer twice.
    pub fn surely_no_call(&self) -> bool {
        match self {
            Self::Refused { .. } | Self::Busy { .. } | Self::AccountBlocked { .. } => true,
            Self::OutcomeUnknown(_) => false,
        }
    }
}

/// What the carrier's record says of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CarrierRecord {
    /// Its id.
    pub sid: CallSid,
    /// The status it maps to; `None` for a word we do not know (kept in `raw_status`).
    pub status: Option<CallStatus>,
    /// Its own word.
    pub raw_status: String,
    /// Why, for `failed` and `not_picked`.
    pub failure_class: Option<FailureClass>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// Seconds.
    pub duration_s: Option<i32>,
    /// Its price.
    pub price: Option<String>,
    /// Its recording.
    pub recording_url: Option<String>,
    /// All fields, numbers masked.
    pub masked: serde_json::Value,
}

/// The carrier's call API.
#[async_trait]
pub trait Telephony: Send + Sync {
    /// Asks for a call, once. There is no idempotency key: repeating places a second call (exotel.md 1.1).
    async fn dial(&self, dial: &Dial) -> Result<CallSid, TelephonyError>;
    /// The carrier's record of a call; `None` where it knows none.
    async fn details(&self, sid: &CallSid) -> Result<Option<CarrierRecord>, TelephonyError>;
    /// Calls to a number created between two moments, oldest first.
    async fn find(
        &self,
        to: &PhoneNumber,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<CarrierRecord>, TelephonyError>;
}
