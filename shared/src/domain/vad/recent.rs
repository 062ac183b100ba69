//! The last moments of a line, cut into the windows a model hears: frames of 20 ms come in, windows of
//! 32 ms go out.

/// New samples in a window: 32 ms.
pub const WINDOW_SAMPLES: usize = 256;
/// Samples before them that were heard already.
pub const CONTEXT_SAMPLES: usize = 32;
/// Milliseconds from one window to the next.
pub const WINDOW_MS: u64 = 32;
/// Unheard samples kept while nobody asks: two windows, for the soft beginning of a word.
const UNHEARD: usize = 2 * WINDOW_SAMPLES;
const KEPT: usize = CONTEXT_SAMPLES + UNHEARD;

/// What a model is asked about: [`CONTEXT_SAMPLES`] known samples, then [`WINDOW_SAMPLES`] new ones.
pub type Window = [i16; CONTEXT_SAMPLES + WINDOW_SAMPLES];

/// Silence before anything has come.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    samples: [i16; KEPT],
    /// How many of the newest samples no window has held yet.
    unheard: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Self { samples: [0; KEPT], unheard: 0 }
    }
}

impl Recent {
    pub(super) fn push(&mut self, samples: &[i16]) {
        let samples = &samples[samples.len().saturating_sub(KEPT)..];
        self.samples.copy_within(samples.len().., 0);
        self.samples[KEPT - samples.len()..].copy_from_slice(samples);
        self.unheard = (self.unheard + samples.len()).min(UNHEARD);
    }

    /// The next window that is complete. After a time in which nobody asked, windows end with the newest
    /// sample.
    pub(super) fn next_window(&mut self) -> Option<&Window> {
        let rest = self.unheard.checked_sub(WINDOW_SAMPLES)?;
        let first = KEPT - self.unheard - CONTEXT_SAMPLES;
        self.unheard = rest;
        self.samples[first..].first_chunk()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audio::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

    /// The samples of all windows, after checking that each begins with the end of what was before it.
    fn heard(recent: &mut Recent, before: &mut Vec<i16>) {
        while let Some(window) = recent.next_window() {
            let (context, new) = window.split_at(CONTEXT_SAMPLES);
            assert!(before.ends_with(context), "{context:?} does not follow");
            before.extend_from_slice(new);
        }
    }

    #[test]
    fn every_sample_is_in_one_window_and_in_order() {
        let mut recent = Recent::default();
        let mut all = vec![0; CONTEXT_SAMPLES];
        let line: Vec<i16> = (1..=8_000).collect();
        for frame in line.chunks(FRAME_SAMPLES) {
            recent.push(frame);
            heard(&mut recent, &mut all);
        }
        // 50 frames are 31 windows and a quarter.
        assert_eq!(all[CONTEXT_SAMPLES..], line[..31 * WINDOW_SAMPLES]);
        assert_eq!(WINDOW_SAMPLES as u64 * 1_000, WINDOW_MS * u64::from(SAMPLE_RATE_HZ));
    }

    #[test]
    fn of_what_nobody_asked_for_the_last_two_windows_are_heard() {
        let mut recent = Recent::default();
        let line: Vec<i16> = (1..=8_000).collect();
        let (quiet, sound) = line.split_at(25 * FRAME_SAMPLES);
        quiet.chunks(FRAME_SAMPLES).for_each(|frame| recent.push(frame));
        let mut all = line[..quiet.len() + FRAME_SAMPLES - UNHEARD].to_vec();
        for frame in sound.chunks(FRAME_SAMPLES) {
            recent.push(frame);
            heard(&mut recent, &mut all);
        }
        assert_eq!(all, line[..all.len()]);
        assert!(line.len() - all.len() < WINDOW_SAMPLES);
    }
}
