//! The queues. A message is a hint: the records decide.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::domain::call::StatusReport;
use crate::domain::id::CallId;

/// A message. A changed shape is a new variant, so that a deploy may meet yesterday's messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum QueueMessage {
    /// Look at this order (queue `dial`).
    DialV1 {
        /// Which.
        call_id: CallId,
    },
    /// A report that could not be written at once (queue `call-events`).
    ReportV1 {
        /// The report.
        report: Box<StatusReport>,
        /// How often it was put back because the call was unknown.
        #[serde(default)]
        tries: u8,
    },
}

impl QueueMessage {
    /// The queue it belongs to.
    pub fn queue(&self) -> QueueName {
        match self {
            Self::DialV1 { .. } => QueueName::Dial,
            Self::ReportV1 { .. } => QueueName::CallEvents,
        }
    }
}

/// Our queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// Orders to look at.
    Dial,
    /// Reports to write.
    CallEvents,
}

impl QueueName {
    /// As in the template.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dial => "dial",
            Self::CallEvents => "call-events",
        }
    }
}

/// Sending.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends all (in batches of 10 on SQS), not visible before `delay` (at most 15 min).
    async fn send(&self, messages: &[QueueMessage], delay: Duration) -> Result<(), StoreError>;
    /// Messages waiting, roughly.
    async fn depth(&self, queue: QueueName) -> Result<u64, StoreError>;
}
