//! The realtime recogniser: `/speech-to-text-realtime/ws` (speech-and-llm.md A5).

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

const SILENCE_MS: u64 = 500;

/// A bad key is accepted and then closed with 1003, as documented for this socket alone.
pub(super) async fn handshake(
    State(sim): State<Sim>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let faults = sim.control.switches().realtime;
    if let Some((status, code)) = &faults.refuse {
        return error(*status, code, "refused by a switch");
    }
    let refused = if !sim.knows(&headers) {
        Some((1003, "invalid api key".to_owned()))
    } else if sim.control.is_full() {
        Some((1003, "rate limit: too many open sockets".to_owned()))
    } else {
        check(&parameters).err().map(|reason| (4000, reason))
    };
    sim.accept(upgrade, move |sim, socket| serve(sim, socket, parameters, refused, faults)).await
}

struct Session {
    sim: Sim,
    line: Line,
    faults: Faults,
    ear: Ear,
    language: Option<Language>,
    partials: bool,
    manual: bool,
    /// With manual endpointing: between `speech_start` and `speech_end`.
    listening: bool,
    utterance: u64,
    audio_bytes: usize,
}

async fn serve(sim: Sim, socket: WebSocket, parameters: Parameters, refused: Option<(u16, String)>, faults: Faults) {
    let mut line = Line::new(socket, sim.control.switches().idle);
    let refused = refused.or(faults.close.clone());
    if let Some((code, reason)) = refused {
        line.close(code, &reason);
        return line.finish().await;
    }
    if faults.silent {
        return line.ignore().await;
    }
    let get = |name: &str| parameters.get(name).map(String::as_str);
    let silence_ms = get("silence_duration_ms").and_then(|ms| ms.parse().ok()).unwrap_or(SILENCE_MS);
    let manual = get("endpointing") == Some("manual");
    line.say(Duration::ZERO, &begin(&parameters, silence_ms));
    let session = Session {
        ear: Ear::new(sim.lexicon.clone(), silence_ms),
        listening: !manual || !sim.control.switches().manual_needs_start,
        language: checks::realtime_language(get("language_code")).ok().flatten(),
        partials: get("stream_type") != Some("simulated"),
        sim,
        line,
        faults,
        manual,
        utterance: 0,
        audio_bytes: 0,
    };
    session.run().await;
}

fn check(parameters: &Parameters) -> Result<(), String> {
    let get = |name: &str| parameters.get(name).map(String::as_str);
    checks::realtime_language(get("language_code"))?;
    checks::realtime_model(get("model"), get("mode"))?;
    checks::one_of("stream_type", get("stream_type"), &["fast", "balanced", "simulated"])?;
    checks::one_of("endpointing", get("endpointing"), &["vad", "manual"])?;
    checks::one_of("encoding", get("encoding"), &["linear16"])?;
    match get("sample_rate") {
        Some("8000") => Ok(()),
        _ => Err("this simulator hears at sample_rate 8000 only".to_owned()),
    }
}

fn begin(parameters: &Parameters, silence_ms: u64) -> Value {
    let get = |name: &str, default: &str| parameters.get(name).cloned().unwrap_or_else(|| default.to_owned());
    json!({"event": "session.begin", "request_id": request_id(), "config": {
        "model": get("model", "saaras:v3-realtime"), "language_code": get("language_code", "auto"),
        "encoding": "linear16", "sample_rate": 8000, "stream_type": get("stream_type", "balanced"),
        "mode": get("mode", "transcribe"), "turn_detection": get("endpointing", "vad"),
        "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": silence_ms,
        "min_speech_duration_ms": 60, "return_timestamps": false,
    }})
}

