//! Calls of unknown outcome: looked for in the carrier's list by number and time.

use jiff::{SignedDuration, Timestamp};

use super::Run;
use crate::app::Error;
use crate::domain::call::{Call, CallRef, StatusReport};
use crate::domain::status::{CallStatus, FailureClass, Source};
use crate::ports::telephony::CarrierRecord;

impl Run<'_> {
    pub(super) async fn resolve_unknown(&mut self) -> Result<(), Error> {
        let before = self.app.clock.now() - self.limits.claim_grace;
        for call in self.app.calls.unresolved(before, self.limits.batch).await? {
            if !self.may_read().await {
                break;
            }
            self.resolve(&call).await?;
        }
        Ok(())
    }

    async fn resolve(&mut self, call: &Call) -> Result<(), Error> {
        let Some(phone) = self.app.calls.phone_of(call.call_id).await? else {
            tracing::error!(call.id = %call.call_id, "a call without a number can not be looked up");
            return Ok(());
        };
        let asked_at = asked_at(call);
        let (from, until) = (asked_at - self.limits.window_before, asked_at + self.limits.window_after);
        let answer = self.telephony.find(&phone, from, until).await;
        let Some(found) = self.heard(answer).await else { return Ok(()) };
        match self.choose(call, asked_at, found).await? {
            Some(record) => self.bind(call, record).await,
            None if self.app.clock.now() >= until + self.limits.absent_after => self.write_off(call).await,
            None => Ok(()),
        }
    }

    /// Of the calls found, the one nearest to our request that no other order of ours owns.
    async fn choose(
        &self,
        call: &Call,
        asked_at: Timestamp,
        found: Vec<CarrierRecord>,
    ) -> Result<Option<CarrierRecord>, Error> {
        let mut free = Vec::new();
        for record in found {
            let owner = self.app.calls.find_by_sid(&record.sid).await?;
            if owner.is_none_or(|owner| owner.call_id == call.call_id) {
                free.push(record);
            }
        }
        if free.len() > 1 {
            tracing::warn!(call.id = %call.call_id, candidates = free.len(), "several calls may be this one; the nearest in time is taken");
        }
        let distance = |record: &CarrierRecord| match record.created_at {
            Some(at) => at.duration_since(asked_at).abs(),
            None => SignedDuration::MAX,
        };
        Ok(free.into_iter().min_by_key(distance))
    }

    async fn bind(&mut self, call: &Call, record: CarrierRecord) -> Result<(), Error> {
        let sid = record.sid.clone();
        let status = record.status.unwrap_or(CallStatus::Initiated);
        let report = StatusReport {
            message: format!("found in the carrier's list as {}", record.raw_status),
            ..from_record(call, record, status, self.app.clock.now())
        };
        if !self.record(report).await? {
            tracing::warn!(call.id = %call.call_id, call.sid = %sid, "the call found could not be bound");
            return Ok(());
        }
        self.report.bound += 1;
        if let Err(error) = self.app.sessions.link(call.call_id, &sid).await {
            tracing::warn!(%error, call.id = %call.call_id, "the session is not linked; the records have the sid");
        }
        Ok(())
    }

    async fn write_off(&mut self, call: &Call) -> Result<(), Error> {
        let report = StatusReport {
            call: CallRef { call_id: Some(call.call_id), call_sid: None },
            status: CallStatus::Failed,
            source: Source::Reconcile,
            failure_class: Some(FailureClass::NotPlaced),
            message: "the carrier's list does not have this call: it was never placed".to_owned(),
            occurred_at: self.app.clock.now(),
            duration_s: None,
            recording_url: None,
            agent: None,
            extra: serde_json::Value::Null,
            call_back_due: false,
            dedupe_key: format!("reconcile:{}:not_placed", call.call_id),
        };
        if self.record(report).await? {
            self.report.not_placed += 1;
        }
        Ok(())
    }
}

/// When the carrier was asked. A claim whose worker died may lack the moment; it was made at the
/// record's last change.
pub(super) fn asked_at(call: &Call) -> Timestamp {
    call.dialed_at.unwrap_or(call.updated_at)
}

/// A report of what the carrier's record says of this call.
pub(super) fn from_record(call: &Call, record: CarrierRecord, status: CallStatus, now: Timestamp) -> StatusReport {
    let failure_class = match record.failure_class {
        // Somebody was on the line, so the number is a good one.
        Some(FailureClass::BadNumber) if call.answered_at.is_some() => Some(FailureClass::Carrier),
        class => class,
    };
    StatusReport {
        call_back_due: false,
        dedupe_key: format!("reconcile:{}:{}", record.sid, record.raw_status),
        message: format!("the carrier's record says {}", record.raw_status),
        call: CallRef { call_id: Some(call.call_id), call_sid: Some(record.sid) },
        status,
        source: Source::Reconcile,
        failure_class,
        occurred_at: record.end_time.unwrap_or(now),
        duration_s: record.duration_s,
        recording_url: record.recording_url,
        agent: None,
        extra: record.masked,
    }
}
