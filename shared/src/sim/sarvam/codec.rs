//! What speech comes as: the codecs of A6 and A7 that need no encoder of many thousand lines.

use crate::domain::audio::samples;

/// Documented, and not spoken here.
const NOT_HERE: [&str; 4] = ["mp3", "aac", "flac", "opus"];

/// A codec that is spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// 16-bit samples behind a header.
    Wav,
    /// 16-bit samples.
    Linear16,
    /// G.711 of North America and Japan.
    Mulaw,
    /// G.711 of everybody else.
    Alaw,
}

impl Codec {
    /// By Sarvam's name for it.
    pub(super) fn of(name: &str, model: &str) -> Result<Self, String> {
        match name {
            "wav" => Ok(Self::Wav),
            "linear16" => Ok(Self::Linear16),
            "mulaw" => Ok(Self::Mulaw),
            "alaw" => Ok(Self::Alaw),
            "opus" if model != "bulbul:v2" => Err(format!("output_audio_codec opus is not supported by {model}")),
            _ if NOT_HERE.contains(&name) => {
                Err(format!("this simulator speaks wav, linear16, mulaw and alaw, and not {name}"))
            }
            _ => Err(format!("output_audio_codec {name} is not supported")),
        }
    }

    /// What a piece of it is called (the exact words are not documented).
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Linear16 => "audio/pcm",
            Self::Mulaw => "audio/mulaw",
            Self::Alaw => "audio/alaw",
        }
    }

    /// Whether a WAV header of 16-bit samples stands before it, also where a switch wants one.
    pub(super) fn has_header(self, switched: bool) -> bool {
        self == Self::Wav || (switched && self == Self::Linear16)
    }

    pub(super) fn sample_bytes(self) -> usize {
        match self {
            Self::Wav | Self::Linear16 => 2,
            Self::Mulaw | Self::Alaw => 1,
        }
    }

    /// 16-bit samples in this codec, without a header.
    pub(super) fn encoded(self, pcm: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Wav | Self::Linear16 => pcm,
            Self::Mulaw => samples(&pcm).into_iter().map(mulaw).collect(),
            Self::Alaw => samples(&pcm).into_iter().map(alaw).collect(),
        }
    }
}

/// G.711: sign, the place of the highest bit, and the four bits below it, all inverted.
fn mulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let biased = (sample.unsigned_abs() + 0x84).min(0x7FFF);
    let segment = biased.ilog2() - 7;
    !(sign | (segment << 4 | u32::from(biased >> (segment + 3)) & 0x0F) as u8)
}

/// G.711: the same without a bias, with a straight beginning, and every second bit inverted.
fn alaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = (if sample < 0 { !sample } else { sample }) as u32 >> 3;
    let segment = (magnitude | 0x10).ilog2() - 4;
    (sign | (segment << 4 | magnitude >> segment.max(1) & 0x0F) as u8) ^ 0x55
}
