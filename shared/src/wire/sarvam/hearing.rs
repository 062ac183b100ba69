//! Speech-to-text: the realtime socket (A5), the older one (A4), and whole files over REST (A3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::trouble::Trouble;
use super::{codes, query};
use crate::domain::language::Language;

/// Asks the realtime recogniser to end this utterance's input.
pub const REALTIME_SPEECH_END: &str = r#"{"event":"speech_end"}"#;
/// Tells the realtime recogniser that an utterance begins.
pub const REALTIME_SPEECH_START: &str = r#"{"event":"speech_start"}"#;
/// Where one utterance is asked for over REST.
pub const REST_PATH: &str = "/speech-to-text";
/// Keeps a realtime session alive.
pub const REALTIME_PING: &str = r#"{"event":"ping"}"#;
/// Ends a realtime session.
pub const REALTIME_END: &str = r#"{"event":"end"}"#;
/// Asks the older recogniser for the final of what it has.
pub const SOCKET_FLUSH: &str = r#"{"type":"flush"}"#;
/// Below this a detected language is a guess, as in every "yes" of one syllable: better none than one
/// that the bot follows.
const SURE_OF_LANGUAGE: f64 = 0.6;

/// What either recogniser says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The session is open.
    Begun,
    /// What it understands so far.
    Partial(String),
    /// A finished utterance.
    Final {
        /// Empty where nothing was said.
        text: String,
        /// Where reported and one of ours.
        language: Option<Language>,
        /// Counts the utterances of a realtime session: the same number twice is the same final.
        utterance: Option<u64>,
    },
    /// Something is wrong; `fatal` where it says the session is over.
    Error {
        /// What.
        trouble: Trouble,
        /// Whether the session ends with it.
        fatal: bool,
    },
    /// The session ended in order.
    Ended,
    /// Speech signals, pongs, and whatever is new.
    Other,
}

/// Path and query of a realtime session over 16-bit PCM. Without a language it detects one.
/// With `manual` the client says where speech starts and ends, else the server listens for it.
pub fn realtime_path(model: &str, language: Option<Language>, manual: bool, rate_hz: u32) -> String {
    let rate = rate_hz.to_string();
    let pairs = [
        ("language_code", language.map_or("auto", codes::realtime_code)),
        ("model", model),
        ("stream_type", "fast"),
        ("endpointing", if manual { "manual" } else { "vad" }),
        ("encoding", "linear16"),
        ("sample_rate", &rate),
        ("mode", "transcribe"),
    ];
    format!("/speech-to-text-realtime/ws{}", query(&pairs))
}

/// Path and query of an older session. Its language parameter is spelled with a hyphen.
pub fn socket_path(model: &str, language: Option<Language>, rate_hz: u32) -> String {
    let rate = rate_hz.to_string();
    let pairs = [
        ("language-code", language.map_or("unknown", codes::code)),
        ("model", model),
        ("mode", "transcribe"),
        ("sample_rate", &rate),
        ("input_audio_codec", "pcm_s16le"),
        ("flush_signal", "true"),
    ];
    format!("/speech-to-text/ws{}", query(&pairs))
}

/// Audio for a realtime session.
pub fn realtime_audio(pcm: &[u8]) -> String {
    json!({"event": "audio_input", "audio": STANDARD.encode(pcm)}).to_string()
}

/// Audio for an older session; `encoding` is what the vendor's SDK sends also for bare PCM.
pub fn socket_audio(pcm: &[u8], rate_hz: u32) -> String {
    let audio = json!({"data": STANDARD.encode(pcm), "sample_rate": rate_hz, "encoding": "audio/wav"});
    json!({"audio": audio}).to_string()
}

/// Reads a message of the realtime recogniser.
pub fn parse_realtime(text: &str) -> Result<Heard, serde_json::Error> {
    let message: Value = serde_json::from_str(text)?;
    Ok(match message["event"].as_str().unwrap_or_default() {
        "session.begin" => Heard::Begun,
        "transcript.partial" => Heard::Partial(string(&message["text"])),
        "transcript.final" => {
            let language = language_of(&message["language"], &message["language_probability"]);
            Heard::Final {
                text: string(&message["text"]),
                language,
                utterance: whole_number(&message["utterance_idx"]),
            }
        }
        "error" => {
            let code = if message["status_code"].is_null() { &message["code"] } else { &message["status_code"] };
            let trouble = Trouble::of_message(code, message["message"].as_str().unwrap_or_default());
            Heard::Error { trouble, fatal: message["is_fatal"].as_bool().unwrap_or(true) }
        }
        "session.end" => Heard::Ended,
        _ => Heard::Other,
    })
}

