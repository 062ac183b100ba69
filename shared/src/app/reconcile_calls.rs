//! Asks the carrier what became of calls that went quiet: those whose outcome nobody knows, and
//! those whose callbacks never came. Calls that were answered and left no conversation end as failed.
//! Also closes campaigns that are over. Run once a minute, one at a time; every run is bounded by the
//! budget for reading.

mod quiet;
mod silent;
mod unresolved;

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::{App, Error, announce, campaigns, record_status};
use crate::domain::call::{Recorded, StatusReport};
use crate::domain::feed::LogLevel;
use crate::ports::pace::Pacing;
use crate::ports::telephony::{Telephony, TelephonyError};
use crate::ports::with_causes;

/// The budget every reading request is counted in.
pub const READ_BUDGET: &str = "read";
/// Where the carrier asks us to slow down and does not say for how long.
const DEFAULT_BACK_OFF: Duration = Duration::from_secs(30);
/// Two waits of "no time" must not become a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);
/// A carrier that times out three times in a row would use up the whole run, ten seconds a time.
const MOST_UNUSABLE: u32 = 3;

/// How long to wait for news before asking, and how much to ask at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReconcileLimits {
    /// Reading requests per minute. Dialling and reading share the carrier's 200.
    pub reads_per_minute: u32,
    /// The longest one run waits for permits in all; runs must not overlap.
    pub patience: Duration,
    /// Most calls of each kind looked at in one run.
    pub batch: u32,
    /// A claim without an answer is looked up after this. Longer than a dial request may take, or
    /// a call that is just being placed would be looked for.
    pub claim_grace: SignedDuration,
    /// The look-up's window opens this long before the request (clocks differ).
    pub window_before: SignedDuration,
    /// And closes this long after it.
    pub window_after: SignedDuration,
    /// A call still absent this long after the window was not placed.
    pub absent_after: SignedDuration,
    /// A call nobody spoke of for this long is asked about.
    pub quiet_after: SignedDuration,
    /// A call the carrier calls alive this long after its own limit is given up.
    pub give_up_after: SignedDuration,
    /// A completed call without a conversation this long after its end had none. Longer than a
    /// conversation's report may wait in the queue.
    pub silent_after: SignedDuration,
}

impl Default for ReconcileLimits {
    fn default() -> Self {
        Self {
            reads_per_minute: 40,
            patience: Duration::from_secs(40),
            batch: 200,
            claim_grace: SignedDuration::from_mins(2),
            window_before: SignedDuration::from_mins(2),
            window_after: SignedDuration::from_mins(5),
            absent_after: SignedDuration::from_mins(15),
            quiet_after: SignedDuration::from_mins(3),
            give_up_after: SignedDuration::from_hours(4),
            silent_after: SignedDuration::from_mins(30),
        }
    }
}

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReconcileReport {
    /// Calls of unknown outcome found in the carrier's list and bound.
    pub bound: u32,
    /// Calls of unknown outcome that were never placed.
    pub not_placed: u32,
    /// Quiet calls the carrier was asked about.
    pub asked: u32,
    /// Quiet calls that turned out to be over.
    pub ended: u32,
    /// Completed calls in which nobody ever spoke.
    pub silent: u32,
    /// Campaigns closed.
    pub campaigns_closed: u32,
    /// The reading budget, or the carrier, ended the run early; the next one goes on.
    pub stopped_early: bool,
}

/// One run.
pub async fn reconcile_calls(
    app: &App,
    telephony: &dyn Telephony,
    limits: &ReconcileLimits,
) -> Result<ReconcileReport, Error> {
    let report = ReconcileReport::default();
    let mut run = Run { app, telephony, limits, patience: limits.patience, unusable: 0, report };
    // Calls of unknown outcome first: each of them blocks its customer's phone.
    run.resolve_unknown().await?;
    if !run.report.stopped_early {
        run.ask_about_quiet().await?;
    }
    run.end_silent().await?;
    run.close_campaigns().await?;
    if run.report != ReconcileReport::default() {
        tracing::info!(report = ?run.report, "reconciled with the carrier");
    }
    Ok(run.report)
}

struct Run<'a> {
    app: &'a App,
    telephony: &'a dyn Telephony,
    limits: &'a ReconcileLimits,
    /// What is left of the time this run may wait for permits.
    patience: Duration,
    /// Answers in a row that said nothing.
    unusable: u32,
    report: ReconcileReport,
}

impl Run<'_> {
    /// Whether one more reading request may be made. What is left waits for the next run.
    async fn may_read(&mut self) -> bool {
        while !self.report.stopped_early {
            match self.app.pace.take(READ_BUDGET, self.limits.reads_per_minute).await {
                Ok(Pacing::Go) => return true,
                Ok(Pacing::Wait(wait)) if wait <= self.patience => {
                    let wait = wait.max(SHORTEST_WAIT);
                    self.patience = self.patience.saturating_sub(wait);
                    tokio::time::sleep(wait).await;
                }
                Ok(Pacing::Wait(_)) => self.report.stopped_early = true,
                Err(error) => {
                    tracing::warn!(%error, "the shared pace can not be read; nothing more is asked now");
                    self.report.stopped_early = true;
                }
            }
        }
        false
    }

    /// The answer to a reading request; `None` where there is none now.
    async fn heard<T>(&mut self, answer: Result<T, TelephonyError>) -> Option<T> {
        match answer {
            Ok(answer) => {
                self.unusable = 0;
                return Some(answer);
            }
            Err(TelephonyError::Busy { retry_after }) => {
                self.report.stopped_early = true;
                let wait = retry_after.unwrap_or(DEFAULT_BACK_OFF);
                if let Err(error) = self.app.pace.hold(READ_BUDGET, wait).await {
                    tracing::warn!(%error, "the pause the carrier asked for is not shared");
                }
            }
            Err(TelephonyError::AccountBlocked { reason, .. }) => {
                self.report.stopped_early = true;
                tracing::error!(reason, "the carrier does not serve this account");
                let message = format!("the carrier does not answer for this account: {reason}");
                announce::log(self.app, LogLevel::Error, None, message).await;
            }
            Err(error @ (TelephonyError::OutcomeUnknown(_) | TelephonyError::Refused { .. })) => {
                tracing::warn!(error = with_causes(&error), "the carrier gave no usable answer");
                self.unusable += 1;
                self.report.stopped_early |= self.unusable >= MOST_UNUSABLE;
            }
        }
        None
    }

    /// Records what the carrier said, as the source that may correct a final state.
    async fn record(&self, report: StatusReport) -> Result<bool, Error> {
        match record_status(self.app, report).await? {
            Recorded::Stored { .. } | Recorded::Duplicate => Ok(true),
            Recorded::UnknownCall | Recorded::PhoneInUse | Recorded::SidConflict => Ok(false),
        }
    }

    async fn close_campaigns(&mut self) -> Result<(), Error> {
        for campaign in self.app.campaigns.close_finished(self.app.clock.now()).await? {
            self.report.campaigns_closed += 1;
            campaigns::announce_progress(self.app, &campaign).await;
            let message = format!("campaign \"{}\" is completed: {} calls", campaign.name, campaign.total);
            announce::log(self.app, LogLevel::Success, None, message).await;
        }
        Ok(())
    }
}
