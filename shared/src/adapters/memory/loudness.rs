//! A double that takes for a voice whatever stands out of the line's noise: for callers who make noises
//! instead of talking, and to measure what a model is worth.

use crate::domain::vad::{CONTEXT_SAMPLES, Window, rms};
use crate::ports::voice::{LineMemory, VoiceModel};

/// A voice must stand this far above the noise (ratio of RMS).
const START_RATIO: f32 = 3.0;
/// Once begun, it goes on down to here.
const GO_ON_RATIO: f32 = 1.8;
/// No window below this is a voice (RMS of 16-bit samples, about -43 dBFS).
const LEAST_RMS: f32 = 220.0;
/// Where the estimate of the noise starts, and the shares of the difference by which it falls, rises, and
/// rises in a voice.
const FIRST_NOISE_RMS: f32 = 60.0;
const FALL: f32 = 0.3;
const RISE: f32 = 0.016;
const RISE_IN_VOICE: f32 = 0.003;

/// Energy against an estimate of the noise that follows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoudnessModel;

impl VoiceModel for LoudnessModel {
    /// Remembers the noise, and what it answered last.
    fn likelihood(&self, window: &Window, memory: &mut LineMemory) -> f32 {
        let energy = rms(&window[CONTEXT_SAMPLES..]);
        let (noise, last) = match memory[..] {
            [noise, last] => (noise, last),
            _ => (FIRST_NOISE_RMS, 0.0),
        };
        let ratio = if last > 0.0 { GO_ON_RATIO } else { START_RATIO };
        let voice = if energy > (noise * ratio).max(LEAST_RMS) { 1.0 } else { 0.0 };
        let share = match (energy < noise, voice > 0.0) {
            (true, _) => FALL,
            (false, false) => RISE,
            (false, true) => RISE_IN_VOICE,
        };
        memory.clear();
        memory.extend([noise + (energy - noise) * share, voice]);
        voice
    }
}
