//! The arithmetic of a shared pace (GCRA) and a bucket for one process.
//! A budget of `n` per minute means that no 60 seconds hold more than `n`, burst included.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ports::pace::Pacing;

const MINUTE_US: i64 = 60_000_000;

/// Microseconds between permits, and how far ahead of that schedule a burst may run.
pub(super) fn schedule(per_minute: u32) -> Option<(i64, i64)> {
    let limit = i64::from(per_minute);
    if limit == 0 {
        return None;
    }
    // A tenth may come at once; the rest is spread so that both together stay inside the limit.
    let burst = (limit / 10).max(1);
    let interval = MINUTE_US / (limit - burst).max(1);
    Some((interval, interval * (burst - 1)))
}

/// The longest anybody is told to wait where the budget is zero.
pub(super) const CLOSED: Duration = Duration::from_secs(60);

/// Buckets by name, in this process only.
#[derive(Debug, Default)]
pub(super) struct LocalBuckets(Mutex<HashMap<String, Bucket>>);

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    due: Option<Timestamp>,
    held_until: Option<Timestamp>,
}

impl LocalBuckets {
    /// Takes one permit, if there is one now.
    pub(super) fn take(&self, budget: &str, per_minute: u32, now: Timestamp) -> Pacing {
        let Some((interval, tolerance)) = schedule(per_minute) else { return Pacing::Wait(CLOSED) };
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(budget.to_owned()).or_default();
        if let Some(held) = bucket.held_until.filter(|held| *held > now) {
            return Pacing::Wait(held.duration_since(now).unsigned_abs());
        }
        let due = bucket.due.unwrap_or(now).max(now);
        let early = due.duration_since(now) - SignedDuration::from_micros(tolerance);
        if early.is_positive() {
            return Pacing::Wait(early.unsigned_abs());
        }
        bucket.due = Some(due + SignedDuration::from_micros(interval));
        Pacing::Go
    }

    /// Nobody gets a permit before `wait` has passed.
    pub(super) fn hold(&self, budget: &str, wait: Duration, now: Timestamp) {
        let until = now + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(60));
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(budget.to_owned()).or_default();
        bucket.held_until = bucket.held_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_minute_holds_more_than_the_limit(limit in 1_u32..400, gaps in prop::collection::vec(0_i64..900, 1..1500)) {
            let buckets = LocalBuckets::default();
            let mut now = Timestamp::from_second(1_800_000_000).expect("in range");
            let mut granted = Vec::new();
            for gap in gaps {
                now += SignedDuration::from_millis(gap);
                if buckets.take("dial", limit, now) == Pacing::Go {
                    granted.push(now);
                }
            }
            for (i, first) in granted.iter().enumerate() {
                let within = granted[i..].iter().take_while(|t| t.duration_since(*first).as_secs() < 60).count();
                prop_assert!(within <= limit as usize);
            }
        }

        #[test]
        fn waiting_as_told_is_enough(limit in 1_u32..400) {
            let buckets = LocalBuckets::default();
            let mut now = Timestamp::from_second(1_800_000_000).expect("in range");
            for _ in 0..50 {
                if let Pacing::Wait(wait) = buckets.take("dial", limit, now) {
                    now += SignedDuration::try_from(wait).expect("short");
                    prop_assert_eq!(buckets.take("dial", limit, now), Pacing::Go);
                }
            }
        }
    }
}
