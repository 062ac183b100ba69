//! The cheap half of listening: while a line is no louder than its own noise, nobody speaks on it, and
//! no model needs to be asked.

/// A sound must stand this far above the noise to be looked at (ratio of RMS, 6 dB). The noise of a line
/// moves by a tenth of itself from frame to frame; the wind and engines of a street by more.
const OPEN_RATIO: f32 = 2.0;
/// While a voice is on it is looked at down to here: its weak syllables stand little above the noise, and
/// a gate that shuts on them would end it.
const GO_ON_RATIO: f32 = 1.2;
/// Nothing below this is a voice, however silent the line is (RMS of 16-bit samples, about -49 dBFS).
const LEAST_TO_OPEN: f32 = 110.0;
/// The same while a voice is on (about -55 dBFS).
const LEAST_TO_GO_ON: f32 = 60.0;
/// Quiet frames in a row that shut the gate: 100 ms, the gap before a plosive. The turn machine adds its
/// own patience.
const SHUT_AFTER: u32 = 5;
/// The noise is the quietest frame of the last [`PARTS`] times [`PART_FRAMES`]: about two seconds, in
/// which every speaker has paused.
const PARTS: usize = 8;
const PART_FRAMES: u32 = 12;
/// A line can not be noisier than this (about -30 dBFS): it is a voice that has not paused yet.
const MOST_NOISE: f32 = 1_000.0;

/// The gate of one line.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// The quietest frame of each part. They begin at nothing: for the first two seconds, when nobody knows
    /// the line yet, all that could be a voice is looked at.
    quietest: [f32; PARTS],
    part: usize,
    frames: u32,
    /// Quiet frames in a row.
    quiet: u32,
}

impl Default for Gate {
    fn default() -> Self {
        Self { quietest: [0.0; PARTS], part: 0, frames: 0, quiet: SHUT_AFTER }
    }
}

impl Gate {
    /// Takes the next frame's energy; answers whether the gate is open for it.
    pub(super) fn frame(&mut self, energy: f32, in_voice: bool) -> bool {
        let noise = self.quietest.iter().copied().fold(MOST_NOISE, f32::min);
        let (ratio, least) = if in_voice { (GO_ON_RATIO, LEAST_TO_GO_ON) } else { (OPEN_RATIO, LEAST_TO_OPEN) };
        let loud = energy > (noise * ratio).max(least);
        self.quiet = if loud { 0 } else { self.quiet.saturating_add(1) };
        self.learn(energy);
        self.quiet < SHUT_AFTER
    }

    fn learn(&mut self, energy: f32) {
        if self.frames == PART_FRAMES {
            self.part = (self.part + 1) % PARTS;
            self.quietest[self.part] = f32::MAX;
            self.frames = 0;
        }
        self.frames += 1;
        self.quietest[self.part] = self.quietest[self.part].min(energy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(gate: &mut Gate, energy: f32, frames: usize, in_voice: bool) -> usize {
        (0..frames).filter(|_| gate.frame(energy, in_voice)).count()
    }

    #[test]
    fn the_lines_own_noise_shuts_it_and_what_stands_out_opens_it() {
        let mut gate = Gate::default();
        open(&mut gate, 500.0, 200, false);
        assert_eq!(open(&mut gate, 500.0, 20, false), 0);
        assert_eq!(open(&mut gate, 990.0, 20, false), 0, "not twice the noise");
        assert_eq!(open(&mut gate, 1_010.0, 20, false), 20);
    }

    #[test]
    fn a_weak_syllable_keeps_it_open_and_a_pause_shuts_it_after_a_hundred_milliseconds() {
        let mut gate = Gate::default();
        open(&mut gate, 500.0, 200, false);
        assert_eq!(open(&mut gate, 2_000.0, 10, true), 10);
        assert_eq!(open(&mut gate, 650.0, 10, true), 10);
        assert_eq!(open(&mut gate, 550.0, 10, true), 4);
    }

    #[test]
    fn a_voice_from_the_first_frame_on_is_not_taken_for_the_noise() {
        let mut gate = Gate::default();
        assert_eq!(open(&mut gate, 3_000.0, 500, true), 500);
    }

    #[test]
    fn noise_that_grows_is_known_after_two_seconds_and_noise_that_falls_at_once() {
        let mut gate = Gate::default();
        open(&mut gate, 100.0, 200, false);
        let seconds = open(&mut gate, 600.0, 500, false) as f32 * 0.02;
        assert!((1.5..2.5).contains(&seconds), "{seconds}");
        open(&mut gate, 100.0, 10, false);
        assert_eq!(open(&mut gate, 250.0, 5, false), 5);
    }

    #[test]
    fn nothing_faint_opens_it_on_a_silent_line() {
        let mut gate = Gate::default();
        open(&mut gate, 0.0, 200, false);
        assert_eq!(open(&mut gate, LEAST_TO_OPEN, 50, false), 0);
    }
}
