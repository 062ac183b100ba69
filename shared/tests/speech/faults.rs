//! What goes wrong, each by itself: the clients find another way, or say what it was.

use shared::sim::sarvam::{Faults, Finals, Garbage, Hits, Side, Surface};

use super::*;

const BOTH: [Recogniser; 2] = [Recogniser::Realtime, Recogniser::Socket];

fn faulty(faults: &Faults) -> impl FnOnce(&mut Switches) + use<> {
    let faults = faults.clone();
    move |switches| (switches.realtime, switches.socket) = (faults.clone(), faults)
}

fn closing(code: u16, reason: &str) -> Faults {
    Faults { close: Some((code, reason.to_owned())), ..Faults::default() }
}

async fn hear(world: &World, stream: &mut HearingStream, text: &str) -> (String, Option<Language>) {
    utter(stream, &world.lexicon.speak(text, Language::Hindi).await.audio).await;
    let (_, text, language) = final_of(stream).await;
    (text, language)
}

/// Where the simulator was last asked.
fn last_door(world: &World) -> Option<Surface> {
    let frames = world.sim.control.frames();
    frames.into_iter().rev().find(|frame| frame.body["handshake"].is_string()).map(|frame| frame.surface)
}

#[tokio::test]
async fn messages_nobody_documented_change_nothing() {
    for garbage in [Garbage::UnknownKind, Garbage::Binary, Garbage::NotBase64] {
        let faults = Faults { garbage: Some(garbage), ..Faults::default() };
        for recogniser in BOTH {
            let mut world = world(faulty(&faults)).await;
            world.config.recogniser = recogniser;
            let mut stream = world.open().await;
            assert_eq!(hear(&world, &mut stream, "kal dunga").await.0, "kal dunga", "{garbage:?}");
        }
    }
    for garbage in [Garbage::UnknownKind, Garbage::Binary] {
        let world = world(|switches| switches.tts.garbage = Some(garbage)).await;
        speak(&world.tts(), "namaste", Language::Hindi).await.expect("speaks");
        assert_eq!(world.sim.control.counts().rest_utterances, 0, "{garbage:?}");
    }
    let world = world(|switches| {
        (switches.quota.stt_sockets, switches.quota.tts_sockets) = (0, 0);
        (switches.stt_rest.garbage, switches.tts_rest.garbage) =
            (Some(Garbage::UnknownKind), Some(Garbage::UnknownKind));
    })
    .await;
    speak(&world.tts(), "namaste", Language::Hindi).await.expect("speaks");
    assert_eq!(hear(&world, &mut world.open().await, "kal dunga").await.0, "kal dunga");
}

#[tokio::test]
async fn a_recogniser_that_never_transcribes_is_given_up_and_the_next_stream_is_the_others() {
    let useless = [
        Faults { garbage: Some(Garbage::CutJson), ..Faults::default() },
        Faults { hang_after: Some(0), ..Faults::default() },
        Faults { cut_after: Some(1), ..Faults::default() },
        Faults { cut_after: Some(1), close: Some((1011, "server error".to_owned())), ..Faults::default() },
        Faults { error: Some(503), ..Faults::default() },
    ];
    for faults in useless {
        let mut world = world(|switches| switches.realtime = faults.clone()).await;
        world.config.limits.final_text = Duration::from_millis(300);
        let stt = world.stt();
        let mut stream = stt.open(Language::Hindi).await.expect("opens");
        utter(&stream, &world.lexicon.speak("kal dunga", Language::Hindi).await.audio).await;
        assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)), "{faults:?}");
        let mut stream = stt.open(Language::Hindi).await.expect("opens");
        assert_eq!(hear(&world, &mut stream, "kal dunga").await.0, "kal dunga", "{faults:?}");
        assert_eq!(last_door(&world), Some(Surface::Socket), "{faults:?}");
    }
}

