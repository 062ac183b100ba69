//! Texts that only some programs may read: credentials, and the wrapped data keys.

use async_trait::async_trait;
use secrecy::SecretString;

use super::StoreError;

/// A store of secrets.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The current text; `None` where there is no such secret or it was never filled.
    async fn get(&self, id: &str) -> Result<Option<SecretString>, StoreError>;
    /// Gives an existing secret a new text.
    async fn put(&self, id: &str, text: &SecretString) -> Result<(), StoreError>;
}
