//! The older recogniser: `/speech-to-text/ws`, finals only (speech-and-llm.md A4).

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::ear::{Ear, Noticed};
use super::line::Line;
use super::record::Surface;
use super::switches::Faults;
use super::{Sim, checks, error, request_id};
use crate::domain::language::Language;
use crate::wire::sarvam::codes;

type Parameters = HashMap<String, String>;

pub(super) async fn handshake(
    State(sim): State<Sim>,
    Query(parameters): Query<Parameters>,
    address: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let visit = sim.visit(Surface::Socket, &address);
    if let Some(refusal) = sim.refusal(&visit, &headers) {
        return refusal;
    }
    if let Err(reason) = check(&parameters, &sim) {
        return error(422, "unprocessable_entity_error", &reason);
    }
    sim.accept(upgrade, visit, move |sim, line, faults| serve(sim, line, faults, parameters)).await
}

fn check(parameters: &Parameters, sim: &Sim) -> Result<(), String> {
    let get = |name: &str| parameters.get(name).map(String::as_str);
    checks::stt_language(get("language-code"))?;
    checks::stt_model(get("model"), get("mode"), &sim.control)?;
    checks::one_of("input_audio_codec", get("input_audio_codec"), &["pcm_s16le", "pcm_l16", "pcm_raw"])?;
    checks::one_of("sample_rate", get("sample_rate"), &["8000", "16000"])
}

struct Session {
    sim: Sim,
    line: Line,
    faults: Faults,
    ear: Ear,
    rate_hz: u32,
    detects: bool,
    signals: bool,
    flushes: bool,
    utterance_bytes: usize,
    finals: usize,
}

async fn serve(sim: Sim, line: Line, faults: Faults, parameters: Parameters) {
    let get = |name: &str| parameters.get(name).map(String::as_str);
    let is_on = |name: &str| get(name) == Some("true");
    let silence_ms = if is_on("high_vad_sensitivity") { 300 } else { 580 };
    let rate_hz = if get("sample_rate") == Some("8000") { 8_000 } else { 16_000 };
    let session = Session {
        ear: Ear::new(sim.lexicon.clone(), silence_ms, rate_hz),
        rate_hz,
        detects: matches!(get("language-code"), None | Some("unknown")),
        signals: is_on("vad_signals"),
        flushes: is_on("flush_signal"),
        utterance_bytes: 0,
        finals: 0,
        sim,
        line,
        faults,
    };
    session.run().await;
}

impl Session {
    async fn run(mut self) {
        while let Some(message) = self.line.next().await {
            match message["type"].as_str() {
                Some("flush") if self.flushes => self.finish_utterance(),
                Some("flush" | "config") => {}
                _ => self.audio(&message["audio"]),
            }
        }
    }

    fn audio(&mut self, audio: &Value) {
        let pcm = match checks::pcm(&audio["data"]) {
            Ok(pcm) => pcm,
            Err(reason) => return self.fail(422, &reason),
        };
        if audio["sample_rate"].as_u64().is_some_and(|rate| rate != u64::from(self.rate_hz)) {
            return self.fail(422, "audio.sample_rate is not the socket's");
        }
        self.utterance_bytes += pcm.len();
        self.sim.control.count(|counts| counts.heard_bytes += pcm.len());
        for noticed in self.ear.hear(&pcm) {
            match noticed {
                Noticed::Word if self.faults.cut_after.is_some_and(|words| self.ear.count() >= words) => {
                    self.line.cut(self.faults.close.as_ref());
                }
                Noticed::Word => {}
                Noticed::Start => self.signal("START_SPEECH"),
                Noticed::End if self.sim.control.switches().finals.before_end => {
                    self.finish_utterance();
                    self.signal("END_SPEECH");
                }
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
            self.line.say(Duration::ZERO, json!({"type": "events", "data": data}));
        }
    }

    fn finish_utterance(&mut self) {
        let switches = self.sim.control.switches();
        let understood = !(switches.hears_16_khz_only && self.rate_hz == 8_000);
        let heard = self.ear.take().as_told(&switches.finals, understood);
        if let Some(status) = self.faults.error {
            return self.fail(status, "failed by a switch");
        }
        let delay = self.faults.stretch(self.sim.control.draw(|delays| delays.stt_final));
        let seconds = std::mem::take(&mut self.utterance_bytes) as f64 / f64::from(self.rate_hz * 2);
        for (text, language) in heard {
            if self.faults.hang_after.is_some_and(|finals| self.finals >= finals) {
                return;
            }
            self.finals += 1;
            let message = transcript(&text, language, self.detects, seconds, delay);
            self.line.say_with(delay, message.clone(), self.faults.garbage);
            if switches.finals.twice {
                self.line.say(delay, message);
            }
        }
    }

    fn fail(&mut self, code: u16, message: &str) {
        let error = json!({"type": "error", "data": {"error": message, "code": code.to_string()}});
        self.line.say(Duration::ZERO, error);
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
