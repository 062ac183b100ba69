//! What happens, published once and read by everybody who watches.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::feed::{FeedEvent, FeedPosition};

/// Events with their positions, and whether older ones were already dropped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeedSlice {
    /// In order.
    pub events: Vec<(FeedPosition, FeedEvent)>,
    /// The asked position is older than what is kept: a fresh snapshot is due.
    pub gap: bool,
}

/// A capped stream of events.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Publishes; a feed that is away must never stop a call, so callers log and go on.
    async fn publish(&self, event: &FeedEvent) -> Result<FeedPosition, StoreError>;
    /// The newest position.
    async fn newest(&self) -> Result<FeedPosition, StoreError>;
    /// Events after `after`, waiting up to `wait` for the first.
    async fn after(&self, after: FeedPosition, limit: usize, wait: Duration) -> Result<FeedSlice, StoreError>;
}
