//! Its voice, over the socket and over REST (speech-and-llm.md A6, A7).

use shared::domain::audio::{duration_ms, samples};
use shared::sim::sarvam::Counts;

use super::*;

const SOCKET: &str = "/text-to-speech/ws?model=bulbul:v3";

fn voice(changes: &Value) -> Value {
    let mut voice = json!({"language_code": "hi-IN", "model": "bulbul:v3", "speaker": "ritu",
        "speech_sample_rate": 8_000, "output_audio_codec": "linear16"});
    for (name, value) in changes.as_object().into_iter().flatten() {
        voice[name] = value.clone();
    }
    voice
}

fn config(changes: &Value) -> Value {
    json!({"type": "config", "data": voice(changes)})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "data": {"text": text}})
}

fn flush() -> Value {
    json!({"type": "flush"})
}

fn is_final(message: &Value) -> bool {
    message["data"]["event_type"] == "final"
}

/// The audio among messages, piece by piece, and what it is called.
fn audio(messages: &[Value]) -> Vec<(String, Vec<u8>)> {
    let pieces = messages.iter().filter(|message| message["type"] == "audio");
    let piece = |message: &Value| {
        let audio = message["data"]["audio"].as_str().expect("audio");
        let kind = message["data"]["content_type"].as_str().expect("a type");
        (kind.to_owned(), STANDARD.decode(audio).expect("base64"))
    };
    pieces.map(piece).collect()
}

/// Status and body of a request over REST.
async fn ask(world: &World, mut body: Value, text: &str) -> (u16, Value) {
    shared::adapters::tls::install_provider();
    body["text"] = json!(text);
    let request = reqwest::Client::new().post(format!("{}/text-to-speech", world.sim.base_url()));
    let answer = request.header("api-subscription-key", KEY).json(&body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// The error that ends a socket.
async fn refusal(socket: &mut Raw) -> Value {
    let error = socket.next().await;
    assert_eq!((&error["type"], &error["data"]["code"]), (&json!("error"), &json!(422)), "{error}");
    assert_eq!(socket.next().await, json!({"close": 1011}));
    error["data"]["message"].clone()
}

/// Waits until the simulator has done with everything sent so far.
async fn done(world: &World, socket: &mut Raw) -> Counts {
    let before = world.sim.control.counts().pings;
    socket.say(json!({"type": "ping"})).await;
    while world.sim.control.counts().pings == before {
        tokio::task::yield_now().await;
    }
    world.sim.control.counts()
}

#[tokio::test]
async fn a_voice_that_does_not_exist_is_refused_on_the_socket_and_over_rest_alike() {
    let world = world(|_| {}).await;
    let only = "this simulator speaks wav, linear16, mulaw and alaw, and not";
    for (changes, expected) in [
        (json!({"language_code": "or-IN"}), "language_code or-IN is not supported"),
        (json!({"language_code": "ur-IN"}), "language_code ur-IN is not supported"),
        (json!({"language_code": null}), "language_code is required"),
        (json!({"model": "saarika:v2.5"}), "model saarika:v2.5 is not supported"),
        (json!({"speaker": "anushka"}), "Speaker 'anushka' is not compatible with model bulbul:v3"),
        (json!({"model": "bulbul:v2"}), "Speaker 'ritu' is not compatible with model bulbul:v2"),
        (json!({"pace": 2.1}), "pace is out of range"),
        (json!({"speech_sample_rate": 11_025}), "speech_sample_rate 11025 is not supported"),
        (json!({"output_audio_codec": "opus"}), "output_audio_codec opus is not supported by bulbul:v3"),
        (json!({"output_audio_codec": "gsm"}), "output_audio_codec gsm is not supported"),
        (json!({"output_audio_codec": "mp3"}), &format!("{only} mp3")),
        (json!({"output_audio_codec": "aac"}), &format!("{only} aac")),
        (json!({"output_audio_codec": "flac"}), &format!("{only} flac")),
        (json!({"model": "bulbul:v2", "speaker": "arya", "output_audio_codec": "opus"}), &format!("{only} opus")),
    ] {
        let mut socket = Raw::open(&world, SOCKET).await;
        socket.say(config(&changes)).await;
        assert_eq!(refusal(&mut socket).await, expected);
        let (status, body) = ask(&world, voice(&changes), "namaste").await;
        assert_eq!((status, &body["error"]["message"]), (422, &json!(expected)));
    }
}

#[tokio::test]
async fn a_text_longer_than_its_model_allows_is_refused() {
    let world = world(|_| {}).await;
    for (model, speaker, most) in
        [("bulbul:v2", "arya", 1_500), ("bulbul:v3", "ritu", 2_500), ("bulbul:v4-flash", "ritu_hi_banking", 2_500)]
    {
        let changes = json!({"model": model, "speaker": speaker});
        // Nothing but spaces is quickly said.
        let (longest, too_long) = (" ".repeat(most), " ".repeat(most + 1));
        assert_eq!(ask(&world, voice(&changes), &longest).await.0, 200, "{model}");
        let (status, body) = ask(&world, voice(&changes), &too_long).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!("invalid_request_error")), "{model}");
        let mut socket = Raw::open(&world, SOCKET).await;
        for message in [config(&changes), text(&longest), flush()] {
            socket.say(message).await;
        }
        assert!(is_final(&socket.next().await), "{model}");
        socket.say(text(&too_long)).await;
        assert_eq!(refusal(&mut socket).await, format!("text must have 1 to {most} characters"));
    }
}

