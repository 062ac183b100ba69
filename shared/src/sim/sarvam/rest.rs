//! REST: recognition of a file and synthesis of a text (speech-and-llm.md A3, A6).

use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ear::Ear;
use super::{Sim, checks, error, request_id};
use crate::domain::audio::duration_ms;
use crate::wire::sarvam::{codes, speaking};

/// `POST /speech-to-text`.
pub(super) async fn hear(State(sim): State<Sim>, headers: HeaderMap, form: Multipart) -> Response {
    let switches = sim.control.switches();
    if let Some(refusal) = sim.refusal(&switches.stt_rest, &headers) {
        return refusal;
    }
    if switches.stt_rest.silent {
        return std::future::pending().await;
    }
    tokio::time::sleep(sim.control.draw(|delays| delays.stt_rest)).await;
    match recognise(&sim, form).await {
        Ok(answer) => Json(answer).into_response(),
        Err(reason) => error(422, "unprocessable_entity_error", &reason),
    }
}

async fn recognise(sim: &Sim, mut form: Multipart) -> Result<Value, String> {
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
    checks::stt_model(model.as_deref(), mode.as_deref())?;
    let file = file.ok_or("file is required")?;
    let pcm = speaking::wav_pcm(&file).map_err(|error| error.to_string())?;
    if duration_ms(pcm.len()) > 30_000 {
        return Err("audio must be shorter than 30 seconds".to_owned());
    }
    sim.control.count(|counts| counts.heard_bytes += pcm.len());
    let mut ear = Ear::new(sim.lexicon.clone(), 500);
    ear.hear(pcm);
    let (text, heard) = ear.take();
    let mut answer =
        json!({"request_id": request_id(), "transcript": text, "language_code": heard.or(asked).map(codes::code)});
    if asked.is_none() && heard.is_some() {
        answer["language_probability"] = json!(0.97);
    }
    Ok(answer)
}

/// `POST /text-to-speech`.
pub(super) async fn speak(State(sim): State<Sim>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let switches = sim.control.switches();
    if let Some(refusal) = sim.refusal(&switches.tts_rest, &headers) {
        return refusal;
    }
    if switches.tts_rest.silent {
        return std::future::pending().await;
    }
    let voice = match checks::voice(&body, &sim.control) {
        Ok(voice) => voice,
        Err(reason) => return error(422, "unprocessable_entity_error", &reason),
    };
    let text = body["text"].as_str().unwrap_or_default();
    let characters = text.chars().count();
    if characters == 0 || characters > voice.max_chars {
        return error(400, "invalid_request_error", "Input text is empty or exceeds the limit");
    }
    tokio::time::sleep(sim.control.draw(|delays| delays.tts_rest)).await;
    sim.control.count(|counts| {
        counts.characters += characters;
        counts.rest_utterances += 1;
    });
    let spoken = sim.lexicon.speak(text, voice.language).await;
    let mut audio = Vec::new();
    if voice.wav {
        audio = wav_header(u32::try_from(spoken.audio.len()).unwrap_or(u32::MAX));
    }
    audio.extend_from_slice(&spoken.audio);
    Json(json!({"request_id": request_id(), "audios": [STANDARD.encode(audio)]})).into_response()
}

/// The 44 bytes before 8 kHz 16-bit mono samples.
pub(super) fn wav_header(bytes: u32) -> Vec<u8> {
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&bytes.saturating_add(36).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    header.extend_from_slice(&bytes.to_le_bytes());
    header
}
