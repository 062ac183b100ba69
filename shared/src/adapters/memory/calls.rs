//! The `Calls` port; what orders go through is in `dial`.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::call_record::slices;
use super::dial::session_customer;
use super::state::{CallRow, MemoryRecords, page_of};
use crate::domain::call::{Call, ConversationResult, NewOrder, Recorded, StatusReport, StatusUpdate};
use crate::domain::id::{CallId, CallSid, CampaignId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::session::SessionCustomer;
use crate::domain::settings::AccountSettings;
use crate::domain::status::CallStatus;
use crate::domain::transcript::Transcript;
use crate::ports::StoreError;
use crate::ports::calls::{CallFilter, CallStatistics, Calls, Claim, DialOutcome, Placed, SeriesPoint};

fn matches(call: &Call, filter: &CallFilter) -> bool {
    let name = call.customer_name.to_lowercase();
    filter.status.is_none_or(|status| call.status == status)
        && filter.live.is_none_or(|live| call.status.is_live() == live)
        && filter.campaign_id.as_ref().is_none_or(|id| call.campaign_id.is_some_and(|c| c.to_string() == *id))
        && filter.customer_id.as_ref().is_none_or(|id| call.customer_id.to_string() == *id)
        && filter.since.is_none_or(|since| call.requested_at >= since)
        && filter.q.as_ref().is_none_or(|q| name.contains(&q.to_lowercase()))
}

impl MemoryRecords {
    /// Calls that `keep`, oldest by `by` first.
    fn oldest(&self, limit: u32, keep: impl Fn(&Call) -> bool, by: impl Fn(&Call) -> Option<Timestamp>) -> Vec<Call> {
        let state = self.state();
        let mut found: Vec<Call> =
            state.calls.values().map(|row| &row.record.call).filter(|call| keep(call)).cloned().collect();
        found.sort_by_key(|call| (by(call), call.call_id));
        found.truncate(limit as usize);
        found
    }

    fn of_row<T>(&self, call: CallId, read: impl Fn(&CallRow) -> Option<T>) -> Option<T> {
        self.state().calls.get(&call).and_then(read)
    }
}

#[async_trait]
impl Calls for MemoryRecords {
    async fn place(&self, orders: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        Ok(orders.iter().map(|order| state.place(order, now)).collect())
    }

    async fn place_single(&self, order: &NewOrder) -> Result<Placed, StoreError> {
        let now = self.clock.now();
        let mut state = self.state();
        let same_key =
            |row: &CallRow| order.idempotency_key.as_ref().is_some_and(|key| row.idempotency_keys.contains(key));
        if state.calls.values().any(same_key) {
            return Ok(state.place(order, now));
        }
        let open = |row: &&mut CallRow| {
            let call = &row.record.call;
            let undecided = call.status == CallStatus::Queued || call.status.is_live();
            call.customer_id == order.customer_id && call.campaign_id.is_none() && undecided
        };
        if let Some(row) = state.calls.values_mut().rev().find(open) {
            row.idempotency_keys.extend(order.idempotency_key.clone());
            return Ok(Placed::Existing(row.record.call.call_id));
        }
        Ok(state.place(order, now))
    }

    async fn release_due(&self, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError> {
        Ok(self.state().release_due(now, until, limit))
    }

    async fn released_now(&self, now: Timestamp) -> Result<u32, StoreError> {
        let on_lease = |row: &&CallRow| {
            row.record.call.status == CallStatus::Queued && row.record.released_until.is_some_and(|until| until > now)
        };
        Ok(self.state().calls.values().filter(on_lease).count() as u32)
    }

    async fn claim(
        &self,
        call: CallId,
        settings: Option<&AccountSettings>,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        Ok(self.state().claim(call, settings, now))
    }

    async fn give_back(&self, call: CallId, until: Timestamp, reason: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        if let Some(row) = self.state().calls.get_mut(&call).filter(|r| r.record.call.status == CallStatus::Queued) {
            row.record.released_until = None;
            row.record.call.not_before = row.record.call.not_before.max(until);
            row.record.call.reason = Some(reason.to_owned());
            row.record.call.updated_at = now;
        }
        Ok(())
    }

    async fn record_dial(
        &self,
        call: CallId,
        outcome: &DialOutcome,
        now: Timestamp,
    ) -> Result<Option<Call>, StoreError> {
        Ok(self.state().record_dial(call, outcome, now))
    }

    async fn record_report(&self, report: &StatusReport, now: Timestamp) -> Result<Recorded, StoreError> {
        self.state().record_report(report, now)
    }

    async fn find(&self, call: CallId) -> Result<Option<Call>, StoreError> {
        Ok(self.of_row(call, |row| Some(row.record.call.clone())))
    }

    async fn find_by_sid(&self, sid: &CallSid) -> Result<Option<Call>, StoreError> {
        let id = self.state().id_of(sid);
        Ok(id.and_then(|id| self.of_row(id, |row| Some(row.record.call.clone()))))
    }

    async fn session_customer(&self, call: CallId) -> Result<Option<SessionCustomer>, StoreError> {
        let state = self.state();
        let customer = state.calls.get(&call).and_then(|row| state.customers.get(&row.record.call.customer_id));
        Ok(customer.map(|row| session_customer(&row.customer)))
    }

    async fn phone_of(&self, call: CallId) -> Result<Option<PhoneNumber>, StoreError> {
        let state = self.state();
        let customer = state.calls.get(&call).and_then(|row| state.customers.get(&row.record.call.customer_id));
        Ok(customer.map(|row| row.customer.details.phone.clone()))
    }

    async fn quiet(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let quiet = |call: &Call| call.status.is_live() && call.call_sid.is_some() && call.updated_at < before;
        Ok(self.oldest(limit, quiet, |call| Some(call.updated_at)))
    }

    async fn silent(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let silent = |call: &Call| {
            call.status == CallStatus::Completed
                && call.disposition.is_none()
                && call.end_time.is_some_and(|end| end < before)
        };
        Ok(self.oldest(limit, silent, |call| call.end_time))
    }

    async fn unresolved(&self, before: Timestamp, limit: u32) -> Result<Vec<Call>, StoreError> {
        let unresolved = |call: &Call| {
            call.status == CallStatus::Dialing
                && call.call_sid.is_none()
                && (call.outcome_unknown || call.dialed_at.is_some_and(|at| at < before))
        };
        Ok(self.oldest(limit, unresolved, |call| call.dialed_at))
    }

    async fn live_count(&self) -> Result<u32, StoreError> {
        Ok(self.state().calls.values().filter(|row| row.record.call.status.is_live()).count() as u32)
    }

    async fn save_conversation(&self, call: CallId, result: &ConversationResult) -> Result<(), StoreError> {
        let now = self.clock.now();
        if let Some(row) = self.state().calls.get_mut(&call) {
            let disposition = result.disposition.left_after(row.record.call.disposition);
            row.conversation = Some(ConversationResult { disposition, ..result.clone() });
            let call = &mut row.record.call;
            call.disposition = Some(disposition);
            call.language = Some(result.language);
            call.duration_s = call.duration_s.or(Some(result.duration_s));
            call.cost = result.cost;
            call.updated_at = now;
        }
        Ok(())
    }

    async fn conversation(&self, call: CallId) -> Result<Option<ConversationResult>, StoreError> {
        Ok(self.of_row(call, |row| row.conversation.clone()))
    }

    async fn keep_recording(&self, call: CallId, key: &str) -> Result<(), StoreError> {
        if let Some(row) = self.state().calls.get_mut(&call)
            && !row.recordings.iter().any(|known| known == key)
        {
            row.recordings.push(key.to_owned());
        }
        Ok(())
    }

    async fn recordings(&self, call: CallId) -> Result<Vec<String>, StoreError> {
        Ok(self.of_row(call, |row| Some(row.recordings.clone())).unwrap_or_default())
    }

    async fn transcript(&self, call: CallId) -> Result<Option<Transcript>, StoreError> {
        Ok(self.of_row(call, |row| row.conversation.as_ref().map(|c| c.transcript.clone())))
    }

    async fn updates(&self, call: CallId) -> Result<Vec<StatusUpdate>, StoreError> {
        Ok(self.of_row(call, |row| Some(row.updates.clone())).unwrap_or_default())
    }

    async fn list(&self, filter: &CallFilter, page: &PageRequest) -> Result<Page<Call>, StoreError> {
        let state = self.state();
        let rows = state.calls.iter().rev().filter(|(_, row)| matches(&row.record.call, filter));
        page_of(rows.map(|(id, row)| (id.as_uuid(), row.record.call.clone())), page)
    }

    async fn statistics(
        &self,
        since: Option<Timestamp>,
        campaign: Option<CampaignId>,
    ) -> Result<CallStatistics, StoreError> {
        let state = self.state();
        let calls: Vec<&Call> = state
            .calls
            .values()
            .map(|row| &row.record.call)
            .filter(|c| since.is_none_or(|since| c.requested_at >= since))
            .filter(|c| campaign.is_none() || c.campaign_id == campaign)
            .collect();
        let count = |keep: fn(&Call) -> bool| calls.iter().filter(|call| keep(call)).count() as i64;
        let durations: Vec<f64> = calls
            .iter()
            .filter(|c| c.status == CallStatus::Completed)
            .filter_map(|c| c.duration_s.map(f64::from))
            .collect();
        Ok(CallStatistics {
            total_calls: calls.len() as i64,
            queued_calls: count(|c| c.status == CallStatus::Queued),
            active_calls: count(|c| c.status.is_live()),
            completed_calls: count(|c| c.status == CallStatus::Completed),
            failed_calls: count(|c| c.status == CallStatus::Failed),
            not_picked_calls: count(|c| c.status == CallStatus::NotPicked),
            skipped_calls: count(|c| c.status == CallStatus::Skipped),
            transferred_calls: count(|c| c.agent_transfer_time.is_some()),
            average_duration: durations.iter().sum::<f64>() / durations.len().max(1) as f64,
            ..CallStatistics::default()
        }
        .with_rates())
    }

    async fn series(&self, since: Timestamp, until: Timestamp, step_s: u32) -> Result<Vec<SeriesPoint>, StoreError> {
        let (count, step) = slices(since, until, step_s);
        let state = self.state();
        let point = |slice: u64| {
            let at = since + std::time::Duration::from_secs(slice * step);
            let end = (at + std::time::Duration::from_secs(step)).min(until);
            let calls = || {
                let calls = state.calls.values().map(|row| &row.record.call);
                calls.filter(move |call| (at..end).contains(&call.requested_at))
            };
            let of = |status| calls().filter(|call| call.status == status).count() as i64;
            SeriesPoint {
                at,
                requested: calls().count() as i64,
                completed: of(CallStatus::Completed),
                failed: of(CallStatus::Failed),
                not_picked: of(CallStatus::NotPicked),
            }
        };
        Ok((0..count).map(point).collect())
    }
}
