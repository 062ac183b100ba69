//! Sarvam's recognisers: both sockets, and one file over REST. The client says where speech ends,
//! as both bots do; no model is behind it, only the marks in the audio.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Providers;
use super::delays::Outbox;
use super::ear::Ear;
use crate::READ_BUFFER;

/// A WAV header of ordinary length; some clients put one before every piece.
const WAV_HEADER: usize = 44;
const LANGUAGE: &str = "en-IN";

/// What either socket is told, read without copying the audio.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audio<'a> {
    Bare(&'a str),
    Named { data: &'a str },
}

#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    event: Option<&'a str>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a str>,
    #[serde(borrow)]
    audio: Option<Audio<'a>>,
}

impl Told<'_> {
    fn samples(&self) -> Option<Vec<u8>> {
        let (Audio::Bare(text) | Audio::Named { data: text }) = self.audio.as_ref()?;
        let mut audio = STANDARD.decode(text).ok()?;
        if audio.starts_with(b"RIFF") {
            audio.drain(..WAV_HEADER.min(audio.len()));
        }
        Some(audio)
    }
}

/// `/speech-to-text-realtime/ws`.
pub(super) async fn realtime(
    State(providers): State<Providers>,
    Query(parameters): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let partials = parameters.get("stream_type").is_none_or(|kind| kind != "simulated");
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| serve_realtime(providers, socket, partials))
}

async fn serve_realtime(providers: Providers, mut socket: WebSocket, partials: bool) {
    let mut outbox = Outbox::default();
    let mut ear = Ear::new(providers.lexicon.clone(), providers.loses_words);
    let (mut listening, mut utterance) = (false, 0_u64);
    outbox.put(Instant::now(), json!({"event": "session.begin", "request_id": "load"}).to_string().into());
    while let Some(text) = outbox.next(&mut socket).await {
        let Ok(told) = serde_json::from_str::<Told<'_>>(&text) else { continue };
        let now = Instant::now();
        match told.event.unwrap_or_default() {
            // Outside of an utterance nothing is heard.
            "audio_input" if listening => {
                let more = told.samples().is_some_and(|audio| ear.hear(&audio));
                if more && partials {
                    let partial = json!({"event": "transcript.partial", "utterance_idx": utterance, "text": ear.text(),
                        "language": LANGUAGE});
                    outbox.put(now, partial.to_string().into());
                }
            }
            "speech_start" => listening = true,
            event @ ("speech_end" | "flush") => {
                let due = now + providers.delay(providers.delays.hearing);
                let done = json!({"event": "transcript.final", "utterance_idx": utterance, "text": ear.take(),
                    "language": LANGUAGE, "request_id": "load"});
                outbox.put(due, done.to_string().into());
                utterance += 1;
                listening &= event == "flush";
                providers.counts.finals.fetch_add(1, Ordering::Relaxed);
            }
            "ping" => outbox.put(now, json!({"event": "pong"}).to_string().into()),
            "config.update" => outbox.put(now, json!({"event": "config.updated"}).to_string().into()),
            "end" => break,
            _ => {}
        }
    }
}

/// `/speech-to-text/ws`: finals only.
pub(super) async fn socket(State(providers): State<Providers>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| serve_socket(providers, socket))
}

async fn serve_socket(providers: Providers, mut socket: WebSocket) {
    let mut outbox = Outbox::default();
    let mut ear = Ear::new(providers.lexicon.clone(), providers.loses_words);
    let mut bytes = 0;
    while let Some(text) = outbox.next(&mut socket).await {
        let Ok(told) = serde_json::from_str::<Told<'_>>(&text) else { continue };
        if let Some(audio) = told.samples() {
            bytes += audio.len();
            ear.hear(&audio);
        } else if told.kind == Some("flush") {
            let due = Instant::now() + providers.delay(providers.delays.hearing);
            let seconds = std::mem::take(&mut bytes) as f64 / 16_000.0;
            let data = json!({"request_id": "load", "transcript": ear.take(), "language_code": LANGUAGE,
                "metrics": {"audio_duration": seconds, "processing_latency": 0.15}});
            outbox.put(due, json!({"type": "data", "data": data}).to_string().into());
            providers.counts.finals.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// `POST /speech-to-text`. The file lies in a form; its marks are found wherever it begins.
pub(super) async fn file(State(providers): State<Providers>, body: Bytes) -> Json<Value> {
    tokio::time::sleep(providers.delay(providers.delays.hearing)).await;
    let mut ear = Ear::new(providers.lexicon.clone(), providers.loses_words);
    if let Some(at) = body.windows(4).position(|four| four == b"RIFF") {
        ear.hear(&body[(at + WAV_HEADER).min(body.len())..]);
    }
    providers.counts.finals.fetch_add(1, Ordering::Relaxed);
    Json(json!({"request_id": "load", "transcript": ear.take(), "language_code": LANGUAGE}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sockets_words_are_read() {
        let realtime: Told<'_> = serde_json::from_str(r#"{"event":"audio_input","audio":"AAEC"}"#).expect("JSON");
        assert_eq!((realtime.event, realtime.samples()), (Some("audio_input"), Some(vec![0, 1, 2])));
        let text = r#"{"audio":{"data":"AAEC","sample_rate":8000,"encoding":"audio/wav"}}"#;
        let older: Told<'_> = serde_json::from_str(text).expect("JSON");
        assert_eq!(older.samples(), Some(vec![0, 1, 2]));
        let flush: Told<'_> = serde_json::from_str(r#"{"type":"flush"}"#).expect("JSON");
        assert_eq!((flush.kind, flush.samples()), (Some("flush"), None));
    }
}
