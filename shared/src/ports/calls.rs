//! Orders and calls: the records that decide who is phoned.

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::call::{Call, ConversationResult, NewOrder, Recorded, StatusReport, StatusUpdate};
use crate::domain::gate::Verdict;
use crate::domain::id::{CallId, CallSid, CampaignId, CustomerId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::session::SessionCustomer;
use crate::domain::settings::AccountSettings;
use crate::domain::status::{CallStatus, FailureClass};
use crate::domain::transcript::Transcript;

/// What became of one new order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// Stored.
    New(CallId),
    /// The same order (same idempotency key, or same campaign, customer and attempt) exists.
    Existing(CallId),
    /// There is no such customer.
    NoCustomer(CustomerId),
}

/// What claiming an order did. Everything in one transaction, under a lock on the phone.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// The order is `dialing` and ours: ask Exotel, once.
    Claimed(Box<ClaimedOrder>),
    /// The gate said wait or skip; the verdict is stored with the order.
    Refused(Verdict),
    /// Somebody claimed it before, or it is final, or it does not exist: nothing to do.
    NotQueued,
}

/// What a claimed order needs for the request to Exotel and for the session.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedOrder {
    /// The order.
    pub call: Call,
    /// The number to dial.
    pub phone: PhoneNumber,
    /// For the session.
    pub customer: SessionCustomer,
}

/// What Exotel's answer was, as the record keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialOutcome {
    /// Exotel handed it to an operator: `initiated`, with this Sid.
    Accepted(CallSid),
    /// Surely no call was made: `failed`.
    Refused {
        /// Stored class.
        class: FailureClass,
        /// Exotel's words.
        reason: String,
    },
    /// Surely no call was made, and it was not this order's fault (rate limit, no token): back to
    /// `queued`, no attempt counted.
    NotNow {
        /// Not before. Later than the claim: the same answer stored again must not free a claim
        /// that another worker made since.
        until: Timestamp,
        /// For people.
        reason: String,
    },
    /// Nobody knows: stays `dialing` with `outcome_unknown`, never dialled again by itself.
    Unknown {
        /// What was seen (timeout, 504, cut connection).
        reason: String,
    },
}

/// Which calls a list means.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct CallFilter {
    /// Only these.
    pub status: Option<CallStatus>,
    /// Only live ones.
    pub live: Option<bool>,
    /// Of one campaign.
    pub campaign_id: Option<String>,
    /// Of one customer.
    pub customer_id: Option<String>,
    /// Requested at or after.
    pub since: Option<Timestamp>,
    /// Part of the customer's name.
    pub q: Option<String>,
}

/// The numbers at the top of the dashboard.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it; rates are explained")]
pub struct CallStatistics {
    pub total_calls: i64,
    pub queued_calls: i64,
    pub active_calls: i64,
    pub completed_calls: i64,
    pub failed_calls: i64,
    pub not_picked_calls: i64,
    pub skipped_calls: i64,
    pub transferred_calls: i64,
    /// Completed / (completed + failed + not picked), 0 to 1; 0 while nothing is final.
    pub success_rate: f64,
    /// Failed / (completed + failed + not picked).
    pub failure_rate: f64,
    /// Transferred / completed.
    pub agent_transfer_rate: f64,
    /// Seconds, of completed calls.
    pub average_duration: f64,
}

impl CallStatistics {
    /// Works out the three rates from the counts.
    pub fn with_rates(mut self) -> Self {
        let share = |part: i64, whole: i64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let dialled = self.completed_calls + self.failed_calls + self.not_picked_calls;
        self.success_rate = share(self.completed_calls, dialled);
        self.failure_rate = share(self.failed_calls, dialled);
        self.agent_transfer_rate = share(self.transferred_calls, self.completed_calls);
        self
    }
}

/// Calls by outcome in one slice of time; a call stands in the slice it was ordered in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "counts by outcome")]
pub struct SeriesPoint {
    /// Start of the slice.
    pub at: Timestamp,
    pub requested: i64,
    pub completed: i64,
    pub failed: i64,
    pub not_picked: i64,
}

