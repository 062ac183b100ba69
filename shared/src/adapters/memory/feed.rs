//! The feed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::state::lock;
use crate::domain::feed::{FeedEvent, FeedPosition};
use crate::ports::StoreError;
use crate::ports::clock::Clock;
use crate::ports::feed::{Feed, FeedSlice};

/// A capped list of events in this process.
pub struct MemoryFeed {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
    cap: usize,
    news: Notify,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<(FeedPosition, FeedEvent)>,
    newest: FeedPosition,
    dropped: bool,
}

impl MemoryFeed {
    /// Keeps the newest 10,000.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_cap(clock, 10_000)
    }

    /// Keeps the newest `cap`.
    pub fn with_cap(clock: Arc<dyn Clock>, cap: usize) -> Self {
        Self { clock, kept: Mutex::default(), cap, news: Notify::new() }
    }

    /// Everything kept, oldest first.
    pub fn events(&self) -> Vec<FeedEvent> {
        lock(&self.kept).events.iter().map(|(_, event)| event.clone()).collect()
    }

    fn slice(&self, after: FeedPosition, limit: usize) -> FeedSlice {
        let kept = lock(&self.kept);
        let events: Vec<_> = kept.events.iter().filter(|(at, _)| *at > after).take(limit).cloned().collect();
        let first_is_later = kept.events.front().is_some_and(|(first, _)| *first > after);
        FeedSlice { events, gap: first_is_later && (kept.dropped || after != FeedPosition::default()) }
    }
}

#[async_trait]
impl Feed for MemoryFeed {
    async fn publish(&self, event: &FeedEvent) -> Result<FeedPosition, StoreError> {
        let ms = u64::try_from(self.clock.now().as_millisecond()).unwrap_or(0);
        let mut kept = lock(&self.kept);
        let last = kept.newest;
        let at = if ms > last.ms { FeedPosition { ms, seq: 0 } } else { FeedPosition { seq: last.seq + 1, ..last } };
        kept.newest = at;
        kept.events.push_back((at, event.clone()));
        if kept.events.len() > self.cap {
            kept.events.pop_front();
            kept.dropped = true;
        }
        drop(kept);
        self.news.notify_waiters();
        Ok(at)
    }

    async fn newest(&self) -> Result<FeedPosition, StoreError> {
        Ok(lock(&self.kept).newest)
    }

    async fn after(&self, after: FeedPosition, limit: usize, wait: Duration) -> Result<FeedSlice, StoreError> {
        let until_news = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                let slice = self.slice(after, limit);
                if !slice.events.is_empty() {
                    return slice;
                }
                news.await;
            }
        };
        Ok(tokio::time::timeout(wait, until_news).await.unwrap_or_default())
    }
}
