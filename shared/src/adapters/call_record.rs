//! What reports, the gate's verdict and Exotel's answer change in a call's record: one rule that
//! every store of calls applies, inside its own lock. Pure; no store, no clock.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::domain::call::{Call, Disposition, StatusReport};
use crate::domain::gate::Verdict;
use crate::domain::settings::AccountSettings;
use crate::domain::status::{CallStatus, FailureClass, Source, Step};
use crate::ports::calls::DialOutcome;

/// A call with the fields that only stores see.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallRecord {
    pub(super) call: Call,
    /// On lease to the queue until then.
    pub(super) released_until: Option<Timestamp>,
    /// The carrier's link.
    pub(super) recording_url: Option<String>,
}

/// The report names a Sid that is not this call's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SidConflict;

impl CallRecord {
    /// Applies one report; on a conflict nothing has changed.
    pub(super) fn report(&mut self, report: &StatusReport, now: Timestamp) -> Result<Step, SidConflict> {
        match (&self.call.call_sid, &report.call.call_sid) {
            (Some(ours), Some(theirs)) if ours != theirs => return Err(SidConflict),
            (None, Some(theirs)) => self.call.call_sid = Some(theirs.clone()),
            _ => {}
        }
        let step = match report.failure_class {
            // Written off as never placed, on what was known a moment ago: meanwhile it was heard of.
            Some(FailureClass::NotPlaced) if !self.unheard_of() => Step::Ignored,
            Some(FailureClass::Conversation) if self.was_silent() => Step::Moved(CallStatus::Failed),
            // The carrier's "completed" only says that the phone was answered.
            _ if self.call.failure_class == Some(FailureClass::Conversation) => Step::Ignored,
            _ => self.call.status.on_report(report.status, report.source),
        };
        let waited_for_an_agent = self.call.status == CallStatus::AgentTransfer;
        if let Step::Moved(next) = step {
            self.move_to(next, report);
        }
        self.fill_in(report);
        // Not every flow that fails to reach an agent comes to the applet that would say so.
        if report.call_back_due || (waited_for_an_agent && self.call.status.is_final() && self.call.agent.is_none()) {
            self.note_call_back();
        }
        if self.call.call_sid.is_some() || self.call.status != CallStatus::Dialing {
            self.call.outcome_unknown = false;
        }
        self.call.updated_at = now;
        Ok(step)
    }

    /// Asked for, and neither answered nor reported.
    fn unheard_of(&self) -> bool {
        self.call.status == CallStatus::Dialing && self.call.call_sid.is_none()
    }

    /// Over by the carrier's word, and nobody spoke: that the bot was never reached is known to the
    /// flow alone, whose report may come after the carrier's.
    fn was_silent(&self) -> bool {
        self.call.status == CallStatus::Completed && self.call.disposition.is_none()
    }

    fn move_to(&mut self, next: CallStatus, report: &StatusReport) {
        let call = &mut self.call;
        call.status = next;
        self.released_until = None;
        call.dialed_at = call.dialed_at.or((next != CallStatus::Queued).then_some(report.occurred_at));
        match next {
            CallStatus::InProgress => call.answered_at = call.answered_at.or(Some(report.occurred_at)),
            CallStatus::AgentTransfer => {
                call.answered_at = call.answered_at.or(Some(report.occurred_at));
                call.agent_transfer_time = call.agent_transfer_time.or(Some(report.occurred_at));
            }
            CallStatus::Completed | CallStatus::Failed | CallStatus::NotPicked | CallStatus::Skipped => {
                call.end_time = Some(report.occurred_at);
                call.failure_class = report.failure_class;
                call.reason = (next != CallStatus::Completed).then(|| report.message.clone());
            }
            CallStatus::Queued | CallStatus::Dialing | CallStatus::Initiated | CallStatus::Ringing => {}
        }
    }

    /// The end is often reported twice, by the stream first and with its details by the carrier:
    /// what was missing is filled in, and the carrier's own polled record outranks it.
    fn fill_in(&mut self, report: &StatusReport) {
        let carrier = report.source == Source::Reconcile;
        let call = &mut self.call;
        let duration = report.duration_s.filter(|seconds| *seconds >= 0 && report.status.is_final());
        if duration.is_some() && (carrier || call.duration_s.is_none()) {
            call.duration_s = duration;
        }
        if report.agent.is_some() {
            call.agent.clone_from(&report.agent);
        }
        if report.recording_url.is_some() && (carrier || self.recording_url.is_none()) {
            self.recording_url.clone_from(&report.recording_url);
        }
    }

