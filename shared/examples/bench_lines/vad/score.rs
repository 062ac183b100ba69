//! What was heard against what was said.

use std::fmt;

use crate::corpus::{Clip, ms};
use crate::figures::{percentiles, share};

/// A voice told this long after the last word still means it.
const LATE_MS: u64 = 250;

/// What a detector told of a line: voices with the milliseconds at which their start and stop were told.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) voices: Vec<(u64, u64)>,
    pub(crate) frames: usize,
    pub(crate) asked: usize,
}

/// Sums over many lines.
#[derive(Default)]
pub(crate) struct Score {
    parts: usize,
    missed: usize,
    spoken_ms: u64,
    unheard_ms: u64,
    quiet_ms: u64,
    false_starts: usize,
    starts_ms: Vec<u64>,
    stops_ms: Vec<u64>,
    never_stopped: usize,
    frames: usize,
    asked: usize,
}

impl Score {
    pub(crate) fn add(&mut self, clip: &Clip, heard: &Heard) {
        let parts: Vec<(u64, u64)> = clip.parts.iter().map(|part| (ms(part.start), ms(part.end))).collect();
        let length_ms = ms(clip.samples.len());
        for (index, (start, end)) in parts.iter().copied().enumerate() {
            let next = parts.get(index + 1).map_or(length_ms, |next| next.0);
            self.part(heard, start, end, next);
        }
        let spoken: u64 = parts.iter().map(|(start, end)| end - start).sum();
        self.quiet_ms += length_ms - spoken;
        let belongs = |told: u64| parts.iter().any(|(start, end)| (*start..=end + LATE_MS).contains(&told));
        self.false_starts += heard.voices.iter().filter(|voice| !belongs(voice.0)).count();
        self.frames += heard.frames;
        self.asked += heard.asked;
    }

    fn part(&mut self, heard: &Heard, start: u64, end: u64, next: u64) {
        let overlap = |voice: &(u64, u64)| voice.1.min(end).saturating_sub(voice.0.max(start));
        let covered: u64 = heard.voices.iter().map(overlap).sum();
        self.parts += 1;
        self.spoken_ms += end - start;
        self.unheard_ms += (end - start).saturating_sub(covered);
        // A voice that is told while the last word fades is late, not missed.
        let of_it = |voice: &&(u64, u64)| voice.0 <= end + LATE_MS && voice.1 > start;
        if heard.voices.iter().filter(of_it).count() == 0 {
            self.missed += 1;
        }
        let began = heard.voices.iter().map(|voice| voice.0).find(|told| (start..=end + LATE_MS).contains(told));
        let already = heard.voices.iter().any(|voice| voice.0 < start && voice.1 > start);
        if let (Some(told), false) = (began, already) {
            self.starts_ms.push(told - start);
        }
        let last =
            heard.voices.iter().filter(|voice| voice.0 <= end + LATE_MS && voice.1 > start).map(|voice| voice.1).max();
        match last {
            Some(told) if told < next => self.stops_ms.push(told.saturating_sub(end)),
            Some(_) => self.never_stopped += 1,
            None => {}
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1} | {} of {} | {:.1} % | {} | {} | {} | {:.0} %",
            self.false_starts as f64 * 60_000.0 / (self.quiet_ms as f64).max(1.0),
            self.missed,
            self.parts,
            share(self.unheard_ms as f64, self.spoken_ms as f64),
            percentiles(&self.starts_ms),
            percentiles(&self.stops_ms),
            self.never_stopped,
            // A window is 32 ms, a frame 20.
            share(self.asked as f64 * 32.0, self.frames as f64 * 20.0),
        )
    }
}
