//! Speaking.

use super::*;

#[tokio::test]
async fn a_cancelled_sentence_costs_its_socket_and_the_spare_speaks_the_next() {
    let world = world(|switches| {
        switches.delays.tts_between = Delay::Fixed(Duration::from_secs(60));
    })
    .await;
    let tts = world.tts();
    let mut pieces =
        tts.speak("yeh vaakya bahut lamba hai aur kabhi poora nahin hoga", Language::Hindi).await.expect("speaks");
    assert!(pieces.recv().await.expect("a first piece").is_ok());
    drop(pieces);
    while world.sim.control.counts().abandoned == 0 {
        tokio::task::yield_now().await;
    }
    while world.sim.control.counts().sockets < 2 {
        tokio::task::yield_now().await;
    }
    world.sim.control.set(|switches| switches.delays = Delays::none());
    assert!(!speak(&tts, "haan", Language::Hindi).await.expect("speaks").is_empty());
    assert_eq!(world.sim.control.counts().rest_utterances, 0);
}

#[tokio::test]
async fn sentences_one_after_the_other_share_a_socket() {
    let world = world(|_| {}).await;
    let tts = world.tts();
    for _ in 0..10 {
        speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    }
    let sockets = world.sim.control.counts().sockets;
    assert!(sockets <= 3, "{sockets}");
}

#[tokio::test]
async fn rest_speaks_where_the_socket_does_not() {
    let breaks: [fn(&mut Switches); 5] = [
        |switches| switches.tts.silent = true,
        |switches| switches.tts.refuse = Some((429, "rate_limit_exceeded_error".to_owned())),
        |switches| switches.tts.cut_after = Some(0),
        |switches| switches.tts.error = Some(500),
        |switches| switches.tts.close = Some((1011, "server error".to_owned())),
    ];
    for change in breaks {
        let mut world = world(change).await;
        world.config.limits = SarvamLimits { first_audio: Duration::from_millis(300), ..SarvamLimits::default() };
        let audio = speak(&world.tts(), "namaste ji", Language::Hindi).await.expect("speaks");
        let mut stream = world.open().await;
        utter(&stream, &audio).await;
        assert_eq!(final_of(&mut stream).await.1, "namaste ji");
        assert_eq!(world.sim.control.counts().rest_utterances, 1);
    }
}

#[tokio::test]
async fn a_waiting_socket_is_kept_open_and_a_lost_one_replaced() {
    let idle = Idle { after: Duration::from_millis(400), cut: true };
    let mut world = world(|switches| switches.idle = idle).await;
    world.config.limits.ping = Duration::from_millis(50);
    let tts = world.tts();
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    while world.sim.control.counts().pings < 20 {
        tokio::task::yield_now().await;
    }
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    assert_eq!(world.sim.control.counts().sockets, 2);
    world.config.limits.ping = PATIENCE;
    let tts = world.tts();
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    while world.sim.control.counts().open_sockets > 2 {
        tokio::task::yield_now().await;
    }
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    assert_eq!(world.sim.control.counts().rest_utterances, 0);
}

#[tokio::test]
async fn a_socket_lost_in_the_middle_of_a_sentence_is_an_error_and_not_a_second_start() {
    let world = world(|switches| switches.tts.cut_after = Some(1)).await;
    let text = "yeh vaakya itna lamba hai ki ek tukde mein nahin aata";
    assert!(matches!(speak(&world.tts(), text, Language::Hindi).await, Err(SpeechError::Failed(_))));
    assert_eq!(world.sim.control.counts().rest_utterances, 0);
}

#[tokio::test]
async fn used_up_credits_are_refused_and_a_dead_service_fails() {
    let quota = (429, "insufficient_quota_error".to_owned());
    let world = world(|switches| {
        switches.tts.refuse = Some((503, "internal_server_error".to_owned()));
        switches.tts_rest.refuse = Some(quota);
    })
    .await;
    assert!(matches!(speak(&world.tts(), "namaste", Language::Hindi).await, Err(SpeechError::Refused(_))));
    let World { sim, config, .. } = world;
    drop(sim);
    let tts = SarvamTts::new(config).expect("a client");
    assert!(matches!(speak(&tts, "namaste", Language::Hindi).await, Err(SpeechError::Failed(_))));
}

#[tokio::test]
async fn a_fixed_sentence_is_spoken_twice_at_most_and_punctuation_never() {
    let world = world(|_| {}).await;
    let tts = CachedTts::new(Arc::new(world.tts()), 1 << 20);
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    let kept = speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    assert_eq!(speak(&tts, "namaste", Language::Hindi).await.expect("speaks"), kept);
    assert!(speak(&tts, " … ", Language::Hindi).await.expect("nothing to speak").is_empty());
    assert_eq!(world.sim.control.counts().characters, 2 * "namaste".len());
}

#[tokio::test]
async fn the_more_is_being_spoken_the_more_sockets_wait() {
    let world = world(|switches| switches.delays.tts_between = Delay::Fixed(Duration::from_secs(60))).await;
    let tts = world.tts();
    let mut speaking = Vec::new();
    for _ in 0..8 {
        let mut pieces = tts.speak("yeh vaakya bahut lamba hai", Language::Hindi).await.expect("speaks");
        assert!(pieces.recv().await.expect("a first piece").is_ok());
        speaking.push(pieces);
    }
    let three_spares = async {
        while world.sim.control.counts().open_sockets < 8 + 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, three_spares).await.expect("three sockets wait");
}
