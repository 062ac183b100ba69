//! Orders: placing, leasing, claiming, and what Exotel and the reports said of them.

use jiff::Timestamp;

use super::super::call_record::{CallRecord, attempt_windows, history_of};
use super::state::{CallRow, State};
use crate::domain::call::{Call, NewOrder, Recorded, StatusReport, StatusUpdate};
use crate::domain::campaign::CampaignStatus;
use crate::domain::customer::Customer;
use crate::domain::gate::{GateFacts, Verdict, judge};
use crate::domain::id::{CallId, CallSid};
use crate::domain::session::SessionCustomer;
use crate::domain::settings::AccountSettings;
use crate::domain::status::{CallStatus, FailureClass, Source, Step};
use crate::ports::StoreError;
use crate::ports::calls::{Claim, ClaimedOrder, DialOutcome, Placed};

pub(super) fn session_customer(customer: &Customer) -> SessionCustomer {
    let d = &customer.details;
    SessionCustomer {
        id: customer.id,
        name: d.name.clone(),
        state: d.state.clone(),
        loan_id: d.loan_id.clone(),
        amount: d.amount,
        due_date: d.due_date,
        language: d.language,
    }
}

impl State {
    pub(super) fn place(&mut self, order: &NewOrder, now: Timestamp) -> Placed {
        let same = |row: &&CallRow| {
            let call = &row.record.call;
            call.call_id == order.call_id
                || order.idempotency_key.as_ref().is_some_and(|key| row.idempotency_keys.contains(key))
                || (order.campaign_id.is_some()
                    && call.campaign_id == order.campaign_id
                    && call.customer_id == order.customer_id
                    && call.attempt == order.attempt)
        };
        if let Some(row) = self.calls.values().find(same) {
            return Placed::Existing(row.record.call.call_id);
        }
        let Some(customer) = self.customers.get(&order.customer_id).map(|row| &row.customer) else {
            return Placed::NoCustomer(order.customer_id);
        };
        let row = CallRow {
            record: CallRecord { call: new_call(order, customer, now), released_until: None, recording_url: None },
            phone: customer.details.phone.clone(),
            idempotency_keys: order.idempotency_key.iter().cloned().collect(),
            conversation: None,
            recordings: Vec::new(),
            updates: Vec::new(),
            dedupe_keys: Vec::new(),
        };
        self.calls.insert(order.call_id, row);
        Placed::New(order.call_id)
    }

    /// Orders of a campaign that is paused or not begun stay where they are: released, each would
    /// only come back and take another order's place.
    fn is_due(&self, record: &CallRecord, now: Timestamp) -> bool {
        let call = &record.call;
        let campaign = call.campaign_id.and_then(|id| self.campaigns.get(&id)).map(|row| row.status);
        call.status == CallStatus::Queued
            && call.not_before <= now
            && record.released_until.is_none_or(|until| until <= now)
            && campaign.is_none_or(|status| status == CampaignStatus::Running)
    }

    fn end_cancelled(&mut self, now: Timestamp) {
        let reason = "the campaign was cancelled".to_owned();
        let verdict = Verdict::Skip { class: FailureClass::CampaignCancelled, reason };
        for row in self.calls.values_mut().filter(|row| row.record.call.status == CallStatus::Queued) {
            let campaign = row.record.call.campaign_id.and_then(|id| self.campaigns.get(&id)).map(|row| row.status);
            if matches!(campaign, Some(CampaignStatus::Cancelled | CampaignStatus::Completed)) {
                row.record.verdict(&verdict, now);
            }
        }
    }

    pub(super) fn release_due(&mut self, now: Timestamp, until: Timestamp, limit: u32) -> Vec<CallId> {
        self.end_cancelled(now);
        let rows = self.calls.values().map(|row| &row.record).filter(|record| self.is_due(record, now));
        let mut due: Vec<_> = rows.map(|record| (record.call.not_before, record.call.call_id)).collect();
        due.sort();
        due.truncate(limit as usize);
        let ids: Vec<CallId> = due.into_iter().map(|(_, id)| id).collect();
        for id in &ids {
            if let Some(row) = self.calls.get_mut(id) {
                row.record.released_until = Some(until);
            }
        }
        ids
    }

    pub(super) fn claim(&mut self, id: CallId, settings: Option<&AccountSettings>, now: Timestamp) -> Claim {
        let Some(row) = self.calls.get(&id).filter(|row| row.record.call.status == CallStatus::Queued) else {
            return Claim::NotQueued;
        };
        let phone = row.phone.clone();
        let customer = self.customers.get(&row.record.call.customer_id).map(|row| session_customer(&row.customer));
        let verdict = judge(&self.facts(row, customer.is_some(), settings, now), settings, now);
        let Some(row) = self.calls.get_mut(&id) else { return Claim::NotQueued };
        row.record.verdict(&verdict, now);
        match (verdict, customer) {
            (Verdict::Call, Some(customer)) => {
                Claim::Claimed(Box::new(ClaimedOrder { call: row.record.call.clone(), phone, customer }))
            }
            (verdict, _) => Claim::Refused(verdict),
        }
    }

