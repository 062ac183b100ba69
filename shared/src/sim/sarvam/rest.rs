//! REST: recognition of a file and synthesis of a text (speech-and-llm.md A3, A6).

use std::io;

use axum::Json;
use axum::body::Body;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use serde_json::{Value, json};

use super::ear::Ear;
use super::line::Tap;
use super::record::{Side, Surface};
use super::switches::{Faults, Garbage};
use super::{Sim, checks, error, request_id};
use crate::domain::audio::{SAMPLE_RATE_HZ, bytes, duration_ms, samples};
use crate::domain::language::Language;
use crate::wire::sarvam::{codes, speaking};

/// Parts of an answer that drips or is cut.
const DRIPS: usize = 20;

/// `POST /speech-to-text`.
pub(super) async fn hear(State(sim): State<Sim>, address: Uri, headers: HeaderMap, form: Multipart) -> Response {
    let visit = sim.visit(Surface::SttRest, &address);
    if let Some(refusal) = sim.refusal(&visit, &headers) {
        return refusal;
    }
    if visit.faults.silent {
        return std::future::pending().await;
    }
    tokio::time::sleep(visit.faults.stretch(sim.control.draw(|delays| delays.stt_rest))).await;
    match recognise(&sim, form, &visit.tap).await {
        Ok(body) => answer(body, &visit.faults, &visit.tap),
        Err(reason) => error(422, "unprocessable_entity_error", &reason),
    }
}

async fn recognise(sim: &Sim, mut form: Multipart, tap: &Tap) -> Result<Value, String> {
    let (mut file, mut language, mut model, mut mode) = (None, None, None, None);
    while let Some(part) = form.next_field().await.map_err(|error| error.to_string())? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|error| error.to_string())?;
        let text = || Some(String::from_utf8_lossy(&bytes).into_owned());
        match name.as_str() {
            "file" => file = Some(bytes),
            "language_code" => language = text(),
            "model" => model = text(),
            "mode" => mode = text(),
            _ => {}
        }
    }
    let asked = checks::stt_language(language.as_deref())?;
    checks::stt_model(model.as_deref(), mode.as_deref(), &sim.control)?;
    tap.note(Side::Client, json!({"model": model, "mode": mode, "language_code": language}));
    let file = file.ok_or("file is required")?;
    let (rate_hz, pcm) = speaking::wav_pcm(&file).map_err(|error| error.to_string())?;
    if ![SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ].contains(&rate_hz) {
        return Err("this simulator hears files at 8 and 16 kHz only".to_owned());
    }
    if duration_ms(pcm.len()) * u64::from(SAMPLE_RATE_HZ) >= 30_000 * u64::from(rate_hz) {
        return Err("audio must be shorter than 30 seconds".to_owned());
    }
    sim.control.count(|counts| counts.heard_bytes += pcm.len());
    let mut ear = Ear::new(sim.lexicon.clone(), 500, rate_hz);
    ear.hear(pcm);
    let switches = sim.control.switches();
    let understood = !(switches.hears_16_khz_only && rate_hz == SAMPLE_RATE_HZ);
    let told = ear.take().as_told(&switches.finals, understood);
    let text = told.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" ");
    let heard = told.first().and_then(|(_, language)| *language);
    let mut body =
        json!({"request_id": request_id(), "transcript": text, "language_code": heard.or(asked).map(codes::code)});
    if asked.is_none() && heard.is_some() {
        body["language_probability"] = json!(0.97);
    }
    Ok(body)
}

/// `POST /text-to-speech`.
pub(super) async fn speak(
    State(sim): State<Sim>,
    address: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let visit = sim.visit(Surface::TtsRest, &address);
    visit.tap.note(Side::Client, body.clone());
    if let Some(refusal) = sim.refusal(&visit, &headers) {
        return refusal;
    }
    if visit.faults.silent {
        return std::future::pending().await;
    }
    let voice = match checks::voice(&body, &sim.control, &checks::REST_RATES_HZ) {
        Ok(voice) => voice,
        Err(reason) => return error(422, "unprocessable_entity_error", &reason),
    };
    let text = body["text"].as_str().unwrap_or_default();
    let characters = text.chars().count();
    if characters == 0 || characters > voice.max_chars {
        return error(400, "invalid_request_error", "Input text is empty or exceeds the limit");
    }
    tokio::time::sleep(visit.faults.stretch(sim.control.draw(|delays| delays.tts_rest))).await;
    sim.control.count(|counts| {
        counts.characters += characters;
        counts.rest_utterances += 1;
    });
    let spoken = sim.lexicon.speak_at(text, voice.language, voice.pace).await.audio;
    let spoken_as = sim.control.switches().spoken_as;
    let rate_hz = spoken_as.rate_hz.unwrap_or(voice.rate_hz);
    let spoken = voice.codec.encoded(at_rate(&spoken, rate_hz));
    let mut audio = Vec::new();
    if voice.codec.has_header(spoken_as.header) {
        audio = wav_header(u32::try_from(spoken.len()).unwrap_or(u32::MAX), rate_hz);
    }
    audio.extend_from_slice(&spoken);
    let audio = encoded(&audio, visit.faults.garbage);
    answer(json!({"request_id": request_id(), "audios": [audio]}), &visit.faults, &visit.tap)
}

