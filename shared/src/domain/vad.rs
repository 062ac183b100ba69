//! Voice activity from the energy of 20 ms frames, with a threshold that follows the line's noise.
//! Decides nothing about turns: it only says when a voice began and when it stopped.

use super::audio::FRAME_MS;

/// A voice must stand this far above the noise (ratio of RMS). Below 2.5 the hum of a fan starts
/// turns; above 4 a quiet speaker on a noisy line is missed.
const START_RATIO: f32 = 3.0;
/// Once begun, a voice goes on while it is this far above the noise: the ends of words are quiet.
const STOP_RATIO: f32 = 1.8;
/// No frame below this is a voice, however silent the line is (RMS of 16-bit samples; about
/// -43 dBFS). The bot's own echo at -20 dB of a normal speaking level stays near it.
const LEAST_RMS: f32 = 220.0;
/// Frames above the threshold before a voice is believed: 80 ms. At 40 ms clicks start turns.
const START_FRAMES: u32 = 4;
/// Frames below before a voice is over: 100 ms, the gap before a plosive. The turn machine adds
/// its own patience.
const STOP_FRAMES: u32 = 5;
/// The noise estimate falls at once towards a quieter frame and rises this slowly (share per
/// frame, about 2 s to follow): speech must not become the noise.
const RISE: f32 = 0.01;
/// Fall of the estimate per frame.
const FALL: f32 = 0.2;
/// Where the estimate starts: an ordinary quiet line.
const FIRST_NOISE_RMS: f32 = 60.0;
/// The estimate while a voice is on, per frame: a steady noise of 15 s stops counting as a voice.
const RISE_IN_VOICE: f32 = 0.002;

/// Milliseconds a voice has already lasted when [`VoiceEvent::Started`] is told.
pub const START_DELAY_MS: u64 = START_FRAMES as u64 * FRAME_MS;
/// Milliseconds a voice has already been quiet when [`VoiceEvent::Stopped`] is told.
pub const STOP_DELAY_MS: u64 = STOP_FRAMES as u64 * FRAME_MS;

/// A change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceEvent {
    /// A voice began [`START_DELAY_MS`] ago.
    Started,
    /// The voice went quiet [`STOP_DELAY_MS`] ago.
    Stopped,
}

/// The detector of one line.
#[derive(Debug, Clone)]
pub struct VoiceDetector {
    noise: f32,
    speaking: bool,
    /// Frames in a row that speak against the present state.
    against: u32,
}

impl Default for VoiceDetector {
    fn default() -> Self {
        Self { noise: FIRST_NOISE_RMS, speaking: false, against: 0 }
    }
}

impl VoiceDetector {
    /// Takes the next frame's energy ([`rms`]).
    pub fn frame(&mut self, energy: f32) -> Option<VoiceEvent> {
        let ratio = if self.speaking { STOP_RATIO } else { START_RATIO };
        let loud = energy > (self.noise * ratio).max(LEAST_RMS);
        self.follow(energy);
        if loud == self.speaking {
            self.against = 0;
            return None;
        }
        self.against += 1;
        let needed = if self.speaking { STOP_FRAMES } else { START_FRAMES };
        if self.against < needed {
            return None;
        }
        self.against = 0;
        self.speaking = loud;
        Some(if loud { VoiceEvent::Started } else { VoiceEvent::Stopped })
    }

    fn follow(&mut self, energy: f32) {
        let share = match (energy < self.noise, self.speaking) {
            (true, _) => FALL,
            (false, false) => RISE,
            (false, true) => RISE_IN_VOICE,
        };
        self.noise += (energy - self.noise) * share;
    }
}

/// Root mean square of 16-bit samples, 0 for none.
pub fn rms(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    (sum / samples.len() as f64).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(detector: &mut VoiceDetector, energy: f32, frames: usize) -> Vec<VoiceEvent> {
        (0..frames).filter_map(|_| detector.frame(energy)).collect()
    }

    #[test]
    fn a_word_begins_and_ends_once() {
        let mut detector = VoiceDetector::default();
        assert_eq!(run(&mut detector, 40.0, 50), []);
        assert_eq!(run(&mut detector, 2_000.0, 20), [VoiceEvent::Started]);
        assert_eq!(run(&mut detector, 40.0, 20), [VoiceEvent::Stopped]);
    }

    #[test]
    fn a_click_is_no_voice() {
        let mut detector = VoiceDetector::default();
        assert_eq!(run(&mut detector, 9_000.0, 3), []);
        assert_eq!(run(&mut detector, 40.0, 20), []);
    }

    #[test]
    fn a_short_gap_inside_a_word_does_not_end_it() {
        let mut detector = VoiceDetector::default();
        run(&mut detector, 2_000.0, 10);
        assert_eq!(run(&mut detector, 50.0, 4), []);
        assert_eq!(run(&mut detector, 2_000.0, 5), []);
    }

    #[test]
    fn a_steady_hum_is_learned_and_a_voice_above_it_still_heard() {
        let mut detector = VoiceDetector::default();
        run(&mut detector, 500.0, 1_000);
        assert!(!detector.speaking, "twenty seconds of hum are the line, not a voice");
        assert_eq!(run(&mut detector, 4_000.0, 10), [VoiceEvent::Started]);
    }

    #[test]
    fn a_faint_echo_on_a_silent_line_is_no_voice() {
        let mut detector = VoiceDetector::default();
        run(&mut detector, 0.0, 100);
        assert_eq!(run(&mut detector, 200.0, 50), []);
    }

    #[test]
    fn the_energy_of_nothing_is_zero() {
        assert_eq!(rms(&[]), 0.0);
        assert!((rms(&[100, -100, 100, -100]) - 100.0).abs() < 0.01);
    }
}