#[tokio::test]
async fn a_recogniser_that_worked_and_was_cut_is_asked_again() {
    let world = world(|switches| switches.realtime.hang_after = Some(1)).await;
    let mut config = world.config.clone();
    config.limits.final_text = Duration::from_millis(300);
    let stt = SarvamStt::new(config).expect("a client");
    let mut stream = stt.open(Language::Hindi).await.expect("opens");
    assert_eq!(hear(&world, &mut stream, "haan").await.0, "haan");
    utter(&stream, &world.lexicon.speak("kal", Language::Hindi).await.audio).await;
    assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)));
    let mut stream = stt.open(Language::Hindi).await.expect("opens");
    assert_eq!(hear(&world, &mut stream, "kal").await.0, "kal");
    assert!(world.sim.control.frames().iter().all(|frame| frame.surface == Surface::Realtime));
}

#[tokio::test]
async fn every_close_code_in_mid_utterance_says_what_can_be_done_about_it() {
    let codes = [
        (1003, "rate limit", "busy"),
        (1003, "quota exceeded", "refused"),
        (1008, "inactivity", "failed"),
        (1011, "server error", "failed"),
        (4000, "parameter rejected", "refused"),
    ];
    for recogniser in BOTH {
        for (code, reason, expected) in codes {
            let close = Some((code, reason.to_owned()));
            let mut world = world(faulty(&Faults { close, cut_after: Some(1), ..Faults::default() })).await;
            world.config.recogniser = recogniser;
            let mut stream = world.open().await;
            utter(&stream, &world.lexicon.speak("ek do teen", Language::Hindi).await.audio).await;
            assert_eq!(kind(&closed(&mut stream).await), expected, "{code} {reason}");
        }
    }
}

#[tokio::test]
async fn a_final_sent_twice_is_said_once_and_a_word_said_twice_twice() {
    for recogniser in BOTH {
        let mut world = world(|switches| switches.finals.twice = true).await;
        world.config.recogniser = recogniser;
        let mut stream = world.open().await;
        assert_eq!(hear(&world, &mut stream, "haan").await.0, "haan");
        // The second copy has passed once the stream ends in order.
        drop(stream.input);
        assert!(
            next(&mut HearingStream { input: tokio::sync::mpsc::channel(1).0, events: stream.events }).await.is_none()
        );
        world.sim.control.set(|switches| switches.finals.twice = false);
        let mut stream = world.open().await;
        assert_eq!(hear(&world, &mut stream, "haan").await.0, "haan");
        assert_eq!(hear(&world, &mut stream, "haan").await.0, "haan");
    }
}

#[tokio::test]
async fn odd_finals_lose_no_word_and_name_no_wrong_language() {
    for recogniser in BOTH {
        let with = |finals: Finals| async move {
            let mut world = world(|switches| switches.finals = finals).await;
            world.config.recogniser = recogniser;
            let mut stream = world.open().await;
            let heard = hear(&world, &mut stream, "kal dunga").await;
            (world, stream, heard)
        };
        let (_world, mut stream, first) = with(Finals { split: true, ..Finals::default() }).await;
        let (_, second, _) = final_of(&mut stream).await;
        assert_eq!((first.0.as_str(), second.as_str()), ("kal", "dunga"));
        let (.., heard) = with(Finals { empty: true, ..Finals::default() }).await;
        assert_eq!(heard, (String::new(), None));
        let (.., heard) = with(Finals { no_language: true, ..Finals::default() }).await;
        assert_eq!(heard, ("kal dunga".to_owned(), None));
        let other_language = Some(Language::Tamil);
        let (.., heard) = with(Finals { other_language, ..Finals::default() }).await;
        assert_eq!(heard, ("kal dunga".to_owned(), other_language));
    }
}

#[tokio::test]
async fn a_final_before_the_end_of_speech_is_the_same_final() {
    let mut world = world(|switches| switches.finals.before_end = true).await;
    world.config.recogniser = Recogniser::Socket;
    let mut stream = world.open().await;
    let mut audio = world.lexicon.speak("haan ji boliye", Language::Hindi).await.audio;
    audio.resize(audio.len() + FRAME_BYTES * 40, 0);
    send(&stream, HearingInput::Audio(audio.into())).await;
    assert_eq!(final_of(&mut stream).await.1, "haan ji boliye");
}

