//! What Sarvam accepts: models, languages, speakers, formats (speech-and-llm.md A2 to A7).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::codec::Codec;
use super::control::Control;
use super::switches::LanguageFields;
use crate::domain::language::Language;
use crate::wire::sarvam::codes;

const REALTIME_MODELS: [&str; 2] = ["saaras:v3-realtime", "saaras:v4"];
const STT_MODELS: [&str; 2] = ["saaras:v3", "saaras:v4"];
const STT_MODES: [&str; 5] = ["transcribe", "translate", "verbatim", "translit", "codemix"];
/// Recognised, but not spoken by anybody here.
const MORE_HEARD: [&str; 12] =
    ["as-IN", "ur-IN", "ne-IN", "kok-IN", "ks-IN", "sd-IN", "sa-IN", "sat-IN", "mni-IN", "brx-IN", "mai-IN", "doi-IN"];
/// Rates of the speaking socket.
pub(super) const SOCKET_RATES_HZ: [u32; 4] = [8_000, 16_000, 22_050, 24_000];
/// Rates of REST synthesis.
pub(super) const REST_RATES_HZ: [u32; 7] = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const BULBUL_V2: [&str; 7] = ["anushka", "manisha", "vidya", "arya", "abhilash", "karun", "hitesh"];
const BULBUL_V3: &str = "shubh aditya ritu priya neha rahul pooja rohan simran kavya amit dev ishita shreya ratan \
    varun manan sumit roopa kabir aayan ashutosh advait anand tanya tarun sunny mani gokul vijay shruti suhani \
    mohit kavitha rehan soham rupali amelia sophia";

/// How the voice of a request sounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct VoiceRequest {
    pub(super) language: Language,
    pub(super) codec: Codec,
    /// 1.0 is normal, more is quicker.
    pub(super) pace: f64,
    pub(super) rate_hz: u32,
    pub(super) max_chars: usize,
    pub(super) min_buffer: usize,
}

/// The language of a realtime session: `None` detects.
pub(super) fn realtime_language(code: Option<&str>) -> Result<Option<Language>, String> {
    match code {
        None => Err("language_code is required".to_owned()),
        Some("auto") => Ok(None),
        Some(code) => heard_language(code, codes::realtime_code),
    }
}

/// The language of any other recognition: `None` detects.
pub(super) fn stt_language(code: Option<&str>) -> Result<Option<Language>, String> {
    match code {
        None | Some("unknown") => Ok(None),
        Some(code) => heard_language(code, codes::code),
    }
}

fn heard_language(code: &str, code_of: fn(Language) -> &'static str) -> Result<Option<Language>, String> {
    let ours = Language::ALL.into_iter().find(|language| code_of(*language) == code);
    if ours.is_none() && !MORE_HEARD.contains(&code) {
        return Err(format!("unsupported language_code {code}"));
    }
    Ok(ours)
}

/// A realtime model and mode.
pub(super) fn realtime_model(model: Option<&str>, mode: Option<&str>, control: &Control) -> Result<(), String> {
    known_model(model, &REALTIME_MODELS, control)?;
    one_of("mode", mode, &STT_MODES)
}

/// Any other recognition model and mode.
pub(super) fn stt_model(model: Option<&str>, mode: Option<&str>, control: &Control) -> Result<(), String> {
    known_model(model, &STT_MODELS, control)?;
    one_of("mode", mode, &STT_MODES)
}

fn known_model(model: Option<&str>, documented: &[&str], control: &Control) -> Result<(), String> {
    let more = control.switches().more_models;
    if model.is_some_and(|model| more.iter().any(|known| known == model)) {
        return Ok(());
    }
    one_of("model", model, documented)
}

/// The samples of an audio message: whole ones, in base64.
pub(super) fn pcm(data: &Value) -> Result<Vec<u8>, String> {
    let pcm = data.as_str().and_then(|data| STANDARD.decode(data).ok()).ok_or("audio is not base64")?;
    if pcm.is_empty() || pcm.len() % 2 != 0 { Err("audio is not whole 16-bit samples".to_owned()) } else { Ok(pcm) }
}

/// An optional value out of a list.
pub(super) fn one_of(name: &str, value: Option<&str>, allowed: &[&str]) -> Result<(), String> {
    match value {
        Some(value) if !allowed.contains(&value) => Err(format!("{name} {value} is not one of {}", allowed.join(", "))),
        _ => Ok(()),
    }
}

