//! Text-to-speech: the socket (A7) and REST (A6).

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::trouble::Trouble;
use super::{codes, query};
use crate::domain::audio::SAMPLE_RATE_HZ;
use crate::domain::language::Language;

/// Starts the speaking of everything buffered.
pub const FLUSH: &str = r#"{"type":"flush"}"#;
/// Keeps the socket open; nothing answers it.
pub const PING: &str = r#"{"type":"ping"}"#;
/// Where one sentence is asked for over REST.
pub const REST_PATH: &str = "/text-to-speech";
/// Characters one request may hold (Bulbul v3).
pub const MAX_CHARS: usize = 2_500;

/// The highest rate Bulbul speaks at.
const HIGHEST_RATE_HZ: u32 = 48_000;

/// The language field was renamed in 2026; whether both names are accepted is not documented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LanguageField {
    /// `language_code` and `target_language_code`, same value.
    #[default]
    Both,
    /// `language_code` only.
    New,
    /// `target_language_code` only.
    Old,
}

impl FromStr for LanguageField {
    type Err = ();

    /// `both`, `new` or `old`.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "both" => Ok(Self::Both),
            "new" => Ok(Self::New),
            "old" => Ok(Self::Old),
            _ => Err(()),
        }
    }
}

/// What the speaking socket is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Codec {
    /// Samples behind a header that tells their rate (speech-and-llm.md A7).
    #[default]
    Wav,
    /// Bare samples: nothing in them tells that they are of another rate than asked for.
    Linear16,
}

impl Codec {
    /// Sarvam's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear16 => "linear16",
            Self::Wav => "wav",
        }
    }
}

impl FromStr for Codec {
    type Err = ();

    /// Sarvam's own names.
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Wav, Self::Linear16].into_iter().find(|codec| codec.name() == text).ok_or(())
    }
}

/// How to sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// `bulbul:v3`.
    pub model: String,
    /// Lower case; must belong to the model.
    pub speaker: String,
    /// 1.0 is normal; Bulbul v3 takes 0.5 to 2.0.
    pub pace: f64,
    /// 0.01 to 1.0 (v3 and later); not sent where absent.
    pub temperature: Option<f64>,
    /// What the language is called.
    pub language_field: LanguageField,
    /// What the socket sends.
    pub codec: Codec,
}

/// What the socket says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A piece of audio, as the codec asked for; may end on an odd byte.
    Audio(Vec<u8>),
    /// What was flushed has been spoken.
    Final,
    /// It will not be.
    Error(Trouble),
    /// Whatever is new.
    Other,
}

/// A message or an answer that is not what the reference describes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// No JSON.
    #[error("no JSON")]
    Json,
    /// No audio, or its base64 is broken.
    #[error("no readable base64 audio")]
    Base64,
    /// A WAV file we can not play.
    #[error("the WAV is not 16-bit mono at 8 to 48 kHz ({rate_hz} Hz, {bits} bit, {channels} channels)")]
    Format {
        /// Samples a second.
        rate_hz: u32,
        /// Bits a sample.
        bits: u16,
        /// Channels.
        channels: u16,
    },
    /// A WAV file cut short, or none at all.
    #[error("not a whole WAV file")]
    Wav,
}

/// Path and query of the socket.
pub fn socket_path(model: &str) -> String {
    format!("/text-to-speech/ws{}", query(&[("model", model), ("send_completion_event", "true")]))
}

/// The first message of a socket; also changes the language of an open one.
pub fn config(voice: &Voice, language: Language) -> String {
    let mut data = common(voice, language);
    data.insert("output_audio_codec".to_owned(), json!(voice.codec.name()));
    data.insert("min_buffer_size".to_owned(), json!(30));
    data.insert("max_chunk_length".to_owned(), json!(150));
    json!({"type": "config", "data": data}).to_string()
}

/// Text to be spoken after the next flush, or as soon as enough has come together.
pub fn text(text: &str) -> String {
    json!({"type": "text", "data": {"text": text}}).to_string()
}

/// The body of a REST request. It asks for WAV, because only a header proves the rate.
pub fn rest_body(voice: &Voice, language: Language, text: &str) -> Value {
    let mut body = common(voice, language);
    body.insert("text".to_owned(), json!(text));
    body.insert("output_audio_codec".to_owned(), json!("wav"));
    Value::Object(body)
}

