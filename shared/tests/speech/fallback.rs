//! Hearing by the next way where one is broken: no word is lost, and a broken way is left alone for a while.

use shared::sim::sarvam::{Faults, Garbage, Surface};

use super::*;

/// The doors knocked at so far.
fn doors(world: &World) -> Vec<Surface> {
    let frames = world.sim.control.frames();
    frames.into_iter().filter(|frame| frame.body["handshake"].is_string()).map(|frame| frame.surface).collect()
}

/// Says it as a call does: what has no transcript yet is said again to the next stream.
async fn heard_in_the_end(stt: &SarvamStt, audio: &[u8]) -> String {
    for _ in 0..3 {
        let mut stream = stt.open(Language::Hindi).await.expect("opens");
        // A stream may be lost before it has taken everything.
        let _lost = stream.input.send(HearingInput::SpeechStart).await;
        for frame in audio.chunks(FRAME_BYTES) {
            let _lost = stream.input.send(HearingInput::Audio(Bytes::copy_from_slice(frame))).await;
        }
        let _lost = stream.input.send(HearingInput::SpeechEnd).await;
        while let Some(event) = next(&mut stream).await {
            match event {
                HearingEvent::Final { text, .. } => return text,
                HearingEvent::Partial { .. } | HearingEvent::Closed(_) => {}
            }
        }
    }
    panic!("three streams and no transcript");
}

#[tokio::test]
async fn whatever_breaks_both_sockets_every_word_is_heard_over_rest_and_they_are_left_alone() {
    let broken = [
        Faults { refuse: Some((503, "internal_server_error".to_owned())), ..Faults::default() },
        Faults { close: Some((1011, "server error".to_owned())), ..Faults::default() },
        Faults { cut_after: Some(1), ..Faults::default() },
        Faults { cut_after: Some(3), close: Some((1003, "rate limit".to_owned())), ..Faults::default() },
        Faults { hang_after: Some(0), ..Faults::default() },
        Faults { silent: true, ..Faults::default() },
        Faults { error: Some(500), ..Faults::default() },
        Faults { refuse: Some((429, "rate_limit_exceeded_error".to_owned())), ..Faults::default() },
        Faults { garbage: Some(Garbage::CutJson), ..Faults::default() },
        Faults { slower: Some(1_000), ..Faults::default() },
    ];
    for faults in broken {
        let mut world = world(|switches| {
            (switches.realtime, switches.socket) = (faults.clone(), faults.clone());
            switches.delays.stt_final = Delay::Fixed(Duration::from_millis(1));
        })
        .await;
        world.config.limits.begin = Duration::from_millis(200);
        world.config.limits.final_text = Duration::from_millis(400);
        let stt = world.stt();
        let audio = world.lexicon.speak("main kal shaam ko paise dunga", Language::Hindi).await.audio;
        assert_eq!(heard_in_the_end(&stt, &audio).await, "main kal shaam ko paise dunga", "{faults:?}");
        assert_eq!(doors(&world), [Surface::Realtime, Surface::Socket, Surface::SttRest], "{faults:?}");
        // The next call begins where this one ended.
        assert_eq!(heard_in_the_end(&stt, &audio).await, "main kal shaam ko paise dunga", "{faults:?}");
        assert_eq!(doors(&world)[3..], [Surface::SttRest], "{faults:?}");
    }
}

#[tokio::test]
async fn what_failed_lately_is_still_asked_where_nothing_else_is_left() {
    let mut world = world(|switches| {
        let down = Some((503, "internal_server_error".to_owned()));
        (switches.realtime.refuse, switches.socket.refuse, switches.stt_rest.refuse) =
            (down.clone(), down.clone(), down);
    })
    .await;
    world.config.limits.final_text = Duration::from_secs(2);
    let stt = world.stt();
    let audio = world.lexicon.speak("haan ji", Language::Hindi).await.audio;
    let mut stream = stt.open(Language::Hindi).await.expect("REST needs no opening");
    utter(&stream, &audio).await;
    assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)));
    world.sim.control.set(|switches| switches.socket = Faults::default());
    assert_eq!(heard_in_the_end(&stt, &audio).await, "haan ji");
    assert_eq!(doors(&world).last(), Some(&Surface::Socket));
}

