//! Calls the carrier calls completed, of which no conversation was ever heard: the phone was answered,
//! and the flow lost its way to the voicebot without telling us (exotel.md 9).

use jiff::Timestamp;

use super::Run;
use crate::app::Error;
use crate::domain::call::{Call, CallRef, StatusReport};
use crate::domain::status::{CallStatus, FailureClass, Source};

impl Run<'_> {
    pub(super) async fn end_silent(&mut self) -> Result<(), Error> {
        let now = self.app.clock.now();
        for call in self.app.calls.silent(now - self.limits.silent_after, self.limits.batch).await? {
            if self.record(nobody_spoke(&call, now)).await? {
                self.report.silent += 1;
            }
        }
        Ok(())
    }
}

fn nobody_spoke(call: &Call, now: Timestamp) -> StatusReport {
    StatusReport {
        call_back_due: false,
        dedupe_key: format!("reconcile:{}:silent", call.call_id),
        call: CallRef { call_id: Some(call.call_id), call_sid: call.call_sid.clone() },
        status: CallStatus::Failed,
        source: Source::Reconcile,
        failure_class: Some(FailureClass::Conversation),
        message: "the phone was answered, and no conversation began".to_owned(),
        // It ended when it ended; only now is it understood.
        occurred_at: call.end_time.unwrap_or(now),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::Value::Null,
    }
}
