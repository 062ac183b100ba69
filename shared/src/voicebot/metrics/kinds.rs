//! The kinds of figures, and how each is written.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::ports::Fault;

/// Upper bounds in milliseconds: fine around the second in which an answer feels slow.
const BOUNDS_MS: [u64; 10] = [100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000];

/// The same for what should take no time at all: a frame is 20 ms long.
const LAG_BOUNDS_MS: [u64; 9] = [2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// A latency as a histogram.
pub(in crate::voicebot) struct Latency {
    bounds_ms: &'static [u64],
    buckets: Vec<AtomicU64>,
    count: AtomicU64,
    sum_ms: AtomicU64,
}

/// Of an answer.
impl Default for Latency {
    fn default() -> Self {
        Self::within(&BOUNDS_MS)
    }
}

/// The lag of the event loop.
pub(in crate::voicebot) struct Lag(Latency);

impl Default for Lag {
    fn default() -> Self {
        Self(Latency::within(&LAG_BOUNDS_MS))
    }
}

impl std::ops::Deref for Lag {
    type Target = Latency;

    fn deref(&self) -> &Latency {
        &self.0
    }
}

impl Latency {
    fn within(bounds_ms: &'static [u64]) -> Self {
        let buckets = bounds_ms.iter().map(|_| AtomicU64::default()).collect();
        Self { bounds_ms, buckets, count: AtomicU64::default(), sum_ms: AtomicU64::default() }
    }

    /// From one time to the other, where both came and in that order.
    pub(in crate::voicebot) fn between(&self, from: Option<u64>, until: Option<u64>) {
        if let Some(ms) = from.zip(until).and_then(|(from, until)| until.checked_sub(from)) {
            self.observe(ms);
        }
    }

    pub(in crate::voicebot) fn observe(&self, ms: u64) {
        for (bucket, bound) in self.buckets.iter().zip(self.bounds_ms) {
            if ms <= *bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_ms.fetch_add(ms, Ordering::Relaxed);
    }

    pub(super) fn write(&self, name: &str, help: &str, out: &mut String) {
        let count = self.count.load(Ordering::Relaxed);
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} histogram");
        for (bucket, bound) in self.buckets.iter().zip(self.bounds_ms) {
            let below = bucket.load(Ordering::Relaxed);
            let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {below}", *bound as f64 / 1_000.0);
        }
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(out, "{name}_sum {}", self.sum_ms.load(Ordering::Relaxed) as f64 / 1_000.0);
        let _ = writeln!(out, "{name}_count {count}");
    }
}

/// Counts by one label.
#[derive(Default)]
pub(in crate::voicebot) struct Counts(Mutex<BTreeMap<&'static str, u64>>);

impl Counts {
    pub(in crate::voicebot) fn add(&self, label: &'static str) {
        // A panic while counting leaves a number, not a broken one.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(label).or_default() += 1;
    }

    pub(super) fn write(&self, name: &str, label: &str, help: &str, out: &mut String) {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter");
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (value, count) in counts.iter() {
            let _ = writeln!(out, "{name}{{{label}=\"{value}\"}} {count}");
        }
    }
}

/// Failures, by whose they are and of which kind.
#[derive(Default)]
pub(in crate::voicebot) struct Faults(Mutex<BTreeMap<(&'static str, Fault), u64>>);

impl Faults {
    pub(in crate::voicebot) fn add(&self, provider: &'static str, fault: Fault) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((provider, fault)).or_default() += 1;
    }

    pub(super) fn write(&self, name: &str, help: &str, out: &mut String) {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter");
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((provider, fault), count) in counts.iter() {
            let _ = writeln!(out, "{name}{{provider=\"{provider}\",kind=\"{}\"}} {count}", fault.as_str());
        }
    }
}
