//! Live calls nobody has spoken of for a while: the carrier's record says whether they are over.

use jiff::{SignedDuration, Timestamp};

use super::Run;
use super::unresolved::{asked_at, from_record};
use crate::app::Error;
use crate::domain::call::{Call, CallRef, StatusReport};
use crate::domain::id::CallSid;
use crate::domain::settings::AccountSettings;
use crate::domain::status::{CallStatus, FailureClass, Source};
use crate::ports::telephony::CarrierRecord;

impl Run<'_> {
    pub(super) async fn ask_about_quiet(&mut self) -> Result<(), Error> {
        let now = self.app.clock.now();
        let quiet = self.app.calls.quiet(now - self.limits.quiet_after, self.limits.batch).await?;
        // The limits only decide the order of asking, so unreadable settings do not stop it.
        let settings = self.app.settings.current().await.unwrap_or_default();
        for call in in_order(quiet, &settings, now, self.limits.reads_per_minute) {
            let Some(sid) = call.call_sid.clone() else { continue };
            if !self.may_read().await {
                break;
            }
            self.report.asked += 1;
            let answer = self.telephony.details(&sid).await;
            let Some(record) = self.heard(answer).await else { continue };
            self.settle(&call, sid, record, overdue_since(&call, &settings)).await?;
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        call: &Call,
        sid: CallSid,
        record: Option<CarrierRecord>,
        overdue_since: Timestamp,
    ) -> Result<(), Error> {
        let now = self.app.clock.now();
        let report = match record {
            Some(record) => match record.status {
                Some(status) if status.is_final() => from_record(call, record, status, now),
                Some(_) if now < overdue_since + self.limits.give_up_after => return Ok(()),
                Some(_) => given_up(call, sid, "the carrier still calls it alive, long after its limit", now),
                None => {
                    tracing::error!(call.id = %call.call_id, word = record.raw_status, "a status of the carrier we do not know");
                    return Ok(());
                }
            },
            None if now < overdue_since + self.limits.absent_after => return Ok(()),
            None => given_up(call, sid, "the carrier has no record of this call", now),
        };
        if self.record(report).await? {
            self.report.ended += 1;
        }
        Ok(())
    }
}

/// The latest moment the call can have lasted to, by what we asked of the carrier.
fn overdue_since(call: &Call, settings: &AccountSettings) -> Timestamp {
    let ring = i64::from(settings.ring_timeout_s);
    let talk = if call.answered_at.is_some() { i64::from(settings.call_limit_s) } else { 0 };
    asked_at(call) + SignedDuration::from_secs(ring + talk)
}

/// Overdue calls first. The others may well be talking; where they are more than the budget
/// reaches, the minute decides where to begin, so that each of them gets its turn.
fn in_order(quiet: Vec<Call>, settings: &AccountSettings, now: Timestamp, reads_per_minute: u32) -> Vec<Call> {
    let (mut overdue, mut talking): (Vec<_>, Vec<_>) =
        quiet.into_iter().partition(|call| overdue_since(call, settings) <= now);
    if !talking.is_empty() {
        let minute = usize::try_from(now.as_second() / 60).unwrap_or_default();
        let start = minute.wrapping_mul(reads_per_minute as usize) % talking.len();
        talking.rotate_left(start);
    }
    overdue.append(&mut talking);
    overdue
}

/// Nothing will be heard of this call any more; what is known of it decides its end.
fn given_up(call: &Call, sid: CallSid, why: &str, now: Timestamp) -> StatusReport {
    let (status, failure_class) = match call.answered_at {
        Some(_) => (CallStatus::Completed, None),
        None => (CallStatus::Failed, Some(FailureClass::Carrier)),
    };
    StatusReport {
        call_back_due: false,
        dedupe_key: format!("reconcile:{sid}:given_up"),
        call: CallRef { call_id: Some(call.call_id), call_sid: Some(sid) },
        status,
        source: Source::Reconcile,
        failure_class,
        message: why.to_owned(),
        occurred_at: now,
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::Value::Null,
    }
}
