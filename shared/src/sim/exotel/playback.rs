//! What the caller hears: one queue of audio and marks, on a clock of 20 ms steps (exotel.md 8.4).
//!
//! Pure: one `step` is 20 ms. Must not know sockets.

use std::collections::VecDeque;

use serde::Serialize;

use crate::domain::audio::{FRAME_BYTES, FRAME_MS, duration_ms};

/// Audio of one message above this size is documented to cause timeouts.
const LARGEST_MESSAGE_BYTES: usize = 100_000;
/// Below this size the documentation promises jitter.
const SMALLEST_MESSAGE_BYTES: usize = 3_200;
/// More queued audio than this counts as a flood.
const FLOOD_MS: u64 = 30_000;

/// Habits of the bot that the real carrier would punish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PlaybackWarnings {
    /// Messages that were no multiple of 320 bytes: each made a 20 ms gap.
    pub gaps: u32,
    /// Messages above 100 000 bytes.
    pub oversized: u32,
    /// Messages below 3 200 bytes (tolerated).
    pub small: u32,
    /// Messages that came while more than 30 s were queued.
    pub flooded: u32,
    /// Messages that could not be read.
    pub unreadable: u32,
    /// Audio for another stream's id (played all the same).
    pub foreign_stream: u32,
    /// Audio still unplayed when the bot closed, in milliseconds: a farewell cut short.
    pub cut_at_close_ms: u64,
}

enum Item {
    Media { audio: Vec<u8>, played: usize },
    Mark(String),
}

/// What 20 ms brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Marks reached: everything before them has been played.
    pub(super) echoes: Vec<String>,
    /// The frame that sounds during this step.
    pub(super) frame: Option<Vec<u8>>,
}

/// The queue of one stream.
#[derive(Default)]
pub(super) struct Playback {
    queue: VecDeque<Item>,
    queued_bytes: usize,
    /// The last frame came from a short message: the carrier waits one frame.
    gap: bool,
    pub(super) warnings: PlaybackWarnings,
}

impl Playback {
    /// Takes one media message of so many bytes; `audio` is what of it the line carries.
    pub(super) fn push_media(&mut self, message_bytes: usize, audio: Vec<u8>) {
        if audio.is_empty() {
            return;
        }
        self.warnings.oversized += u32::from(message_bytes > LARGEST_MESSAGE_BYTES);
        self.warnings.small += u32::from(message_bytes < SMALLEST_MESSAGE_BYTES);
        self.queued_bytes += audio.len();
        self.warnings.flooded += u32::from(self.is_flooded());
        self.queue.push_back(Item::Media { audio, played: 0 });
    }

    /// Takes one mark.
    pub(super) fn push_mark(&mut self, name: String) {
        self.queue.push_back(Item::Mark(name));
    }

    /// Drops everything that has not begun to play; answers the marks that were waiting.
    pub(super) fn clear(&mut self) -> Vec<String> {
        let playing = match self.queue.front() {
            Some(Item::Media { played, .. }) if *played > 0 => self.queue.pop_front(),
            _ => None,
        };
        let dropped = std::mem::take(&mut self.queue);
        self.queue.extend(playing);
        self.queued_bytes = self.queue.iter().map(Item::rest).sum();
        dropped
            .into_iter()
            .filter_map(|item| match item {
                Item::Mark(name) => Some(name),
                Item::Media { .. } => None,
            })
            .collect()
    }

    /// The next 20 ms.
    pub(super) fn step(&mut self) -> Step {
        let mut step = Step::default();
        if std::mem::take(&mut self.gap) {
            return step;
        }
        while let Some(Item::Mark(_)) = self.queue.front() {
            if let Some(Item::Mark(name)) = self.queue.pop_front() {
                step.echoes.push(name);
            }
        }
        let Some(Item::Media { audio, played }) = self.queue.front_mut() else {
            return step;
        };
        let end = (*played + FRAME_BYTES).min(audio.len());
        let mut frame = audio[*played..end].to_vec();
        self.queued_bytes -= frame.len();
        *played = end;
        if end == audio.len() {
            self.queue.pop_front();
        }
        if frame.len() < FRAME_BYTES {
            frame.resize(FRAME_BYTES, 0);
            self.gap = true;
            self.warnings.gaps += 1;
        }
        step.frame = Some(frame);
        step
    }

    /// Audio not yet played.
    pub(super) fn queued_ms(&self) -> u64 {
        duration_ms(self.queued_bytes)
    }

    /// More than 30 s are queued.
    pub(super) fn is_flooded(&self) -> bool {
        self.queued_ms() > FLOOD_MS
    }
}

impl Item {
    fn rest(&self) -> usize {
        match self {
            Self::Media { audio, played } => audio.len() - played,
            Self::Mark(_) => 0,
        }
    }
}

/// Steps to stream time.
pub(super) fn at_ms(step: u64) -> u64 {
    step * FRAME_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(frames: usize) -> Vec<u8> {
        vec![1; frames * FRAME_BYTES]
    }
    fn push(playback: &mut Playback, audio: Vec<u8>) {
        playback.push_media(audio.len(), audio);
    }
    fn run(playback: &mut Playback, steps: usize) -> (usize, Vec<String>) {
        let all: Vec<Step> = (0..steps).map(|_| playback.step()).collect();
        (all.iter().filter(|s| s.frame.is_some()).count(), all.into_iter().flat_map(|s| s.echoes).collect())
    }

    #[test]
    fn a_mark_comes_back_when_everything_before_it_was_played_and_not_earlier() {
        let mut p = Playback::default();
        push(&mut p, audio(10));
        p.push_mark("a".into());
        assert_eq!(run(&mut p, 10), (10, vec![]));
        assert_eq!(run(&mut p, 1), (0, vec!["a".to_owned()]));
    }

    #[test]
    fn a_mark_on_an_empty_queue_comes_back_at_once() {
        let mut p = Playback::default();
        p.push_mark("a".into());
        assert_eq!(run(&mut p, 1), (0, vec!["a".to_owned()]));
    }

    #[test]
    fn clear_lets_the_message_that_is_playing_finish_and_drops_the_rest() {
        let mut p = Playback::default();
        push(&mut p, audio(10));
        push(&mut p, audio(10));
        p.push_mark("end".into());
        run(&mut p, 3);
        assert_eq!(p.clear(), ["end"]);
        assert_eq!(p.queued_ms(), 140);
        assert_eq!(run(&mut p, 30), (7, vec![]));
    }

    #[test]
    fn clear_before_the_first_frame_silences_everything() {
        let mut p = Playback::default();
        push(&mut p, audio(10));
        assert!(p.clear().is_empty());
        assert_eq!(run(&mut p, 5), (0, vec![]));
    }

    #[test]
    fn a_message_that_is_no_whole_frame_costs_a_gap_and_a_warning() {
        let mut p = Playback::default();
        push(&mut p, vec![1; FRAME_BYTES + 100]);
        push(&mut p, audio(1));
        let sounding: Vec<bool> = (0..4).map(|_| p.step().frame.is_some()).collect();
        assert_eq!(sounding, [true, true, false, true]);
        assert_eq!(p.warnings.gaps, 1);
        assert_eq!(p.warnings.small, 2);
    }

    #[test]
    fn more_than_thirty_seconds_ahead_is_a_flood() {
        let mut p = Playback::default();
        push(&mut p, audio(1_500));
        assert_eq!(p.warnings.flooded, 0);
        push(&mut p, audio(10));
        assert_eq!((p.warnings.flooded, p.warnings.oversized), (1, 1));
    }
}
