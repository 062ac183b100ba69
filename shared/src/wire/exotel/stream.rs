//! The Voicebot applet's WebSocket (exotel.md 5.2): lenient in, strict out.
//! Knows no socket and no call.

use std::collections::BTreeMap;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, PAD, STANDARD};
use serde_json::{Value, json};

use crate::domain::audio::{LineRate, duration_ms};

/// Reads base64 with or without its padding.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// One message from Exotel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamMessage {
    /// The socket is up.
    Connected,
    /// The stream begins; comes once.
    Start(StreamStart),
    /// Caller's audio, 16-bit little-endian; possibly of odd length.
    Media {
        /// The bytes.
        audio: Vec<u8>,
    },
    /// A key was pressed.
    Dtmf {
        /// `0`-`9`, `*`, `#`.
        digit: char,
    },
    /// Everything before this mark was played.
    Mark {
        /// As we named it.
        name: String,
    },
    /// The call or the stream is over.
    Stop {
        /// `callended`, `stopped` or whatever they write.
        reason: String,
    },
    /// They ask us to drop what is queued; never explained by Exotel.
    Clear,
    /// Something we do not know or can not read: skipped, never a reason to end a call.
    Ignored {
        /// For the log, without payload.
        why: &'static str,
    },
}

/// What `start` tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamStart {
    /// Id of this stream; goes back in everything we send.
    pub stream_sid: String,
    /// Exotel's id of the call, as written.
    pub call_sid: String,
    /// Pairs from our address's query.
    pub custom_parameters: BTreeMap<String, String>,
    /// Samples per second where they wrote a readable one.
    pub sample_rate: Option<u32>,
}

/// Reads one text frame.
pub fn parse(text: &str) -> StreamMessage {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return StreamMessage::Ignored { why: "not JSON" };
    };
    let event = text_of(&message, &["event"]).unwrap_or_default().to_lowercase();
    let inner = message.get(&event).cloned().unwrap_or(Value::Null);
    match event.as_str() {
        "connected" => StreamMessage::Connected,
        "start" => StreamMessage::Start(start(&message, &inner)),
        "media" => media(&inner),
        "dtmf" => match text_of(&inner, &["digit"]).and_then(|d| d.trim().chars().next()) {
            Some(digit @ ('0'..='9' | '*' | '#')) => StreamMessage::Dtmf { digit },
            _ => StreamMessage::Ignored { why: "dtmf without a digit" },
        },
        "mark" => match text_of(&inner, &["name"]) {
            Some(name) => StreamMessage::Mark { name },
            None => StreamMessage::Ignored { why: "mark without a name" },
        },
        "stop" => StreamMessage::Stop { reason: text_of(&inner, &["reason"]).unwrap_or_default() },
        "clear" => StreamMessage::Clear,
        _ => StreamMessage::Ignored { why: "unknown event" },
    }
}

fn start(message: &Value, inner: &Value) -> StreamStart {
    let either = |names: &[&str]| text_of(inner, names).or_else(|| text_of(message, names)).unwrap_or_default();
    let format = inner.get("media_format").or_else(|| inner.get("mediaFormat")).unwrap_or(&Value::Null);
    StreamStart {
        stream_sid: either(&["stream_sid", "streamSid"]),
        call_sid: either(&["call_sid", "callSid"]),
        custom_parameters: parameters(inner.get("custom_parameters").or_else(|| inner.get("customParameters"))),
        sample_rate: text_of(format, &["sample_rate", "sampleRate"]).and_then(|rate| leading_number(&rate)),
    }
}

/// An object; absent or an empty text where there are none.
fn parameters(value: Option<&Value>) -> BTreeMap<String, String> {
    let Some(Value::Object(pairs)) = value else { return BTreeMap::new() };
    pairs.iter().filter_map(|(key, value)| Some((key.clone(), plain(value)?))).collect()
}

fn media(inner: &Value) -> StreamMessage {
    let Some(mut payload) = text_of(inner, &["payload"]) else {
        return StreamMessage::Ignored { why: "media without payload" };
    };
    payload.retain(|c| !c.is_ascii_whitespace());
    match LENIENT.decode(payload) {
        Ok(audio) => StreamMessage::Media { audio },
        Err(_) => StreamMessage::Ignored { why: "media that is not base64" },
    }
}

