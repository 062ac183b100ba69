//! How it speaks: names of fields, and what the bytes really are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::config::SarvamSection;
use shared::domain::language::Language;
use shared::wire::sarvam::speaking::{
    self as wire, Codec, FLUSH, LanguageField, REST_PATH, Said, Voice, rest_audio, wav_pcm,
};

use super::super::{Answer, Findings};
use super::probe::{Account, Opened, Seen};
use super::{SENTENCE, TTS_MODEL};

/// Rates a service may really speak at.
const RATES_HZ: [u32; 4] = [8_000, 16_000, 22_050, 24_000];

/// Speech to be heard again.
pub(super) struct Spoken {
    pub(super) rate_hz: u32,
    pub(super) pcm: Vec<u8>,
}

fn voice(config: &SarvamSection, language_field: LanguageField, codec: Codec) -> Voice {
    let (model, speaker) = (TTS_MODEL.to_owned(), config.speaker.clone());
    Voice { model, speaker, pace: 1.0, temperature: Some(0.6), language_field, codec }
}

pub(super) async fn ask(account: &Account<'_>, config: &SarvamSection, findings: &mut Findings) -> Option<Spoken> {
    let (field, spoken) = names(account, config, findings).await?;
    socket(account, config, field, &spoken, findings).await;
    Some(spoken)
}

/// F1: which names of the language field are taken.
async fn names(
    account: &Account<'_>,
    config: &SarvamSection,
    findings: &mut Findings,
) -> Option<(LanguageField, Spoken)> {
    const QUESTION: &str = "speech-and-llm.md F1, name of the language field";
    let mut statuses = Vec::new();
    let mut spoken = None;
    for field in [LanguageField::New, LanguageField::Old, LanguageField::Both] {
        let body = wire::rest_body(&voice(config, field, Codec::Linear16), Language::Hindi, SENTENCE);
        match account.post(REST_PATH, &body).await {
            Ok(answer) => {
                statuses.push(answer.status);
                let audio = (answer.status == 200).then(|| rest_audio(&answer.body).ok()).flatten();
                spoken = audio.map(|(rate_hz, pcm)| (field, Spoken { rate_hz, pcm })).or(spoken);
            }
            Err(error) => {
                findings.failed(format!("{REST_PATH}: {error}"));
                return None;
            }
        }
    }
    let evidence = format!("HTTP {statuses:?} for the new name, the old name, both");
    if statuses.iter().any(|status| *status == 429 || *status >= 500) {
        findings.undecided(QUESTION, evidence);
        return spoken;
    }
    let works: Vec<bool> = statuses.iter().map(|status| *status == 200).collect();
    let (found, setting) = match works[..] {
        [_, _, true] => ("either", None),
        [true, _, false] => ("new_only", Some("SARVAM_LANGUAGE_FIELD=new")),
        [false, true, false] => ("old_only", Some("SARVAM_LANGUAGE_FIELD=old")),
        _ => {
            findings.undecided(QUESTION, evidence);
            return None;
        }
    };
    let default = json!("either");
    let found = json!(found);
    findings.answers.push(Answer { question: QUESTION, switch: "language_fields", default, found, evidence, setting });
    spoken
}

/// F3 and the type of the rate: what the socket takes, and what its samples are.
async fn socket(
    account: &Account<'_>,
    config: &SarvamSection,
    field: LanguageField,
    rest: &Spoken,
    findings: &mut Findings,
) {
    let mut message: Value =
        serde_json::from_str(&wire::config(&voice(config, field, Codec::Linear16), Language::Hindi))
            .unwrap_or_default();
    let mut audio = speech(account, &message).await;
    let as_number = audio.is_ok();
    if !as_number {
        message["data"]["speech_sample_rate"] = json!("8000");
        audio = speech(account, &message).await;
    }
    let audio = match audio {
        Ok(audio) => audio,
        Err(why) => return findings.undecided("speech-and-llm.md F3 and A7, the speaking socket", why),
    };
    findings.answers.push(Answer {
        question: "speech-and-llm.md A7, type of speech_sample_rate on the socket",
        switch: "rate_as_text",
        default: json!(false),
        found: json!(!as_number),
        evidence: format!("as a number: {}", if as_number { "spoken" } else { "refused" }),
        setting: None,
    });
    let bare = config.tts_codec == Codec::Linear16.name();
    findings.answers.push(samples(&audio, rest, bare));
    if !bare {
        message["data"]["output_audio_codec"] = json!(Codec::Wav.name());
        if let Err(why) = speech(account, &message).await {
            findings.failed(format!("the speaking socket does not speak wav (SARVAM_TTS_CODEC=linear16): {why}"));
        }
    }
}

