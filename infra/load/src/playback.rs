//! When the caller hears what a bot sends: one queue that plays in real time and has no jitter
//! buffer. `clear` drops what has not begun; the message that is playing is played to its end.
//! Pure: times are milliseconds from the start of the stream.

use std::collections::VecDeque;

/// One media message on the line.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: f64,
    end: f64,
    sounds: bool,
}

/// The queue of one call.
#[derive(Debug, Default)]
pub(crate) struct Playback {
    pieces: VecDeque<Piece>,
    end: f64,
    /// End of the last sounding piece of those that are forgotten.
    sounded_until: f64,
}

impl Playback {
    /// Takes a message; answers how long the line was empty before it.
    pub(crate) fn take(&mut self, now: f64, duration_ms: f64, sounds: bool) -> f64 {
        while self.pieces.front().is_some_and(|piece| piece.end <= now) {
            if let Some(played) = self.pieces.pop_front().filter(|piece| piece.sounds) {
                self.sounded_until = played.end;
            }
        }
        let empty = (now - self.end).max(0.0);
        let start = self.end.max(now);
        self.end = start + duration_ms;
        self.pieces.push_back(Piece { start, end: self.end, sounds });
        empty
    }

    /// Drops what has not begun to play.
    pub(crate) fn clear(&mut self, now: f64) {
        self.pieces.retain(|piece| piece.start < now);
        self.end = self.pieces.back().map_or(self.end.min(now), |piece| piece.end);
    }

    /// When everything sent so far has been played.
    pub(crate) fn end(&self) -> f64 {
        self.end
    }

    /// When the last sound ends, or ended.
    pub(crate) fn sounds_until(&self) -> f64 {
        self.pieces.iter().rev().find(|piece| piece.sounds).map_or(self.sounded_until, |piece| piece.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_time_plays_without_a_hole_and_what_comes_late_leaves_one() {
        let mut line = Playback::default();
        assert!(line.take(1_000.0, 100.0, true) >= 1_000.0, "the line was empty before");
        assert_eq!(line.take(1_010.0, 100.0, true), 0.0);
        assert_eq!(line.end(), 1_200.0);
        assert_eq!(line.take(1_230.0, 100.0, true), 30.0);
        assert_eq!(line.end(), 1_330.0);
    }

    #[test]
    fn a_clear_plays_the_piece_under_way_to_its_end_and_drops_the_rest() {
        let mut line = Playback::default();
        for _ in 0..4 {
            line.take(0.0, 200.0, true);
        }
        line.clear(250.0);
        assert_eq!((line.end(), line.sounds_until()), (400.0, 400.0));
        line.clear(500.0);
        assert_eq!(line.end(), 400.0, "nothing was playing any more");
        assert_eq!(line.take(600.0, 100.0, true), 200.0);
    }

    #[test]
    fn a_clear_before_anything_began_leaves_silence() {
        let mut line = Playback::default();
        line.take(0.0, 100.0, true);
        line.clear(0.0);
        assert_eq!((line.end(), line.sounds_until()), (0.0, 0.0));
    }

    #[test]
    fn silence_that_is_sent_is_no_sound() {
        let mut line = Playback::default();
        line.take(0.0, 100.0, true);
        line.take(0.0, 100.0, false);
        assert_eq!((line.end(), line.sounds_until()), (200.0, 100.0));
        line.take(500.0, 100.0, false);
        assert_eq!(line.sounds_until(), 100.0, "also when what sounded is forgotten");
    }
}