fn common(voice: &Voice, language: Language) -> Map<String, Value> {
    let mut fields = Map::new();
    let code = codes::code(language);
    if voice.language_field != LanguageField::Old {
        fields.insert("language_code".to_owned(), json!(code));
    }
    if voice.language_field != LanguageField::New {
        fields.insert("target_language_code".to_owned(), json!(code));
    }
    fields.insert("model".to_owned(), json!(voice.model));
    fields.insert("speaker".to_owned(), json!(voice.speaker));
    fields.insert("pace".to_owned(), json!(voice.pace));
    if let Some(temperature) = voice.temperature {
        fields.insert("temperature".to_owned(), json!(temperature));
    }
    fields.insert("speech_sample_rate".to_owned(), json!(SAMPLE_RATE_HZ));
    fields
}

/// Reads a message of the socket.
pub fn parse(text: &str) -> Result<Said, Unreadable> {
    let message: Value = serde_json::from_str(text).map_err(|_| Unreadable::Json)?;
    let data = &message["data"];
    Ok(match message["type"].as_str().unwrap_or_default() {
        "audio" => {
            let audio = data["audio"].as_str().ok_or(Unreadable::Base64)?;
            Said::Audio(STANDARD.decode(audio).map_err(|_| Unreadable::Base64)?)
        }
        "event" | "events" if data["event_type"] == "final" => Said::Final,
        "error" | "errors" => {
            let said = data["message"].as_str().or(data["error"].as_str()).unwrap_or_default();
            Said::Error(Trouble::of_message(&data["code"], said))
        }
        _ => Said::Other,
    })
}

/// Rate and PCM of a REST answer.
pub fn rest_audio(body: &[u8]) -> Result<(u32, Vec<u8>), Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Unreadable::Json)?;
    let audio = body["audios"][0].as_str().ok_or(Unreadable::Base64)?;
    let wav = STANDARD.decode(audio).map_err(|_| Unreadable::Base64)?;
    wav_pcm(&wav).map(|(rate_hz, pcm)| (rate_hz, pcm.to_vec()))
}

/// Rate and PCM of a WAV file: the request's rate is not always kept to, the header's is true. A
/// length field that promises more than there is, is streaming's way and not an error.
pub fn wav_pcm(wav: &[u8]) -> Result<(u32, &[u8]), Unreadable> {
    if wav.get(..4) != Some(b"RIFF") || wav.get(8..12) != Some(b"WAVE") {
        return Err(Unreadable::Wav);
    }
    let mut rest = &wav[12..];
    let mut known = None;
    while let Some(&[a, b, c, d, l0, l1, l2, l3]) = rest.first_chunk::<8>() {
        let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        let body = &rest[8..];
        let body = &body[..length.min(body.len())];
        match &[a, b, c, d] {
            b"fmt " => known = Some(rate_of(body)?),
            b"data" => return known.map(|rate_hz| (rate_hz, body)).ok_or(Unreadable::Wav),
            _ => {}
        }
        // Chunks are padded to an even length.
        rest = rest.get(8 + body.len() + body.len() % 2..).unwrap_or_default();
    }
    Err(Unreadable::Wav)
}

