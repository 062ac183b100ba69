//! Keeps the platform from stopping this process while people are on the phone.

use async_trait::async_trait;

use super::BoxError;

/// Whoever stops processes when fewer are needed, or newer ones.
#[async_trait]
pub trait Protection: Send + Sync {
    /// Asks not to be stopped for so many minutes from now on; asking again begins anew.
    async fn hold(&self, minutes: u16) -> Result<(), BoxError>;

    /// May be stopped.
    async fn release(&self) -> Result<(), BoxError>;
}
