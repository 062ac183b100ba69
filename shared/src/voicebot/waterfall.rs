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
    /// What a model is asked, and the place of the turn its answer is for.
    question: Option<(u32, usize)>,
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

    /// A model is asked: for the reply to the turn that was taken last or, where the caller was heard
    /// since, for the turn that may be over now; true for that one.
    pub(super) fn asked(&mut self, question: u32) -> bool {
        let place = match self.question {
            // It corrects itself, within the same turn.
            Some((_, place)) => place,
            None if self.current.flush_ms.is_some() => self.turns.len(),
            None => self.turns.len().saturating_sub(1),
        };
        self.question = Some((question, place));
        place >= self.turns.len()
    }

    /// Its answer begins.
    pub(super) fn first_token(&mut self, question: u32, at: u64) {
        if let Some((asked, place)) = self.question
            && asked == question
        {
            self.at(place).first_token_ms.get_or_insert(at);
        }
    }

    /// It is asked no more; `for_nobody` where the caller went on, and the turn was not over.
    pub(super) fn thought_no_more(&mut self, for_nobody: bool) {
        if let Some((_, place)) = self.question.take()
            && for_nobody
        {
            self.at(place).first_token_ms = None;
        }
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
        let turn = *turn;
        metrics.reply.between(turn.voice_end_ms, turn.first_audio_ms);
        metrics.first_token.between(turn.final_ms, turn.first_token_ms);
        metrics.first_clause.between(turn.first_token_ms, turn.first_clause_ms);
        metrics.first_audio.between(turn.first_clause_ms, turn.first_audio_ms);
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

    /// The turn at that place, which may be the one that is not over yet.
    fn at(&mut self, place: usize) -> &mut TurnTimes {
        self.turns.get_mut(place).unwrap_or(&mut self.current)
    }

    fn reply(&mut self) -> Option<&mut TurnTimes> {
        self.turns.last_mut().filter(|_| self.replying)
    }

    /// For the record.
    pub(super) fn into_timings(self) -> Timings {
        Timings { turns: self.turns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_tokens(waterfall: Waterfall) -> Vec<Option<u64>> {
        waterfall.into_timings().turns.iter().map(|turn| turn.first_token_ms).collect()
    }

    #[test]
    fn a_first_token_is_the_turns_it_answers_whether_it_comes_before_or_after_the_turn_is_over() {
        let mut waterfall = Waterfall::default();
        waterfall.flushed(100);
        waterfall.asked(1);
        waterfall.first_token(1, 300);
        waterfall.taken(400);
        waterfall.thought_no_more(false);
        waterfall.flushed(1_000);
        waterfall.taken(1_100);
        waterfall.asked(2);
        waterfall.first_token(1, 1_200);
        // A call that was refused: it corrects itself, beside a noise of the caller.
        waterfall.first_token(2, 1_300);
        waterfall.flushed(1_400);
        waterfall.asked(3);
        waterfall.first_token(3, 1_500);
        waterfall.thought_no_more(false);
        waterfall.taken(2_000);
        assert_eq!(first_tokens(waterfall), [Some(300), Some(1_300), None]);
    }

    #[test]
    fn what_a_model_said_to_a_turn_that_went_on_is_no_first_token() {
        let mut waterfall = Waterfall::default();
        waterfall.flushed(100);
        waterfall.asked(1);
        waterfall.first_token(1, 300);
        waterfall.thought_no_more(true);
        waterfall.flushed(900);
        waterfall.taken(1_000);
        waterfall.asked(2);
        waterfall.first_token(2, 1_700);
        assert_eq!(first_tokens(waterfall), [Some(1_700)]);
    }
}