/// The orders and calls.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Writes orders; answers in the same order. Repeating the same orders changes nothing.
    async fn place(&self, orders: &[NewOrder]) -> Result<Vec<Placed>, StoreError>;
    /// Writes a single order (no campaign). The order of the same key is that order; where the customer
    /// has an open single order, that is undialled or live, it is that one, and the key is from then on
    /// that order's too. Of two requests at the same moment only one is written.
    async fn place_single(&self, order: &NewOrder) -> Result<Placed, StoreError>;
    /// Leases up to `limit` due orders (queued, `not_before` passed, lease free, campaign running)
    /// until `until`. Orders of a cancelled or closed campaign become `skipped`.
    async fn release_due(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError>;
    /// Orders on lease that no worker has claimed yet.
    async fn released_now(&self, now: Timestamp) -> Result<u32, StoreError>;
    /// Locks the phone, reads the facts, runs the gate, and claims or gives back.
    async fn claim(
        &self,
        call: CallId,
        settings: Option<&AccountSettings>,
        now: Timestamp,
    ) -> Result<Claim, StoreError>;
    /// Gives an unclaimed order back untouched (pace, calls in flight): queued, not before `until`
    /// nor before its own moment.
    async fn give_back(&self, call: CallId, until: Timestamp, reason: &str) -> Result<(), StoreError>;
    /// Stores Exotel's answer. A report that came first is never undone by it.
    async fn record_dial(
        &self,
        call: CallId,
        outcome: &DialOutcome,
        now: Timestamp,
    ) -> Result<Option<Call>, StoreError>;
    /// Records one report: locks the row, runs the status machine, binds the Sid, stores the update.
    async fn record_report(&self, report: &StatusReport, now: Timestamp) -> Result<Recorded, StoreError>;
    /// The call with our id.
    async fn find(&self, call: CallId) -> Result<Option<Call>, StoreError>;
    /// The call with Exotel's id.
    async fn find_by_sid(&self, sid: &CallSid) -> Result<Option<Call>, StoreError>;
    /// What the bot needs, from the records (when Redis has lost the session).
    async fn session_customer(&self, call: CallId) -> Result<Option<SessionCustomer>, StoreError>;
    /// The number of a call: reconcile looks for it in Exotel's list.
    async fn phone_of(&self, call: CallId) -> Result<Option<PhoneNumber>, StoreError>;
    /// Live calls with a Sid and no news since `before`, oldest first.
    async fn quiet(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError>;
    /// Completed calls that ended before `before` and left no conversation, oldest first.
    async fn silent(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError>;
    /// Calls whose outcome is unknown, or that were claimed before `before` and never asked about
    /// (a worker died between claim and answer); oldest first.
    async fn unresolved(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError>;
    /// Live calls now.
    async fn live_count(&self) -> Result<u32, StoreError>;
    /// Stores what the conversation left; a second write for the same call replaces the first.
    async fn save_conversation(&self, call: CallId, result: &ConversationResult) -> Result<(), StoreError>;
    /// What was stored last; its cost is what was written then.
    async fn conversation(&self, call: CallId) -> Result<Option<ConversationResult>, StoreError>;
    /// Notes the object that holds a recording of the call. Another one stands beside it; the same
    /// one again changes nothing.
    async fn keep_recording(&self, call: CallId, key: &str) -> Result<(), StoreError>;
    /// The keys of the call's recordings, oldest first.
    async fn recordings(&self, call: CallId) -> Result<Vec<String>, StoreError>;
    /// The stored transcript.
    async fn transcript(&self, call: CallId) -> Result<Option<Transcript>, StoreError>;
    /// The reports of a call, oldest first; of more than 500 the newest.
    async fn updates(&self, call: CallId) -> Result<Vec<StatusUpdate>, StoreError>;
    /// A page, newest first.
    async fn list(&self, filter: &CallFilter, page: &PageRequest) -> Result<Page<Call>, StoreError>;
    /// The numbers since `since` (all, without it).
    async fn statistics(
        &self,
        since: Option<Timestamp>,
        campaign: Option<CampaignId>,
    ) -> Result<CallStatistics, StoreError>;
    /// Counts in slices of `step_s` seconds from `since` to `until`; at most 500 slices.
    async fn series(&self, since: Timestamp, until: Timestamp, step_s: u32) -> Result<Vec<SeriesPoint>, StoreError>;
}
