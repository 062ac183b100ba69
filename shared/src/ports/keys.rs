//! A master key that never leaves its keeper: it wraps the keys that encrypt our records.

use async_trait::async_trait;

use super::StoreError;

/// The keeper of the master key. `purpose` is bound to the wrapped key: it opens for no other.
#[async_trait]
pub trait KeyWrap: Send + Sync {
    /// A new random key of 32 bytes, wrapped; who asks never sees the key itself.
    async fn new_key(&self, purpose: &str) -> Result<Vec<u8>, StoreError>;
    /// The key inside. `Corrupt` for another purpose, another master key, or changed bytes.
    async fn open(&self, purpose: &str, wrapped: &[u8]) -> Result<Vec<u8>, StoreError>;
}