#[tokio::test]
async fn the_speaking_socket_wants_its_config_first() {
    let world = world(|_| {}).await;
    for first in [text("namaste"), flush()] {
        let mut socket = Raw::open(&world, SOCKET).await;
        socket.say(first).await;
        assert_eq!(refusal(&mut socket).await, "the first message must be config");
    }
}

#[tokio::test]
async fn nothing_is_spoken_of_a_short_text_before_it_is_flushed() {
    let world = world(|_| {}).await;
    let mut socket = Raw::open(&world, SOCKET).await;
    socket.say(config(&json!({"min_buffer_size": 40}))).await;
    socket.say(text(&"a".repeat(39))).await;
    assert_eq!(done(&world, &mut socket).await.characters, 0);
    socket.say(text("b")).await;
    assert_eq!(socket.next().await["type"], "audio");
    socket.say(text("haan")).await;
    assert_eq!(done(&world, &mut socket).await.characters, 40);
    socket.say(flush()).await;
    socket.until(is_final).await;
    assert_eq!(world.sim.control.counts().characters, 44);
}

#[tokio::test]
async fn the_end_of_speech_is_told_unless_it_is_not_asked_for() {
    let world = world(|_| {}).await;
    for (query, expected) in [("", 1), ("&send_completion_event=true", 1), ("&send_completion_event=false", 0)] {
        let mut socket = Raw::open(&world, &format!("{SOCKET}{query}")).await;
        // There is no `stop`, and an unknown message ends the socket after all that was to be said.
        for message in [config(&json!({})), text("haan ji"), flush(), json!({"type": "stop"})] {
            socket.say(message).await;
        }
        let seen = socket.until(|message| message["type"] == "error").await;
        assert!(!audio(&seen).is_empty(), "{query}");
        assert_eq!(seen.iter().filter(|message| is_final(message)).count(), expected, "{query}");
    }
}

#[tokio::test]
async fn pieces_come_faster_than_they_sound_and_also_to_a_client_who_has_moved_on() {
    let world = world(|switches| switches.delays.tts_between = Delay::Fixed(Duration::from_millis(5))).await;
    let Delay::Fixed(between) = Delays::default().tts_between else { panic!("a drawn pause") };
    let whole_ms = duration_ms(world.lexicon.speak(LONG, Language::Hindi).await.audio.len());
    for (rate_hz, codec, sample_bytes) in [(8_000, "linear16", 2), (24_000, "linear16", 2), (8_000, "mulaw", 1)] {
        let mut socket = Raw::open(&world, SOCKET).await;
        let changes = json!({"speech_sample_rate": rate_hz, "output_audio_codec": codec});
        for message in [config(&changes), text(LONG), flush()] {
            socket.say(message).await;
        }
        let mut seen = vec![socket.next().await];
        for message in [config(&json!({"language_code": "ta-IN"})), text("haan"), flush()] {
            socket.say(message).await;
        }
        seen.extend(socket.until(is_final).await);
        let ms: Vec<usize> =
            audio(&seen).iter().map(|(_, piece)| piece.len() * 1_000 / (rate_hz * sample_bytes)).collect();
        assert!(ms.iter().sum::<usize>().abs_diff(whole_ms as usize) <= ms.len(), "{codec} {rate_hz}: {ms:?}");
        let (_, whole_pieces) = ms.split_last().expect("pieces");
        assert!(whole_pieces.len() > 5, "{ms:?}");
        assert!(whole_pieces.iter().all(|ms| (300..=500).contains(ms)), "{codec} {rate_hz}: {ms:?}");
        assert!(whole_pieces.iter().all(|ms| *ms as u128 > between.as_millis()), "{codec} {rate_hz}: {ms:?}");
        let next = socket.until(is_final).await;
        assert!(!audio(&next).is_empty());
    }
}

