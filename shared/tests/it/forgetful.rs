//! A store of calls that can not take the carrier's answer for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use jiff::Timestamp;
use shared::domain::call::{Call, ConversationResult, NewOrder, Recorded, StatusReport, StatusUpdate};
use shared::domain::id::{CallId, CallSid, CampaignId};
use shared::domain::page::{Page, PageRequest};
use shared::domain::phone::PhoneNumber;
use shared::domain::session::SessionCustomer;
use shared::domain::settings::AccountSettings;
use shared::domain::transcript::Transcript;
use shared::ports::StoreError;
use shared::ports::calls::{CallFilter, CallStatistics, Calls, Claim, DialOutcome, Placed, SeriesPoint};

/// Fails the next so many `record_dial`; everything else goes through.
pub(crate) struct ForgetfulCalls {
    pub(crate) inner: Arc<dyn Calls>,
    pub(crate) failures: AtomicU32,
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl Calls for ForgetfulCalls {
            $(async fn $name(&self, $($arg: $ty),*) -> Result<$out, StoreError> {
                self.inner.$name($($arg),*).await
            })*
            async fn record_dial(
                &self,
                call: CallId,
                outcome: &DialOutcome,
                now: Timestamp,
            ) -> Result<Option<Call>, StoreError> {
                let failing = self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
                match failing {
                    Ok(_) => Err(StoreError::unavailable("postgres", "failing over")),
                    Err(_) => self.inner.record_dial(call, outcome, now).await,
                }
            }
        }
    };
}

calls! {
    place(orders: &[NewOrder]) -> Vec<Placed>;
    place_single(order: &NewOrder) -> Placed;
    release_due(now: Timestamp, until: Timestamp, limit: u32) -> Vec<CallId>;
    released_now(now: Timestamp) -> u32;
    claim(call: CallId, settings: Option<&AccountSettings>, now: Timestamp) -> Claim;
    give_back(call: CallId, until: Timestamp, reason: &str) -> ();
    record_report(report: &StatusReport, now: Timestamp) -> Recorded;
    find(call: CallId) -> Option<Call>;
    find_by_sid(sid: &CallSid) -> Option<Call>;
    session_customer(call: CallId) -> Option<SessionCustomer>;
    phone_of(call: CallId) -> Option<PhoneNumber>;
    quiet(before: Timestamp, limit: u32) -> Vec<Call>;
    silent(before: Timestamp, limit: u32) -> Vec<Call>;
    unresolved(before: Timestamp, limit: u32) -> Vec<Call>;
    live_count() -> u32;
    save_conversation(call: CallId, result: &ConversationResult) -> ();
    conversation(call: CallId) -> Option<ConversationResult>;
    keep_recording(call: CallId, key: &str) -> ();
    recordings(call: CallId) -> Vec<String>;
    transcript(call: CallId) -> Option<Transcript>;
    updates(call: CallId) -> Vec<StatusUpdate>;
    list(filter: &CallFilter, page: &PageRequest) -> Page<Call>;
    statistics(since: Option<Timestamp>, campaign: Option<CampaignId>) -> CallStatistics;
    series(since: Timestamp, until: Timestamp, step_s: u32) -> Vec<SeriesPoint>;
}
