//! Files we keep: uploaded sheets, exports, recordings.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::fs::File;

use super::StoreError;

/// Where somebody without a key of ours may send one file, once or again, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutAddress {
    /// For one HTTP PUT with the file as its body.
    pub url: String,
    /// To be sent with it exactly; they are part of the signature.
    pub headers: Vec<(String, String)>,
    /// After this moment it is refused.
    pub expires_at: Timestamp,
}

/// Where somebody without a key of ours may read one object until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetAddress {
    /// For HTTP GETs.
    pub url: String,
    /// After this moment it is refused.
    pub expires_at: Timestamp,
}

/// Object storage. Keys are relative paths of letters, digits, `-`, `_`, `.` and `/`.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Stores; replaces what was there.
    async fn put(&self, key: &str, content_type: &str, body: Bytes) -> Result<(), StoreError>;
    /// Stores a file of any size, piece by piece; replaces what was there.
    async fn upload(&self, key: &str, content_type: &str, file: &Path) -> Result<(), StoreError>;
    /// Reads a small object whole.
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError>;
    /// Writes an object of any size to the file, piece by piece; answers its size. Nothing is
    /// written where there is no such object.
    async fn download(&self, key: &str, into: &mut File) -> Result<Option<u64>, StoreError>;
    /// An address that takes a file of exactly `bytes` bytes under this key.
    async fn put_address(&self, key: &str, bytes: u64, valid_for: Duration) -> Result<PutAddress, StoreError>;
    /// An address at which this object can be read, where there is one.
    async fn get_address(&self, key: &str, valid_for: Duration) -> Result<GetAddress, StoreError>;
    /// Removes; nothing there is fine.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}
