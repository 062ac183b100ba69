//! How a line's audio arrives.

use std::fmt;
use std::ops::Range;

use shared::domain::audio::FRAME_MS;

/// Frames of one message, and where the line stalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) frame_ms: u64,
    /// Nothing comes for the last so many milliseconds of every so many, and then all at once.
    pub(super) stall: Option<(u64, u64)>,
}

impl Delivery {
    pub(super) const ALL: [Self; 3] = [
        Self { frame_ms: 20, stall: None },
        Self { frame_ms: 100, stall: None },
        Self { frame_ms: 100, stall: Some((800, 5_000)) },
    ];

    /// When which frames of so many arrive.
    pub(super) fn groups(self, frames: usize) -> Vec<(u64, Range<usize>)> {
        let most = (self.frame_ms / FRAME_MS) as usize;
        let group = |first: usize| {
            let until = (first + most).min(frames);
            (self.arrives(until as u64 * FRAME_MS), first..until)
        };
        (0..frames).step_by(most).map(group).collect()
    }

    fn arrives(self, over_ms: u64) -> u64 {
        match self.stall {
            Some((lasts, every)) if over_ms % every > every - lasts => over_ms.next_multiple_of(every),
            _ => over_ms,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frames of {} ms", self.frame_ms)?;
        match self.stall {
            Some((lasts, every)) => write!(f, ", {lasts} ms late every {} s", every / 1_000),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_arrive_together_and_what_a_stall_holds_back_comes_with_its_end() {
        let even = Delivery { frame_ms: 100, stall: None };
        assert_eq!(even.groups(12), [(100, 0..5), (200, 5..10), (240, 10..12)]);
        let stalls = Delivery { frame_ms: 100, stall: Some((200, 500)) };
        let times: Vec<u64> = stalls.groups(35).into_iter().map(|(arrives, _)| arrives).collect();
        assert_eq!(times, [100, 200, 300, 500, 500, 600, 700]);
    }
}
