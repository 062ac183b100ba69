//! Leaving without cutting anybody off: no new calls, wait for the live ones, then apologise.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// An apology and its farewell take about ten seconds.
const LAST_WORDS: Duration = Duration::from_secs(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Open,
    Draining,
    Apologising,
}

/// Handle on the shutdown of one process. Cheap to clone.
#[derive(Clone)]
pub struct Drain {
    phase: Arc<watch::Sender<Phase>>,
    live: Arc<watch::Sender<usize>>,
    refused: Arc<AtomicUsize>,
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            phase: Arc::new(watch::Sender::new(Phase::Open)),
            live: Arc::new(watch::Sender::new(0)),
            refused: Arc::default(),
        }
    }
}

impl Drain {
    /// From now on new streams are refused.
    pub fn begin(&self) {
        self.phase.send_if_modified(|phase| {
            let changes = *phase == Phase::Open;
            if changes {
                *phase = Phase::Draining;
            }
            changes
        });
    }

    /// Refuses new streams, waits up to `limit` for the live ones, then lets them apologise and
    /// close. Answers how many were still there at the very end.
    pub async fn finish(&self, limit: Duration) -> usize {
        self.begin();
        if !self.idle_within(limit).await {
            self.phase.send_replace(Phase::Apologising);
            self.idle_within(LAST_WORDS).await;
        }
        self.live()
    }

    /// Whether new streams are refused.
    pub fn is_draining(&self) -> bool {
        *self.phase.borrow() != Phase::Open
    }

    /// Live conversations.
    pub fn live(&self) -> usize {
        *self.live.borrow()
    }

    /// The same, as it changes.
    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.live.subscribe()
    }

    /// Streams refused because of a shutdown.
    pub(super) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// Counts a conversation in, unless we are leaving.
    pub(super) fn enter(&self) -> Option<Live> {
        if self.is_draining() {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        self.live.send_modify(|n| *n += 1);
        Some(Live(Arc::clone(&self.live)))
    }

    /// Returns when live conversations must say their last words.
    pub(super) async fn last_words(&self) {
        let mut phase = self.phase.subscribe();
        // The sender lives as long as `self`, so waiting can only end with the phase.
        let _ = phase.wait_for(|phase| *phase == Phase::Apologising).await;
    }

    async fn idle_within(&self, limit: Duration) -> bool {
        let mut live = self.live.subscribe();
        tokio::time::timeout(limit, live.wait_for(|n| *n == 0)).await.is_ok()
    }
}

/// One live conversation; counted out when dropped.
pub(super) struct Live(Arc<watch::Sender<usize>>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn draining_waits_for_the_live_and_refuses_the_new() {
        let drain = Drain::default();
        let live = drain.enter().expect("open");
        let leaving = tokio::spawn({
            let drain = drain.clone();
            async move { drain.finish(Duration::from_secs(60)).await }
        });
        drain.begin();
        assert!(drain.enter().is_none());
        drop(live);
        assert_eq!(leaving.await.expect("no panic"), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_still_talking_after_the_limit_is_asked_to_say_goodbye() {
        let drain = Drain::default();
        let live = drain.enter().expect("open");
        let leaving = tokio::spawn({
            let drain = drain.clone();
            async move { drain.finish(Duration::from_secs(1)).await }
        });
        drain.last_words().await;
        drop(live);
        assert_eq!(leaving.await.expect("no panic"), 0);
    }
}
