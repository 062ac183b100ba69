//! Its two recogniser sockets (speech-and-llm.md A4, A5).

use shared::sim::sarvam::{Frame, Side};
use shared::sim::speech::SpokenWord;

use super::*;

const REALTIME: &str = "/speech-to-text-realtime/ws";
const OLDER: &str = "/speech-to-text/ws";
/// Longer than any silence that is waited for by default.
const SILENCE: [u8; FRAME_BYTES * 40] = [0; FRAME_BYTES * 40];

async fn realtime(world: &World, query: &str) -> Raw {
    Raw::open(world, &format!("{REALTIME}?language_code=auto&sample_rate=8000{query}")).await
}

fn audio(pcm: &[u8]) -> Value {
    json!({"event": "audio_input", "audio": STANDARD.encode(pcm)})
}

fn is(event: &str) -> impl Fn(&Value) -> bool {
    move |message| message["event"] == event
}

/// The words of a clip, each with its frames.
async fn words(world: &World, text: &str) -> Vec<Vec<u8>> {
    let clip = world.lexicon.speak(text, Language::Hindi).await;
    let frames = |word: &SpokenWord| word.first_frame * FRAME_BYTES..word.end_frame * FRAME_BYTES;
    clip.words.iter().map(|word| clip.audio[frames(word)].to_vec()).collect()
}

/// Everything that is said before the answer to a ping.
async fn so_far(socket: &mut Raw) -> Vec<Value> {
    socket.say(json!({"event": "ping"})).await;
    socket.until(is("pong")).await
}

#[tokio::test]
async fn a_realtime_session_begins_first_or_is_closed_with_4000() {
    let world = world(|_| {}).await;
    for query in [
        "language_code=or-IN&sample_rate=8000",
        "language_code=auto&sample_rate=16000&model=saaras:v4",
        "language_code=ur-IN",
    ] {
        let mut socket = Raw::open(&world, &format!("{REALTIME}?{query}")).await;
        socket.say(audio(&SILENCE)).await;
        let first = socket.next().await;
        assert_eq!((&first["event"], &first["config"]["turn_detection"]), (&json!("session.begin"), &json!("vad")));
    }
    for query in [
        "language_code=auto&sample_rate=11025",
        "language_code=auto&sample_rate=44100",
        "language_code=od-IN",
        "language_code=unknown",
        "sample_rate=8000",
        "language_code=auto&model=saarika:v2.5",
        "language_code=auto&model=saaras:v3",
        "language_code=auto&stream_type=quick",
        "language_code=auto&endpointing=never",
    ] {
        let mut socket = Raw::open(&world, &format!("{REALTIME}?{query}")).await;
        assert_eq!(socket.next().await, json!({"close": 4000}), "{query}");
    }
}

#[tokio::test]
async fn the_older_socket_refuses_what_it_can_not_hear_before_it_opens() {
    let world = world(|_| {}).await;
    for (query, status) in [
        ("language-code=od-IN&sample_rate=8000&model=saaras:v3", None),
        ("language-code=or-IN", Some(422)),
        ("language-code=auto", Some(422)),
        ("model=saarika:v2.5", Some(422)),
        ("sample_rate=11025", Some(422)),
        ("input_audio_codec=mp3", Some(422)),
    ] {
        let opened = Raw::try_open(&world, &format!("{OLDER}?{query}")).await;
        assert_eq!(opened.err(), status, "{query}");
    }
}

#[tokio::test]
async fn a_flush_ends_an_utterance_of_the_older_socket_only_where_it_was_asked_for() {
    let world = world(|_| {}).await;
    let heard = |pcm: &[u8]| json!({"audio": {"data": STANDARD.encode(pcm), "sample_rate": 8_000}});
    for (query, expected) in
        [("", &["ek do"][..]), ("&flush_signal=false", &["ek do"]), ("&flush_signal=true", &["ek", "do"])]
    {
        let mut socket = Raw::open(&world, &format!("{OLDER}?sample_rate=8000{query}")).await;
        let [first, second] = words(&world, "ek do").await.try_into().expect("two words");
        for message in [heard(&first), json!({"type": "flush"}), heard(&second), heard(&SILENCE)] {
            socket.say(message).await;
        }
        for text in expected {
            assert_eq!(socket.next().await["data"]["transcript"], *text, "{query}");
        }
    }
}

#[tokio::test]
async fn partials_grow_word_by_word_unless_the_stream_is_simulated() {
    let world = world(|_| {}).await;
    let growing = ["ek", "ek do", "ek do teen"];
    for (stream_type, expected) in [("fast", &growing[..]), ("balanced", &growing), ("simulated", &[])] {
        let mut socket = realtime(&world, &format!("&stream_type={stream_type}")).await;
        for word in words(&world, "ek do teen").await {
            socket.say(audio(&word)).await;
        }
        socket.say(audio(&SILENCE)).await;
        let seen = socket.until(is("transcript.final")).await;
        let partials: Vec<&Value> = seen.iter().filter(|message| is("transcript.partial")(message)).collect();
        assert_eq!(partials.iter().map(|partial| &partial["text"]).collect::<Vec<_>>(), expected, "{stream_type}");
        assert_eq!(seen.last().expect("a final")["text"], "ek do teen");
    }
}