/// One byte of G.711 as a 16-bit sample.
fn decoded(codec: &str, byte: u8) -> i32 {
    let bits = i32::from(if codec == "mulaw" { !byte } else { byte ^ 0x55 });
    let (step, segment) = (bits & 0x0F, bits >> 4 & 7);
    let (magnitude, is_negative) = match (codec, segment) {
        ("mulaw", _) => ((((step << 3) + 0x84) << segment) - 0x84, bits & 0x80 != 0),
        (_, 0) => ((step << 4) + 8, bits & 0x80 == 0),
        _ => (((step << 4) + 0x108) << (segment - 1), bits & 0x80 == 0),
    };
    if is_negative { -magnitude } else { magnitude }
}

#[tokio::test]
async fn the_telephones_codecs_sound_like_the_samples_they_stand_for() {
    let world = world(|_| {}).await;
    let linear = samples(&world.lexicon.speak(LONG, Language::Hindi).await.audio);
    for codec in ["mulaw", "alaw"] {
        let changes = json!({"output_audio_codec": codec});
        let mut socket = Raw::open(&world, SOCKET).await;
        for message in [config(&changes), text(LONG), flush()] {
            socket.say(message).await;
        }
        let pieces = audio(&socket.until(is_final).await);
        assert!(pieces.iter().all(|(kind, _)| *kind == format!("audio/{codec}")));
        let over_socket: Vec<u8> = pieces.into_iter().flat_map(|(_, piece)| piece).collect();
        let (_, body) = ask(&world, voice(&changes), LONG).await;
        let over_rest = STANDARD.decode(body["audios"][0].as_str().expect("audio")).expect("base64");
        for bytes in [over_socket, over_rest] {
            assert_eq!(bytes.len(), linear.len(), "{codec}");
            for (byte, sample) in bytes.iter().zip(&linear) {
                // Half a step of its segment, and what the marks of another clip change.
                let (decoded, sample) = (decoded(codec, *byte), i32::from(*sample));
                assert!((decoded - sample).abs() <= (sample.abs() + 132) / 32 + 10, "{codec} {sample}: {decoded}");
            }
        }
    }
}

#[tokio::test]
async fn the_pace_shortens_and_stretches_fourteen_characters_a_second_and_loses_no_word() {
    for refuse in [None, Some((503, "internal_server_error".to_owned()))] {
        let mut world = world(|switches| switches.tts.refuse = refuse.clone()).await;
        let mut stream = world.open().await;
        for pace in [0.5, 1.0, 1.25, 2.0] {
            world.config.pace = pace;
            let audio = speak(&world.tts(), LONG, Language::Hindi).await.expect("speaks");
            let characters_a_second = LONG.chars().count() as f64 * 1_000.0 / duration_ms(audio.len()) as f64;
            assert!((0.85..1.15).contains(&(characters_a_second / (14.0 * pace))), "{pace}: {characters_a_second}");
            utter(&stream, &audio).await;
            assert_eq!(final_of(&mut stream).await.1, LONG);
        }
    }
    let found_here = Lexicon::new(Voice::detect());
    let length = async |pace| found_here.speak_at(LONG, Language::Hindi, pace).await.audio.len();
    let [slow, usual, quick] = [length(0.7).await, length(1.0).await, length(1.5).await];
    assert!(slow * 4 > usual * 5 && usual * 4 > quick * 5, "{slow} {usual} {quick}");
}
