//! What this process counts, as Prometheus text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds in milliseconds: fine around the second in which an answer feels slow.
const BOUNDS_MS: [u64; 10] = [100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000];

/// A latency as a histogram.
#[derive(Default)]
pub(super) struct Latency {
    buckets: [AtomicU64; BOUNDS_MS.len()],
    count: AtomicU64,
    sum_ms: AtomicU64,
}

impl Latency {
    pub(super) fn observe(&self, ms: u64) {
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS_MS) {
            if ms <= bound {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.sum_ms.fetch_add(ms, Ordering::Relaxed);
    }

    fn write(&self, name: &str, help: &str, out: &mut String) {
        let count = self.count.load(Ordering::Relaxed);
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} histogram");
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS_MS) {
            let below = bucket.load(Ordering::Relaxed);
            let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {below}", bound as f64 / 1_000.0);
        }
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(out, "{name}_sum {}", self.sum_ms.load(Ordering::Relaxed) as f64 / 1_000.0);
        let _ = writeln!(out, "{name}_count {count}");
    }
}

/// More of what is only counted.
pub(super) fn count(meter: &AtomicU64, more: u64) {
    meter.fetch_add(more, Ordering::Relaxed);
}

/// Counts by one label.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<&'static str, u64>>);

impl Counts {
    pub(super) fn add(&self, label: &'static str) {
        // A panic while counting leaves a number, not a broken one.
        let mut counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *counts.entry(label).or_default() += 1;
    }

    fn write(&self, name: &str, label: &str, help: &str, out: &mut String) {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter");
        let counts = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (value, count) in counts.iter() {
            let _ = writeln!(out, "{name}{{{label}=\"{value}\"}} {count}");
        }
    }
}

/// All meters of the process.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) calls: Counts,
    pub(super) refused: Counts,
    pub(super) provider_errors: Counts,
    /// What a model said and nobody heard, by why.
    pub(super) stopped: Counts,
    pub(super) tokens_read: AtomicU64,
    pub(super) tokens_written: AtomicU64,
    pub(super) turns: AtomicU64,
    pub(super) interruptions: AtomicU64,
    /// Voices over the bot that were no interruption.
    pub(super) resumed: AtomicU64,
    pub(super) prepared: AtomicU64,
    pub(super) forgotten: AtomicU64,
    /// Answers of a model to a turn that went on.
    pub(super) thought_for_nobody: AtomicU64,
    pub(super) forgotten_characters: AtomicU64,
    pub(super) reply: Latency,
    pub(super) transcript: Latency,
    pub(super) thought: Latency,
}

impl Metrics {
    /// The text of `/metrics`.
    pub(super) fn render(&self, live: usize, refused_in_shutdown: usize) -> String {
        let mut out = String::new();
        let mut plain = |name: &str, kind: &str, help: &str, value: u64| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        plain("voicebot_live_calls", "gauge", "Conversations now.", live as u64);
        plain("voicebot_turns_total", "counter", "Answers of callers.", self.turns.load(Ordering::Relaxed));
        plain(
            "voicebot_interruptions_total",
            "counter",
            "Times a caller cut the bot off.",
            self.interruptions.load(Ordering::Relaxed),
        );
        let mut counter = |name: &str, help: &str, value: &AtomicU64| {
            plain(name, "counter", help, value.load(Ordering::Relaxed));
        };
        counter("voicebot_resumed_total", "Voices over the bot after which it went on.", &self.resumed);
        counter("voicebot_prepared_total", "Sentences spoken before a turn was surely over.", &self.prepared);
        counter("voicebot_forgotten_total", "Times the caller went on, and they were thrown away.", &self.forgotten);
        counter(
            "voicebot_forgotten_characters_total",
            "Characters spoken for nobody because of that.",
            &self.forgotten_characters,
        );
        counter(
            "voicebot_thought_for_nobody_total",
            "Times a model had been asked and the caller went on.",
            &self.thought_for_nobody,
        );
        counter("voicebot_tokens_read_total", "Tokens the language models read.", &self.tokens_read);
        counter("voicebot_tokens_written_total", "Tokens they wrote.", &self.tokens_written);
        plain(
            "voicebot_refused_in_shutdown_total",
            "counter",
            "Streams refused while leaving.",
            refused_in_shutdown as u64,
        );
        self.calls.write("voicebot_calls_total", "disposition", "Finished conversations.", &mut out);
        self.refused.write("voicebot_streams_refused_total", "reason", "Streams refused at the door.", &mut out);
        self.provider_errors.write("voicebot_provider_errors_total", "provider", "Failures of providers.", &mut out);
        self.stopped.write("voicebot_stopped_total", "why", "Words of a model that nobody heard.", &mut out);
        self.reply.write("voicebot_reply_seconds", "From the caller's last sound to our first.", &mut out);
        self.transcript.write("voicebot_transcript_seconds", "From flush to final transcript.", &mut out);
        self.thought.write("voicebot_thought_seconds", "From the question to a model to its first clause.", &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_readable_by_a_scraper() {
        let metrics = Metrics::default();
        metrics.calls.add("informed");
        metrics.reply.observe(640);
        let text = metrics.render(3, 0);
        assert!(text.contains("voicebot_live_calls 3\n"));
        assert!(text.contains("voicebot_calls_total{disposition=\"informed\"} 1\n"));
        assert!(text.contains("voicebot_reply_seconds_bucket{le=\"0.5\"} 0\n"));
        assert!(text.contains("voicebot_reply_seconds_bucket{le=\"0.7\"} 1\n"));
    }
}
