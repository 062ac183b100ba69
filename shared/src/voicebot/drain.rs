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

/// Why a conversation can not begin here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// This process is shutting down.
    Leaving,
    /// It holds as many conversations as it may.
    Full,
}

impl Refusal {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Leaving => "leaving",
            Self::Full => "full",
        }
    }
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

    /// Counts a conversation in, unless we are leaving or `most` are there already.
    pub(super) fn enter(&self, most: usize) -> Result<Live, Refusal> {
        if self.is_draining() {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Refusal::Leaving);
        }
        let has_room = self.live.send_if_modified(|live| {
            let has_room = *live < most;
            *live += usize::from(has_room);
            has_room
        });
        if has_room { Ok(Live(Arc::clone(&self.live))) } else { Err(Refusal::Full) }
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
#[derive(Debug)]
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
        let live = drain.enter(1).expect("open");
        let leaving = tokio::spawn({
            let drain = drain.clone();
            async move { drain.finish(Duration::from_secs(60)).await }
        });
        drain.begin();
        assert_eq!(drain.enter(9).err(), Some(Refusal::Leaving));
        drop(live);
        assert_eq!(leaving.await.expect("no panic"), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_still_talking_after_the_limit_is_asked_to_say_goodbye() {
        let drain = Drain::default();
        let live = drain.enter(1).expect("open");
        let leaving = tokio::spawn({
            let drain = drain.clone();
            async move { drain.finish(Duration::from_secs(1)).await }
        });
        drain.last_words().await;
        drop(live);
        assert_eq!(leaving.await.expect("no panic"), 0);
    }

    #[test]
    fn the_last_place_is_taken_once_and_free_again_after_the_call() {
        let drain = Drain::default();
        let live = [drain.enter(2), drain.enter(2)].map(|entered| entered.expect("room"));
        assert_eq!((drain.enter(2).err(), drain.live()), (Some(Refusal::Full), 2));
        drop(live);
        assert!(drain.enter(2).is_ok());
    }
}
