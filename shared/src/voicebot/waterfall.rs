//! Where the time of each turn went.

use serde::Serialize;

use super::metrics::Metrics;

/// One answer of the caller and our reply, in milliseconds from the start of the stream.
#[derive(Debug, Clone, Default, Serialize)]
struct TurnTimes {
    voice_end_ms: Option<u64>,
    flush_ms: Option<u64>,
    final_ms: Option<u64>,
    first_audio_ms: Option<u64>,
    played_ms: Option<u64>,
}

/// The turns of one call.
#[derive(Debug, Default)]
pub(super) struct Waterfall {
    turns: Vec<TurnTimes>,
    current: TurnTimes,
    replying: bool,
}

impl Waterfall {
    pub(super) fn voice_end(&mut self, at: u64) {
        self.current.voice_end_ms = Some(at);
    }

    pub(super) fn flushed(&mut self, at: u64) {
        self.current.flush_ms = Some(at);
    }

    pub(super) fn transcript(&mut self, at: u64, metrics: &Metrics) {
        if let Some(flush) = self.current.flush_ms {
            metrics.transcript.observe(at.saturating_sub(flush));
        }
        self.current.final_ms = Some(at);
    }

    /// The caller's turn was taken; what we say next is the reply.
    pub(super) fn heard(&mut self) {
        self.turns.push(std::mem::take(&mut self.current));
        self.replying = true;
    }

    /// Audio went out.
    pub(super) fn audio(&mut self, at: u64, metrics: &Metrics) {
        let Some(turn) = self.turns.last_mut().filter(|turn| turn.first_audio_ms.is_none() && self.replying) else {
            return;
        };
        turn.first_audio_ms = Some(at);
        if let Some(end) = turn.voice_end_ms {
            metrics.reply.observe(at.saturating_sub(end));
        }
    }

    /// A sentence was heard to its end; the first after an answer closes its turn.
    pub(super) fn played(&mut self, at: u64) {
        if let Some(turn) = self.turns.last_mut().filter(|_| std::mem::take(&mut self.replying)) {
            turn.played_ms = Some(at);
        }
    }

    /// For the record.
    pub(super) fn as_json(&self) -> serde_json::Value {
        serde_json::json!({ "turns": self.turns })
    }
}
