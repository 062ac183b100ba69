//! The `Calls` port: orders and the calls they become. One file per question; this one only says
//! which file answers.

mod claim;
mod conversation;
mod lists;
mod orders;
mod read;
mod record;
mod report;

use async_trait::async_trait;
use jiff::Timestamp;

use super::PostgresRecords;
use crate::domain::call::{Call, ConversationResult, NewOrder, Recorded, StatusReport, StatusUpdate};
use crate::domain::id::{CallId, CallSid, CampaignId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::session::SessionCustomer;
use crate::domain::settings::AccountSettings;
use crate::domain::transcript::Transcript;
use crate::ports::StoreError;
use crate::ports::calls::{CallFilter, CallStatistics, Calls, Claim, DialOutcome, Placed, SeriesPoint};

/// As in the partial indexes: the planner uses them only where the words are the same.
const LIVE: &str = "status in ('dialing', 'initiated', 'ringing', 'in_progress', 'agent_transfer')";

#[async_trait]
impl Calls for PostgresRecords {
    async fn place(&self, orders: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        orders::place(self, orders).await
    }

    async fn place_single(&self, order: &NewOrder) -> Result<Placed, StoreError> {
        orders::place_single(self, order).await
    }

    async fn release_due(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError> {
        orders::release_due(self, now, until, limit).await
    }

    async fn released_now(&self, now: Timestamp) -> Result<u32, StoreError> {
        orders::released_now(self, now).await
    }

    async fn claim(
        &self,
        call: CallId,
        settings: Option<&AccountSettings>,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        claim::claim(self, call, settings, now).await
    }

    async fn give_back(&self, call: CallId, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        orders::give_back(self, call, until, reason).await
    }

    async fn record_dial(
        &self,
        call: CallId,
        outcome: &DialOutcome,
        now: Timestamp,
    ) -> Result<Option<Call>, StoreError> {
        report::record_dial(self, call, outcome, now).await
    }

    async fn record_report(&self, report: &StatusReport, now: Timestamp) -> Result<Recorded, StoreError> {
        report::record_report(self, report, now).await
    }

    async fn find(&self, call: CallId) -> Result<Option<Call>, StoreError> {
        record::one(&self.client().await?, "s.id = $1", &[&call.as_uuid()]).await
    }

    async fn find_by_sid(&self, sid: &CallSid) -> Result<Option<Call>, StoreError> {
        record::one(&self.client().await?, "s.call_sid = $1", &[&sid.as_str()]).await
    }

    async fn session_customer(&self, call: CallId) -> Result<Option<SessionCustomer>, StoreError> {
        read::session_customer(&self.client().await?, call).await
    }

    async fn phone_of(&self, call: CallId) -> Result<Option<PhoneNumber>, StoreError> {
        read::phone_of(self, &self.client().await?, call).await
    }

    async fn quiet(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let quiet = format!("s.{LIVE} and s.call_sid is not null and s.updated_at < $1 order by s.updated_at, s.id");
        record::many(&self.client().await?, &quiet, limit, &[&before]).await
    }

    async fn silent(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let silent = "s.status = 'completed' and s.disposition is null and s.end_time < $1 order by s.end_time, s.id";
        record::many(&self.client().await?, silent, limit, &[&before]).await
    }

    async fn unresolved(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let unresolved = format!(
            "s.{LIVE} and s.status = 'dialing' and s.call_sid is null \
             and (s.outcome_unknown or s.dialed_at < $1) order by s.dialed_at, s.id"
        );
        record::many(&self.client().await?, &unresolved, limit, &[&before]).await
    }

    async fn live_count(&self) -> Result<u32, StoreError> {
        read::live_count(&self.client().await?).await
    }

    async fn save_conversation(&self, call: CallId, result: &ConversationResult) -> Result<(), StoreError> {
        conversation::save(self, call, result).await
    }

    async fn conversation(&self, call: CallId) -> Result<Option<ConversationResult>, StoreError> {
        conversation::whole(self, call).await
    }

    async fn keep_recording(&self, call: CallId, key: &str) -> Result<(), StoreError> {
        conversation::keep_recording(self, call, key).await
    }

    async fn recordings(&self, call: CallId) -> Result<Vec<String>, StoreError> {
        conversation::recordings(&self.client().await?, call).await
    }

    async fn transcript(&self, call: CallId) -> Result<Option<Transcript>, StoreError> {
        conversation::transcript(self, call).await
    }

    async fn updates(&self, call: CallId) -> Result<Vec<StatusUpdate>, StoreError> {
        read::updates(&self.client().await?, call).await
    }

    async fn list(&self, filter: &CallFilter, page: &PageRequest) -> Result<Page<Call>, StoreError> {
        lists::list(self, filter, page).await
    }

    async fn statistics(
        &self,
        since: Option<Timestamp>,
        campaign: Option<CampaignId>,
    ) -> Result<CallStatistics, StoreError> {
        lists::statistics(self, since, campaign).await
    }

    async fn series(&self, since: Timestamp, until: Timestamp, step_s: u32) -> Result<Vec<SeriesPoint>, StoreError> {
        lists::series(self, since, until, step_s).await
    }
}
