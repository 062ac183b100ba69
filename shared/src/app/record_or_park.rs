//! A report must not be lost because a store is slow, and the carrier must not wait for it:
//! what the record does not take in time goes to the queue and is applied later.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::{App, record_status};
use crate::domain::call::{Recorded, StatusReport};
use crate::ports::queue::QueueMessage;

/// The queue's own time: a warm SQS answers in 10 to 30 ms.
const QUEUE_WITHIN: Duration = Duration::from_millis(150);

/// Waits between the tries of a parked report, about 30 minutes in all: longer than any answer of
/// the carrier that would make an unknown call known. After that reconcile closes the call.
pub const RETRY_AFTER_S: [u64; 10] = [5, 10, 20, 40, 80, 160, 300, 300, 300, 600];

/// Where a report is now.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// In the record.
    Recorded(Recorded),
    /// In the queue.
    Parked,
    /// Nowhere but in the log. The carrier's own record, polled, still closes the call.
    Lost,
}

/// Records the report, or parks it where the record is away, slower than `within`, or does not
/// know the call yet. Takes at most `within` and 150 ms; never fails.
pub async fn record_or_park(app: &App, report: StatusReport, within: Duration) -> Taken {
    match timeout(within, record_status(app, report.clone())).await {
        Ok(Ok(Recorded::UnknownCall)) => {
            tracing::info!(call.id = ?report.call.call_id, call.sid = ?report.call.call_sid, "a report came before its call; parked");
        }
        Ok(Ok(Recorded::PhoneInUse)) => {
            tracing::warn!(call.id = ?report.call.call_id, call.sid = ?report.call.call_sid, "a second call to a phone is reported alive; parked");
        }
        Ok(Ok(recorded)) => return Taken::Recorded(recorded),
        Ok(Err(error)) => {
            tracing::warn!(%error, call.sid = ?report.call.call_sid, "the record did not take a report; parked")
        }
        Err(_) => tracing::warn!(call.sid = ?report.call.call_sid, "the record was too slow for a report; parked"),
    }
    park(app, report).await
}

/// Puts a report into the queue for its first retry. Applying it twice changes nothing.
pub(super) async fn park(app: &App, report: StatusReport) -> Taken {
    let (call, key) = (report.call.clone(), report.dedupe_key.clone());
    let status = report.status;
    let message = QueueMessage::ReportV1 { report: Box::new(report), tries: 0 };
    let delay = Duration::from_secs(RETRY_AFTER_S[0]);
    match timeout(QUEUE_WITHIN, app.queue.send(&[message], delay)).await {
        Ok(Ok(())) => return Taken::Parked,
        Ok(Err(error)) => {
            tracing::error!(%error, call.id = ?call.call_id, call.sid = ?call.call_sid, %status, key, "a report is lost: neither record nor queue took it");
        }
        Err(_) => {
            tracing::error!(call.id = ?call.call_id, call.sid = ?call.call_sid, %status, key, "a report is lost: the record did not take it and the queue was too slow");
        }
    }
    Taken::Lost
}
