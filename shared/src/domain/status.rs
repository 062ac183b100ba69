//! The status of a call: one pure function decides what a report changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an order or call stands. The words are the same in the database, the API and on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// An order waits for its time.
    Queued,
    /// A worker holds the claim and asks Exotel.
    Dialing,
    /// Exotel accepted the call.
    Initiated,
    /// The phone rings.
    Ringing,
    /// Somebody is on the line.
    InProgress,
    /// Handed over, or being handed over, to a human agent.
    AgentTransfer,
    /// Final: the call was answered and is over.
    Completed,
    /// Final: the call could not be made or broke.
    Failed,
    /// Final: nobody took it (busy, no answer, cancelled while ringing).
    NotPicked,
    /// Final: never dialled, by a rule (do-not-call, cancelled campaign, attempts used up).
    Skipped,
}

impl CallStatus {
    /// All statuses, in the order of a call's life.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Dialing,
        Self::Initiated,
        Self::Ringing,
        Self::InProgress,
        Self::AgentTransfer,
        Self::Completed,
        Self::Failed,
        Self::NotPicked,
        Self::Skipped,
    ];

    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Dialing => "dialing",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in_progress",
            Self::AgentTransfer => "agent_transfer",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::NotPicked => "not_picked",
            Self::Skipped => "skipped",
        }
    }

    /// The status of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// No report moves the call any more (only Exotel's own details may correct it).
    pub fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::NotPicked | Self::Skipped => true,
            Self::Queued | Self::Dialing | Self::Initiated | Self::Ringing | Self::InProgress | Self::AgentTransfer => {
                false
            }
        }
    }

    /// A phone is, or may be, ringing or in use: at most one such call per phone.
    pub fn is_live(self) -> bool {
        match self {
            Self::Dialing | Self::Initiated | Self::Ringing | Self::InProgress | Self::AgentTransfer => true,
            Self::Queued | Self::Completed | Self::Failed | Self::NotPicked | Self::Skipped => false,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Dialing => 1,
            Self::Initiated => 2,
            Self::Ringing => 3,
            Self::InProgress => 4,
            Self::AgentTransfer => 5,
            Self::Completed | Self::Failed | Self::NotPicked | Self::Skipped => 6,
        }
    }

    /// What a report from `source` changes. Reports come twice, late and out of order, so a
    /// step back is an answer and not an error.
    pub fn on_report(self, report: Self, source: Source) -> Step {
        use CallStatus::{AgentTransfer, Completed, Failed, InProgress, NotPicked, Skipped};
        if self == report {
            return Step::Ignored;
        }
        match (self, report) {
            // Nobody was phoned: nothing that happens on a line can be about this order.
            (Skipped, _) => Step::Ignored,
            // The carrier's own record, asked after the end, outranks every event (exotel.md 7).
            (Completed | Failed | NotPicked, Completed | Failed | NotPicked) if source == Source::Reconcile => {
                Step::Moved(report)
            }
            (Completed | Failed | NotPicked, _) => Step::Ignored,
            // Someone was on the line: a late "no answer" is another leg's.
            (InProgress | AgentTransfer, NotPicked) if source != Source::Reconcile => Step::Ignored,
            (now, next) if next.rank() > now.rank() => Step::Moved(next),
            _ => Step::Ignored,
        }
    }
}

impl std::fmt::Display for CallStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The call is now in this status.
    Moved(CallStatus),
    /// The report is recorded and changes nothing.
    Ignored,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant names the part that reported")]
pub enum Source {
    Api,
    Dial,
    Passthru,
    Stream,
    Webhook,
    Reconcile,
}

impl Source {
    /// The word stored beside the report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Dial => "dial",
            Self::Passthru => "passthru",
            Self::Stream => "stream",
            Self::Webhook => "webhook",
            Self::Reconcile => "reconcile",
        }
    }

    /// The source of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Api, Self::Dial, Self::Passthru, Self::Stream, Self::Webhook, Self::Reconcile]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// Why a call failed, was not picked, or was never dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Line busy.
    Busy,
    /// Rang out.
    NoAnswer,
    /// Cancelled before the answer.
    Cancelled,
    /// Dead or wrong number, as far as the carrier knows.
    BadNumber,
    /// On the regulator's do-not-disturb register.
    Dnd,
    /// Exotel refused the request (its own words are in the message).
    Refused,
    /// Exotel does not accept our credentials.
    Credentials,
    /// The account's balance or plan is exhausted.
    Balance,
    /// The carrier failed while placing or during the call.
    Carrier,
    /// The outcome was unknown, and the call was not found in Exotel's list.
    NotPlaced,
    /// Answered, but our conversation could not be held.
    Conversation,
    /// The customer is on our do-not-call list.
    DoNotCall,
    /// Attempts of today or this week are used up.
    AttemptLimit,
    /// The campaign was cancelled.
    CampaignCancelled,
    /// The customer record is gone.
    CustomerGone,
}

