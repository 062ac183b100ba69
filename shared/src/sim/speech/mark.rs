//! The mark in the lowest bits of a frame: 128 of its 160 samples hold one bit each.

use crate::domain::audio::FRAME_BYTES;

const MAGIC: [u8; 4] = *b"vmrk";

/// What one frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Which clip.
    pub clip: u32,
    /// Which word of it.
    pub word: u16,
    /// Which frame of that word.
    pub frame: u16,
}

/// Writes the mark into a whole frame; a frame of another length is left alone.
pub(super) fn write(frame: &mut [u8], mark: Mark) {
    if frame.len() != FRAME_BYTES {
        return;
    }
    let payload = payload(mark);
    let bits = payload.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
    for (sample, bit) in frame.chunks_exact_mut(2).zip(bits) {
        sample[0] = sample[0] & 0xFE | bit;
    }
}

/// Reads what [`write()`] wrote; `None` where magic or checksum do not agree.
pub(super) fn read(frame: &[u8]) -> Option<Mark> {
    if frame.len() != FRAME_BYTES {
        return None;
    }
    let mut bytes = [0_u8; 16];
    for (index, sample) in frame.chunks_exact(2).take(128).enumerate() {
        bytes[index / 8] |= (sample[0] & 1) << (index % 8);
    }
    let mark = Mark {
        clip: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        word: u16::from_le_bytes([bytes[8], bytes[9]]),
        frame: u16::from_le_bytes([bytes[10], bytes[11]]),
    };
    (bytes == payload(mark)).then_some(mark)
}

fn payload(mark: Mark) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..8].copy_from_slice(&mark.clip.to_le_bytes());
    bytes[8..10].copy_from_slice(&mark.word.to_le_bytes());
    bytes[10..12].copy_from_slice(&mark.frame.to_le_bytes());
    // FNV-1a: enough that audio which is not ours never passes by chance.
    let sum = bytes[..12].iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    bytes[12..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back_and_changes_no_sample_by_more_than_one() {
        let before: Vec<u8> = (0..FRAME_BYTES).map(|i| (i * 37 % 251) as u8).collect();
        let mut after = before.clone();
        let mark = Mark { clip: 0xDEAD_BEEF, word: 65_535, frame: 7 };
        write(&mut after, mark);
        assert_eq!(read(&after), Some(mark));
        let loudest = crate::domain::audio::samples(&before)
            .into_iter()
            .zip(crate::domain::audio::samples(&after))
            .map(|(a, b)| a.abs_diff(b))
            .max();
        assert_eq!(loudest, Some(1));
    }

    #[test]
    fn silence_noise_short_frames_and_shifted_frames_carry_no_mark() {
        let mut marked = vec![0; FRAME_BYTES * 2];
        write(&mut marked[..FRAME_BYTES], Mark { clip: 1, word: 2, frame: 3 });
        assert_eq!(read(&[0; FRAME_BYTES]), None);
        assert_eq!(read(&marked[..FRAME_BYTES - 2]), None);
        assert_eq!(read(&marked[2..FRAME_BYTES + 2]), None);
        marked[40] ^= 1;
        assert_eq!(read(&marked[..FRAME_BYTES]), None);
    }
}