#[tokio::test]
async fn over_rest_utterances_are_heard_in_order_silence_is_nothing_and_words_between_them_are_not_heard() {
    let world = world(|switches| {
        (switches.quota.stt_sockets, switches.delays.stt_rest) = (0, Delay::Drawn { p50_ms: 30.0, p95_ms: 120.0 });
    })
    .await;
    let mut stream = world.open().await;
    let said = ["haan", "nahin", "kal", "shaam ko"];
    for text in said {
        let audio = world.lexicon.speak(text, Language::Hindi).await.audio;
        utter(&stream, &audio).await;
        send(&stream, HearingInput::Audio(world.lexicon.speak("hm", Language::Hindi).await.audio.into())).await;
    }
    utter(&stream, &[0; FRAME_BYTES * 10]).await;
    for text in said {
        assert_eq!(final_of(&mut stream).await, (Vec::new(), text.to_owned(), Some(Language::Hindi)));
    }
    assert_eq!(final_of(&mut stream).await.1, "");
    // What is asked for is still answered when nothing more comes.
    utter(&stream, &world.lexicon.speak("bas", Language::Hindi).await.audio).await;
    let HearingStream { input, mut events } = stream;
    drop(input);
    assert!(matches!(events.recv().await, Some(HearingEvent::Final { text, .. }) if text == "bas"));
    assert!(events.recv().await.is_none());
}

#[tokio::test]
async fn rest_gets_16_khz_where_8_are_not_understood_and_the_language_where_none_is_detected() {
    for (needs_16, rate_hz, expected) in [(true, 8_000, ""), (true, 16_000, "ek do"), (false, 16_000, "ek do")] {
        let mut world =
            world(|switches| (switches.quota.stt_sockets, switches.hears_16_khz_only) = (0, needs_16)).await;
        (world.config.stt_rate_hz, world.config.detect_language) = (rate_hz, false);
        let mut stream = world.open().await;
        utter(&stream, &world.lexicon.speak("ek do", Language::Hindi).await.audio).await;
        assert_eq!(final_of(&mut stream).await.1, expected, "{needs_16} {rate_hz}");
        let frames = world.sim.control.frames();
        let asked = frames.iter().find(|frame| frame.body["language_code"].is_string()).expect("a request");
        assert_eq!(asked.body["language_code"], "hi-IN");
    }
}

#[tokio::test]
async fn a_file_that_is_refused_late_or_answered_with_half_an_answer_says_what_can_be_done() {
    let refused = |status, code: &str| Faults { refuse: Some((status, code.to_owned())), ..Faults::default() };
    for (faults, expected) in [
        (refused(403, "invalid_api_key_error"), "refused"),
        (refused(429, "rate_limit_exceeded_error"), "busy"),
        (refused(429, "insufficient_quota_error"), "refused"),
        (refused(503, "rate_limit_exceeded_error"), "busy"),
        (refused(503, "internal_server_error"), "failed"),
        (Faults { error: Some(500), ..Faults::default() }, "failed"),
        (Faults { silent: true, ..Faults::default() }, "failed"),
        (Faults { slower: Some(1_000), ..Faults::default() }, "failed"),
        (Faults { cut_after: Some(1), ..Faults::default() }, "failed"),
        (Faults { garbage: Some(Garbage::CutJson), ..Faults::default() }, "failed"),
        (Faults { drip: Some(Duration::from_secs(60)), ..Faults::default() }, "failed"),
    ] {
        let mut world = world(|switches| {
            (switches.quota.stt_sockets, switches.stt_rest) = (0, faults.clone());
            switches.delays.stt_rest = Delay::Fixed(Duration::from_millis(60));
        })
        .await;
        world.config.limits.final_by_rest = Duration::from_millis(400);
        let mut stream = world.open().await;
        utter(&stream, &world.lexicon.speak("haan", Language::Hindi).await.audio).await;
        assert_eq!(kind(&closed(&mut stream).await), expected, "{faults:?}");
    }
}

#[tokio::test]
async fn an_utterance_longer_than_a_file_may_be_is_heard_from_its_end() {
    let world = world(|switches| switches.quota.stt_sockets = 0).await;
    let mut stream = world.open().await;
    let mut audio = vec![0; FRAME_BYTES * 50 * 30];
    audio.extend(world.lexicon.speak("aur bas", Language::Hindi).await.audio);
    utter(&stream, &audio).await;
    assert_eq!(final_of(&mut stream).await.1, "aur bas");
}
