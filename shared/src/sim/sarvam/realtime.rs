//! The realtime recogniser: `/speech-to-text-realtime/ws` (speech-and-llm.md A5).

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
use super::{Sim, checks, request_id};
use crate::domain::language::Language;
use crate::wire::sarvam::codes;

type Parameters = HashMap<String, String>;

const SILENCE_MS: u64 = 500;
const ENDPOINTING: [&str; 2] = ["vad", "manual"];

/// Whatever is wrong with key, limits or parameters, the socket is accepted and then closed with a
/// code, as documented for this socket alone; a switch refuses a bad key before.
pub(super) async fn handshake(
    State(sim): State<Sim>,
    Query(parameters): Query<Parameters>,
    address: Uri,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let mut visit = sim.visit(Surface::Realtime, &address);
    let refusal = sim.refusal(&visit, &headers);
    let closes = sim.control.switches().realtime_closes_bad_key;
    let refused = match refusal {
        Some(refusal) if visit.faults.refuse.is_some() || (!closes && !sim.knows(&headers)) => return refusal,
        Some(_) if !sim.knows(&headers) => Some((1003, "invalid api key".to_owned())),
        Some(_) => Some((1003, "rate limit: too many open sockets".to_owned())),
        None => check(&parameters, &sim).err().map(|reason| (4000, reason)),
    };
    if refused.is_some() {
        visit.faults = Faults { close: refused, ..Faults::default() };
    }
    sim.accept(upgrade, visit, move |sim, line, faults| serve(sim, line, faults, parameters)).await
}

struct Session {
    sim: Sim,
    line: Line,
    faults: Faults,
    ear: Ear,
    rate_hz: u32,
    language: Option<Language>,
    /// Waits for the end of the utterance: `None` in it detects.
    next_language: Option<Option<Language>>,
    next_manual: Option<bool>,
    partials: bool,
    manual: bool,
    /// With manual endpointing: between `speech_start` and `speech_end`.
    listening: bool,
    utterance: u64,
    finals: usize,
    audio_bytes: usize,
}

async fn serve(sim: Sim, mut line: Line, faults: Faults, parameters: Parameters) {
    let get = |name: &str| parameters.get(name).map(String::as_str);
    let silence_ms = get("silence_duration_ms").and_then(|ms| ms.parse().ok()).unwrap_or(SILENCE_MS);
    let manual = get("endpointing") == Some("manual");
    let rate_hz = if get("sample_rate") == Some("8000") { 8_000 } else { 16_000 };
    line.say(Duration::ZERO, begin(&parameters, silence_ms, rate_hz));
    let session = Session {
        ear: Ear::new(sim.lexicon.clone(), silence_ms, rate_hz),
        rate_hz,
        listening: !manual || !sim.control.switches().manual_needs_start,
        language: checks::realtime_language(get("language_code")).ok().flatten(),
        next_language: None,
        next_manual: None,
        partials: get("stream_type") != Some("simulated"),
        sim,
        line,
        faults,
        manual,
        utterance: 0,
        finals: 0,
        audio_bytes: 0,
    };
    session.run().await;
}

fn check(parameters: &Parameters, sim: &Sim) -> Result<(), String> {
    let get = |name: &str| parameters.get(name).map(String::as_str);
    checks::realtime_language(get("language_code"))?;
    checks::realtime_model(get("model"), get("mode"), &sim.control)?;
    checks::one_of("stream_type", get("stream_type"), &["fast", "balanced", "simulated"])?;
    checks::one_of("endpointing", get("endpointing"), &ENDPOINTING)?;
    checks::one_of("encoding", get("encoding"), &["linear16"])?;
    checks::one_of("sample_rate", get("sample_rate"), &["8000", "16000"])
}

fn begin(parameters: &Parameters, silence_ms: u64, rate_hz: u32) -> Value {
    let get = |name: &str, default: &str| parameters.get(name).cloned().unwrap_or_else(|| default.to_owned());
    json!({"event": "session.begin", "request_id": request_id(), "config": {
        "model": get("model", "saaras:v3-realtime"), "language_code": get("language_code", "auto"),
        "encoding": "linear16", "sample_rate": rate_hz, "stream_type": get("stream_type", "balanced"),
        "mode": get("mode", "transcribe"), "turn_detection": get("endpointing", "vad"),
        "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": silence_ms,
        "min_speech_duration_ms": 60, "return_timestamps": false,
    }})
}

