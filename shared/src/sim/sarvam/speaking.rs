//! The speaking socket: `/text-to-speech/ws` (speech-and-llm.md A7).

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::checks::VoiceRequest;
use super::control::Faults;
use super::line::Line;
use super::{Sim, checks, request_id, rest};
use crate::domain::audio::FRAME_BYTES;

/// Frames in the pieces that go out: 0.3 to 0.5 s, in turn.
const PIECES: [usize; 4] = [15, 20, 25, 18];

pub(super) async fn handshake(
    State(sim): State<Sim>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let faults = sim.control.switches().tts;
    if let Some(refusal) = sim.socket_refusal(&faults, &headers) {
        return refusal;
    }
    let completes = parameters.get("send_completion_event").is_none_or(|wanted| wanted == "true");
    sim.accept(upgrade, move |sim, socket| serve(sim, socket, completes, faults)).await
}

struct Session {
    sim: Sim,
    line: Line,
    faults: Faults,
    completes: bool,
    voice: Option<VoiceRequest>,
    buffer: String,
    pieces: usize,
    /// The first audio since the last flush waits for the model; the rest follows faster.
    started: bool,
}

async fn serve(sim: Sim, socket: WebSocket, completes: bool, faults: Faults) {
    let mut line = Line::new(socket, sim.control.switches().idle);
    if let Some((code, reason)) = &faults.close {
        line.close(*code, reason);
        return line.finish().await;
    }
    if faults.silent {
        return line.ignore().await;
    }
    let (voice, buffer) = (None, String::new());
    let session = Session { sim, line, faults, completes, voice, buffer, pieces: 0, started: false };
    session.run().await;
}

impl Session {
    async fn run(mut self) {
        while let Some(text) = self.line.next().await {
            let message: Value = serde_json::from_str(&text).unwrap_or_default();
            match message["type"].as_str().unwrap_or_default() {
                "config" => self.configure(&message["data"]).await,
                "text" => self.text(&message["data"]).await,
                "flush" => self.flush().await,
                "ping" => self.sim.control.count(|counts| counts.pings += 1),
                kind => self.fail(422, &format!("unknown message type '{kind}'")),
            }
        }
        if !self.line.is_idle() {
            self.sim.control.count(|counts| counts.abandoned += 1);
        }
    }

    async fn configure(&mut self, data: &Value) {
        // What is buffered is still spoken the old way.
        self.speak_buffer().await;
        match checks::voice(data, &self.sim.control) {
            Ok(voice) => self.voice = Some(voice),
            Err(reason) => self.fail(422, &reason),
        }
    }

    async fn text(&mut self, data: &Value) {
        let Some(voice) = &self.voice else { return self.fail(422, "the first message must be config") };
        let text = data["text"].as_str().unwrap_or_default();
        if text.is_empty() || text.chars().count() > voice.max_chars {
            return self.fail(422, "text must have 1 to 2500 characters");
        }
        self.buffer.push_str(text);
        if self.buffer.chars().count() >= voice.min_buffer {
            self.speak_buffer().await;
        }
    }

    async fn flush(&mut self) {
        if self.voice.is_none() {
            return self.fail(422, "the first message must be config");
        }
        self.speak_buffer().await;
        self.started = false;
        if self.completes {
            let data = json!({"event_type": "final", "message": "Audio generation completed",
                "timestamp": "2026-11-23T06:00:02Z"});
            self.line.say(self.line.busy_for(), &json!({"type": "event", "data": data}));
        }
    }

    async fn speak_buffer(&mut self) {
        let text = std::mem::take(&mut self.buffer);
        let Some(voice) = self.voice.clone() else { return };
        if text.trim().is_empty() {
            return;
        }
        if let Some(status) = self.faults.error {
            return self.fail(status, "failed by a switch");
        }
        self.sim.control.count(|counts| counts.characters += text.chars().count());
        let spoken = self.sim.lexicon.speak(&text, voice.language).await;
        let first = !std::mem::replace(&mut self.started, true);
        let mut wait = if first { self.sim.control.draw(|delays| delays.tts_first) } else { self.line.busy_for() };
        if voice.wav && first {
            self.piece(wait, "audio/wav", &rest::wav_header(u32::MAX));
        }
        let kind = if voice.wav { "audio/wav" } else { "audio/pcm" };
        for piece in pieces(&spoken.audio, self.sim.control.switches().odd_pieces) {
            self.piece(wait, kind, piece);
            wait += self.sim.control.draw(|delays| delays.tts_between);
        }
    }

    fn piece(&mut self, wait: Duration, kind: &str, audio: &[u8]) {
        if self.faults.cut_after.is_some_and(|pieces| self.pieces >= pieces) {
            return self.line.cut();
        }
        self.pieces += 1;
        let data = json!({"content_type": kind, "audio": STANDARD.encode(audio), "request_id": request_id()});
        self.line.say(wait, &json!({"type": "audio", "data": data}));
    }

    fn fail(&mut self, code: u16, message: &str) {
        let data = json!({"message": message, "code": code, "details": {}, "request_id": request_id()});
        self.line.say(Duration::ZERO, &json!({"type": "error", "data": data}));
        self.line.close(1011, message);
    }
}

/// Cuts audio into pieces, on request in the middle of a sample.
fn pieces(audio: &[u8], odd: bool) -> Vec<&[u8]> {
    let (mut rest, mut pieces) = (audio, Vec::new());
    for frames in PIECES.into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let length = frames * FRAME_BYTES + usize::from(odd);
        let (piece, left) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = left;
    }
    pieces
}
