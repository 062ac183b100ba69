//! Files we keep: uploaded sheets, exports, recordings.

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;

/// Object storage. Keys are relative paths of letters, digits, `-`, `_`, `.` and `/`.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Stores; replaces what was there.
    async fn put(&self, key: &str, content_type: &str, body: Bytes) -> Result<(), StoreError>;
    /// Reads.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError>;
    /// Removes; nothing there is fine.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}
