//! Every switch the scenarios do not turn, turned once.

use std::time::Duration;

use axum::extract::ws::Message;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::domain::audio::FRAME_BYTES;
use shared::sim::exotel::{Outcome, Scenario, Truth};

use crate::app::{Conduct, Stage};
use crate::{COOPERATIVE, sid_of};

fn short() -> Conduct {
    Conduct { sentences: vec!["Bye."], ..Conduct::default() }
}

/// One call to the cooperative customer under changed switches.
async fn called(conduct: Conduct, switches: Value) -> (Stage, Truth) {
    let stage = Stage::new(conduct).await;
    stage.sim.set_switches(&switches).unwrap();
    sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
    let truth = stage.over(1).await;
    (stage, truth)
}

#[tokio::test]
async fn the_clock_runs_as_fast_as_it_is_told() {
    let slow = json!({"clock_speed": 6_000, "ring_ms": 300_000, "callback_delay_ms": 600_000, "no_answer_ms": null});
    let (stage, truth) = called(short(), slow).await;
    assert_eq!(truth.calls[0].outcome, Some(Outcome::Completed));
    // Forty seconds of `TimeOut` are over as quickly.
    sid_of(stage.dial("+919000000012", "order-2").await).await;
    stage.over(1).await;
}

#[tokio::test]
async fn reading_counts_against_the_accounts_rate_where_the_switch_says_so() {
    for (shares, then) in [(false, 200), (true, 429)] {
        let stage = Stage::new(short()).await;
        stage.sim.set_switches(&json!({"requests_per_minute": 2, "reads_share_limit": shares})).unwrap();
        let sid = sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
        assert_eq!(stage.read("Calls.json").await.status(), 200);
        for path in [&format!("Calls/{sid}.json"), "Calls.json", "ActiveStreams"] {
            assert_eq!(stage.read(path).await.status(), then, "{path}, {shares}");
        }
        assert_eq!(stage.dial("+919000000002", "order-2").await.status(), then, "{shares}");
        assert_eq!(stage.dial("+919000000003", "order-3").await.status(), 429, "{shares}");
    }
}

#[tokio::test]
async fn numbers_are_written_in_the_shape_asked_for_at_either_end() {
    for (shape, written) in [("e164", "+919000000001"), ("bare", "9000000001")] {
        let (stage, _) = called(short(), json!({"number_shape": shape, "swap_from_to": true})).await;
        let query = &stage.seen("passthru-a")[0].query;
        assert_eq!((query["CallFrom"].as_str(), query["CallTo"].as_str()), ("02200000000", written));
    }
}

#[tokio::test]
async fn a_head_request_may_come_before_every_passthru() {
    let (stage, _) = called(short(), json!({"head_before_get": true})).await;
    let methods: Vec<String> = stage.seen("passthru-a").into_iter().map(|seen| seen.body).collect();
    assert_eq!(methods, ["HEAD", "GET"]);
}

#[tokio::test]
async fn a_passthru_that_fails_leads_where_the_switch_says() {
    for (switches, slow, goes_on) in [
        (json!({"passthru_other": "branch_a"}), 0, true),
        (json!({"passthru_other": "hang_up"}), 0, false),
        (json!({}), 0, false),
        (json!({"passthru_timeout_ms": 50, "passthru_silent": "branch_a", "passthru_other": "branch_b"}), 300, true),
        (json!({"passthru_timeout_ms": 50, "passthru_other": "branch_a"}), 300, false),
    ] {
        let passthru_a = if slow > 0 { 200 } else { 503 };
        let slow_passthru = Duration::from_millis(slow);
        let (stage, _) = called(Conduct { passthru_a, slow_passthru, ..short() }, switches.clone()).await;
        assert_eq!(!stage.seen("voicebot-url").is_empty(), goes_on, "{switches}");
    }
}

#[tokio::test]
async fn an_answer_may_be_another_or_late_between_an_applet_and_its_address() {
    let (stage, _) = called(short(), json!({"mishap": {"applet": "passthru_a", "answered": 503}})).await;
    assert!(stage.seen("passthru-a").is_empty() && stage.seen("voicebot-url").is_empty(), "{:?}", stage.paths());
    for (hangs_up, goes_on) in [(false, true), (true, false)] {
        let late = json!({
            "mishap": {"applet": "voicebot_url", "late_ms": 300},
            "voicebot_url_timeout_ms": 50,
            "hang_up_without_address": hangs_up,
        });
        let (stage, _) = called(short(), late).await;
        assert!(stage.frames().is_empty(), "no stream without an address");
        assert_eq!(!stage.seen("passthru-b").is_empty(), goes_on, "hangs up: {hangs_up}");
    }
}

#[tokio::test]
async fn passthru_a_may_come_after_the_stream_began_and_twice() {
    let (stage, _) = called(Conduct::default(), json!({"passthru_a_async_ms": 600, "passthru_a_twice": true})).await;
    let paths = stage.paths();
    assert_eq!(paths[..3], ["voicebot-url", "passthru-a", "passthru-a"], "{paths:?}");
}

