//! The audit trail: append-only. What can not be noted is not done.

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StoreError;

/// Who did what to which record, when, from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// The API key's name, or `system:…`.
    pub actor: String,
    /// A verb and a noun: `trigger_call`, `reveal_phone`.
    pub action: String,
    /// The record, as `customer:…`.
    pub subject: String,
    /// Address of the caller.
    pub address: Option<String>,
    /// The request's id, as in the logs.
    pub request_id: Option<String>,
}

/// The trail.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Appends; an error refuses the change it would have noted.
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError>;
    /// The newest entries, newest first.
    async fn newest(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError>;
}
