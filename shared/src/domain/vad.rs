//! Voice activity: whether somebody speaks on a line, told in frames of 20 ms. How likely a sound is a
//! voice is a model's word; here is when the model is asked, and what its answers amount to.
//! Decides nothing about turns: it only says when a voice began and when it stopped.

mod gate;
mod recent;

pub use recent::{CONTEXT_SAMPLES, WINDOW_MS, WINDOW_SAMPLES, Window};

use self::gate::Gate;
use self::recent::Recent;

/// From here on a sound is believed to be a voice. At 0.5 horns and the talk of others begin turns;
/// above 0.7 first words are noticed late under noise.
const START_LIKELIHOOD: f32 = 0.7;
/// From here on it may be one, whose first syllable is soft.
const SUSPECT_LIKELIHOOD: f32 = 0.3;
/// Once begun, a voice goes on while it is this likely. Close under the start: at half of it the ends of
/// turns drown in noise, and the caller waits for an answer.
const GO_ON_LIKELIHOOD: f32 = 0.65;
/// Windows in a row that must be a voice before one has begun: 64 ms. One alone may be a click.
const START_WINDOWS: u32 = 2;
/// Windows in a row that must be none before it is over: 64 ms. One alone may be a plosive.
const STOP_WINDOWS: u32 = 2;

/// Windows of the quiet after a sound that the model hears too, and whose answers mean nothing. It remembers
/// what it heard last: where that is a voice, the click that comes next is one to it. Forgetting everything
/// instead, it would notice the next word later, and take the talk of others for one.
const QUIET_WINDOWS: u32 = 4;

/// Milliseconds a voice has already lasted when [`VoiceEvent::Started`] is told. The median that
/// `infra/bench.sh vad` measures is between 70 and 115 ms, by the noise of the line.
pub const START_DELAY_MS: u64 = 80;
/// Milliseconds a voice has already been quiet when [`VoiceEvent::Stopped`] is told: the gate's time, and the
/// median on every line with little noise. Under noise the model decides and takes up to 60 ms more.
pub const STOP_DELAY_MS: u64 = 100;

/// A change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceEvent {
    /// What began may be a voice: the line got louder, or what is heard more like one. Where it is one, `Started`
    /// follows shortly; where it is none, nothing does.
    Suspected,
    /// A voice began [`START_DELAY_MS`] ago.
    Started,
    /// The voice went quiet [`STOP_DELAY_MS`] ago.
    Stopped,
}

/// The detector of one line.
#[derive(Debug, Clone, Default)]
pub struct VoiceDetector {
    gate: Gate,
    recent: Recent,
    speaking: bool,
    /// The gate let the last frame through.
    open: bool,
    /// The last window may have been a voice.
    suspected: bool,
    /// Windows of quiet the model has still to hear.
    to_forget: u32,
    /// Windows in a row that speak against the present state.
    against: u32,
}

impl VoiceDetector {
    /// Takes the next 20 ms. `likelihood` says of a window how likely (0 to 1) somebody speaks in it. It is
    /// asked only while the line is louder than its own noise and shortly after, in order, and about no sample
    /// twice.
    pub fn frame(&mut self, samples: &[i16], mut likelihood: impl FnMut(&Window) -> f32) -> Option<VoiceEvent> {
        self.recent.push(samples);
        if !self.gate.frame(rms(samples), self.speaking) {
            (self.against, self.suspected, self.open) = (0, false, false);
            self.forget(likelihood);
            return std::mem::take(&mut self.speaking).then_some(VoiceEvent::Stopped);
        }
        let opened = !std::mem::replace(&mut self.open, true) && !self.speaking;
        self.to_forget = QUIET_WINDOWS;
        self.suspected |= opened;
        let mut event = opened.then_some(VoiceEvent::Suspected);
        while let Some(window) = self.recent.next_window() {
            let likely = likelihood(window);
            event = self.weigh(likely).or(event);
        }
        event
    }

