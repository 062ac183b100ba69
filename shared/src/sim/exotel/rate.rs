//! Streams of 16 and 24 kHz. The telephone line behind them carries 8 kHz whatever the stream says,
//! so the caller's side is stretched and the bot's side is thinned: what a sound was at 8 kHz it is
//! again, to the bit, and a word mark survives.

use crate::domain::audio::{SAMPLE_RATE_HZ, bytes, samples};

/// How many samples of a stream one sample of the telephone line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate(usize);

impl Rate {
    /// Of a stream of 8,000, 16,000 or 24,000 samples per second; any other is 8,000.
    pub(super) fn of(hz: u32) -> Self {
        match hz {
            16_000 => Self(2),
            24_000 => Self(3),
            _ => Self(1),
        }
    }

    /// Samples per second.
    pub(super) fn hz(self) -> u32 {
        SAMPLE_RATE_HZ * self.0 as u32
    }

    /// The line's audio as the stream carries it: straight lines between the samples.
    pub(super) fn stretch(self, line: &[u8]) -> Vec<u8> {
        if self.0 == 1 {
            return line.to_vec();
        }
        let line = samples(line);
        let mut out = Vec::with_capacity(line.len() * self.0);
        for (index, sample) in line.iter().enumerate() {
            let next = line.get(index + 1).unwrap_or(sample);
            for part in 0..self.0 as i32 {
                let (from, to) = (i32::from(*sample), i32::from(*next));
                // Between two samples: never out of their range.
                out.push((from + (to - from) * part / self.0 as i32) as i16);
            }
        }
        bytes(&out)
    }

    /// The stream's audio as the line carries it. An odd byte stays.
    pub(super) fn thin(self, stream: &[u8]) -> Vec<u8> {
        if self.0 == 1 {
            return stream.to_vec();
        }
        let kept: Vec<i16> = samples(stream).into_iter().step_by(self.0).collect();
        bytes(&kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stretched_is_the_same_again_when_thinned() {
        let line = bytes(&[0, 900, -900, i16::MAX, i16::MIN, 1]);
        for hz in [8_000, 16_000, 24_000] {
            let rate = Rate::of(hz);
            let stream = rate.stretch(&line);
            assert_eq!((rate.hz(), stream.len()), (hz, line.len() * hz as usize / 8_000));
            assert_eq!(rate.thin(&stream), line);
        }
        assert_eq!(samples(&Rate::of(24_000).stretch(&bytes(&[0, 900])))[1..3], [300, 600]);
    }
}