impl Session {
    async fn run(mut self) {
        while let Some(text) = self.line.next().await {
            let message: Value = serde_json::from_str(&text).unwrap_or_default();
            match message["event"].as_str().unwrap_or_default() {
                "audio_input" => self.audio(&message),
                "speech_start" if self.manual => self.listening = true,
                "speech_end" | "flush" if self.manual => {
                    self.finish_utterance();
                    self.listening = !self.sim.control.switches().manual_needs_start;
                }
                "config.update" => self.update(&message),
                "ping" => self.line.say(Duration::ZERO, &json!({"event": "pong"})),
                "end" => break,
                event => self.complain("invalid_event", &format!("unexpected event '{event}'")),
            }
        }
        self.end().await;
    }

    fn audio(&mut self, message: &Value) {
        let Some(pcm) = message["audio"].as_str().and_then(|audio| STANDARD.decode(audio).ok()) else {
            return self.complain("invalid_audio", "audio is not base64");
        };
        self.audio_bytes += pcm.len();
        self.sim.control.count(|counts| counts.heard_bytes += pcm.len());
        if !self.listening {
            return;
        }
        for noticed in self.ear.hear(&pcm) {
            match noticed {
                Noticed::Word => self.word(),
                Noticed::Start if !self.manual => self.signal("vad.speech_start"),
                Noticed::End if !self.manual => {
                    self.signal("vad.speech_end");
                    self.finish_utterance();
                }
                Noticed::Start | Noticed::End => {}
            }
        }
    }

    fn word(&mut self) {
        if self.partials {
            let mut message =
                json!({"event": "transcript.partial", "utterance_idx": self.utterance, "text": self.ear.text()});
            self.name_language(&mut message, self.ear.language());
            self.line.say(Duration::ZERO, &message);
        }
        if self.faults.cut_after.is_some_and(|words| self.ear.count() >= words) {
            self.line.cut();
        }
    }

    fn signal(&mut self, event: &str) {
        self.line.say(Duration::ZERO, &json!({"event": event, "utterance_idx": self.utterance, "confidence": 0.9}));
    }

    fn finish_utterance(&mut self) {
        let (text, language) = self.ear.take();
        if let Some(status) = self.faults.error {
            let error = json!({"event": "error", "code": "backend_error", "status_code": status, "is_fatal": true,
                "message": "failed by a switch"});
            self.line.say(Duration::ZERO, &error);
            return self.line.close(1011, "failed by a switch");
        }
        let mut message = json!({"event": "transcript.final", "utterance_idx": self.utterance, "text": text});
        self.name_language(&mut message, language);
        let delay = self.sim.control.draw(|delays| delays.stt_final);
        self.line.say(delay, &message);
        self.utterance += 1;
    }

    /// Only a session that detects its language reports one.
    fn name_language(&self, message: &mut Value, language: Option<Language>) {
        if self.language.is_none()
            && let Some(language) = language
        {
            message["language"] = json!(codes::realtime_code(language));
            if message["event"] == "transcript.final" {
                message["language_confidence"] = json!(0.97);
            }
        }
    }

    fn update(&mut self, message: &Value) {
        if message["stream_type"] == "simulated" {
            return self.complain("invalid_config", "stream_type cannot change to simulated");
        }
        if let Some(code) = message["language_code"].as_str() {
            match checks::realtime_language(Some(code)) {
                Ok(language) => self.language = language,
                Err(reason) => return self.complain("invalid_config", &reason),
            }
        }
        let applied: Vec<&String> =
            message.as_object().into_iter().flatten().map(|(key, _)| key).filter(|key| *key != "event").collect();
        self.line.say(Duration::ZERO, &json!({"event": "config.updated", "applied": applied}));
    }

    fn complain(&mut self, code: &str, message: &str) {
        let error = json!({"event": "error", "code": code, "is_fatal": false, "message": message});
        self.line.say(Duration::ZERO, &error);
    }

    async fn end(mut self) {
        let seconds = duration_ms(self.audio_bytes) as f64 / 1_000.0;
        let end = json!({"event": "session.end", "request_id": request_id(), "total_duration_s": seconds,
            "total_utterances": self.utterance, "audio_duration_s": seconds});
        self.line.say(Duration::ZERO, &end);
        self.line.close(1000, "");
        self.line.finish().await;
    }
}
