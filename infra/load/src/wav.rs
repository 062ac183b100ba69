//! A WAV file of telephone audio, for REST answers.

use shared::domain::audio::SAMPLE_RATE_HZ;

/// 16-bit mono at 8 kHz.
pub(crate) fn file(audio: &[u8]) -> Vec<u8> {
    let size = u32::try_from(audio.len()).unwrap_or(u32::MAX);
    let mut file = b"RIFF".to_vec();
    file.extend_from_slice(&size.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&SAMPLE_RATE_HZ.to_le_bytes());
    file.extend_from_slice(&(SAMPLE_RATE_HZ * 2).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(audio);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_44_bytes_and_says_how_much_follows() {
        let made = file(&[1, 2, 3, 4]);
        assert_eq!((made.len(), &made[40..44], &made[44..]), (48, &[4, 0, 0, 0][..], &[1, 2, 3, 4][..]));
    }
}
