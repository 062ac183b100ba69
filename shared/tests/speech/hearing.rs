//! Hearing.

use super::*;

#[tokio::test]
async fn partials_grow_word_by_word_and_half_the_frames_give_half_the_words() {
    let world = world(|_| {}).await;
    let clip = world.lexicon.speak("ek do teen chaar paanch", Language::Hindi).await;
    let mut stream = world.open().await;
    utter(&stream, &clip.audio[..clip.words[2].end_frame * FRAME_BYTES]).await;
    let (partials, text, _) = final_of(&mut stream).await;
    assert_eq!(partials, ["ek", "ek do", "ek do teen"]);
    assert_eq!(text, "ek do teen");
    utter(&stream, &clip.audio[clip.words[3].first_frame * FRAME_BYTES..]).await;
    assert_eq!(final_of(&mut stream).await.1, "chaar paanch");
}

#[tokio::test]
async fn silence_has_an_empty_final_and_server_endpointing_needs_no_word_from_us() {
    let mut world = world(|_| {}).await;
    let mut stream = world.open().await;
    utter(&stream, &[0; FRAME_BYTES * 10]).await;
    assert_eq!(final_of(&mut stream).await.1, "");
    world.config.server_endpointing = true;
    let mut stream = world.open().await;
    let mut audio = world.lexicon.speak("haan ji boliye", Language::Hindi).await.audio;
    audio.resize(audio.len() + FRAME_BYTES * 40, 0);
    send(&stream, HearingInput::Audio(audio.into())).await;
    assert_eq!(final_of(&mut stream).await.1, "haan ji boliye");
}

#[tokio::test]
async fn a_recogniser_lost_in_the_middle_of_an_utterance_says_so() {
    for recogniser in [Recogniser::Realtime, Recogniser::Socket] {
        let mut world = world(|switches| {
            switches.realtime.cut_after = Some(2);
            switches.socket.cut_after = Some(2);
        })
        .await;
        world.config.recogniser = recogniser;
        let mut stream = world.open().await;
        let clip = world.lexicon.speak("ek do teen chaar", Language::Hindi).await;
        send(&stream, HearingInput::SpeechStart).await;
        send(&stream, HearingInput::Audio(clip.audio.into())).await;
        assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)));
        assert!(next(&mut stream).await.is_none());
    }
}

#[tokio::test]
async fn a_final_that_never_comes_and_an_error_message_close_the_stream() {
    let mut silent = world(|switches| switches.socket.silent = true).await;
    silent.config.recogniser = Recogniser::Socket;
    silent.config.limits.final_text = Duration::from_millis(100);
    let mut stream = silent.open().await;
    utter(&stream, &[1; FRAME_BYTES]).await;
    assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)));

    let failing = world(|switches| switches.realtime.error = Some(429)).await;
    let mut stream = failing.open().await;
    utter(&stream, &[1; FRAME_BYTES]).await;
    assert!(matches!(closed(&mut stream).await, SpeechError::Busy));
}

#[tokio::test]
async fn a_recogniser_that_does_not_open_is_replaced_by_the_other() {
    let breaks: [fn(&mut Switches); 3] = [
        |switches| switches.realtime.refuse = Some((503, "internal_server_error".to_owned())),
        |switches| switches.realtime.close = Some((4000, "beta access denied".to_owned())),
        |switches| switches.realtime.silent = true,
    ];
    for change in breaks {
        let mut world = world(change).await;
        world.config.limits.begin = Duration::from_millis(100);
        let mut stream = world.open().await;
        let audio = world.lexicon.speak("kal dunga", Language::Hindi).await.audio;
        utter(&stream, &audio).await;
        assert_eq!(final_of(&mut stream).await.1, "kal dunga");
    }
}

#[tokio::test]
async fn silence_is_sent_where_nothing_else_is_so_that_the_stream_stays_open() {
    for recogniser in [Recogniser::Realtime, Recogniser::Socket] {
        let idle = Idle { after: Duration::from_millis(400), cut: true };
        let mut world = world(|switches| switches.idle = idle).await;
        world.config.recogniser = recogniser;
        world.config.limits.quiet = Duration::from_millis(50);
        let mut stream = world.open().await;
        while world.sim.control.counts().heard_bytes < FRAME_BYTES * 5 * 12 {
            tokio::task::yield_now().await;
        }
        utter(&stream, &world.lexicon.speak("haan", Language::Hindi).await.audio).await;
        assert_eq!(final_of(&mut stream).await.1, "haan");
    }
}

#[tokio::test]
async fn an_idle_recogniser_is_closed_by_the_other_side_in_both_ways() {
    for cut in [true, false] {
        let idle = Idle { after: Duration::from_millis(50), cut };
        let world = world(|switches| switches.idle = idle).await;
        let mut stream = world.open().await;
        assert!(matches!(closed(&mut stream).await, SpeechError::Failed(_)));
    }
}

#[tokio::test]
async fn dropping_the_input_ends_the_stream_and_its_socket() {
    let world = world(|_| {}).await;
    let HearingStream { input, mut events } = world.open().await;
    drop(input);
    while events.recv().await.is_some() {}
    while world.sim.control.counts().open_sockets > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn two_fragments_asked_for_at_once_are_two_finals() {
    let world = world(|_| {}).await;
    let mut stream = world.open().await;
    let clip = world.lexicon.speak("kal nahin", Language::Hindi).await;
    let middle = clip.words[1].first_frame * FRAME_BYTES;
    utter(&stream, &clip.audio[..middle]).await;
    utter(&stream, &clip.audio[middle..]).await;
    assert_eq!(final_of(&mut stream).await.1, "kal");
    assert_eq!(final_of(&mut stream).await.1, "nahin");
}