#[tokio::test]
async fn passthru_b_may_be_left_out_and_then_nobody_is_connected() {
    let conduct = Conduct { passthru_b: 200, numbers: vec!["+919000000091"], ..short() };
    let (stage, _) = called(conduct, json!({"passthru_b_copies": 0})).await;
    assert!(stage.seen("passthru-b").is_empty() && stage.seen("connect").is_empty());
}

#[tokio::test]
async fn the_bots_address_is_asked_for_in_three_ways() {
    let (stage, _) = called(short(), json!({"voicebot_request": "bare_get"})).await;
    let bare = &stage.seen("voicebot-url")[0];
    assert_eq!(bare.query.keys().collect::<Vec<_>>(), ["k"]);
    let (stage, truth) = called(short(), json!({"voicebot_request": "post", "custom_field_for_applets": false})).await;
    let posted = &stage.seen("voicebot-url")[0].body;
    assert!(posted.contains(&format!("CallSid={}", truth.calls[0].sid)) && !posted.contains("CustomField"), "{posted}");
    assert!(stage.seen("passthru-a")[0].query.contains_key("CustomField"), "Passthru always has it");
}

#[tokio::test]
async fn the_format_of_the_audio_is_written_in_many_ways() {
    for (spelling, expected) in [
        ("raw", json!({"encoding": "raw", "sample_rate": "8000", "bit_rate": "128"})),
        ("bits16", json!({"encoding": "audio/x-raw", "sample_rate": "8000", "bit_rate": "16"})),
        ("with_units", json!({"encoding": "audio/x-raw", "sample_rate": "8000Hz", "bit_rate": "128kbps"})),
        ("base64", json!({"encoding": "base64", "sample_rate": "8000", "bit_rate": "128"})),
        ("blank", json!({"encoding": "", "sample_rate": "", "bit_rate": ""})),
        ("absent", Value::Null),
    ] {
        let (stage, _) = called(short(), json!({"media_format": spelling})).await;
        assert_eq!(stage.frames()[1]["start"]["media_format"], expected);
    }
}

#[tokio::test]
async fn a_stream_of_a_higher_rate_carries_the_same_words() {
    let (stage, _) = called(short(), json!({"sample_rate": 24_000})).await;
    assert_eq!(stage.frames()[1]["start"]["media_format"]["sample_rate"], "24000");
    assert!(stage.media().iter().all(|bytes| *bytes == FRAME_BYTES * 3), "{:?}", stage.media());
}

#[tokio::test]
async fn jitter_delays_messages_and_loses_none() {
    let (stage, _) = called(Conduct::default(), json!({"jitter_ms": 80})).await;
    assert_eq!(stage.words(), "Yes, speaking. No, thank you.");
}

#[tokio::test]
async fn a_hang_up_has_a_stop_and_a_code_or_neither() {
    let hangs_up = Scenario::switches(json!({"hang_up_code": 1001}));
    let cuts = Scenario::switches(json!({"cut_on_hang_up": true}));
    for (scenario, signal, stops) in [(hangs_up, "close 1001", true), (cuts, "cut", false)] {
        let long = "Thank you. The monthly payment of your loan is due on the fifth and we remind you of it";
        let stage = Stage::new(Conduct { sentences: vec!["Hello?", long], ..Conduct::default() }).await;
        stage.set("+919000000014", scenario);
        sid_of(stage.dial("+919000000014", "order-1").await).await;
        stage.over(1).await;
        stage.until(|_| !stage.signals().is_empty()).await;
        assert_eq!(stage.signals(), [signal]);
        assert_eq!(stage.frames().iter().any(|frame| frame["event"] == "stop"), stops);
    }
}

#[tokio::test]
async fn a_ping_is_answered_or_never() {
    for (answers, signals) in [(true, vec!["pong"]), (false, Vec::new())] {
        let conduct = Conduct { opening: vec![Message::Ping("anybody there?".into())], ..Conduct::default() };
        let (stage, _) = called(conduct, json!({"answers_pings": answers})).await;
        assert_eq!(stage.signals(), signals);
        assert_eq!(stage.words(), "Yes, speaking. No, thank you.");
    }
}

#[tokio::test]
async fn a_lost_stream_is_opened_again_where_the_switch_says_so() {
    let (stage, truth) = called(Conduct::default(), json!({"cut_stream_after_ms": 1_000, "reconnects": true})).await;
    let starts: Vec<Value> = stage.frames().into_iter().filter(|frame| frame["event"] == "start").collect();
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[0]["start"]["call_sid"], starts[1]["start"]["call_sid"]);
    assert_ne!(starts[0]["stream_sid"], starts[1]["stream_sid"]);
    assert_eq!(truth.calls[0].stream.as_ref().unwrap().disconnected_by.as_deref(), Some("bot"));
    assert!(
        truth.calls[0].heard.len() >= 4,
        "what was heard before the cut is not forgotten: {:?}",
        truth.calls[0].heard
    );
}

