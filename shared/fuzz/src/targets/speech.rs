//! What Sarvam says: the first line names the surface (`realtime`, `socket`, `speaking`, `wav`,
//! `http <status>`, `close <code>`), the message is under it. Every reader sees every message.

use serde_json::Value;
use shared::domain::language::Language;
use shared::wire::sarvam::hearing::{self, Heard};
use shared::wire::sarvam::speaking::{self, Said};
use shared::wire::sarvam::trouble::Trouble;

pub(crate) fn run(input: &[u8]) {
    let (surface, body) = input.split_at(input.iter().position(|b| *b == b'\n').unwrap_or(0));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let number = String::from_utf8_lossy(surface).split_once(' ').and_then(|(_, n)| n.parse().ok()).unwrap_or(0);
    understood(&text);
    spoken(&text, body);
    wav(body);
    refusals(number, body, &text);
    sent(&text, body);
}

fn understood(text: &str) {
    let value = serde_json::from_str::<Value>(text);
    for read in [hearing::parse_realtime, hearing::parse_socket] {
        let heard = read(text);
        assert_eq!(heard.is_err(), value.is_err(), "JSON is read, and nothing else");
        let Ok(heard) = heard else { continue };
        if let Ok(value) = &value {
            assert_eq!(read(&value.to_string()).as_ref().ok(), Some(&heard), "order and spaces say nothing");
        }
        if let Heard::Partial(said) | Heard::Final { text: said, .. } = &heard {
            assert_eq!(said.trim(), said);
        }
    }
}

fn spoken(text: &str, body: &[u8]) {
    if let Ok(Said::Audio(audio)) = speaking::parse(text) {
        assert!(audio.len() <= text.len());
        let frame = |encoded: &str| format!(r#"{{"type":"audio","data":{{"audio":"{encoded}"}}}}"#);
        let sent: Value = serde_json::from_str(&hearing::realtime_audio(&audio)).expect("JSON");
        let again = frame(sent["audio"].as_str().expect("base64"));
        assert_eq!(speaking::parse(&again), Ok(Said::Audio(audio)));
    }
    if let Ok((_, audio)) = speaking::rest_audio(body) {
        assert!(audio.len() <= body.len());
    }
}

/// PCM is a part of its file, and a file around any PCM gives it back.
fn wav(body: &[u8]) {
    if let Ok((_, pcm)) = speaking::wav_pcm(body) {
        assert!(body.as_ptr_range().contains(&pcm.as_ptr()) || pcm.is_empty());
        assert!(pcm.len() + 12 <= body.len());
    }
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    let format = [16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0];
    let file = [b"RIFF\0\0\0\0WAVEfmt ", &format[..], b"data", &length, body].concat();
    assert_eq!(speaking::wav_pcm(&file), Ok((8_000, body)));
}

fn refusals(number: u16, body: &[u8], text: &str) {
    let by_status = Trouble::of_http(number, body);
    let lasting = matches!(by_status, Trouble::Refused(_));
    assert!(!(number >= 500 && lasting) || text.contains("insufficient_quota_error"), "{number}: {by_status:?}");
    let _by_close = Trouble::of_close(number, text);
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        let _by_message = Trouble::of_message(&value["code"], text);
    }
}

/// What we send is JSON that holds exactly what we meant.
fn sent(text: &str, body: &[u8]) {
    let said: Value = serde_json::from_str(&speaking::text(text)).expect("JSON");
    assert_eq!(said["data"]["text"], text);
    for frame in [hearing::realtime_audio(body), hearing::socket_audio(body, 8_000)] {
        assert!(serde_json::from_str::<Value>(&frame).is_ok());
    }
    let realtime = hearing::realtime_path(text, Some(Language::Odia), true, 8_000);
    for path in [realtime, hearing::socket_path(text, None, 16_000)] {
        assert!(path.bytes().all(|b| b.is_ascii_graphic() && b != b'#'), "an address of plain characters: {path}");
        assert_eq!(path.matches('?').count(), 1);
    }
}