#[tokio::test]
async fn only_the_first_connection_fails_and_the_second_does_not() {
    let refuse = Some((503, "rate_limit_exceeded_error".to_owned()));
    let mut world = world(faulty(&Faults { refuse, hits: Hits::First(1), ..Faults::default() })).await;
    world.config.limits.avoid_failed = Duration::ZERO;
    let stt = world.stt();
    for expected in [Surface::SttRest, Surface::Realtime] {
        let mut stream = stt.open(Language::Hindi).await.expect("opens");
        assert_eq!(hear(&world, &mut stream, "haan").await.0, "haan");
        assert_eq!(last_door(&world), Some(expected));
    }
}

#[tokio::test]
async fn rest_speaks_where_the_sockets_audio_is_broken_late_or_missing() {
    let broken = [
        Faults { garbage: Some(Garbage::CutJson), ..Faults::default() },
        Faults { garbage: Some(Garbage::CutBase64), ..Faults::default() },
        Faults { garbage: Some(Garbage::NotBase64), ..Faults::default() },
        Faults { hang_after: Some(0), ..Faults::default() },
        Faults { error: Some(422), ..Faults::default() },
        closing(1003, "rate limit"),
        closing(1008, "inactivity"),
        closing(1011, "server error"),
        closing(4000, "parameter rejected"),
        Faults { refuse: Some((403, "authentication_error".to_owned())), ..Faults::default() },
        Faults { refuse: Some((404, "not_found_error".to_owned())), ..Faults::default() },
        Faults { slower: Some(1_000), ..Faults::default() },
    ];
    for faults in broken {
        let mut world = world(|switches| {
            switches.tts = faults.clone();
            switches.delays.tts_first = Delay::Fixed(Duration::from_millis(60));
        })
        .await;
        world.config.limits.first_audio = Duration::from_millis(400);
        assert!(!speak(&world.tts(), "namaste", Language::Hindi).await.expect("speaks").is_empty(), "{faults:?}");
        assert_eq!(world.sim.control.counts().rest_utterances, 1, "{faults:?}");
    }
}

#[tokio::test]
async fn a_sentence_that_stops_in_the_middle_is_an_error_within_its_limit_and_rest_speaks_the_next() {
    for (faults, expected) in [
        (Faults { hang_after: Some(1), ..Faults::default() }, "failed"),
        (Faults { cut_after: Some(1), ..Faults::default() }, "failed"),
        (Faults { cut_after: Some(1), ..closing(1003, "rate limit") }, "busy"),
        (Faults { cut_after: Some(1), ..closing(1003, "quota exceeded") }, "refused"),
        (Faults { cut_after: Some(1), ..closing(1008, "inactivity") }, "failed"),
        (Faults { cut_after: Some(1), ..closing(1011, "server error") }, "failed"),
        (Faults { cut_after: Some(1), ..closing(4000, "parameter rejected") }, "refused"),
    ] {
        let mut world = world(|switches| switches.tts = faults.clone()).await;
        world.config.limits.next_audio = Duration::from_millis(200);
        let tts = world.tts();
        let error = speak(&tts, LONG, Language::Hindi).await.expect_err("stops");
        assert_eq!(kind(&error), expected, "{faults:?}");
        assert_eq!(world.sim.control.counts().rest_utterances, 0);
        assert!(!speak(&tts, LONG, Language::Hindi).await.expect("speaks").is_empty(), "{faults:?}");
        assert_eq!(world.sim.control.counts().rest_utterances, 1);
    }
}

#[tokio::test]
async fn an_end_of_speech_told_twice_ends_no_other_sentence() {
    let world = world(|switches| switches.completes_twice = true).await;
    let (tts, mut stream) = (world.tts(), world.open().await);
    for text in ["namaste", LONG, "kal dunga", "haan ji"] {
        utter(&stream, &speak(&tts, text, Language::Hindi).await.expect("speaks")).await;
        assert_eq!(final_of(&mut stream).await.1, text);
    }
    assert_eq!(world.sim.control.counts().rest_utterances, 0);
}

