//! The older recogniser: `/speech-to-text/ws`, finals only (speech-and-llm.md A4).

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::control::Faults;
use super::ear::{Ear, Noticed};
use super::line::Line;
use super::{Sim, checks, error, request_id};
use crate::domain::audio::duration_ms;
use crate::domain::language::Language;
use crate::wire::sarvam::codes;

type Parameters = HashMap<String, String>;

pub(super) async fn handshake(
    State(sim): State<Sim>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let faults = sim.control.switches().socket;
    if let Some(refusal) = sim.socket_refusal(&faults, &headers) {
        return refusal;
    }
    if let Err(reason) = check(&parameters) {
        return error(422, "unprocessable_entity_error", &reason);
    }
    sim.accept(upgrade, move |sim, socket| serve(sim, socket, parameters, faults)).await
}

fn check(parameters: &Parameters) -> Result<(), String> {
    let get = |name: &str| parameters.get(name).map(String::as_str);
    checks::stt_language(get("language-code"))?;
    checks::stt_model(get("model"), get("mode"))?;
    checks::one_of("input_audio_codec", get("input_audio_codec"), &["pcm_s16le", "pcm_l16", "pcm_raw"])?;
    match get("sample_rate") {
        Some("8000") => Ok(()),
        _ => Err("this simulator hears at sample_rate 8000 only".to_owned()),
    }
}

struct Session {
    sim: Sim,
    line: Line,
    faults: Faults,
    ear: Ear,
    detects: bool,
    signals: bool,
    flushes: bool,
    utterance_bytes: usize,
}

async fn serve(sim: Sim, socket: WebSocket, parameters: Parameters, faults: Faults) {
    let mut line = Line::new(socket, sim.control.switches().idle);
    if let Some((code, reason)) = &faults.close {
        line.close(*code, reason);
        return line.finish().await;
    }
    if faults.silent {
        return line.ignore().await;
    }
    let get = |name: &str| parameters.get(name).map(String::as_str);
    let is_on = |name: &str| get(name) == Some("true");
    let silence_ms = if is_on("high_vad_sensitivity") { 300 } else { 580 };
    let session = Session {
        ear: Ear::new(sim.lexicon.clone(), silence_ms),
        detects: matches!(get("language-code"), None | Some("unknown")),
        signals: is_on("vad_signals"),
        flushes: is_on("flush_signal"),
        utterance_bytes: 0,
        sim,
        line,
        faults,
    };
    session.run().await;
}

impl Session {
    async fn run(mut self) {
        while let Some(text) = self.line.next().await {
            let message: Value = serde_json::from_str(&text).unwrap_or_default();
            match message["type"].as_str() {
                Some("flush") if self.flushes => self.finish_utterance(),
                Some("flush" | "config") => {}
                _ => self.audio(&message["audio"]),
            }
        }
    }

    fn audio(&mut self, audio: &Value) {
        let Some(pcm) = audio["data"].as_str().and_then(|data| STANDARD.decode(data).ok()) else {
            return self.fail(422, "audio.data is not base64");
        };
        self.utterance_bytes += pcm.len();
        self.sim.control.count(|counts| counts.heard_bytes += pcm.len());
        for noticed in self.ear.hear(&pcm) {
            match noticed {
                Noticed::Word if self.faults.cut_after.is_some_and(|words| self.ear.count() >= words) => {
                    self.line.cut();
                }
                Noticed::Word => {}
                Noticed::Start => self.signal("START_SPEECH"),
                Noticed::End => {
                    self.signal("END_SPEECH");
                    self.finish_utterance();
                }
            }
        }
    }

    fn signal(&mut self, signal: &str) {
        if self.signals {
            let data = json!({"event_type": "vad", "signal_type": signal, "occured_at": 1_795_392_000.0});
            self.line.say(Duration::ZERO, &json!({"type": "events", "data": data}));
        }
    }

    fn finish_utterance(&mut self) {
        let (text, language) = self.ear.take();
        if let Some(status) = self.faults.error {
            return self.fail(status, "failed by a switch");
        }
        let delay = self.sim.control.draw(|delays| delays.stt_final);
        let seconds = duration_ms(std::mem::take(&mut self.utterance_bytes)) as f64 / 1_000.0;
        self.line.say(delay, &transcript(&text, language, self.detects, seconds, delay));
    }

    fn fail(&mut self, code: u16, message: &str) {
        let error = json!({"type": "error", "data": {"error": message, "code": code.to_string()}});
        self.line.say(Duration::ZERO, &error);
        self.line.close(1011, message);
    }
}

fn transcript(text: &str, language: Option<Language>, detects: bool, seconds: f64, latency: Duration) -> Value {
    json!({"type": "data", "data": {
        "request_id": request_id(), "transcript": text, "timestamps": null, "diarized_transcript": null,
        "language_code": language.map(codes::code),
        "language_probability": (detects && language.is_some()).then_some(0.97),
        "metrics": {"audio_duration": seconds, "processing_latency": latency.as_secs_f64()},
    }})
}
