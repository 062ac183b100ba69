//! Campaigns: orders started together.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::CampaignId;

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Starts later.
    Scheduled,
    /// Orders are being dialled.
    Running,
    /// Nothing new is dialled until it is resumed.
    Paused,
    /// What was not dialled will not be.
    Cancelled,
    /// Every order is final.
    Completed,
}

impl CampaignStatus {
    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
        }
    }

    /// The status of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Scheduled, Self::Running, Self::Paused, Self::Cancelled, Self::Completed]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// A campaign's own choices; what is absent follows the account's settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignSettings {
    /// Calls per minute, at most the account's.
    pub calls_per_minute: Option<u32>,
    /// Tries per customer (1 to 5).
    pub max_attempts: Option<u8>,
    /// Start no earlier than this.
    pub start_at: Option<Timestamp>,
    /// What the calls are for: the name of a playbook, whose legal hours apply too.
    pub playbook: Option<String>,
}

/// A stored campaign with its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the columns of the record")]
pub struct Campaign {
    pub id: CampaignId,
    pub name: String,
    pub status: CampaignStatus,
    pub settings: CampaignSettings,
    pub total: i64,
    pub queued: i64,
    pub live: i64,
    pub finished: i64,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
