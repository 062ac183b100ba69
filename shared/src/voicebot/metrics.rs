//! What this process counts, as Prometheus text.

mod kinds;

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use kinds::{Counts, Faults, Lag, Latency};

/// More of what is only counted.
pub(super) fn count(meter: &AtomicU64, more: u64) {
    meter.fetch_add(more, Ordering::Relaxed);
}

/// All meters of the process.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) calls: Counts,
    pub(super) refused: Counts,
    pub(super) provider_errors: Faults,
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
    pub(super) first_token: Latency,
    pub(super) first_clause: Latency,
    pub(super) first_audio: Latency,
    pub(super) lag: Lag,
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
        self.provider_errors.write(
            "voicebot_provider_errors_total",
            "Failures of providers, after all that their clients try by themselves.",
            &mut out,
        );
        self.stopped.write("voicebot_stopped_total", "why", "Words of a model that nobody heard.", &mut out);
        self.reply.write("voicebot_reply_seconds", "From the caller's last sound to our first.", &mut out);
        self.transcript.write("voicebot_transcript_seconds", "From flush to final transcript.", &mut out);
        self.thought.write("voicebot_thought_seconds", "From the question to a model to its first clause.", &mut out);
        self.first_token.write("voicebot_first_token_seconds", "From transcript to a model's first token.", &mut out);
        self.first_clause.write(
            "voicebot_first_clause_seconds",
            "From a model's first token to the reply's first clause; a turn that may go on is waited for in here.",
            &mut out,
        );
        self.first_audio.write(
            "voicebot_first_audio_seconds",
            "From the reply's first clause to its first sound.",
            &mut out,
        );
        self.lag.write("voicebot_event_loop_lag_seconds", "How late a timer fires.", &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Fault;

    #[test]
    fn the_figures_are_readable_by_a_scraper() {
        let metrics = Metrics::default();
        metrics.calls.add("informed");
        metrics.reply.observe(640);
        metrics.lag.observe(4);
        for (provider, fault) in [("tts", Fault::Quota), ("tts", Fault::Quota), ("llm", Fault::Timeout)] {
            metrics.provider_errors.add(provider, fault);
        }
        metrics.first_token.between(Some(100), Some(700));
        // The words had been there before, or never came.
        metrics.first_token.between(Some(800), Some(700));
        metrics.first_token.between(Some(800), None);
        let text = metrics.render(3, 0);
        assert!(text.contains("voicebot_live_calls 3\n"));
        assert!(text.contains("voicebot_calls_total{disposition=\"informed\"} 1\n"));
        assert!(text.contains("voicebot_reply_seconds_bucket{le=\"0.5\"} 0\n"));
        assert!(text.contains("voicebot_reply_seconds_bucket{le=\"0.7\"} 1\n"));
        assert!(text.contains("voicebot_event_loop_lag_seconds_bucket{le=\"0.005\"} 1\n"));
        assert!(text.contains("voicebot_provider_errors_total{provider=\"tts\",kind=\"quota\"} 2\n"), "{text}");
        assert!(text.contains("voicebot_provider_errors_total{provider=\"llm\",kind=\"timeout\"} 1\n"), "{text}");
        assert!(text.contains("voicebot_first_token_seconds_sum 0.6\nvoicebot_first_token_seconds_count 1\n"));
    }
}