impl Session {
    async fn run(mut self) {
        while let Some(message) = self.line.next().await {
            match message["event"].as_str().unwrap_or_default() {
                "audio_input" => self.audio(&message),
                "speech_start" if self.manual => self.listening = true,
                "speech_end" | "flush" if self.manual => {
                    self.listening = !self.sim.control.switches().manual_needs_start;
                    self.finish_utterance();
                }
                "config.update" => self.update(&message),
                "ping" => self.line.say(Duration::ZERO, json!({"event": "pong"})),
                "end" => break,
                event => self.complain("invalid_event", &format!("unexpected event '{event}'")),
            }
        }
        self.end().await;
    }

    fn audio(&mut self, message: &Value) {
        let pcm = match checks::pcm(&message["audio"]) {
            Ok(pcm) => pcm,
            Err(reason) => return self.complain("invalid_audio", &reason),
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

    fn understands(&self) -> bool {
        !(self.sim.control.switches().hears_16_khz_only && self.rate_hz == 8_000)
    }

    fn hangs(&self) -> bool {
        self.faults.hang_after.is_some_and(|finals| self.finals >= finals)
    }

    fn word(&mut self) {
        if self.partials && self.understands() && !self.hangs() {
            let mut message =
                json!({"event": "transcript.partial", "utterance_idx": self.utterance, "text": self.ear.text()});
            self.name_language(&mut message, self.ear.language());
            self.line.say(Duration::ZERO, message);
        }
        if self.faults.cut_after.is_some_and(|words| self.ear.count() >= words) {
            self.line.cut(self.faults.close.as_ref());
        }
    }

    fn signal(&mut self, event: &str) {
        self.line.say(Duration::ZERO, json!({"event": event, "utterance_idx": self.utterance, "confidence": 0.9}));
    }

    fn finish_utterance(&mut self) {
        let finals = self.sim.control.switches().finals;
        let heard = self.ear.take().as_told(&finals, self.understands());
        if let Some(status) = self.faults.error {
            let error = json!({"event": "error", "code": "backend_error", "status_code": status, "is_fatal": true,
                "message": "failed by a switch"});
            self.line.say(Duration::ZERO, error);
            return self.line.close(1011, "failed by a switch");
        }
        let delay = self.faults.stretch(self.sim.control.draw(|delays| delays.stt_final));
        for (text, language) in heard {
            if self.hangs() {
                break;
            }
            self.finals += 1;
            let mut message = json!({"event": "transcript.final", "utterance_idx": self.utterance, "text": text});
            self.name_language(&mut message, language);
            self.line.say_with(delay, message.clone(), self.faults.garbage);
            if finals.twice {
                self.line.say(delay, message);
            }
            self.utterance += 1;
        }
        self.settle();
    }

    /// What waited for the end of an utterance is so from now on.
    fn settle(&mut self) {
        self.language = self.next_language.take().unwrap_or(self.language);
        if let Some(manual) = self.next_manual.take() {
            self.manual = manual;
            self.listening = !manual || !self.sim.control.switches().manual_needs_start;
        }
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

    /// The detector's numbers apply at once, everything else from the next utterance on.
    fn update(&mut self, message: &Value) {
        if message["stream_type"] == "simulated" {
            return self.complain("invalid_config", "stream_type cannot change to simulated");
        }
        let endpointing = message["endpointing"].as_str();
        if let Err(reason) = checks::one_of("endpointing", endpointing, &ENDPOINTING) {
            return self.complain("invalid_config", &reason);
        }
        if let Some(code) = message["language_code"].as_str() {
            match checks::realtime_language(Some(code)) {
                Ok(language) => self.next_language = Some(language),
                Err(reason) => return self.complain("invalid_config", &reason),
            }
        }
        self.next_manual = endpointing.map(|named| named == "manual").or(self.next_manual);
        if self.ear.is_quiet() {
            self.settle();
        }
        if let Some(ms) = message["silence_duration_ms"].as_u64() {
            self.ear.set_silence(ms);
        }
        let applied: Vec<&String> =
            message.as_object().into_iter().flatten().map(|(key, _)| key).filter(|key| *key != "event").collect();
        self.line.say(Duration::ZERO, json!({"event": "config.updated", "applied": applied}));
    }

    fn complain(&mut self, code: &str, message: &str) {
        let error = json!({"event": "error", "code": code, "is_fatal": false, "message": message});
        self.line.say(Duration::ZERO, error);
    }

    async fn end(mut self) {
        let seconds = self.audio_bytes as f64 / f64::from(self.rate_hz * 2);
        let end = json!({"event": "session.end", "request_id": request_id(), "total_duration_s": seconds,
            "total_utterances": self.utterance, "audio_duration_s": seconds});
        self.line.say(Duration::ZERO, end);
        self.line.close(1000, "");
        self.line.finish().await;
    }
}