    /// A hand-over came to nothing. What was decided for good stands.
    fn note_call_back(&mut self) {
        if matches!(self.call.disposition, None | Some(Disposition::Transferred)) {
            self.call.disposition = Some(Disposition::CallbackRequested);
        }
    }

    /// Stores the gate's verdict on a queued order.
    pub(super) fn verdict(&mut self, verdict: &Verdict, now: Timestamp) {
        let call = &mut self.call;
        match verdict {
            Verdict::Call => {
                call.status = CallStatus::Dialing;
                call.dialed_at = Some(now);
                call.reason = None;
            }
            // Two messages of one order are judged one after the other: the second finds it waiting, and
            // the first has said why.
            Verdict::Wait { until, .. } if call.not_before == *until && call.reason.is_some() => {}
            Verdict::Wait { until, reason } => {
                call.not_before = *until;
                call.reason = Some(reason.clone());
            }
            Verdict::Skip { class, reason } => self.end_undialled(CallStatus::Skipped, *class, reason, now),
        }
        self.released_until = None;
        self.call.updated_at = now;
    }

    /// Stores Exotel's answer; `false` where a report that came first makes it old news.
    pub(super) fn dialled(&mut self, outcome: &DialOutcome, now: Timestamp) -> bool {
        match outcome {
            DialOutcome::Accepted(sid) => {
                if self.call.call_sid.as_ref().is_some_and(|known| known != sid) {
                    return false;
                }
                self.call.call_sid = Some(sid.clone());
                self.call.outcome_unknown = false;
                if let Step::Moved(next) = self.call.status.on_report(CallStatus::Initiated, Source::Dial) {
                    self.call.status = next;
                }
            }
            _ if !self.unheard_of() => return false,
            // Stored a second time because the first time's answer was lost. The order was free from
            // `until` on, so a claim made since is another worker's, who is asking now.
            DialOutcome::NotNow { until, .. } if self.call.dialed_at.is_some_and(|claimed| claimed >= *until) => {
                return false;
            }
            DialOutcome::Refused { class, reason } => self.end_undialled(CallStatus::Failed, *class, reason, now),
            DialOutcome::NotNow { until, reason } => {
                // No call was made, so no attempt of the customer's day is used up.
                self.call.status = CallStatus::Queued;
                self.call.dialed_at = None;
                self.call.outcome_unknown = false;
                self.call.not_before = *until;
                self.call.reason = Some(reason.clone());
            }
            DialOutcome::Unknown { reason } => {
                self.call.outcome_unknown = true;
                self.call.reason = Some(reason.clone());
            }
        }
        self.call.updated_at = now;
        true
    }

    fn end_undialled(&mut self, status: CallStatus, class: FailureClass, reason: &str, now: Timestamp) {
        self.call.status = status;
        self.call.outcome_unknown = false;
        self.call.failure_class = Some(class);
        self.call.reason = Some(reason.to_owned());
        self.call.end_time = Some(now);
    }
}

/// How a dial's outcome stands in the call's history: status and words.
pub(super) fn history_of(outcome: &DialOutcome) -> (CallStatus, &str) {
    match outcome {
        DialOutcome::Accepted(_) => (CallStatus::Initiated, "Exotel accepted the call"),
        DialOutcome::Refused { reason, .. } => (CallStatus::Failed, reason),
        DialOutcome::NotNow { reason, .. } => (CallStatus::Queued, reason),
        DialOutcome::Unknown { reason } => (CallStatus::Dialing, reason),
    }
}

/// From when attempts count as today's and as this week's. Without readable settings the gate
/// refuses whatever the counts are.
pub(super) fn attempt_windows(settings: Option<&AccountSettings>, now: Timestamp) -> (Timestamp, Timestamp) {
    let week = now - SignedDuration::from_hours(7 * 24);
    let midnight = settings
        .and_then(|s| TimeZone::get(&s.time_zone).ok())
        .and_then(|zone| now.to_zoned(zone).start_of_day().ok())
        .map_or(now, |day| day.timestamp());
    (midnight, week)
}

/// Slices of a series: where they start and how long each is. A span that would need more than
/// 500 gets longer ones.
pub(super) fn slices(since: Timestamp, until: Timestamp, step_s: u32) -> (u64, u64) {
    const MOST: u64 = 500;
    let span = u64::try_from(until.as_second() - since.as_second()).unwrap_or(0);
    let step = u64::from(step_s.max(1)).max(span.div_ceil(MOST));
    (span.div_ceil(step), step)
}
