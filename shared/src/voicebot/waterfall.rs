//! Where the time of each turn went. Sounds are timed by what went over the line, so that the times
//! are those of the recording.

use super::metrics::Metrics;
use super::mouth::Sent;
use crate::domain::audio::{FRAME_BYTES, FRAME_MS, samples};
use crate::domain::timings::{Timings, TurnTimes};
use crate::domain::vad::rms;

/// Frames below this are the silence around a sentence.
const SOUND_RMS: f32 = 60.0;

/// The turns of one call.
#[derive(Debug, Default)]
pub(super) struct Waterfall {
    turns: Vec<TurnTimes>,
    current: TurnTimes,
    replying: bool,
    /// Sentences on their way, and where the last sound of each ends.
    sounding: Vec<(u32, u64)>,
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
    pub(super) fn taken(&mut self, at: u64) {
        self.turns.push(TurnTimes { taken_ms: Some(at), ..std::mem::take(&mut self.current) });
        self.replying = true;
    }

    /// A sentence goes to the voice.
    pub(super) fn clause(&mut self, at: u64) {
        if let Some(turn) = self.reply() {
            turn.first_clause_ms.get_or_insert(at);
        }
    }

    /// A piece of a sentence goes out.
    pub(super) fn sent(&mut self, piece: &Sent, metrics: &Metrics) {
        let Some(sentence) = piece.sentence else { return };
        let sounds: Vec<bool> =
            piece.audio.chunks(FRAME_BYTES).map(|frame| rms(&samples(frame)) >= SOUND_RMS).collect();
        let edge = |frame: usize| piece.start_ms + frame as u64 * FRAME_MS;
        let (Some(first), Some(last)) = (sounds.iter().position(|s| *s), sounds.iter().rposition(|s| *s)) else {
            return;
        };
        self.sounding.retain(|(id, _)| *id != sentence);
        self.sounding.push((sentence, edge(last + 1)));
        let Some(turn) = self.reply().filter(|turn| turn.first_audio_ms.is_none()) else { return };
        turn.first_audio_ms = Some(edge(first));
        if let Some(end) = turn.voice_end_ms {
            metrics.reply.observe(edge(first).saturating_sub(end));
        }
    }

    /// A sentence was heard to its end; the first after an answer closes its turn.
    pub(super) fn played(&mut self, sentence: u32) {
        let until = self.sounding.iter().find(|(id, _)| *id == sentence).map(|(_, until)| *until);
        // Ids count up: what came before was played, or cut.
        self.sounding.retain(|(id, _)| *id > sentence);
        if let Some(turn) = self.reply() {
            turn.played_ms = until;
            self.replying = false;
        }
    }

    fn reply(&mut self) -> Option<&mut TurnTimes> {
        self.turns.last_mut().filter(|_| self.replying)
    }

    /// For the record.
    pub(super) fn into_timings(self) -> Timings {
        Timings { turns: self.turns }
    }
}