    fn forget(&mut self, mut likelihood: impl FnMut(&Window) -> f32) {
        while self.to_forget > 0
            && let Some(window) = self.recent.next_window()
        {
            likelihood(window);
            self.to_forget -= 1;
        }
    }

    fn weigh(&mut self, likely: f32) -> Option<VoiceEvent> {
        let (limit, needed) =
            if self.speaking { (GO_ON_LIKELIHOOD, STOP_WINDOWS) } else { (START_LIKELIHOOD, START_WINDOWS) };
        let voice = likely >= limit;
        let suspected = std::mem::replace(&mut self.suspected, likely >= SUSPECT_LIKELIHOOD);
        let suspect = (!self.speaking && self.suspected && !suspected).then_some(VoiceEvent::Suspected);
        if voice == self.speaking {
            self.against = 0;
            return suspect;
        }
        self.against += 1;
        if self.against < needed {
            return suspect;
        }
        self.against = 0;
        self.speaking = voice;
        Some(if voice { VoiceEvent::Started } else { VoiceEvent::Stopped })
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
    use crate::domain::audio::{FRAME_MS, FRAME_SAMPLES};

    const LOUD: i16 = 2_000;
    const QUIET: i16 = 20;

    /// A line with a model that takes loud windows for a voice.
    #[derive(Default)]
    struct TestLine {
        detector: VoiceDetector,
        asked: usize,
    }

    impl TestLine {
        /// So many frames of one loudness; what is sure, with the milliseconds after which it came.
        fn hears(&mut self, height: i16, frames: u64, likely: f32) -> Vec<(u64, VoiceEvent)> {
            let mut told = self.tells(height, frames, likely);
            told.retain(|(_, event)| *event != VoiceEvent::Suspected);
            told
        }

        /// And what is not.
        fn tells(&mut self, height: i16, frames: u64, likely: f32) -> Vec<(u64, VoiceEvent)> {
            let frame: Vec<i16> = (0..FRAME_SAMPLES).map(|n| if n % 2 == 0 { height } else { -height }).collect();
            let mut events = Vec::new();
            for n in 1..=frames {
                let asked = &mut self.asked;
                let event = self.detector.frame(&frame, |window| {
                    *asked += 1;
                    // Half a window counts: a model hears the onset, not the edge of its window.
                    let voiced = window.iter().filter(|s| s.unsigned_abs() >= 1_000).count();
                    if voiced * 2 > window.len() { likely } else { 0.0 }
                });
                events.extend(event.map(|event| (n * FRAME_MS, event)));
            }
            events
        }
    }

    #[test]
    fn a_word_begins_and_ends_once_within_the_stated_delays() {
        let mut line = TestLine::default();
        assert_eq!(line.hears(QUIET, 50, 1.0), []);
        let began = line.hears(LOUD, 20, 1.0);
        assert!(matches!(began[..], [(ms, VoiceEvent::Started)] if ms <= START_DELAY_MS), "{began:?}");
        let ended = line.hears(QUIET, 20, 1.0);
        assert!(matches!(ended[..], [(ms, VoiceEvent::Stopped)] if ms <= STOP_DELAY_MS), "{ended:?}");
    }

    #[test]
    fn what_is_no_voice_is_none_however_loud() {
        let mut line = TestLine::default();
        assert_eq!(line.hears(LOUD, 100, START_LIKELIHOOD - 0.01), []);
    }

    #[test]
    fn what_may_be_a_voice_is_told_once_and_before_it_is_one() {
        let mut line = TestLine::default();
        line.hears(QUIET, 50, 1.0);
        let told = |line: &mut TestLine, likely, frames| {
            line.tells(LOUD, frames, likely).into_iter().map(|(_, event)| event).collect::<Vec<_>>()
        };
        assert_eq!(told(&mut line, SUSPECT_LIKELIHOOD - 0.01, 10), [VoiceEvent::Suspected], "the line got louder");
        assert_eq!(told(&mut line, SUSPECT_LIKELIHOOD, 10), [VoiceEvent::Suspected], "and more like a voice");
        assert_eq!(told(&mut line, 0.9, 10), [VoiceEvent::Started]);
        // Once begun there is nothing to suspect.
        assert_eq!(told(&mut line, GO_ON_LIKELIHOOD, 10), []);
    }

    #[test]
    fn a_voice_once_begun_goes_on_at_a_little_less_and_ends_below_that() {
        let mut line = TestLine::default();
        assert_eq!(line.hears(LOUD, 20, 0.9).len(), 1);
        assert_eq!(line.hears(LOUD, 20, GO_ON_LIKELIHOOD), []);
        let ended = line.hears(LOUD, 20, GO_ON_LIKELIHOOD - 0.01);
        // Two windows, as they fall into frames.
        assert!(matches!(ended[..], [(60..=100, VoiceEvent::Stopped)]), "{ended:?}");
    }

    #[test]
    fn a_quiet_line_ends_a_voice_that_the_model_still_hears() {
        let mut line = TestLine::default();
        let mut frame = |height| line.detector.frame(&[height; FRAME_SAMPLES], |_| 1.0);
        assert!((0..20).any(|_| frame(LOUD) == Some(VoiceEvent::Started)));
        let told: Vec<bool> = (0..6).map(|_| frame(QUIET).is_some()).collect();
        assert_eq!(told, [false, false, false, false, true, false]);
    }

    #[test]
    fn a_click_is_no_voice_and_a_plosive_no_end() {
        let mut line = TestLine::default();
        line.hears(QUIET, 50, 1.0);
        assert_eq!(line.hears(9_000, 1, 1.0), []);
        assert_eq!(line.hears(QUIET, 20, 1.0), []);
        assert_eq!(line.hears(LOUD, 20, 1.0).len(), 1);
        assert_eq!(line.hears(QUIET, 1, 1.0), []);
        assert_eq!(line.hears(LOUD, 20, 1.0), []);
    }

    #[test]
    fn a_quiet_line_and_one_with_steady_noise_ask_nothing() {
        let mut line = TestLine::default();
        line.hears(QUIET, 500, 1.0);
        assert_eq!(line.asked, 0);
        // Until two seconds have shown that it is the line's own.
        line.hears(500, 120, 0.0);
        let learning = line.asked;
        assert!(learning > 0);
        line.hears(500, 500, 0.0);
        assert_eq!(line.asked, learning);
        // And a voice above it is heard.
        assert_eq!(line.hears(LOUD, 10, 1.0).len(), 1);
    }

    #[test]
    fn after_a_sound_the_model_hears_some_quiet_and_whatever_it_says_of_it_means_nothing() {
        let (mut detector, mut asked) = (VoiceDetector::default(), 0);
        let mut frame = |height| {
            detector.frame(&[height; FRAME_SAMPLES], |_| {
                asked += 1;
                1.0
            })
        };
        let told: Vec<VoiceEvent> = (0..20).filter_map(|_| frame(LOUD)).collect();
        assert_eq!(told, [VoiceEvent::Suspected, VoiceEvent::Started]);
        // The gate is open for four frames, and shuts with the fifth.
        assert_eq!((0..5).filter_map(|_| frame(QUIET)).collect::<Vec<_>>(), [VoiceEvent::Stopped]);
        assert_eq!((0..100).filter_map(|_| frame(QUIET)).collect::<Vec<_>>(), []);
        assert_eq!(asked, 24 * FRAME_SAMPLES / WINDOW_SAMPLES + QUIET_WINDOWS as usize);
    }

    #[test]
    fn the_energy_of_nothing_is_zero() {
        assert_eq!(rms(&[]), 0.0);
        assert!((rms(&[100, -100, 100, -100]) - 100.0).abs() < 0.01);
    }
}
