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

/// Pads with silence to whole frames: the carrier waits 20 ms on a short tail (exotel.md 5.3).
pub fn pad_to_frame(audio: &mut Vec<u8>) {
    audio.resize(audio.len().next_multiple_of(FRAME_BYTES), 0);
}
