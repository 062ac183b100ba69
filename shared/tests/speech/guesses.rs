//! What no page settles (speech-and-llm.md F and its disagreements): the clients under both
//! answers, with the setting that belongs to each.

use shared::sim::sarvam::{Quota, SpokenAs};
use shared::wire::sarvam::speaking::{Codec, LanguageField};

use super::*;

#[tokio::test]
async fn each_name_of_the_language_field_works_where_it_is_the_only_one() {
    for (fields, field) in
        [(LanguageFields::NewOnly, LanguageField::New), (LanguageFields::OldOnly, LanguageField::Old)]
    {
        let mut world = world(|switches| {
            switches.language_fields = fields;
            switches.manual_needs_start = false;
        })
        .await;
        world.config.language_field = field;
        says_and_hears_all_languages(&world).await;
        world.config.language_field = LanguageField::Both;
        let strict = speak(&world.tts(), "namaste", Language::Hindi).await;
        assert!(matches!(strict, Err(SpeechError::Refused(_))), "both names where one is unknown");
    }
}

#[tokio::test]
async fn speech_is_raised_to_16_khz_where_8_are_not_understood() {
    for recogniser in [Recogniser::Realtime, Recogniser::Socket] {
        for (needs_16, rate_hz, expected) in
            [(false, 8_000, "ek do"), (true, 8_000, ""), (false, 16_000, "ek do"), (true, 16_000, "ek do")]
        {
            let mut world = world(|switches| switches.hears_16_khz_only = needs_16).await;
            (world.config.recogniser, world.config.stt_rate_hz) = (recogniser, rate_hz);
            let mut stream = world.open().await;
            utter(&stream, &world.lexicon.speak("ek do", Language::Hindi).await.audio).await;
            assert_eq!(final_of(&mut stream).await.1, expected, "{recogniser:?} {needs_16} {rate_hz}");
        }
    }
}

#[tokio::test]
async fn speech_is_at_8_khz_whatever_the_bytes_really_are() {
    let plain = world(|_| {}).await;
    assert_eq!(plain.config.tts_codec, Codec::Wav, "the codec that is right under every guess");
    let expected = speak(&plain.tts(), "namaste ji", Language::Hindi).await.expect("speaks");
    for (codec, header, header_once, rate_hz) in [
        (Codec::Wav, false, false, None),
        (Codec::Wav, false, false, Some(24_000)),
        (Codec::Wav, false, true, Some(24_000)),
        (Codec::Wav, false, false, Some(22_050)),
        (Codec::Wav, true, true, Some(16_000)),
        (Codec::Linear16, false, false, None),
        (Codec::Linear16, true, false, None),
        (Codec::Linear16, true, true, Some(24_000)),
    ] {
        let mut world = world(|switches| switches.spoken_as = SpokenAs { header, header_once, rate_hz }).await;
        world.config.tts_codec = codec;
        let tts = world.tts();
        for _ in 0..2 {
            let audio = speak(&tts, "namaste ji", Language::Hindi).await.expect("speaks");
            let difference = audio.len().abs_diff(expected.len());
            assert!(difference <= 4, "{codec:?} {header} {rate_hz:?}: {} and {}", audio.len(), expected.len());
        }
        assert_eq!(world.sim.control.counts().rest_utterances, 0, "{codec:?} {header} {rate_hz:?}");
    }
}

#[tokio::test]
async fn rest_speaks_at_any_rate_its_header_tells() {
    let plain = world(|_| {}).await;
    let expected = speak(&plain.tts(), "namaste ji", Language::Hindi).await.expect("speaks");
    for rate_hz in [16_000, 22_050, 48_000] {
        let world = world(|switches| {
            switches.tts.refuse = Some((503, "internal_server_error".to_owned()));
            switches.spoken_as.rate_hz = Some(rate_hz);
        })
        .await;
        let audio = speak(&world.tts(), "namaste ji", Language::Hindi).await.expect("speaks");
        assert!(audio.len().abs_diff(expected.len()) <= 4, "{rate_hz}: {} and {}", audio.len(), expected.len());
    }
}

#[tokio::test]
async fn a_socket_that_wants_its_rate_as_text_leaves_speaking_to_rest() {
    let world = world(|switches| switches.rate_as_text = true).await;
    let tts = world.tts();
    for _ in 0..2 {
        assert!(!speak(&tts, "namaste", Language::Hindi).await.expect("speaks").is_empty());
    }
    assert_eq!(world.sim.control.counts().rest_utterances, 2);
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_each_way_it_may_be() {
    for (status, closes) in [(403, true), (401, true), (403, false), (401, false)] {
        let mut world = world(|switches| {
            (switches.bad_key_status, switches.realtime_closes_bad_key) = (status, closes);
        })
        .await;
        world.config.key = "wrong".to_owned().into();
        for recogniser in [Recogniser::Realtime, Recogniser::Socket] {
            world.config.recogniser = recogniser;
            assert!(matches!(world.stt().open(Language::Hindi).await, Err(SpeechError::Refused(_))));
        }
        assert!(matches!(speak(&world.tts(), "namaste", Language::Hindi).await, Err(SpeechError::Refused(_))));
        assert_eq!(world.sim.control.counts().characters, 0);
    }
}

#[tokio::test]
async fn idle_sockets_end_in_both_ways_and_the_next_sentence_is_spoken() {
    for cut in [true, false] {
        let idle = Idle { after: Duration::from_millis(100), cut };
        let mut world = world(|switches| switches.idle = idle).await;
        world.config.limits.ping = PATIENCE;
        let tts = world.tts();
        speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
        while world.sim.control.counts().open_sockets > 0 {
            tokio::task::yield_now().await;
        }
        speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
        assert_eq!(world.sim.control.counts().rest_utterances, 0);
        for recogniser in [Recogniser::Realtime, Recogniser::Socket] {
            world.config.recogniser = recogniser;
            let mut stream = world.open().await;
            assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)));
        }
    }
}

#[tokio::test]
async fn a_realtime_recogniser_closed_to_the_account_leaves_hearing_to_the_other() {
    let world = world(|switches| switches.realtime.close = Some((4000, "beta access denied".to_owned()))).await;
    let mut stream = world.open().await;
    utter(&stream, &world.lexicon.speak("haan ji", Language::Hindi).await.audio).await;
    assert_eq!(final_of(&mut stream).await.1, "haan ji");
}

#[tokio::test]
async fn a_limit_means_the_same_with_and_without_a_time_to_wait() {
    for retry_after_s in [None, Some(7)] {
        let quota = Quota { stt_sockets: 0, tts_sockets: 0, retry_after_s, ..Quota::default() };
        let world = world(|switches| switches.quota = quota).await;
        world.stt().open(Language::Hindi).await.expect("REST hears");
        assert!(!speak(&world.tts(), "namaste", Language::Hindi).await.expect("REST speaks").is_empty());
        let request = reqwest::Client::new().get(format!("{}/text-to-speech/ws", world.sim.base_url()));
        let request = request.header("connection", "upgrade").header("upgrade", "websocket");
        let request =
            request.header("sec-websocket-version", "13").header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
        let answer = request.header("api-subscription-key", KEY).send().await.expect("an answer");
        let told = answer.headers().get("retry-after").map(|seconds| seconds.to_str().expect("text").to_owned());
        assert_eq!((answer.status().as_u16(), told), (429, retry_after_s.map(|s| s.to_string())));
    }
}