/// `POST /text-lid`: the language of a text, by its script.
pub(super) async fn name_language(State(sim): State<Sim>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if !sim.knows(&headers) {
        return error(sim.control.switches().bad_key_status, "invalid_api_key_error", "Invalid API key");
    }
    let text = body["input"].as_str().unwrap_or_default();
    if text.is_empty() || text.chars().count() > 1_000 {
        return error(400, "invalid_request_error", "input must have 1 to 1000 characters");
    }
    let (language, script) = match text.chars().find(|c| c.is_alphabetic()) {
        Some('\u{900}'..='\u{97f}') => (Some(Language::Hindi), Some("Deva")),
        Some('a'..='z' | 'A'..='Z') => (Some(Language::English), Some("Latn")),
        _ => (None, None),
    };
    Json(json!({"request_id": request_id(), "language_code": language.map(codes::code), "script_code": script}))
        .into_response()
}

/// An answer, in the way its faults want it.
fn answer(mut body: Value, faults: &Faults, tap: &Tap) -> Response {
    if let Some(status) = faults.error {
        return error(status, "internal_server_error", "failed by a switch");
    }
    if faults.garbage == Some(Garbage::UnknownKind) {
        body["novelty"] = json!({"of": [1]});
    }
    tap.note(Side::Provider, body.clone());
    let mut text = body.to_string().into_bytes();
    if faults.garbage == Some(Garbage::CutJson) {
        text.truncate(text.len() / 2);
    }
    let part_bytes = text.len().div_ceil(DRIPS).max(1);
    let parts: Vec<Vec<u8>> = text.chunks(part_bytes).map(<[u8]>::to_vec).collect();
    let pause = faults.drip.unwrap_or_default();
    let whole_parts = faults.cut_after.unwrap_or(DRIPS);
    let drips = stream::unfold(parts.into_iter().enumerate(), move |mut parts| async move {
        let (number, part) = parts.next()?;
        tokio::time::sleep(pause).await;
        let sent = if number < whole_parts { Ok(part) } else { Err(io::Error::from(io::ErrorKind::ConnectionReset)) };
        Some((sent, parts))
    });
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(drips)).into_response()
}

/// Audio in base64, broken where a fault wants it.
pub(super) fn encoded(audio: &[u8], garbage: Option<Garbage>) -> String {
    let mut text = STANDARD.encode(audio);
    match garbage {
        // Base64 comes in fours, and one left over decodes to nothing.
        Some(Garbage::CutBase64) => text.truncate(text.len() / 8 * 4 + 1),
        Some(Garbage::NotBase64) => text.insert_str(0, "§§"),
        _ => {}
    }
    text
}

/// 8 kHz samples at another rate, by straight lines between them.
pub(super) fn at_rate(pcm: &[u8], rate_hz: u32) -> Vec<u8> {
    if rate_hz == SAMPLE_RATE_HZ {
        return pcm.to_vec();
    }
    let input = samples(pcm);
    let step = f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz.max(1));
    let count = (input.len() as f64 / step) as usize;
    let at = |index: usize| f64::from(input.get(index).or(input.last()).copied().unwrap_or_default());
    let output = (0..count).map(|n| {
        let place = n as f64 * step;
        let (left, part) = (place as usize, place.fract());
        (at(left) * (1.0 - part) + at(left + 1) * part) as i16
    });
    bytes(&output.collect::<Vec<i16>>())
}

/// The 44 bytes before 16-bit mono samples.
pub(super) fn wav_header(bytes: u32, rate_hz: u32) -> Vec<u8> {
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&bytes.saturating_add(36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    header.extend_from_slice(&rate_hz.to_le_bytes());
    header.extend_from_slice(&(rate_hz * 2).to_le_bytes());
    header.extend_from_slice(b"\x02\0\x10\0data");
    header.extend_from_slice(&bytes.to_le_bytes());
    header
}
