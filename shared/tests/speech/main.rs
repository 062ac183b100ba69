//! The real Sarvam clients against the simulator, over loopback.

mod fallback;
mod faults;
mod guesses;
mod hearing;
mod rest;
mod simulator;
mod speaking;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shared::adapters::cached_tts::CachedTts;
use shared::adapters::sarvam::{Recogniser, SarvamConfig, SarvamLimits, SarvamStt, SarvamTts};
use shared::domain::audio::FRAME_BYTES;
use shared::domain::language::Language;
use shared::ports::speech::{HearingEvent, HearingInput, HearingStream, SpeechError, SpeechToText, TextToSpeech};
use shared::sim::sarvam::{Delay, Delays, Idle, LanguageFields, SarvamHandle, SarvamSim, Switches, serve};
use shared::sim::speech::{Lexicon, Voice};
use tokio::net::TcpListener;

const KEY: &str = "test-key";
/// Far longer than anything takes here; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough to be several pieces of audio.
const LONG: &str = "yeh vaakya itna lamba hai ki ek tukde mein nahin aata";

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
        SarvamStt::new(self.config.clone()).expect("a client")
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

/// What can be done about it.
fn kind(error: &SpeechError) -> &'static str {
    match error {
        SpeechError::Busy => "busy",
        SpeechError::Refused(_) => "refused",
        SpeechError::Failed(_) => "failed",
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
async fn a_failing_way_is_not_asked_first_again_at_once() {
    let mut world = world(|switches| {
        switches.tts.close = Some((1011, "server error".to_owned()));
        switches.realtime.close = Some((4000, "beta access denied".to_owned()));
    })
    .await;
    world.config.limits.first_audio = PATIENCE;
    let (tts, stt) = (world.tts(), world.stt());
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks over REST");
    stt.open(Language::Hindi).await.expect("opens the older one");
    let before = world.sim.control.counts().sockets;
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks over REST");
    stt.open(Language::Hindi).await.expect("opens the older one");
    assert_eq!(world.sim.control.counts().sockets, before + 1);
    world.sim.control.set(|switches| *switches = Switches { delays: Delays::none(), ..Switches::default() });
    world.sim.control.set(|switches| switches.tts_rest.refuse = Some((500, "internal_server_error".to_owned())));
    speak(&tts, "namaste", Language::Hindi).await.expect("speaks over the socket again");
}

#[tokio::test]
async fn an_account_at_its_limit_of_sockets_still_hears_and_speaks_over_rest() {
    let world = world(|switches| (switches.quota.stt_sockets, switches.quota.tts_sockets) = (0, 0)).await;
    let mut stream = world.open().await;
    utter(&stream, &world.lexicon.speak("kal dunga", Language::Hindi).await.audio).await;
    assert_eq!(final_of(&mut stream).await.1, "kal dunga");
    assert!(!speak(&world.tts(), "namaste", Language::Hindi).await.expect("speaks").is_empty());
    assert_eq!(world.sim.control.counts().rest_utterances, 1);
}