/// A header says the rate; without one the same sentence's length over REST does. It matters only
/// where `bare` samples are asked for in calls too.
fn samples(audio: &[u8], rest: &Spoken, bare: bool) -> Answer {
    let header = wav_pcm(audio).ok();
    let bytes = header.map_or(audio.len(), |(_, pcm)| pcm.len());
    let seconds = rest.pcm.len() as f64 / f64::from(rest.rate_hz * 2);
    let measured = bytes as f64 / 2.0 / seconds.max(0.01);
    let nearest =
        RATES_HZ.into_iter().min_by_key(|rate| (measured / f64::from(*rate)).ln().abs().mul_add(1_000.0, 0.0) as u64);
    let rate_hz = header.map_or(nearest.unwrap_or(8_000), |(rate_hz, _)| rate_hz);
    let as_asked = rate_hz == 8_000;
    Answer {
        question: "speech-and-llm.md F3, what linear16 at 8000 is",
        switch: "spoken_as",
        default: json!({"header": false, "rate_hz": null}),
        found: json!({"header": header.is_some(), "rate_hz": (!as_asked).then_some(rate_hz)}),
        evidence: format!("{bytes} bytes of samples for {seconds:.2} s: about {measured:.0} a second"),
        setting: (bare && !as_asked && header.is_none()).then_some("SARVAM_TTS_CODEC=wav"),
    }
}

/// The sentence on a socket of its own, or why there is none.
async fn speech(account: &Account<'_>, config: &Value) -> Result<Vec<u8>, String> {
    let mut socket = match account.open(&wire::socket_path(TTS_MODEL)).await {
        Opened::Open(socket) => socket,
        Opened::Refused(status) => return Err(format!("handshake refused with HTTP {status}")),
        Opened::Away(error) => return Err(error),
    };
    for message in [config.to_string(), wire::text(SENTENCE), FLUSH.to_owned()] {
        socket.send(&message).await;
    }
    let mut audio = Vec::new();
    loop {
        match socket.next().await {
            Seen::Said(message) => match wire::parse(&message.to_string()) {
                Ok(Said::Audio(_)) => {
                    let piece = message["data"]["audio"].as_str().and_then(|piece| STANDARD.decode(piece).ok());
                    audio.extend(piece.unwrap_or_default());
                }
                Ok(Said::Final) if !audio.is_empty() => return Ok(audio),
                Ok(Said::Error(trouble)) => return Err(format!("{trouble:?}")),
                Ok(Said::Final | Said::Other) | Err(_) => {}
            },
            // Without the event that ends it, silence does.
            Seen::Silence if !audio.is_empty() => return Ok(audio),
            seen => return Err(format!("{seen:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(audio: &[u8]) -> (Value, Option<&'static str>) {
        let answer = samples(audio, &Spoken { rate_hz: 8_000, pcm: vec![0; 32_000] }, true);
        (answer.found, answer.setting)
    }

    #[test]
    fn samples_are_known_by_their_number_and_a_voice_is_never_twice_the_same() {
        let plain = json!({"header": false, "rate_hz": null});
        assert_eq!(found(&[0; 32_000]), (plain.clone(), None));
        assert_eq!(found(&[0; 38_000]), (plain.clone(), None));
        assert_eq!(found(&[0; 27_000]), (plain, None));
        let (rate, setting) = found(&[0; 98_000]);
        assert_eq!((&rate["rate_hz"], setting), (&json!(24_000), Some("SARVAM_TTS_CODEC=wav")));
        let rest = Spoken { rate_hz: 8_000, pcm: vec![0; 32_000] };
        assert_eq!(samples(&[0; 98_000], &rest, false).setting, None, "wav is asked for in calls");
    }
}