/// `8000`, `"8000"` and `"8000Hz"` all occur.
fn leading_number(text: &str) -> Option<u32> {
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn text_of(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| plain(value.get(name)?))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Builds what we send. Counts messages, because a sample of Exotel's says that streams without
/// the numbers end early (exotel.md 5.2).
#[derive(Debug, Clone)]
pub struct StreamWriter {
    stream_sid: String,
    rate: LineRate,
    sequence: u64,
    chunk: u64,
    sent_ms: u64,
}

impl StreamWriter {
    /// For the stream of that id and rate.
    pub fn new(stream_sid: &str, rate: LineRate) -> Self {
        Self { stream_sid: stream_sid.to_owned(), rate, sequence: 0, chunk: 0, sent_ms: 0 }
    }

    /// Audio: 8 kHz, 16-bit little-endian, a multiple of 320 bytes.
    pub fn media(&mut self, audio: &[u8]) -> String {
        self.chunk += 1;
        let timestamp = self.sent_ms;
        self.sent_ms += duration_ms(audio.len());
        let media = json!({
            "chunk": self.chunk.to_string(),
            "timestamp": timestamp.to_string(),
            "payload": STANDARD.encode(self.rate.spoken(audio)),
        });
        self.message("media", Some(media))
    }

    /// A mark, echoed when everything before it was played.
    pub fn mark(&mut self, name: &str) -> String {
        self.message("mark", Some(json!({ "name": name })))
    }

    /// Drops what was sent and not yet begun.
    pub fn clear(&mut self) -> String {
        self.message("clear", None)
    }

    fn message(&mut self, event: &str, inner: Option<Value>) -> String {
        self.sequence += 1;
        let mut message = json!({ "event": event, "sequence_number": self.sequence.to_string() });
        if !self.stream_sid.is_empty() {
            message["stream_sid"] = json!(self.stream_sid);
        }
        if let Some(inner) = inner {
            message[event] = inner;
        }
        message.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_start_as_documented_is_read() {
        let text = r#"{"event":"start","sequence_number":"1","stream_sid":"6f04aa","start":{
            "stream_sid":"6f04aa","call_sid":"3f9c1e2ab47d4c55a0de71b2c6f81a2b","account_sid":"acmelend1",
            "from":"00000000001","to":"02200000000","custom_parameters":{"lang":"hi","n":7},
            "media_format":{"encoding":"raw","sample_rate":"8000","bit_rate":"128"}}}"#;
        let StreamMessage::Start(start) = parse(text) else { panic!("not a start") };
        assert_eq!(start.stream_sid, "6f04aa");
        assert_eq!(start.call_sid, "3f9c1e2ab47d4c55a0de71b2c6f81a2b");
        assert_eq!(start.custom_parameters["lang"], "hi");
        assert_eq!(start.custom_parameters["n"], "7");
        assert_eq!(start.sample_rate, Some(8_000));
    }

    #[test]
    fn a_start_in_camel_case_with_empty_parameters_is_read() {
        let text = r#"{"event":"start","sequence_number":1,"streamSid":"6f04aa","start":{
            "callSid":"3f9c","customParameters":"","mediaFormat":{"encoding":"audio/x-raw","sampleRate":"8000Hz"}}}"#;
        let StreamMessage::Start(start) = parse(text) else { panic!("not a start") };
        assert_eq!((start.stream_sid.as_str(), start.call_sid.as_str()), ("6f04aa", "3f9c"));
        assert!(start.custom_parameters.is_empty());
        assert_eq!(start.sample_rate, Some(8_000));
    }

    #[test]
    fn media_keys_marks_and_the_end_are_read() {
        let media = r#"{"event":"media","sequence_number":2,"stream_sid":"6f04aa","media":{"chunk":1,"timestamp":"20","payload":"AQID"}}"#;
        assert_eq!(parse(media), StreamMessage::Media { audio: vec![1, 2, 3] });
        let dtmf = r#"{"event":"dtmf","stream_sid":"6f04aa","dtmf":{"digit":5,"duration":120}}"#;
        assert_eq!(parse(dtmf), StreamMessage::Dtmf { digit: '5' });
        let mark = r#"{"event":"mark","sequence_number":"90","stream_sid":"6f04aa","mark":{"name":"t3-end"}}"#;
        assert_eq!(parse(mark), StreamMessage::Mark { name: "t3-end".to_owned() });
        let stop = r#"{"event":"stop","stop":{"call_sid":"3f9c","account_sid":"acmelend1","reason":"callended"}}"#;
        assert_eq!(parse(stop), StreamMessage::Stop { reason: "callended".to_owned() });
        assert_eq!(parse(r#"{"event":"connected","protocol":"Call"}"#), StreamMessage::Connected);
        assert_eq!(parse(r#"{"event":"clear","stream_sid":"6f04aa"}"#), StreamMessage::Clear);
    }

    #[test]
    fn rubbish_is_skipped() {
        for text in [
            "",
            "[]",
            "null",
            r#"{"event":"silence"}"#,
            r#"{"event":"media","media":{"payload":"%%%"}}"#,
            r#"{"event":"media"}"#,
            r#"{"event":"dtmf","dtmf":{"digit":"x"}}"#,
            r#"{"event":"mark","mark":{}}"#,
        ] {
            assert!(matches!(parse(text), StreamMessage::Ignored { .. }), "{text}");
        }
    }

    #[test]
    fn what_we_send_carries_texts_for_numbers() {
        let mut writer = StreamWriter::new("6f04aa", LineRate::of(None));
        let first: Value = serde_json::from_str(&writer.media(&[0; 3_200])).expect("JSON");
        let second: Value = serde_json::from_str(&writer.media(&[0; 320])).expect("JSON");
        let mark: Value = serde_json::from_str(&writer.mark("s1")).expect("JSON");
        let clear: Value = serde_json::from_str(&writer.clear()).expect("JSON");
        assert_eq!(first["media"]["timestamp"], "0");
        assert_eq!(second["media"]["timestamp"], "200");
        assert_eq!((&second["media"]["chunk"], &second["sequence_number"]), (&json!("2"), &json!("2")));
        assert_eq!((&mark["stream_sid"], &mark["mark"]["name"]), (&json!("6f04aa"), &json!("s1")));
        assert_eq!(clear, json!({"event":"clear","sequence_number":"4","stream_sid":"6f04aa"}));
    }

    proptest! {
        #[test]
        fn no_text_ends_the_program(text in ".{0,200}") {
            parse(&text);
        }
    }
}