#[tokio::test]
async fn an_utterance_does_not_end_by_itself_while_no_silence_is_heard() {
    let world = world(|_| {}).await;
    let mut socket = realtime(&world, "&silence_duration_ms=20").await;
    socket.say(audio(&words(&world, "haan").await.concat())).await;
    let mut seen = Vec::new();
    // On the simulator's own clock, many times the silence that would end it.
    let waited = |frames: Vec<Frame>| {
        let spoken = frames.iter().find(|frame| frame.from == Side::Client && is("audio_input")(&frame.body));
        spoken.zip(frames.last()).is_some_and(|(spoken, last)| last.at - spoken.at > Duration::from_millis(200))
    };
    while !waited(world.sim.control.frames()) {
        seen.extend(so_far(&mut socket).await);
    }
    assert!(seen.iter().any(is("vad.speech_start")), "{seen:?}");
    assert!(!seen.iter().any(is("vad.speech_end")) && !seen.iter().any(is("transcript.final")), "{seen:?}");
    socket.say(audio(&SILENCE)).await;
    let seen = socket.until(is("transcript.final")).await;
    assert!(seen.iter().any(is("vad.speech_end")), "{seen:?}");
}

#[tokio::test]
async fn a_new_language_waits_for_the_end_of_the_utterance_and_a_new_silence_does_not() {
    let world = world(|_| {}).await;
    let mut socket = realtime(&world, "&silence_duration_ms=60000").await;
    let mut languages = Vec::new();
    for update in [json!({"language_code": "ta-IN", "silence_duration_ms": 100}), json!({"language_code": "auto"})] {
        let [first, second] = words(&world, "ek do").await.try_into().expect("two words");
        socket.say(audio(&first)).await;
        let mut message = update.clone();
        message["event"] = json!("config.update");
        socket.say(message).await;
        let updated = socket.until(is("config.updated")).await.pop().expect("an answer");
        let applied: Vec<&String> = update.as_object().expect("fields").keys().collect();
        assert_eq!(updated["applied"], json!(applied));
        socket.say(audio(&second)).await;
        socket.say(audio(&SILENCE)).await;
        let seen = so_far(&mut socket).await;
        let told = seen.into_iter().find(is("transcript.final")).expect("silence of the new length ends it");
        assert_eq!(told["text"], "ek do");
        languages.push(told["language"].clone());
    }
    // Between two utterances it waits for nothing.
    socket.say(json!({"event": "config.update", "language_code": "hi-IN"})).await;
    socket.say(audio(&[words(&world, "haan").await.concat(), SILENCE.to_vec()].concat())).await;
    let told = socket.until(is("transcript.final")).await.pop().expect("a final");
    languages.push(told["language"].clone());
    assert_eq!(languages, [json!("hi-IN"), Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_new_endpointing_waits_for_the_end_of_the_utterance() {
    let world = world(|_| {}).await;
    let mut socket = realtime(&world, "").await;
    let sentence = [words(&world, "haan ji").await.concat(), SILENCE.to_vec()].concat();
    let has_final = |seen: Vec<Value>| seen.iter().any(is("transcript.final"));
    socket.say(audio(&sentence[..FRAME_BYTES * 5])).await;
    socket.say(json!({"event": "config.update", "endpointing": "manual"})).await;
    socket.say(audio(&sentence[FRAME_BYTES * 5..])).await;
    assert!(has_final(so_far(&mut socket).await), "this one ends with silence");
    socket.say(json!({"event": "speech_start"})).await;
    socket.say(audio(&sentence)).await;
    assert!(!has_final(so_far(&mut socket).await), "the next does not");
    socket.say(json!({"event": "config.update", "endpointing": "vad"})).await;
    socket.say(json!({"event": "speech_end"})).await;
    assert!(has_final(so_far(&mut socket).await), "but where it is told to");
    socket.say(audio(&sentence)).await;
    assert!(has_final(so_far(&mut socket).await), "and the one after it with silence again");
}

#[tokio::test]
async fn an_impossible_update_is_an_error_that_ends_nothing() {
    let world = world(|_| {}).await;
    let mut socket = realtime(&world, "").await;
    for update in [
        json!({"event": "config.update", "stream_type": "simulated"}),
        json!({"event": "config.update", "endpointing": "never"}),
        json!({"event": "config.update", "language_code": "od-IN"}),
    ] {
        socket.say(update.clone()).await;
        let seen = so_far(&mut socket).await;
        let error = seen.iter().find(|message| is("error")(message)).expect("an error");
        assert_eq!((&error["code"], &error["is_fatal"]), (&json!("invalid_config"), &json!(false)), "{update}");
        assert!(!seen.iter().any(is("config.updated")), "{update}");
    }
}