impl FailureClass {
    /// All classes.
    pub const ALL: [Self; 15] = [
        Self::Busy,
        Self::NoAnswer,
        Self::Cancelled,
        Self::BadNumber,
        Self::Dnd,
        Self::Refused,
        Self::Credentials,
        Self::Balance,
        Self::Carrier,
        Self::NotPlaced,
        Self::Conversation,
        Self::DoNotCall,
        Self::AttemptLimit,
        Self::CampaignCancelled,
        Self::CustomerGone,
    ];

    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Cancelled => "cancelled",
            Self::BadNumber => "bad_number",
            Self::Dnd => "dnd",
            Self::Refused => "refused",
            Self::Credentials => "credentials",
            Self::Balance => "balance",
            Self::Carrier => "carrier",
            Self::NotPlaced => "not_placed",
            Self::Conversation => "conversation",
            Self::DoNotCall => "do_not_call",
            Self::AttemptLimit => "attempt_limit",
            Self::CampaignCancelled => "campaign_cancelled",
            Self::CustomerGone => "customer_gone",
        }
    }

    /// The class of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CallStatus::*;
    use proptest::prelude::*;

    fn any_status() -> impl Strategy<Value = CallStatus> {
        prop::sample::select(CallStatus::ALL.to_vec())
    }
    fn any_source() -> impl Strategy<Value = Source> {
        prop::sample::select(vec![
            Source::Api,
            Source::Dial,
            Source::Passthru,
            Source::Stream,
            Source::Webhook,
            Source::Reconcile,
        ])
    }
    fn after(start: CallStatus, reports: &[(CallStatus, Source)]) -> CallStatus {
        reports.iter().fold(start, |now, (report, source)| match now.on_report(*report, *source) {
            Step::Moved(next) => next,
            Step::Ignored => now,
        })
    }

    #[test]
    fn a_late_ringing_does_not_reopen_a_finished_call() {
        assert_eq!(Completed.on_report(Ringing, Source::Webhook), Step::Ignored);
    }

    #[test]
    fn a_no_answer_of_the_agents_leg_does_not_undo_a_conversation() {
        assert_eq!(InProgress.on_report(NotPicked, Source::Webhook), Step::Ignored);
        assert_eq!(AgentTransfer.on_report(NotPicked, Source::Webhook), Step::Ignored);
    }

    #[test]
    fn the_carriers_own_record_may_correct_a_final_state() {
        assert_eq!(Failed.on_report(Completed, Source::Reconcile), Step::Moved(Completed));
        assert_eq!(Failed.on_report(Completed, Source::Webhook), Step::Ignored);
    }

    #[test]
    fn every_word_reads_back() {
        for status in CallStatus::ALL {
            assert_eq!(CallStatus::parse(status.as_str()), Some(status));
        }
        for class in FailureClass::ALL {
            assert_eq!(FailureClass::parse(class.as_str()), Some(class));
        }
    }

    proptest! {
        #[test]
        fn no_report_reopens_a_final_call(
            start in any_status(),
            reports in prop::collection::vec((any_status(), any_source()), 0..12),
        ) {
            let mut now = start;
            for (report, source) in reports {
                let next = after(now, &[(report, source)]);
                prop_assert!(!now.is_final() || next.is_final());
                prop_assert!(next.rank() >= now.rank());
                now = next;
            }
        }

        #[test]
        fn hearing_everything_twice_changes_nothing(
            reports in prop::collection::vec((any_status(), any_source()), 0..8),
        ) {
            // The carrier's polled record is one truth, so two different ones are not a repeat.
            let events: Vec<_> = reports.into_iter().filter(|(_, s)| *s != Source::Reconcile).collect();
            let once = after(Queued, &events);
            let doubled: Vec<_> = events.iter().flat_map(|e| [*e, *e]).collect();
            prop_assert_eq!(after(Queued, &doubled), once);
        }
    }
}
