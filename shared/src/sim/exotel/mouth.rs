//! The caller's voice on its way to the bot, frame by frame.

use std::collections::VecDeque;

use super::playback::at_ms;
use super::truth::SaidUtterance;
use crate::domain::audio::{FRAME_BYTES, FRAME_SAMPLES, bytes};
use crate::domain::language::Language;
use crate::sim::speech::cleared_throat;

/// About -60 dBFS for evenly spread noise.
const NOISE_PEAK: i32 = 57;

/// A fit of coughing: long enough to be taken for words.
const COUGH_FRAMES: usize = 35;

/// What the caller says and still has to say.
pub(super) struct Mouth {
    frames: VecDeque<Vec<u8>>,
    /// What leaves is no word.
    coughing: bool,
    said: Vec<SaidUtterance>,
    noise: Option<u32>,
}

impl Mouth {
    pub(super) fn new(line_noise: bool) -> Self {
        Self { frames: VecDeque::new(), coughing: false, said: Vec::new(), noise: line_noise.then_some(1) }
    }

    /// Starts a sentence with the next frame.
    pub(super) fn begin(&mut self, text: &str, language: Language, audio: &[u8], step: u64) {
        self.frames.extend(audio.chunks(FRAME_BYTES).map(<[u8]>::to_vec));
        self.coughing = false;
        let (start_ms, end_ms) = (at_ms(step), at_ms(step));
        self.said.push(SaidUtterance { text: text.to_owned(), language, start_ms, end_ms, complete: false });
    }

    /// Coughs, from the next frame on: a voice to a detector, and no word.
    pub(super) fn cough(&mut self) {
        self.frames.extend(cleared_throat(COUGH_FRAMES).chunks(FRAME_BYTES).map(<[u8]>::to_vec));
        self.coughing = true;
    }

    /// Words, or a cough, are on their way.
    pub(super) fn speaks(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Everything said so far.
    pub(super) fn said(&self) -> &[SaidUtterance] {
        &self.said
    }

    /// The frame of this step, and whether it completed a sentence.
    pub(super) fn frame(&mut self, step: u64) -> (Vec<u8>, bool) {
        let Some(mut frame) = self.frames.pop_front() else {
            return (self.silence(), false);
        };
        frame.resize(FRAME_BYTES, 0);
        let done = self.frames.is_empty();
        if self.coughing {
            return (frame, false);
        }
        if let Some(utterance) = self.said.last_mut() {
            utterance.end_ms = at_ms(step + 1);
            utterance.complete = done;
        }
        (frame, done)
    }

    fn silence(&mut self) -> Vec<u8> {
        let Some(seed) = &mut self.noise else {
            return vec![0; FRAME_BYTES];
        };
        noise(seed, NOISE_PEAK)
    }
}

/// 20 ms of evenly spread noise.
fn noise(seed: &mut u32, peak: i32) -> Vec<u8> {
    let mut sample = || {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let spread = i32::try_from(*seed >> 16).unwrap_or(0) % (2 * peak + 1) - peak;
        i16::try_from(spread).unwrap_or(0)
    };
    let samples: Vec<i16> = (0..FRAME_SAMPLES).map(|_| sample()).collect();
    bytes(&samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audio::samples;

    #[test]
    fn a_sentence_leaves_frame_by_frame_and_is_noted_as_complete_with_its_last() {
        let mut mouth = Mouth::new(false);
        mouth.begin("yes", Language::English, &[1; FRAME_BYTES * 2], 10);
        assert_eq!(mouth.frame(10), (vec![1; FRAME_BYTES], false));
        assert_eq!(mouth.frame(11), (vec![1; FRAME_BYTES], true));
        assert_eq!(mouth.frame(12), (vec![0; FRAME_BYTES], false));
        let said = &mouth.said()[0];
        assert_eq!((said.start_ms, said.end_ms, said.complete), (200, 240, true));
    }

    #[test]
    fn a_cough_is_loud_and_nothing_that_was_said() {
        let mut mouth = Mouth::new(false);
        mouth.cough();
        let frames: Vec<(Vec<u8>, bool)> = (0..10).map(|step| mouth.frame(step)).collect();
        assert!(frames.iter().all(|(_, completed)| !completed));
        assert!(frames.iter().any(|(frame, _)| samples(frame).iter().any(|s| s.unsigned_abs() > 4_000)));
        assert!(mouth.speaks() && mouth.said().is_empty());
    }

    #[test]
    fn line_noise_is_about_sixty_decibels_down() {
        let mut mouth = Mouth::new(true);
        let all: Vec<i16> = (0..50).flat_map(|step| samples(&mouth.frame(step).0)).collect();
        let square: f64 = all.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / all.len() as f64;
        let dbfs = 20.0 * (square.sqrt() / 32_768.0).log10();
        assert!((-61.0..-58.5).contains(&dbfs), "{dbfs}");
    }
}
