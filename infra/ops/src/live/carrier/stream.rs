//! Our side of the one stream: a ping, a tone that is cleared half-way, and a request to hang up.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::domain::audio::{LineRate, SAMPLE_RATE_HZ, bytes};
use shared::wire::exotel::stream::{StreamMessage, StreamStart, StreamWriter, parse};
use tokio::time::{Instant, sleep_until};

use super::log::{Event, Log};

/// The mark behind audio that is cleared before it is played.
pub(super) const PENDING: &str = "pending";
/// Pieces of 200 ms, four seconds of them.
const PIECES: usize = 20;
const PIECE_SAMPLES: usize = 1_600;
const CLEAR_AFTER: Duration = Duration::from_millis(1_000);
/// By then the tone would have been over by itself, and its mark back.
const ASK_AFTER: Duration = Duration::from_secs(6);
/// Media messages kept; the others are like them.
const MEDIA_KEPT: usize = 3;

pub(super) async fn drive(mut socket: WebSocket, log: Arc<Log>, person: Duration) {
    let Some(begun) = start(&mut socket, &log, person).await else { return };
    let mut writer = StreamWriter::new(&begun.stream_sid, LineRate::of(begun.sample_rate));
    tell(&mut socket, &log, Message::Ping("doctor".into())).await;
    for message in tone(&mut writer) {
        tell(&mut socket, &log, Message::text(message)).await;
    }
    tell(&mut socket, &log, Message::text(writer.mark(PENDING))).await;
    let began = Instant::now();
    if !listen(&mut socket, &log, began + CLEAR_AFTER).await {
        return;
    }
    tell(&mut socket, &log, Message::text(writer.clear())).await;
    if !listen(&mut socket, &log, began + ASK_AFTER).await {
        return;
    }
    eprintln!("Please hang up your phone now.");
    for message in tone(&mut writer) {
        tell(&mut socket, &log, Message::text(message)).await;
    }
    if listen(&mut socket, &log, Instant::now() + person).await {
        close(socket, &log).await;
    }
}

/// Drops the first stream's connection under the carrier's hands; one that is opened again ends as it should.
pub(super) async fn drop_once(mut socket: WebSocket, log: Arc<Log>, person: Duration) {
    let again = log.has(|event| *event == Event::StreamDropped);
    if start(&mut socket, &log, person).await.is_none() {
        return;
    }
    match again {
        true => close(socket, &log).await,
        false => log.add(Event::StreamDropped),
    }
}

async fn close(mut socket: WebSocket, log: &Log) {
    log.add(Event::StreamClosed);
    let frame = CloseFrame { code: 1_000, reason: "".into() };
    let _gone = socket.send(Message::Close(Some(frame))).await;
}

/// What the stream says of itself, once it has begun.
async fn start(socket: &mut WebSocket, log: &Log, within: Duration) -> Option<StreamStart> {
    let due = Instant::now() + within;
    loop {
        let message = next(socket, log, due, &mut 0).await??;
        if let StreamMessage::Start(begun) = parse(&message.to_string()) {
            return Some(begun);
        }
    }
}

/// Notes what comes until then; false where the stream ended before.
async fn listen(socket: &mut WebSocket, log: &Log, until: Instant) -> bool {
    let mut media = 0;
    loop {
        match next(socket, log, until, &mut media).await {
            None => return true,
            Some(None) => return false,
            Some(Some(_)) => {}
        }
    }
}

/// `None` when time is up, `Some(None)` when the stream is over.
async fn next(socket: &mut WebSocket, log: &Log, until: Instant, media: &mut usize) -> Option<Option<Value>> {
    let message = tokio::select! {
        message = socket.recv() => message,
        () = sleep_until(until) => return None,
    };
    match message {
        Some(Ok(Message::Text(text))) => {
            let message = without_audio(serde_json::from_str(&text).unwrap_or_default());
            *media += usize::from(message["event"] == "media");
            if message["event"] != "media" || *media <= MEDIA_KEPT {
                log.add(Event::Said(message.clone()));
            }
            Some(Some(message))
        }
        Some(Ok(Message::Pong(_))) => {
            log.add(Event::Pong);
            Some(Some(Value::Null))
        }
        Some(Ok(Message::Close(frame))) => {
            log.add(Event::StreamEnded(frame.map(|frame| frame.code)));
            Some(None)
        }
        Some(Ok(Message::Binary(_) | Message::Ping(_))) => Some(Some(Value::Null)),
        Some(Err(_)) | None => {
            log.add(Event::StreamEnded(None));
            Some(None)
        }
    }
}

async fn tell(socket: &mut WebSocket, log: &Log, message: Message) {
    if let Message::Text(text) = &message {
        let message = without_audio(serde_json::from_str(text).unwrap_or_default());
        if message["event"] != "media" {
            log.add(Event::Told(message));
        }
    }
    // A stream that is over says so when it is listened to.
    let _gone = socket.send(message).await;
}

/// Nobody's voice is kept.
fn without_audio(mut message: Value) -> Value {
    if let Some(payload) = message["media"]["payload"].as_str() {
        let length = STANDARD.decode(payload).map_or(0, |audio| audio.len());
        message["media"]["payload"] = json!(format!("<{length} bytes>"));
    }
    message
}

fn tone(writer: &mut StreamWriter) -> Vec<String> {
    let sample = |n: usize| {
        let seconds = n as f32 / SAMPLE_RATE_HZ as f32;
        ((std::f32::consts::TAU * 440.0 * seconds).sin() * 2_000.0) as i16
    };
    let samples: Vec<i16> = (0..PIECES * PIECE_SAMPLES).map(sample).collect();
    samples.chunks(PIECE_SAMPLES).map(|piece| writer.media(&bytes(piece))).collect()
}