#[tokio::test]
async fn a_broken_slow_or_refused_rest_answer_says_what_can_be_done_within_its_limit() {
    let refused = |status, code: &str| Faults { refuse: Some((status, code.to_owned())), ..Faults::default() };
    let broken = [
        Faults { cut_after: Some(1), ..Faults::default() },
        Faults { slower: Some(1_000), ..Faults::default() },
        Faults { garbage: Some(Garbage::CutJson), ..Faults::default() },
        Faults { garbage: Some(Garbage::CutBase64), ..Faults::default() },
        Faults { garbage: Some(Garbage::NotBase64), ..Faults::default() },
        Faults { silent: true, ..Faults::default() },
        Faults { drip: Some(Duration::from_secs(60)), ..Faults::default() },
        Faults { error: Some(500), ..Faults::default() },
        refused(503, "internal_server_error"),
    ];
    let refusals = [
        (refused(403, "invalid_api_key_error"), "refused"),
        (refused(429, "insufficient_quota_error"), "refused"),
        (refused(429, "rate_limit_exceeded_error"), "busy"),
        (refused(503, "rate_limit_exceeded_error"), "busy"),
    ];
    for (faults, expected) in broken.into_iter().map(|faults| (faults, "failed")).chain(refusals) {
        let mut world = world(|switches| {
            switches.tts.refuse = Some((503, "internal_server_error".to_owned()));
            switches.tts_rest = faults.clone();
            switches.delays.tts_rest = Delay::Fixed(Duration::from_millis(60));
        })
        .await;
        world.config.limits.rest = Duration::from_millis(400);
        let error = speak(&world.tts(), "namaste", Language::Hindi).await.expect_err("no speech");
        assert_eq!(kind(&error), expected, "{faults:?}");
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_heard_whole() {
    let world = world(|switches| {
        switches.tts.refuse = Some((503, "internal_server_error".to_owned()));
        switches.tts_rest.drip = Some(Duration::from_millis(5));
    })
    .await;
    let audio = speak(&world.tts(), "namaste ji", Language::Hindi).await.expect("speaks");
    let mut stream = world.open().await;
    utter(&stream, &audio).await;
    assert_eq!(final_of(&mut stream).await.1, "namaste ji");
}

#[tokio::test]
async fn requests_over_the_minutes_limit_are_busy_and_used_up_credits_refused() {
    let quota = |code: &str, status| {
        let answer = (status, code.to_owned());
        move |switches: &mut Switches| {
            switches.quota.tts_sockets = 0;
            switches.quota.tts_per_minute = 1;
            switches.quota.answer = answer;
        }
    };
    for (code, status, is_busy) in [
        ("rate_limit_exceeded_error", 429, true),
        ("rate_limit_exceeded_error", 503, true),
        ("insufficient_quota_error", 429, false),
    ] {
        let world = world(quota(code, status)).await;
        let tts = world.tts();
        speak(&tts, "namaste", Language::Hindi).await.expect("the first of the minute");
        let second = speak(&tts, "haan", Language::Hindi).await.expect_err("the second");
        assert_eq!(matches!(second, SpeechError::Busy), is_busy, "{status} {code}: {second}");
        assert_eq!(matches!(second, SpeechError::Refused(_)), !is_busy, "{status} {code}: {second}");
    }
}

#[tokio::test]
async fn what_our_client_sends_is_on_the_simulators_record_with_its_times() {
    let delay = Duration::from_millis(80);
    let world = world(|switches| switches.delays.stt_final = Delay::Fixed(delay)).await;
    let mut stream = world.open().await;
    assert_eq!(hear(&world, &mut stream, "haan").await.0, "haan");
    speak(&world.tts(), "namaste", Language::Hindi).await.expect("speaks");
    let frames = world.sim.control.frames();
    let query = frames[0].body["handshake"].as_str().expect("a handshake");
    assert!(query.contains("language_code=auto") && query.contains("sample_rate=8000"), "{query}");
    let at = |from, event: &str| {
        let found = frames.iter().find(|frame| frame.from == from && frame.body["event"] == event);
        found.map(|frame| frame.at).expect("on the record")
    };
    let waited = at(Side::Provider, "transcript.final") - at(Side::Client, "speech_end");
    assert!(waited >= delay, "{waited:?}");
    let spoken: Vec<&str> = frames
        .iter()
        .filter(|frame| (frame.surface, frame.from) == (Surface::Tts, Side::Client))
        .filter_map(|frame| frame.body["type"].as_str())
        .collect();
    assert_eq!(spoken, ["config", "text", "flush"]);
}