    fn facts(&self, row: &CallRow, customer: bool, settings: Option<&AccountSettings>, now: Timestamp) -> GateFacts {
        let call = &row.record.call;
        let (today, week) = attempt_windows(settings, now);
        let others = || {
            let to_phone = self.calls.values().filter(|other| other.phone == row.phone);
            to_phone.map(|other| &other.record.call).filter(|other| other.call_id != call.call_id)
        };
        let since = |from| others().filter(|other| other.dialed_at.is_some_and(|at| at >= from)).count() as u32;
        GateFacts {
            customer_exists: customer,
            on_do_not_call: self.do_not_call.contains_key(&row.phone),
            live_call_to_phone: others().any(|other| other.status.is_live()),
            attempts_today: since(today),
            attempts_this_week: since(week),
            campaign: call.campaign_id.and_then(|id| self.campaigns.get(&id)).map(|row| row.status),
            not_before: call.not_before,
        }
    }

    pub(super) fn record_dial(&mut self, id: CallId, outcome: &DialOutcome, now: Timestamp) -> Option<Call> {
        let row = self.calls.get_mut(&id)?;
        let applied = row.record.dialled(outcome, now);
        let (status, message) = history_of(outcome);
        row.updates.push(StatusUpdate {
            status,
            source: Source::Dial,
            message: message.to_owned(),
            occurred_at: now,
            received_at: now,
            applied,
            extra: serde_json::Value::Null,
        });
        Some(row.record.call.clone())
    }

    pub(super) fn record_report(&mut self, report: &StatusReport, now: Timestamp) -> Result<Recorded, StoreError> {
        let Some(id) = self.named(report) else { return Ok(Recorded::UnknownCall) };
        if self.calls.values().any(|row| row.dedupe_keys.contains(&report.dedupe_key)) {
            return Ok(Recorded::Duplicate);
        }
        let taken = report.call.call_sid.as_ref().and_then(|sid| self.id_of(sid)).is_some_and(|owner| owner != id);
        let live = |row: &CallRow| row.record.call.call_id != id && row.record.call.status.is_live();
        let phone = self.calls.get(&id).map(|row| row.phone.clone());
        let in_use = self.calls.values().any(|row| Some(&row.phone) == phone.as_ref() && live(row));
        let Some(row) = self.calls.get_mut(&id).filter(|_| !taken) else { return Ok(Recorded::SidConflict) };
        let mut changed = row.record.clone();
        let Ok(step) = changed.report(report, now) else { return Ok(Recorded::SidConflict) };
        if in_use && changed.call.status.is_live() {
            return Ok(Recorded::PhoneInUse);
        }
        row.record = changed;
        row.dedupe_keys.push(report.dedupe_key.clone());
        row.updates.push(StatusUpdate {
            status: report.status,
            source: report.source,
            message: report.message.clone(),
            occurred_at: report.occurred_at,
            received_at: now,
            applied: step != Step::Ignored,
            extra: report.extra.clone(),
        });
        Ok(Recorded::Stored { call: Box::new(row.record.call.clone()), step })
    }

    fn named(&self, report: &StatusReport) -> Option<CallId> {
        let ours = report.call.call_id.filter(|id| self.calls.contains_key(id));
        ours.or_else(|| self.id_of(report.call.call_sid.as_ref()?))
    }

    pub(super) fn id_of(&self, sid: &CallSid) -> Option<CallId> {
        let mut calls = self.calls.values().map(|row| &row.record.call);
        calls.find(|call| call.call_sid.as_ref() == Some(sid)).map(|call| call.call_id)
    }
}

fn new_call(order: &NewOrder, customer: &Customer, now: Timestamp) -> Call {
    Call {
        call_id: order.call_id,
        call_sid: None,
        customer_id: order.customer_id,
        customer_name: customer.details.name.clone(),
        phone_last4: customer.details.phone.last4().to_owned(),
        campaign_id: order.campaign_id,
        attempt: order.attempt,
        playbook: order.playbook.clone(),
        status: CallStatus::Queued,
        outcome_unknown: false,
        not_before: order.not_before,
        requested_at: now,
        dialed_at: None,
        answered_at: None,
        agent_transfer_time: None,
        end_time: None,
        duration_s: None,
        failure_class: None,
        reason: None,
        disposition: None,
        language: None,
        agent: None,
        cost: None,
        updated_at: now,
    }
}
