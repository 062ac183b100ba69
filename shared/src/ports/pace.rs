//! The shared pace of dialling.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;

/// May we ask the carrier now?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// Yes; the permit is used up.
    Go,
    /// Not before this long.
    Wait(Duration),
}

/// One budget shared by every worker (GCRA; the burst counts inside the limit).
#[async_trait]
pub trait Pace: Send + Sync {
    /// Takes one permit of `budget` (`dial`, `read`), of which there are `per_minute`.
    async fn take(&self, budget: &str, per_minute: u32) -> Result<Pacing, StoreError>;
    /// Everyone waits that long (a `Retry-After` of the carrier).
    async fn hold(&self, budget: &str, wait: Duration) -> Result<(), StoreError>;
}
