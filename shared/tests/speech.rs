//! The real Sarvam clients against the simulator, over loopback.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shared::adapters::cached_tts::CachedTts;
use shared::adapters::sarvam::{Recogniser, SarvamConfig, SarvamLimits, SarvamStt, SarvamTts};
use shared::domain::audio::FRAME_BYTES;
use shared::domain::language::Language;
use shared::ports::speech::{HearingEvent, HearingInput, HearingStream, SpeechError, SpeechToText, TextToSpeech};
use shared::sim::sarvam::{Delays, Idle, LanguageFields, SarvamHandle, SarvamSim, Switches, serve};
use shared::sim::speech::{Lexicon, Voice};
use tokio::net::TcpListener;

const KEY: &str = "test-key";
/// Far longer than anything takes here; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

const SENTENCES: [(Language, &str); 11] = [
    (Language::English, "your payment of 4500 rupees is due"),
    (Language::Hindi, "आपकी किस्त कल देनी है"),
    (Language::Tamil, "உங்கள் தவணை நாளை செலுத்த வேண்டும்"),
    (Language::Telugu, "మీ వాయిదా రేపు చెల్లించాలి"),
    (Language::Kannada, "ನಿಮ್ಮ ಕಂತು ನಾಳೆ ಪಾವತಿಸಬೇಕು"),
    (Language::Malayalam, "നിങ്ങളുടെ തവണ നാളെ അടയ്ക്കണം"),
    (Language::Marathi, "तुमचा हप्ता उद्या भरायचा आहे"),
    (Language::Gujarati, "તમારો હપ્તો કાલે ભરવાનો છે"),
    (Language::Bengali, "আপনার কিস্তি কাল দিতে হবে"),
    (Language::Punjabi, "ਤੁਹਾਡੀ ਕਿਸ਼ਤ ਕੱਲ੍ਹ ਦੇਣੀ ਹੈ"),
    (Language::Odia, "ଆପଣଙ୍କ କିସ୍ତି କାଲି ଦେବାକୁ ହେବ"),
];

struct World {
    sim: SarvamHandle,
    lexicon: Lexicon,
    config: SarvamConfig,
}

async fn world(change: impl FnOnce(&mut Switches)) -> World {
    let lexicon = Lexicon::new(Voice::Made);
    let mut switches = Switches { delays: Delays::none(), ..Switches::default() };
    change(&mut switches);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let sim = serve(listener, SarvamSim { lexicon: lexicon.clone(), key: KEY.to_owned(), switches }).await;
    let sim = sim.expect("the simulator serves");
    let config = SarvamConfig {
        base_url: sim.base_url(),
        ws_url: sim.ws_url(),
        key: KEY.to_owned().into(),
        ..SarvamConfig::default()
    };
    World { sim, lexicon, config }
}

impl World {
    fn tts(&self) -> SarvamTts {
        SarvamTts::new(self.config.clone()).expect("a client")
    }
    fn stt(&self) -> SarvamStt {
        SarvamStt::new(self.config.clone())
    }
    async fn open(&self) -> HearingStream {
        self.stt().open(Language::Hindi).await.expect("opens")
    }
}

/// All audio of a sentence, or the error that ended it.
async fn speak(tts: &dyn TextToSpeech, text: &str, language: Language) -> Result<Vec<u8>, SpeechError> {
    let mut pieces = tts.speak(text, language).await?;
    let mut audio = Vec::new();
    while let Some(piece) = tokio::time::timeout(PATIENCE, pieces.recv()).await.expect("speech ends") {
        audio.extend_from_slice(&piece?);
    }
    Ok(audio)
}

async fn send(stream: &HearingStream, input: HearingInput) {
    stream.input.send(input).await.expect("the stream is open");
}

/// Sends an utterance frame by frame, between its start and its end.
async fn utter(stream: &HearingStream, audio: &[u8]) {
    send(stream, HearingInput::SpeechStart).await;
    for frame in audio.chunks(FRAME_BYTES) {
        send(stream, HearingInput::Audio(Bytes::copy_from_slice(frame))).await;
    }
    send(stream, HearingInput::SpeechEnd).await;
}

async fn next(stream: &mut HearingStream) -> Option<HearingEvent> {
    tokio::time::timeout(PATIENCE, stream.events.recv()).await.expect("an event comes")
}

/// The next final, with the partials before it.
async fn final_of(stream: &mut HearingStream) -> (Vec<String>, String, Option<Language>) {
    let mut partials = Vec::new();
    loop {
        match next(stream).await {
            Some(HearingEvent::Partial { text }) => partials.push(text),
            Some(HearingEvent::Final { text, language }) => return (partials, text, language),
            other => panic!("no final but {other:?}"),
        }
    }
}

async fn closed(stream: &mut HearingStream) -> SpeechError {
    loop {
        match next(stream).await {
            Some(HearingEvent::Closed(error)) => return error,
            Some(_) => {}
            None => panic!("the stream ended without a word"),
        }
    }
}

async fn says_and_hears_all_languages(world: &World) {
    let tts = world.tts();
    let mut stream = world.open().await;
    for (language, text) in SENTENCES {
        let audio = speak(&tts, text, language).await.expect("speaks");
        utter(&stream, &audio).await;
        let (_, heard, heard_language) = final_of(&mut stream).await;
        assert_eq!((heard.as_str(), heard_language), (text, Some(language)));
    }
}

#[tokio::test]
async fn what_is_said_in_each_language_is_heard_on_the_realtime_socket() {
    let world = world(|switches| switches.odd_pieces = true).await;
    says_and_hears_all_languages(&world).await;
    assert_eq!(world.sim.control.counts().rest_utterances, 0);
}

#[tokio::test]
async fn what_is_said_in_each_language_is_heard_on_the_older_socket() {
    let mut world = world(|_| {}).await;
    world.config.recogniser = Recogniser::Socket;
    says_and_hears_all_languages(&world).await;
}

#[tokio::test]
async fn what_the_guessed_names_and_rules_are_makes_no_difference() {
    use shared::wire::sarvam::speaking::LanguageField;
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
    }
}

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
async fn a_wrong_key_is_refused_everywhere() {
    let mut world = world(|_| {}).await;
    world.config.key = "wrong".to_owned().into();
    assert!(matches!(world.stt().open(Language::Hindi).await, Err(SpeechError::Refused(_))));
    assert!(matches!(speak(&world.tts(), "namaste", Language::Hindi).await, Err(SpeechError::Refused(_))));
    assert_eq!(world.sim.control.counts().characters, 0);
}

#[tokio::test]
async fn a_cancelled_sentence_costs_its_socket_and_the_spare_speaks_the_next() {
    let world = world(|switches| {
        switches.delays.tts_between = shared::sim::sarvam::Delay::Fixed(Duration::from_secs(60));
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
async fn a_fixed_sentence_is_spoken_once_and_punctuation_never() {
    let world = world(|_| {}).await;
    let tts = CachedTts::new(Arc::new(world.tts()), 1 << 20);
    let first = speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    let second = speak(&tts, "namaste", Language::Hindi).await.expect("speaks");
    assert_eq!(first, second);
    assert!(speak(&tts, " … ", Language::Hindi).await.expect("nothing to speak").is_empty());
    assert_eq!(world.sim.control.counts().characters, "namaste".len());
}