/// Reads a message of the older recogniser; it is seen with and without its `type`.
pub fn parse_socket(text: &str) -> Result<Heard, serde_json::Error> {
    let message: Value = serde_json::from_str(text)?;
    let data = &message["data"];
    let kind = message["type"].as_str().unwrap_or_default();
    if kind.starts_with("error") || data["error"].is_string() {
        let said = data["error"].as_str().or(data["message"].as_str()).unwrap_or_default();
        return Ok(Heard::Error { trouble: Trouble::of_message(&data["code"], said), fatal: true });
    }
    Ok(if data["transcript"].is_string() {
        let language = language_of(&data["language_code"], &data["language_probability"]);
        Heard::Final { text: string(&data["transcript"]), language, utterance: None }
    } else {
        Heard::Other
    })
}

/// One utterance as a WAV file: 16-bit mono.
pub fn rest_file(pcm: &[u8], rate_hz: u32) -> Vec<u8> {
    let size = u32::try_from(pcm.len()).unwrap_or(u32::MAX);
    let mut file = b"RIFF".to_vec();
    file.extend_from_slice(&size.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&rate_hz.saturating_mul(2).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&size.to_le_bytes());
    file.extend_from_slice(pcm);
    file
}

/// What stands beside the file. Without a language it is detected.
pub fn rest_fields(model: &str, language: Option<Language>) -> [(&'static str, String); 3] {
    let language = language.map_or("unknown", codes::code);
    [("model", model.to_owned()), ("mode", "transcribe".to_owned()), ("language_code", language.to_owned())]
}

/// Text and language of a REST answer; an empty text is normal for silence.
pub fn parse_rest(body: &[u8]) -> Result<(String, Option<Language>), serde_json::Error> {
    use serde::de::Error;
    let answer: Value = serde_json::from_slice(body)?;
    if !answer["transcript"].is_string() {
        return Err(serde_json::Error::custom("an answer without a transcript"));
    }
    let language = language_of(&answer["language_code"], &answer["language_probability"]);
    Ok((string(&answer["transcript"]), language))
}

/// The language that was heard, where the recogniser is sure of it; it says how sure only where it detects.
fn language_of(code: &Value, probability: &Value) -> Option<Language> {
    let sure = probability.as_f64().is_none_or(|probability| probability >= SURE_OF_LANGUAGE);
    code.as_str().filter(|_| sure).and_then(codes::heard)
}

fn whole_number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn realtime(lines: &str) -> Vec<Heard> {
        lines.lines().map(|line| parse_realtime(line).expect("JSON")).collect()
    }
    fn socket(lines: &str) -> Vec<Heard> {
        lines.lines().map(|line| parse_socket(line).expect("JSON")).collect()
    }
    fn said(text: &str, language: Option<Language>) -> Heard {
        Heard::Final { text: text.to_owned(), language, utterance: None }
    }
    fn said_as(utterance: u64, text: &str, language: Option<Language>) -> Heard {
        Heard::Final { text: text.to_owned(), language, utterance: Some(utterance) }
    }

    #[test]
    fn a_documented_realtime_session_is_understood() {
        let heard = realtime(include_str!("../../../tests/fixtures/sarvam/realtime_session.jsonl"));
        let expected = vec![
            Heard::Begun,
            Heard::Other,
            Heard::Partial("मेरा लोन".to_owned()),
            Heard::Other,
            said_as(0, "मेरा लोन कब मिलेगा", Some(Language::Hindi)),
            Heard::Other,
            Heard::Other,
            Heard::Error {
                trouble: Trouble::Refused("invalid_config stream_type cannot change to simulated".to_owned()),
                fatal: false,
            },
            Heard::Ended,
        ];
        assert_eq!(heard, expected);
    }

    #[test]
    fn odd_realtime_messages_are_understood_or_passed_over() {
        let heard = realtime(include_str!("../../../tests/fixtures/sarvam/realtime_odd.jsonl"));
        let expected = vec![
            said_as(1, "ଆସନ୍ତାକାଲି", Some(Language::Odia)),
            said("جی ہاں", None),
            said_as(2, "yes", None),
            said_as(3, "", None),
            Heard::Error { trouble: Trouble::Failed("503 backend down".to_owned()), fatal: true },
            Heard::Other,
            Heard::Other,
        ];
        assert_eq!(heard, expected);
        assert!(parse_realtime("{\"event\":\"transc").is_err());
    }

    #[test]
    fn a_documented_older_session_is_understood() {
        let heard = socket(include_str!("../../../tests/fixtures/sarvam/socket_session.jsonl"));
        assert_eq!(heard, vec![Heard::Other, Heard::Other, said("मेरा लोन कब मिलेगा", Some(Language::Hindi))]);
    }

    #[test]
    fn odd_older_messages_are_understood_or_passed_over() {
        let heard = socket(include_str!("../../../tests/fixtures/sarvam/socket_odd.jsonl"));
        let expected = vec![
            said("", None),
            said("ଆସନ୍ତାକାଲି", Some(Language::Odia)),
            Heard::Other,
            Heard::Error { trouble: Trouble::Busy, fatal: true },
            Heard::Error { trouble: Trouble::Failed("null decoder fell over".to_owned()), fatal: true },
        ];
        assert_eq!(heard, expected);
    }

    #[test]
    fn a_language_it_is_not_sure_of_is_not_reported() {
        for (probability, language) in [("0.97", Some(Language::Tamil)), ("null", Some(Language::Tamil)), ("0.4", None)]
        {
            let body = format!(
                r#"{{"transcript":"x","text":"x","language_code":"ta-IN","language":"ta-IN","language_probability":{probability}}}"#
            );
            assert_eq!(parse_rest(body.as_bytes()).expect("an answer").1, language, "{probability}");
            let socket = format!(r#"{{"type":"data","data":{body}}}"#);
            assert_eq!(parse_socket(&socket).expect("a message"), said("x", language), "{probability}");
            let realtime = format!(r#"{{"event":"transcript.final",{}"#, &body[1..]);
            assert_eq!(parse_realtime(&realtime).expect("a message"), said("x", language), "{probability}");
        }
    }

    #[test]
    fn addresses_spell_language_and_model_as_each_socket_wants_them() {
        assert_eq!(
            realtime_path("saaras:v3-realtime", Some(Language::Odia), true, 8_000),
            "/speech-to-text-realtime/ws?language_code=or-IN&model=saaras%3Av3-realtime&stream_type=fast\
             &endpointing=manual&encoding=linear16&sample_rate=8000&mode=transcribe"
        );
        assert!(realtime_path("m", None, false, 16_000).contains("language_code=auto&"));
        assert!(realtime_path("m", None, false, 16_000).contains("&sample_rate=16000&"));
        assert_eq!(
            socket_path("saaras:v3", Some(Language::Odia), 8_000),
            "/speech-to-text/ws?language-code=od-IN&model=saaras%3Av3&mode=transcribe&sample_rate=8000\
             &input_audio_codec=pcm_s16le&flush_signal=true"
        );
        assert!(socket_path("m", None, 16_000).contains("language-code=unknown&"));
    }

    #[test]
    fn audio_is_base64_under_the_documented_names() {
        let sent: Value = serde_json::from_str(&realtime_audio(&[1, 2, 3, 4])).expect("JSON");
        assert_eq!(sent, json!({"event": "audio_input", "audio": "AQIDBA=="}));
        let sent: Value = serde_json::from_str(&socket_audio(&[1, 2, 3, 4], 8_000)).expect("JSON");
        assert_eq!(sent, json!({"audio": {"data": "AQIDBA==", "sample_rate": 8000, "encoding": "audio/wav"}}));
    }

    #[test]
    fn a_documented_rest_answer_is_understood_and_one_without_a_transcript_is_none() {
        let heard = parse_rest(include_bytes!("../../../tests/fixtures/sarvam/rest_answer.json")).expect("an answer");
        assert_eq!(heard, ("मेरा लोन कब मिलेगा".to_owned(), Some(Language::Hindi)));
        let silence = br#"{"request_id":"1","transcript":"","language_code":null}"#;
        assert_eq!(parse_rest(silence).expect("an answer"), (String::new(), None));
        assert!(parse_rest(br#"{"request_id":"1"}"#).is_err());
        assert!(parse_rest(b"<html>").is_err());
    }

    #[test]
    fn a_file_is_what_its_header_says_and_its_language_is_spelled_as_rest_wants_it() {
        for rate_hz in [8_000, 16_000] {
            let file = rest_file(&[1, 2, 3, 4], rate_hz);
            assert_eq!(crate::wire::sarvam::speaking::wav_pcm(&file), Ok((rate_hz, &[1, 2, 3, 4][..])));
        }
        let fields = |language| rest_fields("saaras:v3", language).map(|(name, value)| format!("{name}={value}"));
        assert_eq!(fields(Some(Language::Odia)), ["model=saaras:v3", "mode=transcribe", "language_code=od-IN"]);
        assert_eq!(fields(None)[2], "language_code=unknown");
    }
}
