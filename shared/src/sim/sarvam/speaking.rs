//! The speaking socket: `/text-to-speech/ws` (speech-and-llm.md A7).

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::checks::VoiceRequest;
use super::line::Line;
use super::record::Surface;
use super::switches::Faults;
use super::{Sim, checks, request_id, rest};
use crate::domain::audio::FRAME_MS;

/// Frames of 20 ms in the pieces that go out: 0.3 to 0.5 s, in turn.
const PIECES: [usize; 4] = [15, 20, 25, 18];

pub(super) async fn handshake(
    State(sim): State<Sim>,
    Query(parameters): Query<HashMap<String, String>>,
    address: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let visit = sim.visit(Surface::Tts, &address);
    if let Some(refusal) = sim.refusal(&visit, &headers) {
        return refusal;
    }
    let completes = parameters.get("send_completion_event").is_none_or(|wanted| wanted == "true");
    sim.accept(upgrade, visit, move |sim, line, faults| serve(sim, line, faults, completes)).await
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
    /// A header was sent, and none is owed.
    headed: bool,
}

async fn serve(sim: Sim, line: Line, faults: Faults, completes: bool) {
    let (voice, buffer) = (None, String::new());
    let session = Session { sim, line, faults, completes, voice, buffer, pieces: 0, started: false, headed: false };
    session.run().await;
}

impl Session {
    async fn run(mut self) {
        while let Some(message) = self.line.next().await {
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
        if self.sim.control.switches().rate_as_text && !data["speech_sample_rate"].is_string() {
            return self.fail(422, "speech_sample_rate must be a string");
        }
        match checks::voice(data, &self.sim.control, &checks::SOCKET_RATES_HZ) {
            Ok(voice) => self.voice = Some(voice),
            Err(reason) => self.fail(422, &reason),
        }
    }

    async fn text(&mut self, data: &Value) {
        let Some(voice) = &self.voice else { return self.fail(422, "the first message must be config") };
        let text = data["text"].as_str().unwrap_or_default();
        if text.is_empty() || text.chars().count() > voice.max_chars {
            let most = voice.max_chars;
            return self.fail(422, &format!("text must have 1 to {most} characters"));
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
        if !self.sim.control.switches().spoken_as.header_once {
            self.headed = false;
        }
        if self.completes && !self.hangs() {
            let data = json!({"event_type": "final", "message": "Audio generation completed",
                "timestamp": "2026-11-23T06:00:02Z"});
            let times = if self.sim.control.switches().completes_twice { 2 } else { 1 };
            for _ in 0..times {
                self.line.say(self.line.busy_for(), json!({"type": "event", "data": data}));
            }
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
        let spoken = self.sim.lexicon.speak_at(&text, voice.language, voice.pace).await;
        let switches = self.sim.control.switches();
        let rate_hz = switches.spoken_as.rate_hz.unwrap_or(voice.rate_hz);
        let first = !std::mem::replace(&mut self.started, true);
        let first_delay = || self.faults.stretch(self.sim.control.draw(|delays| delays.tts_first));
        let mut wait = if first { first_delay() } else { self.line.busy_for() };
        let kind = voice.codec.content_type();
        if voice.codec.has_header(switches.spoken_as.header) && !std::mem::replace(&mut self.headed, true) {
            self.send(wait, kind, &rest::wav_header(u32::MAX, rate_hz));
        }
        let audio = voice.codec.encoded(rest::at_rate(&spoken.audio, rate_hz));
        let frame_bytes = voice.codec.sample_bytes() * rate_hz as usize * FRAME_MS as usize / 1_000;
        for piece in pieces(&audio, frame_bytes, switches.odd_pieces) {
            self.piece(wait, kind, piece);
            wait += self.faults.stretch(self.sim.control.draw(|delays| delays.tts_between));
        }
    }

    fn hangs(&self) -> bool {
        self.faults.hang_after.is_some_and(|pieces| self.pieces >= pieces)
    }

    fn piece(&mut self, wait: Duration, kind: &str, audio: &[u8]) {
        if self.faults.cut_after.is_some_and(|pieces| self.pieces >= pieces) {
            return self.line.cut(self.faults.close.as_ref());
        }
        self.send(wait, kind, audio);
        self.pieces += 1;
    }

    /// A header alone is no piece of audio: what happens after so many pieces does not count it.
    fn send(&mut self, wait: Duration, kind: &str, audio: &[u8]) {
        if self.hangs() {
            return;
        }
        let audio = rest::encoded(audio, self.faults.garbage);
        let data = json!({"content_type": kind, "audio": audio, "request_id": request_id()});
        self.line.say_with(wait, json!({"type": "audio", "data": data}), self.faults.garbage);
    }

    fn fail(&mut self, code: u16, message: &str) {
        let data = json!({"message": message, "code": code, "details": {}, "request_id": request_id()});
        self.line.say(Duration::ZERO, json!({"type": "error", "data": data}));
        self.line.close(1011, message);
    }
}

/// Cuts audio into pieces, on request in the middle of a sample.
fn pieces(audio: &[u8], frame_bytes: usize, odd: bool) -> Vec<&[u8]> {
    let (mut rest, mut pieces) = (audio, Vec::new());
    for frames in PIECES.into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let length = frames * frame_bytes + usize::from(odd);
        let (piece, left) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = left;
    }
    pieces
}
