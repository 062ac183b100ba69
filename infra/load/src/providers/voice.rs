//! Sarvam's voice: the speaking socket and REST. What is said is the same stretch of speech, as
//! long as the text; whole pieces of it are put into messages once, because this runs for hundreds
//! of calls on one core.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::ws::{Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Providers;
use super::delays::{Outbox, SPEED};
use crate::{READ_BUFFER, wav};

/// How long a character sounds.
const CHARACTER_MS: f64 = 45.0;
/// What one message holds.
const PIECE_MS: u64 = 400;
const PIECE_BYTES: usize = PIECE_MS as usize * BYTES_A_MS;
/// 8 kHz, two bytes a sample.
const BYTES_A_MS: usize = 16;
/// What buffers a client that says nothing of it.
const LEAST_BUFFERED: usize = 50;

/// The stretch of speech, and its messages.
pub(crate) struct Voice {
    audio: Vec<u8>,
    pieces: Vec<Utf8Bytes>,
}

impl Voice {
    /// Of speech that lasts some seconds.
    pub(crate) fn new(audio: Vec<u8>) -> Self {
        let pieces = audio.chunks_exact(PIECE_BYTES).map(message).collect();
        Self { audio, pieces }
    }

    /// How many bytes so many characters sound.
    fn length(text: &str) -> usize {
        (text.trim().chars().count() as f64 * CHARACTER_MS) as usize * BYTES_A_MS
    }

    /// So many bytes of speech; a longer text begins again.
    fn cut(&self, bytes: usize) -> Vec<u8> {
        self.audio.iter().copied().cycle().take(bytes).collect()
    }

    /// Its messages.
    fn messages(&self, bytes: usize) -> Vec<Utf8Bytes> {
        if bytes > self.audio.len() {
            return self.cut(bytes).chunks(PIECE_BYTES).map(message).collect();
        }
        let whole = bytes / PIECE_BYTES;
        let mut messages = self.pieces[..whole].to_vec();
        let rest = &self.audio[whole * PIECE_BYTES..bytes];
        messages.extend((!rest.is_empty()).then(|| message(rest)));
        messages
    }
}

fn message(audio: &[u8]) -> Utf8Bytes {
    let data = json!({"content_type": "audio/linear16", "request_id": "load", "audio": STANDARD.encode(audio)});
    json!({"type": "audio", "data": data}).to_string().into()
}

/// `/text-to-speech/ws`.
pub(super) async fn socket(
    State(providers): State<Providers>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    let completes = query.is_some_and(|query| query.contains("send_completion_event=true"));
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| serve(providers, socket, completes))
}

/// Texts on one socket are spoken one after the other.
async fn serve(providers: Providers, mut socket: WebSocket, completes: bool) {
    let mut outbox = Outbox::default();
    let (mut buffer, mut least) = (String::new(), LEAST_BUFFERED);
    let mut header = None;
    while let Some(text) = outbox.next(&mut socket).await {
        let Ok(told) = serde_json::from_str::<Value>(&text) else { continue };
        let data = &told["data"];
        match told["type"].as_str().unwrap_or_default() {
            "config" => {
                speak(&providers, &mut outbox, &mut buffer, &mut header);
                header = (data["output_audio_codec"] == "wav").then(|| message(&wav::file(&[])));
                least = data["min_buffer_size"].as_u64().map_or(LEAST_BUFFERED, |size| size as usize);
                if !is_8_khz(&data["speech_sample_rate"]) {
                    tracing::error!(rate = %data["speech_sample_rate"], "only speech at 8 kHz is made here");
                    return;
                }
            }
            "text" => {
                buffer.push_str(data["text"].as_str().unwrap_or_default());
                if buffer.trim().chars().count() >= least {
                    speak(&providers, &mut outbox, &mut buffer, &mut header);
                }
            }
            "flush" => {
                speak(&providers, &mut outbox, &mut buffer, &mut header);
                if completes {
                    let data = json!({"event_type": "final", "timestamp": "2026-11-23T06:00:02Z"});
                    outbox.put(outbox.until(), json!({"type": "event", "data": data}).to_string().into());
                }
            }
            _ => {}
        }
    }
}

fn is_8_khz(rate: &Value) -> bool {
    rate == 8_000 || rate == "8000"
}

/// A header that is still owed goes first, and alone (speech-and-llm.md A7).
fn speak(providers: &Providers, outbox: &mut Outbox, buffer: &mut String, header: &mut Option<Utf8Bytes>) {
    let text = std::mem::take(buffer);
    if text.trim().is_empty() {
        return;
    }
    providers.counts.spoken.fetch_add(1, Ordering::Relaxed);
    let mut due = outbox.until().max(Instant::now()) + providers.delay(providers.delays.first_audio);
    if let Some(header) = header.take() {
        outbox.put(due, header);
    }
    for message in providers.voice.messages(Voice::length(&text)) {
        outbox.put(due, message);
        due += Duration::from_millis(PIECE_MS).div_f64(SPEED);
    }
}

/// `POST /text-to-speech`: a whole file.
pub(super) async fn file(State(providers): State<Providers>, Json(asked): Json<Value>) -> Json<Value> {
    let bytes = Voice::length(asked["text"].as_str().unwrap_or_default());
    let made = Duration::from_millis((bytes / BYTES_A_MS) as u64).div_f64(SPEED);
    tokio::time::sleep(providers.delay(providers.delays.first_audio) + made).await;
    providers.counts.spoken.fetch_add(1, Ordering::Relaxed);
    Json(json!({"request_id": "load", "audios": [STANDARD.encode(wav::file(&providers.voice.cut(bytes)))]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_in(messages: &[Utf8Bytes]) -> Vec<usize> {
        let audio = |text: &Utf8Bytes| {
            let message: Value = serde_json::from_str(text).expect("JSON");
            STANDARD.decode(message["data"]["audio"].as_str().expect("audio")).expect("base64").len()
        };
        messages.iter().map(audio).collect()
    }

    #[test]
    fn a_text_sounds_45_ms_a_character_in_pieces_of_400_ms() {
        let voice = Voice::new(vec![1; 16_000 * 3]);
        let length = Voice::length("twenty characters ok");
        assert_eq!(length, 900 * BYTES_A_MS);
        assert_eq!(bytes_in(&voice.messages(length)), [6_400, 6_400, 1_600]);
        let long = bytes_in(&voice.messages(16_000 * 4));
        assert_eq!((long.len(), long.iter().sum::<usize>()), (10, 64_000), "a longer text begins again");
    }

    #[test]
    fn the_rate_is_taken_as_a_number_and_as_text() {
        assert!(is_8_khz(&json!(8_000)) && is_8_khz(&json!("8000")) && !is_8_khz(&json!("22050")));
    }
}
