//! The time of the line: how far the caller has been heard. A pause of the caller is a pause in
//! the audio, not in its arrival: while a line stalls this clock stands still, and what comes in a
//! burst afterwards (exotel.md 5.4) is taken at the times at which it was said.

use crate::domain::audio::FRAME_MS;

/// How far the clock runs ahead of the audio, and that behind the time without any of it lost: the usual jitter,
/// and the carrier's 100 ms groups.
const SLACK_MS: u64 = 100;
/// Frames further apart are a stall: what follows may be a burst that catches up.
const STALL_MS: u64 = 200;
/// Audio that stays behind for this long was lost, not late.
const SETTLED_MS: u64 = 1_000;

/// In milliseconds from the start of the stream, never backwards.
#[derive(Debug, Default)]
pub struct LineClock {
    at: u64,
    /// Where the audio heard so far ends; none before the first frame.
    heard: Option<u64>,
    /// When the last frame was taken, by the wall clock.
    taken: u64,
    /// Since when the audio flows evenly, and the least it was behind since then.
    even_since: u64,
    least_behind: u64,
}

impl LineClock {
    /// Of a line whose audio had to wait for us: it was said from the start of the stream on.
    pub(super) fn waited_for() -> Self {
        Self { heard: Some(0), ..Self::default() }
    }

    /// Takes one frame at `wall`; answers when its sound was over.
    pub fn frame(&mut self, wall: u64) -> u64 {
        let heard = self.heard.map_or(wall, |heard| (heard + FRAME_MS).min(wall));
        self.heard = Some(self.without_loss(heard, wall));
        self.taken = wall;
        self.at = self.at.max(heard);
        self.at
    }

    /// What the line will never deliver is no delay of what it does.
    fn without_loss(&mut self, heard: u64, wall: u64) -> u64 {
        let behind = wall - heard;
        if wall.saturating_sub(self.taken) > STALL_MS {
            (self.even_since, self.least_behind) = (wall, behind);
            return heard;
        }
        self.least_behind = self.least_behind.min(behind);
        if wall - self.even_since < SETTLED_MS {
            return heard;
        }
        let lost = self.least_behind;
        (self.even_since, self.least_behind) = (wall, u64::MAX);
        if lost > SLACK_MS { heard + lost } else { heard }
    }

    /// Where the audio heard so far ends.
    pub fn heard(&self) -> Option<u64> {
        self.heard
    }

    /// The line's time at `wall`, for what happens beside the audio.
    pub fn now(&mut self, wall: u64) -> u64 {
        let reached = self.heard.map_or(wall, |heard| wall.min(heard + SLACK_MS));
        self.at = self.at.max(reached);
        self.at
    }

    /// The same for what falls due. Never ahead of the audio: the carrier's next group may hold the word that a
    /// pause was waiting for.
    pub fn due(&mut self, wall: u64) -> u64 {
        self.at = self.at.max(self.heard.map_or(wall, |heard| wall.min(heard)));
        self.at
    }

    /// Whether time alone makes due what is so at `at`; else only more audio does.
    pub fn reaches(&self, at: u64) -> bool {
        self.heard.is_none_or(|heard| at <= heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(clock: &mut LineClock, from: u64, until: u64) {
        (from..until).step_by(20).for_each(|wall| {
            clock.frame(wall);
        });
    }

    #[test]
    fn a_stall_stops_the_clock_and_the_burst_is_taken_at_its_own_times() {
        let mut clock = LineClock::default();
        flow(&mut clock, 20, 1_020);
        assert!(clock.reaches(1_000) && !clock.reaches(1_001));
        assert_eq!((clock.due(1_010), clock.now(1_010)), (1_000, 1_010), "due by what is heard");
        assert_eq!(clock.now(3_000), 1_000 + SLACK_MS);
        let times: Vec<u64> = (0..100).map(|_| clock.frame(3_000)).collect();
        assert_eq!((times[9], times[99]), (1_200, 3_000));
        assert_eq!(clock.now(3_050), 3_050);
    }

    #[test]
    fn audio_that_was_lost_in_a_stall_does_not_delay_the_rest_of_the_call() {
        let mut clock = LineClock::default();
        flow(&mut clock, 20, 1_020);
        flow(&mut clock, 3_000, 4_200);
        assert!(clock.now(4_200) >= 4_180, "{clock:?}");
    }

    #[test]
    fn a_late_first_frame_and_an_early_one_are_on_time() {
        let mut clock = LineClock::default();
        assert_eq!(clock.now(400), 400);
        assert_eq!(clock.frame(600), 600);
        assert_eq!(clock.frame(600), 600);
        assert_eq!(clock.frame(620), 620);
    }
}