#[tokio::test]
async fn the_stream_may_end_before_the_call_and_the_call_before_the_stream() {
    let conduct = || Conduct { passthru_b: 200, numbers: vec!["+919000000091"], closes: false, ..Conduct::default() };
    let (stage, _) = called(conduct(), json!({"stream_limit_ms": 400})).await;
    assert_eq!(stage.frames().last().unwrap()["stop"]["reason"], "stopped");
    assert_eq!(stage.seen("connect").len(), 1, "the flow goes on");
    let stage = Stage::new(conduct()).await;
    let mut order = stage.order(COOPERATIVE, "order-2");
    order.push(("TimeLimit".to_owned(), "1".to_owned()));
    sid_of(stage.post("sim-token", &order).await).await;
    stage.over(1).await;
    stage.until(|_| !stage.seen("passthru-b").is_empty()).await;
    assert_eq!(stage.frames().last().unwrap()["stop"]["reason"], "callended");
    assert!(stage.seen("connect").is_empty(), "nothing goes on");
}

#[tokio::test]
async fn marks_behind_a_clear_come_back_where_the_switch_says_so() {
    let audio = json!({"event": "media", "media": {"payload": STANDARD.encode([1; 32_000])}}).to_string();
    let mark = json!({"event": "mark", "mark": {"name": "dropped"}}).to_string();
    let clear = json!({"event": "clear"}).to_string();
    for returns in [false, true] {
        let opening = [&audio, &mark, &clear].map(|text| Message::text(text.clone())).to_vec();
        let (stage, _) = called(Conduct { opening, ..short() }, json!({"return_cleared_marks": returns})).await;
        let came = stage.frames().iter().any(|frame| frame["mark"]["name"] == "dropped");
        assert_eq!(came, returns);
    }
}

#[tokio::test]
async fn too_much_audio_at_once_ends_the_stream_where_the_switch_says_so() {
    let media =
        |bytes: usize| json!({"event": "media", "media": {"payload": STANDARD.encode(vec![1; bytes])}}).to_string();
    let large = vec![Message::text(media(100_320))];
    let (stage, truth) = called(Conduct { opening: large, ..short() }, json!({"drop_oversized": true})).await;
    assert_eq!(stage.signals(), ["cut"]);
    assert_eq!(truth.calls[0].warnings.oversized, 1);
    let much = vec![Message::text(media(96_000)); 7];
    let conduct = Conduct { opening: much, closes: false, ..short() };
    let (stage, truth) = called(conduct, json!({"drop_flooded": true})).await;
    assert_eq!(stage.signals(), ["cut"]);
    assert!(truth.calls[0].warnings.flooded > 0);
}

#[tokio::test]
async fn a_handshake_nobody_answers_is_tried_twice_or_once() {
    for (retries, expected) in [(1, 2), (0, 1)] {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stage = Stage::new(short()).await;
        let address = format!("ws://{}/bot", silent.local_addr().unwrap());
        let passthru_b = stage.flow().passthru_b;
        let flow = shared::sim::exotel::Flow {
            passthru_a: None,
            voicebot: shared::sim::exotel::Voicebot::Static(address),
            passthru_b,
            connect: None,
            passthru_c: None,
            apology: None,
        };
        stage.sim.set_flow("77", flow);
        stage.sim.set_switches(&json!({"handshake_ms": 60, "handshake_retries": retries})).unwrap();
        sid_of(stage.dial(COOPERATIVE, "order-1").await).await;
        stage.over(1).await;
        let mut came = 0;
        while tokio::time::timeout(Duration::from_millis(20), silent.accept()).await.is_ok() {
            came += 1;
        }
        assert_eq!(came, expected);
        assert_eq!(stage.seen("passthru-b")[0].query["Stream[Error]"], "3009 failed to establish ws conn: timeout");
    }
}

#[tokio::test]
async fn a_recording_is_there_absent_empty_or_the_word_null() {
    let (stage, _) = called(short(), json!({"recorded": true, "stream_recording": true})).await;
    assert!(stage.seen("status")[0].body.contains("https://recordings.example.test/"));
    assert!(stage.seen("passthru-b")[0].query["Stream[RecordingUrl]"].starts_with("https://"));
    for (missing, expected) in [("absent", None), ("empty", Some("")), ("null_text", Some("null"))] {
        let (stage, _) = called(short(), json!({"missing_recording": missing, "callback_body": "urlencoded"})).await;
        let body = stage.seen("status")[0].body.clone();
        let value = body.split('&').find_map(|pair| pair.strip_prefix("RecordingUrl="));
        assert_eq!(value, expected, "{body}");
    }
}
