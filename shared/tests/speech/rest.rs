//! The simulator's recogniser for whole files, asked by hand as Sarvam's page describes it.

use reqwest::multipart::{Form, Part};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::{KEY, SENTENCES, World, world};

/// 44 bytes of header before 8 kHz 16-bit mono samples.
fn wav(pcm: &[u8]) -> Vec<u8> {
    let size = u32::try_from(pcm.len()).expect("a short clip");
    let mut file = b"RIFF".to_vec();
    file.extend((size + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    file.extend(size.to_le_bytes());
    file.extend(pcm);
    file
}

async fn ask(world: &World, key: &str, file: Vec<u8>, model: &str, language: &str) -> (StatusCode, Value) {
    shared::adapters::tls::install_provider();
    let part = Part::bytes(file).file_name("audio.wav").mime_str("audio/wav").expect("a type");
    let form =
        Form::new().part("file", part).text("model", model.to_owned()).text("language_code", language.to_owned());
    let request = Client::new().post(format!("{}/speech-to-text", world.sim.base_url()));
    let answer = request.header("api-subscription-key", key).multipart(form).send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_whole_file_is_heard_in_each_language_and_a_bad_one_is_refused() {
    let world = world(|_| {}).await;
    for (language, text) in SENTENCES {
        let spoken = world.lexicon.speak(text, language).await;
        let (status, heard) = ask(&world, KEY, wav(&spoken.audio), "saaras:v3", "unknown").await;
        assert_eq!((status, heard["transcript"].as_str()), (StatusCode::OK, Some(text)));
        // This endpoint spells Odia `od-IN`.
        let code = language.code().replace("or-IN", "od-IN");
        assert_eq!(heard["language_code"], code);
    }
    let (status, refused) = ask(&world, "wrong", wav(&[0; 320]), "saaras:v3", "unknown").await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::FORBIDDEN, &"invalid_api_key_error".into()));
    assert_eq!(ask(&world, KEY, wav(&[0; 320]), "saaras:v4", "od-IN").await.0, StatusCode::OK);
    for (file, model, language) in [
        (wav(&[0; 320]), "saarika:v2.5", "unknown"),
        (wav(&[0; 320]), "saaras:v3", "or-IN"),
        (wav(&[0; 320]), "saaras:v3", "auto"),
        (b"not a sound".to_vec(), "saaras:v3", "unknown"),
    ] {
        let (status, _) = ask(&world, KEY, file, model, language).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{model} {language}");
    }
}
