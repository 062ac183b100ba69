//! Everything that happens, as events for the people who watch.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{CallId, CallSid, CampaignId, CustomerId, UploadId};
use super::status::{CallStatus, FailureClass, Source};
use super::transcript::Line;
use super::upload::UploadStatus;

/// One event. On the socket it carries `type` and its fields side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FeedEvent {
    /// A call's status changed.
    StatusUpdate {
        /// Ours.
        call_id: CallId,
        /// Exotel's, once known.
        call_sid: Option<CallSid>,
        /// Whom.
        customer_id: CustomerId,
        /// For the list.
        customer_name: String,
        /// Its campaign.
        campaign_id: Option<CampaignId>,
        /// Now.
        status: CallStatus,
        /// Why, where it did not become a conversation.
        failure_class: Option<FailureClass>,
        /// Who reported it.
        source: Source,
        /// For people.
        message: String,
        /// When it happened.
        at: Timestamp,
    },
    /// A line for the system log.
    Log {
        /// How bad.
        level: LogLevel,
        /// For people; never a full number.
        message: String,
        /// The call it is about.
        call_id: Option<CallId>,
        /// When.
        at: Timestamp,
    },
    /// Somebody said something.
    Transcript {
        /// In which call.
        call_id: CallId,
        /// What.
        line: Line,
    },
    /// A sheet is being read.
    UploadProgress {
        /// Which.
        upload_id: UploadId,
        /// As the browser named it.
        filename: String,
        /// Where it stands.
        status: UploadStatus,
        /// Rows seen.
        total_records: i64,
        /// Rows stored.
        processed_records: i64,
        /// Rows refused.
        failed_records: i64,
    },
    /// A campaign moved on.
    CampaignProgress {
        /// Which.
        campaign_id: CampaignId,
        /// All orders.
        total: i64,
        /// Not dialled yet.
        queued: i64,
        /// On the line.
        live: i64,
        /// Final.
        finished: i64,
    },
}

/// How bad a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum LogLevel {
    Info,
    Success,
    Warning,
    Error,
}

/// Position in the feed: the Redis Stream's own id (`1764000000000-3`). Sorts as the events happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FeedPosition {
    /// Milliseconds since 1970.
    pub ms: u64,
    /// Counter within the millisecond.
    pub seq: u64,
}

impl FeedPosition {
    /// Reads `ms-seq`.
    pub fn parse(text: &str) -> Option<Self> {
        let (ms, seq) = text.split_once('-')?;
        Some(Self { ms: ms.parse().ok()?, seq: seq.parse().ok()? })
    }
}

impl std::fmt::Display for FeedPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}
