//! How far behind the machine is. Stories talk in real time: where two cores have more to do than
//! they can, words come late, and what a story then shows says nothing about the product.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the clock is looked at.
const BEAT: Duration = Duration::from_millis(10);
/// One measurement is the worst of so many beats.
const BEATS: u32 = 25;

/// The worst delays so far, each with the time at which it was known.
pub(crate) struct Pulse(Mutex<Vec<(Instant, Duration)>>);

#[expect(clippy::disallowed_methods, reason = "what is measured is the real clock")]
impl Pulse {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Measures for ever.
    pub(crate) async fn beat(&self) {
        loop {
            let mut worst = Duration::ZERO;
            for _ in 0..BEATS {
                let due = Instant::now() + BEAT;
                tokio::time::sleep_until(due.into()).await;
                worst = worst.max(due.elapsed());
            }
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), worst));
        }
    }

    /// The worst delay since then.
    pub(crate) fn worst_since(&self, since: Instant) -> Duration {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        measured.iter().rev().take_while(|(at, _)| *at > since).map(|(_, worst)| *worst).max().unwrap_or_default()
    }

    /// Waits until nothing was late for a while.
    pub(crate) async fn calm(&self, late: Duration) {
        while self.worst_since(Instant::now() - BEAT * BEATS * 2) > late {
            tokio::time::sleep(BEAT * BEATS).await;
        }
    }
}