fn rate_of(body: &[u8]) -> Result<u32, Unreadable> {
    let Some(&[_, _, c0, c1, r0, r1, r2, r3, _, _, _, _, _, _, b0, b1]) = body.first_chunk::<16>() else {
        return Err(Unreadable::Wav);
    };
    let channels = u16::from_le_bytes([c0, c1]);
    let rate_hz = u32::from_le_bytes([r0, r1, r2, r3]);
    let bits = u16::from_le_bytes([b0, b1]);
    if (SAMPLE_RATE_HZ..=HIGHEST_RATE_HZ).contains(&rate_hz) && (bits, channels) == (16, 1) {
        Ok(rate_hz)
    } else {
        Err(Unreadable::Format { rate_hz, bits, channels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice() -> Voice {
        Voice {
            model: "bulbul:v3".to_owned(),
            speaker: "ritu".to_owned(),
            pace: 1.0,
            temperature: Some(0.6),
            language_field: LanguageField::Both,
            codec: Codec::Linear16,
        }
    }

    #[test]
    fn a_documented_socket_is_understood() {
        let said: Vec<Said> = include_str!("../../../tests/fixtures/sarvam/speaking_session.jsonl")
            .lines()
            .map(|line| parse(line).expect("readable"))
            .collect();
        let expected = vec![
            Said::Audio(vec![1, 2, 3]),
            Said::Final,
            Said::Error(Trouble::Refused("422 Speaker 'x' is not compatible with model bulbul:v3".to_owned())),
            Said::Other,
        ];
        assert_eq!(said, expected);
        assert_eq!(parse(r#"{"type":"audio","data":{"audio":"AQI"}}"#), Err(Unreadable::Base64));
        assert_eq!(parse(r#"{"type":"audio","data":{}}"#), Err(Unreadable::Base64));
        assert_eq!(parse(r#"{"type":"aud"#), Err(Unreadable::Json));
    }

    #[test]
    fn the_config_is_the_documented_one() {
        let sent: Value = serde_json::from_str(&config(&voice(), Language::Hindi)).expect("JSON");
        let documented: Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/sarvam/speaking_config.json")).expect("JSON");
        assert_eq!(sent, documented);
    }

    #[test]
    fn settings_are_read_by_their_names() {
        assert_eq!(
            ["both", "new", "old"].map(str::parse),
            [LanguageField::Both, LanguageField::New, LanguageField::Old].map(Ok)
        );
        assert_eq!(["wav", "linear16"].map(str::parse), [Codec::Wav, Codec::Linear16].map(Ok));
        assert_eq!(Codec::default(), Codec::Wav);
        assert_eq!("mp3".parse::<Codec>(), Err(()));
    }

    #[test]
    fn the_language_field_follows_its_switch_and_odia_is_od() {
        let names = |language_field| {
            let body = rest_body(&Voice { language_field, ..voice() }, Language::Odia, "x");
            (body["language_code"].clone(), body["target_language_code"].clone())
        };
        assert_eq!(names(LanguageField::Both), (json!("od-IN"), json!("od-IN")));
        assert_eq!(names(LanguageField::New), (json!("od-IN"), Value::Null));
        assert_eq!(names(LanguageField::Old), (Value::Null, json!("od-IN")));
    }

    fn wav(rate: u32, extra: &[u8], promised: u32, pcm: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\xff\xff\xff\xffWAVE".to_vec();
        file.extend_from_slice(extra);
        file.extend_from_slice(b"fmt \x10\0\0\0\x01\0\x01\0");
        file.extend_from_slice(&rate.to_le_bytes());
        file.extend_from_slice(&(rate * 2).to_le_bytes());
        file.extend_from_slice(b"\x02\0\x10\0data");
        file.extend_from_slice(&promised.to_le_bytes());
        file.extend_from_slice(pcm);
        file
    }

    #[test]
    fn a_wav_gives_its_samples_whatever_stands_before_them() {
        assert_eq!(wav_pcm(&wav(8_000, b"", 4, &[1, 2, 3, 4])), Ok((8_000, &[1, 2, 3, 4][..])));
        assert_eq!(wav_pcm(&wav(24_000, b"LIST\x03\0\0\0abc\0", u32::MAX, &[1, 2])), Ok((24_000, &[1, 2][..])));
        let wrong = Err(Unreadable::Format { rate_hz: 96_000, bits: 16, channels: 1 });
        assert_eq!(wav_pcm(&wav(96_000, b"", 0, b"")), wrong);
        assert_eq!(wav_pcm(b"RIFF"), Err(Unreadable::Wav));
        let whole = wav(8_000, b"", 4, b"");
        assert_eq!(wav_pcm(&whole[..30]), Err(Unreadable::Wav));
    }

    #[test]
    fn a_rest_answer_gives_its_samples() {
        let file = STANDARD.encode(wav(8_000, b"", 2, &[9, 8]));
        let body = format!(r#"{{"request_id":"20261123_x","audios":["{file}"]}}"#);
        assert_eq!(rest_audio(body.as_bytes()), Ok((8_000, vec![9, 8])));
        assert_eq!(rest_audio(br#"{"audios":[]}"#), Err(Unreadable::Base64));
    }
}
