//! The Voicebot's socket (exotel.md 5.2, 5.3).

use serde_json::{Value, json};
use shared::domain::audio::LineRate;
use shared::wire::exotel::stream::{StreamMessage, StreamStart, StreamWriter, parse};

use crate::{SID, fixture};

fn messages(lines: &[u8]) -> Vec<StreamMessage> {
    std::str::from_utf8(lines).expect("text").lines().map(parse).collect()
}
fn media(audio: &[u8]) -> StreamMessage {
    StreamMessage::Media { audio: audio.to_vec() }
}
fn ignored(message: &StreamMessage) -> bool {
    matches!(message, StreamMessage::Ignored { .. })
}
fn start(message: &StreamMessage) -> &StreamStart {
    let StreamMessage::Start(start) = message else { panic!("{message:?}") };
    start
}

#[test]
fn the_documented_messages_are_read() {
    let messages = messages(fixture!("stream_documented.jsonl"));
    assert_eq!(messages[0], StreamMessage::Connected);
    let begun = start(&messages[1]);
    assert_eq!((begun.stream_sid.as_str(), begun.call_sid.as_str(), begun.sample_rate), ("6f04aa", SID, Some(8_000)));
    assert_eq!(begun.custom_parameters.get("lang").map(String::as_str), Some("hi"));
    assert_eq!(
        messages[2..],
        [
            media(&[1, 2, 3, 4]),
            StreamMessage::Dtmf { digit: '5' },
            StreamMessage::Mark { name: "t3-end".to_owned() },
            StreamMessage::Stop { reason: "callended".to_owned() },
        ]
    );
}

#[test]
fn every_odd_frame_is_read_as_meant_or_passed_over() {
    let messages = messages(fixture!("stream_odd.jsonl"));
    assert_eq!(messages[0], StreamMessage::Connected, "with extra keys");
    let begun = start(&messages[1]);
    assert_eq!((begun.stream_sid.as_str(), begun.call_sid.as_str()), ("6f04aa", SID), "in camel case");
    assert_eq!((begun.sample_rate, begun.custom_parameters.len()), (Some(16_000), 0));
    assert_eq!(messages[2], media(&[1, 2, 3, 4]), "base64 without its padding, and no stream_sid");
    assert_eq!(messages[3], media(&[1, 2, 3, 4]), "base64 with line breaks, and a gap in the sequence");
    assert_eq!(messages[4], media(&[1, 2, 3]), "half a sample");
    assert_eq!(messages[5], media(&[]), "nothing");
    assert!(messages[6..9].iter().all(ignored), "no audio: {:?}", &messages[6..9]);
    assert_eq!(messages[9], StreamMessage::Dtmf { digit: '1' }, "a number");
    assert_eq!(messages[10], StreamMessage::Dtmf { digit: '#' }, "without a duration");
    assert!(ignored(&messages[11]), "no key of a telephone");
    assert_eq!(messages[12], StreamMessage::Mark { name: "7".to_owned() }, "of another stream, a number");
    assert_eq!(messages[13], StreamMessage::Clear);
    assert!(ignored(&messages[14]), "an event of one page only");
    assert_eq!(messages[15], StreamMessage::Stop { reason: "stopped".to_owned() });
    assert_eq!(messages[16], StreamMessage::Stop { reason: String::new() }, "without a reason");
    assert!(messages[17..].iter().all(ignored), "no message: {:?}", &messages[17..]);
}

#[test]
fn the_rate_is_read_from_every_spelling_and_is_8_khz_where_there_is_none() {
    let messages = messages(fixture!("stream_starts.jsonl"));
    let rates: Vec<_> = messages.iter().map(|message| start(message).sample_rate).collect();
    assert_eq!(rates, [Some(8_000), Some(8_000), Some(24_000), None, None, None]);
    assert_eq!(LineRate::of(None), LineRate::of(Some(8_000)));
    let parameters: Vec<_> = messages.iter().map(|message| start(message).custom_parameters.len()).collect();
    assert_eq!(parameters, [2, 0, 0, 0, 0, 0]);
    assert_eq!(start(&messages[5]), &StreamStart::default(), "a start that says nothing is one");
}

#[test]
fn what_we_send_is_the_documented_shape_with_numbers_as_text() {
    let mut writer = StreamWriter::new("6f04aa", LineRate::of(None));
    let sent = [writer.media(&[1, 2, 3, 4]), writer.mark("t3-end"), writer.clear()];
    let sent: Vec<Value> = sent.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    let expected = json!([
        {"event": "media", "sequence_number": "1", "stream_sid": "6f04aa",
         "media": {"chunk": "1", "timestamp": "0", "payload": "AQIDBA=="}},
        {"event": "mark", "sequence_number": "2", "stream_sid": "6f04aa", "mark": {"name": "t3-end"}},
        {"event": "clear", "sequence_number": "3", "stream_sid": "6f04aa"},
    ]);
    assert_eq!(json!(sent), expected);
}

#[test]
fn a_stream_without_an_id_is_answered_without_one() {
    let mut writer = StreamWriter::new("", LineRate::of(None));
    let clear: Value = serde_json::from_str(&writer.clear()).expect("JSON");
    assert_eq!(clear, json!({"event": "clear", "sequence_number": "1"}), "Exotel takes the id as optional");
}
