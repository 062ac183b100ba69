//! A text frame of the Voicebot applet's socket; the bytes also serve as audio.

use serde_json::Value;
use shared::domain::audio::{FRAME_SAMPLES, LineRate, duration_ms, pad_to_frame, samples};
use shared::domain::vad::{VoiceDetector, VoiceEvent, rms};
use shared::wire::exotel::stream::{StreamMessage, StreamWriter, parse};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let message = parse(&text);
    // The order of keys and the spaces between them say nothing.
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        assert_eq!(parse(&value.to_string()), message);
    }
    match &message {
        StreamMessage::Media { audio } => {
            assert!(audio.len() <= text.len(), "more audio than text");
            heard(audio);
        }
        StreamMessage::Dtmf { digit } => assert!(matches!(digit, '0'..='9' | '*' | '#')),
        StreamMessage::Start(start) => assert!(start.custom_parameters.len() <= text.len()),
        StreamMessage::Connected
        | StreamMessage::Mark { .. }
        | StreamMessage::Stop { .. }
        | StreamMessage::Clear
        | StreamMessage::Ignored { .. } => {}
    }
    sent(&text, input);
    heard(input);
}

/// What we send reads back as the same message, numbered without gaps.
fn sent(name: &str, audio: &[u8]) {
    let mut writer = StreamWriter::new(name, LineRate::of(None));
    let frames = [writer.media(audio), writer.mark(name), writer.clear()];
    assert_eq!(parse(&frames[0]), StreamMessage::Media { audio: audio.to_vec() });
    assert_eq!(parse(&frames[1]), StreamMessage::Mark { name: name.to_owned() });
    assert_eq!(parse(&frames[2]), StreamMessage::Clear);
    for (i, frame) in frames.iter().enumerate() {
        let frame: Value = serde_json::from_str(frame).expect("JSON");
        // Of a stream that said no id, none is made up.
        assert_eq!(frame.get("stream_sid").and_then(Value::as_str).unwrap_or_default(), name);
        assert_eq!(frame.get("stream_sid").is_none(), name.is_empty());
        assert_eq!(frame["sequence_number"], (i + 1).to_string());
    }
    let next: Value = serde_json::from_str(&writer.media(&[0; 320])).expect("JSON");
    assert_eq!(next["media"]["timestamp"], duration_ms(audio.len()).to_string(), "the clock of what was sent");
}

/// Any audio is heard: energies are finite, voices begin and end by turns, whatever a model says.
fn heard(audio: &[u8]) {
    let mut detector = VoiceDetector::default();
    let mut speaking = false;
    for hz in [16_000, 24_000] {
        assert!(LineRate::of(Some(hz)).heard(audio).len() <= audio.len(), "more audio than came");
    }
    for frame in samples(audio).chunks(FRAME_SAMPLES) {
        let energy = rms(frame);
        assert!((0.0..=32_768.0).contains(&energy), "{energy}");
        match detector.frame(frame, |window| rms(window) / 4_000.0) {
            Some(VoiceEvent::Started) => assert!(!std::mem::replace(&mut speaking, true)),
            Some(VoiceEvent::Stopped) => assert!(std::mem::replace(&mut speaking, false)),
            Some(VoiceEvent::Suspected) => assert!(!speaking),
            None => {}
        }
    }
    let mut padded = audio.to_vec();
    pad_to_frame(&mut padded);
    assert!(padded.len().is_multiple_of(320) && padded.starts_with(audio) && padded.len() < audio.len() + 320);
}
