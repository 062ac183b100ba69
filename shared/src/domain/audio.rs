//! Telephone audio: 8 kHz, 16-bit, mono (reference: exotel.md 5.3).

mod resample;

pub use resample::{Doubler, Downsampler};

/// Samples per second.
pub const SAMPLE_RATE_HZ: u32 = 8_000;
/// Samples in the 20 ms frame everything is counted in.
pub const FRAME_SAMPLES: usize = 160;
/// Bytes in that frame; what we send is a multiple of it.
pub const FRAME_BYTES: usize = FRAME_SAMPLES * 2;
/// Milliseconds in that frame.
pub const FRAME_MS: u64 = 20;

/// Little-endian bytes to samples; an odd last byte is dropped (never a reason to end a call).
pub fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// Samples to little-endian bytes.
pub fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|s| s.to_le_bytes()).collect()
}

/// How long that many bytes sound, in milliseconds.
pub fn duration_ms(bytes: usize) -> u64 {
    (bytes as u64) * 1_000 / (u64::from(SAMPLE_RATE_HZ) * 2)
}

/// How many bytes sound for so many milliseconds.
pub fn bytes_of(ms: u64) -> usize {
    usize::try_from(ms * u64::from(SAMPLE_RATE_HZ) * 2 / 1_000).unwrap_or(usize::MAX)
}

/// Pads with silence to whole frames: the carrier waits 20 ms on a short tail (exotel.md 5.3).
pub fn pad_to_frame(audio: &mut Vec<u8>) {
    audio.resize(audio.len().next_multiple_of(FRAME_BYTES), 0);
}

/// The rate of a carrier's stream, 8, 16 or 24 kHz (exotel.md 5.2). We hear and speak 8 kHz: the
/// telephone line behind the stream carries no more, so leaving samples out folds nothing back,
/// and straight lines between samples add nothing that it would carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRate {
    /// Samples of the stream to one of ours.
    samples: usize,
}

impl LineRate {
    /// As a stream states it; 8 kHz where it states nothing usable.
    pub fn of(hz: Option<u32>) -> Self {
        let samples = match hz {
            Some(16_000) => 2,
            Some(24_000) => 3,
            _ => 1,
        };
        Self { samples }
    }

    /// Bytes of 20 ms of the stream.
    pub fn frame_bytes(self) -> usize {
        FRAME_BYTES * self.samples
    }

    /// The stream's audio as ours.
    pub fn heard(self, stream: &[u8]) -> Vec<u8> {
        stream.chunks_exact(2).step_by(self.samples).flatten().copied().collect()
    }

    /// Our audio as the stream's.
    pub fn spoken(self, audio: &[u8]) -> Vec<u8> {
        if self.samples == 1 {
            return audio.to_vec();
        }
        let ours = samples(audio);
        let parts = self.samples as i32;
        let between = |(index, sample): (usize, &i16)| {
            let (from, to) = (i32::from(*sample), i32::from(*ours.get(index + 1).unwrap_or(sample)));
            (0..parts).map(move |part| (from + (to - from) * part / parts) as i16)
        };
        bytes(&ours.iter().enumerate().flat_map(between).collect::<Vec<i16>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spoken_at_a_higher_rate_is_the_same_again_when_heard() {
        let ours = bytes(&[0, 900, -900, i16::MAX, i16::MIN, 1]);
        for (hz, times) in [(None, 1), (Some(8_000), 1), (Some(44_100), 1), (Some(16_000), 2), (Some(24_000), 3)] {
            let rate = LineRate::of(hz);
            let stream = rate.spoken(&ours);
            assert_eq!((stream.len(), rate.frame_bytes()), (ours.len() * times, FRAME_BYTES * times));
            assert_eq!(rate.heard(&stream), ours, "{hz:?}");
        }
        assert_eq!(samples(&LineRate::of(Some(24_000)).spoken(&bytes(&[0, 900])))[..4], [0, 300, 600, 900]);
    }
}