/// The fields a socket's config and a REST request share.
pub(super) fn voice(fields: &Value, control: &Control, rates_hz: &[u32]) -> Result<VoiceRequest, String> {
    let language = spoken_language(fields, control)?;
    let model = fields["model"].as_str().unwrap_or("bulbul:v3");
    let (max_chars, paces) = match model {
        "bulbul:v2" => (1_500, 0.3..=3.0),
        "bulbul:v3" | "bulbul:v4-flash" => (2_500, 0.5..=2.0),
        _ => return Err(format!("model {model} is not supported")),
    };
    speaker(fields["speaker"].as_str(), model)?;
    let pace = number(&fields["pace"]).unwrap_or(1.0);
    if !paces.contains(&pace) {
        return Err("pace is out of range".to_owned());
    }
    let asked_hz = number(&fields["speech_sample_rate"]).unwrap_or(22_050.0);
    let rate_hz = rates_hz.iter().copied().find(|rate| f64::from(*rate) == asked_hz);
    let rate_hz = rate_hz.ok_or_else(|| format!("speech_sample_rate {asked_hz} is not supported"))?;
    let codec = Codec::of(fields["output_audio_codec"].as_str().unwrap_or("wav"), model)?;
    let min_buffer = number(&fields["min_buffer_size"]).unwrap_or(50.0);
    if !(30.0..=200.0).contains(&min_buffer) {
        return Err("min_buffer_size must be 30 to 200".to_owned());
    }
    Ok(VoiceRequest { language, codec, pace, rate_hz, max_chars, min_buffer: min_buffer as usize })
}

fn spoken_language(fields: &Value, control: &Control) -> Result<Language, String> {
    let (new, old) = (fields["language_code"].as_str(), fields["target_language_code"].as_str());
    control.count(|counts| {
        counts.new_field += usize::from(new.is_some());
        counts.old_field += usize::from(old.is_some());
    });
    let code = match control.switches().language_fields {
        LanguageFields::NewOnly if old.is_some() => return Err("unknown field target_language_code".to_owned()),
        LanguageFields::OldOnly if new.is_some() => return Err("unknown field language_code".to_owned()),
        _ => new.or(old).ok_or("language_code is required")?,
    };
    let found = Language::ALL.into_iter().find(|language| codes::code(*language) == code);
    found.ok_or_else(|| format!("language_code {code} is not supported"))
}

fn speaker(speaker: Option<&str>, model: &str) -> Result<(), String> {
    let Some(speaker) = speaker else { return Ok(()) };
    let fits = match model {
        "bulbul:v2" => BULBUL_V2.contains(&speaker),
        "bulbul:v3" => BULBUL_V3.split_whitespace().any(|known| known == speaker),
        _ => speaker.split('_').count() == 3,
    };
    if fits { Ok(()) } else { Err(format!("Speaker '{speaker}' is not compatible with model {model}")) }
}

/// Numbers come as numbers and, from some clients, as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::switches::Switches;
    use super::*;

    #[test]
    fn odia_has_another_code_on_the_realtime_socket() {
        assert_eq!(realtime_language(Some("or-IN")), Ok(Some(Language::Odia)));
        assert!(realtime_language(Some("od-IN")).is_err());
        assert_eq!(stt_language(Some("od-IN")), Ok(Some(Language::Odia)));
        assert!(stt_language(Some("or-IN")).is_err());
        assert_eq!(stt_language(Some("ur-IN")), Ok(None));
        assert!(realtime_language(None).is_err());
    }

    #[test]
    fn an_old_model_is_refused_unless_a_switch_lets_it_in() {
        let control = Control::new(Switches::default());
        assert!(stt_model(Some("saarika:v2.5"), None, &control).is_err());
        assert!(stt_model(Some("saaras:v3"), Some("codemix"), &control).is_ok());
        assert!(realtime_model(Some("saaras:v3"), None, &control).is_err());
        control.set(|switches| switches.more_models = vec!["saarika:v2.5".to_owned()]);
        assert!(stt_model(Some("saarika:v2.5"), None, &control).is_ok());
    }

    #[test]
    fn audio_must_be_whole_samples_in_base64() {
        assert_eq!(pcm(&json!("AQIDBA==")), Ok(vec![1, 2, 3, 4]));
        for bad in [json!("AQID"), json!("AQI"), json!("?"), json!(""), Value::Null] {
            assert!(pcm(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_voice_needs_a_language_a_fitting_speaker_and_a_format_that_is_spoken_here() {
        let control = Control::new(Switches::default());
        let good = json!({"target_language_code": "hi-IN", "model": "bulbul:v3", "speaker": "ritu",
            "speech_sample_rate": "8000", "output_audio_codec": "linear16", "min_buffer_size": 30});
        let refused = |name: &str, value: Value| {
            let mut fields = good.clone();
            fields[name] = value;
            voice(&fields, &control, &SOCKET_RATES_HZ).is_err()
        };
        assert!(voice(&good, &control, &SOCKET_RATES_HZ).is_ok());
        assert!(refused("target_language_code", json!("or-IN")));
        assert!(refused("target_language_code", Value::Null));
        assert!(refused("model", json!("saarika:v2.5")));
        assert!(refused("speaker", json!("anushka")));
        assert!(refused("output_audio_codec", json!("opus")));
        assert!(refused("speech_sample_rate", json!(11_025)));
        assert!(refused("speech_sample_rate", json!(48_000)));
        assert!(refused("min_buffer_size", json!(10)));
        control.set(|switches| switches.language_fields = LanguageFields::NewOnly);
        assert!(voice(&good, &control, &SOCKET_RATES_HZ).is_err());
    }
}
