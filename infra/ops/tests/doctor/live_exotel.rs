//! Asked about a simulated Exotel with one call, the doctor finds the switches it was flipped to.

use std::sync::Arc;
use std::time::Duration;

use ops::live::{Findings, Questions, Undecided, ask};
use serde_json::{Value, json};
use shared::adapters::system::{OsRandom, SystemClock};
use shared::config::Environment;
use shared::domain::phone::PhoneNumber;
use shared::sim::exotel::{ExotelSim, ExotelSimConfig, Flow, Persona, Scenario, Switches, Voicebot};
use shared::sim::speech::{Lexicon, Voice};

use crate::support::{SHARED_SECRET, listener};

const PHONE: &str = "9000000017";

/// What the one call is for, or who ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    WeClose,
    TheyHangUp,
    Faults,
}

/// One call over a simulator with these switches.
async fn asked(patch: &Value, call: Call) -> Findings {
    let config = ExotelSimConfig::new(Arc::new(SystemClock), Arc::new(OsRandom::new()), Lexicon::new(Voice::Made));
    let sim = ExotelSim::start(listener().await, config).expect("the simulator serves");
    let brisk = json!({"connect_latency_ms": 800, "ring_ms": 300, "callback_delay_ms": 300, "settle_ms": 0});
    sim.set_switches(&brisk).expect("switches");
    sim.set_switches(patch).expect("switches");
    let persona = if call == Call::TheyHangUp { Persona::HangsUp } else { Persona::Silent };
    sim.set_scenario(PHONE, Scenario::persona(persona)).expect("a scenario");
    // The port is free again at once, and ours.
    let address = listener().await.local_addr().expect("an address");
    let at = |path: &str| format!("http://{address}{path}?k={SHARED_SECRET}");
    let flow = Flow {
        passthru_a: Some(at("/passthru-handler")),
        voicebot: Voicebot::Dynamic(at("/voicebot-url")),
        passthru_b: Some(at("/passthru-handler/next")),
        connect: Some(at("/agent-number")),
        passthru_c: Some(at("/passthru-handler/after-agent")),
        apology: None,
    };
    sim.set_flow("123456", flow);
    let env = Environment::of(
        [
            ("EXOTEL_SID", "simlender1".to_owned()),
            ("EXOTEL_API_KEY", "sim-key".to_owned()),
            ("EXOTEL_TOKEN", "sim-token".to_owned()),
            ("EXOTEL_VIRTUAL_NUMBER", "02200000000".to_owned()),
            ("EXOTEL_FLOW_APP_ID", "123456".to_owned()),
            ("EXOTEL_BASE_URL", format!("http://{}", sim.address())),
            ("EXOTEL_SHARED_SECRET", SHARED_SECRET.to_owned()),
            ("SIGNING_SECRET", SHARED_SECRET.to_owned()),
            ("PUBLIC_BASE_URL", format!("http://{address}")),
            ("PUBLIC_WS_URL", format!("ws://{address}")),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    let folder = tempfile::tempdir().expect("a folder");
    let questions = Questions {
        phone: Some(PhoneNumber::parse(PHONE).expect("a phone")),
        faults: call == Call::Faults,
        listen: address,
        record: folder.path().to_owned(),
        idle: None,
        answer: Duration::from_secs(4),
        // A request left unanswered holds the report back for as long as the carrier waits.
        last_report: Duration::from_secs(if call == Call::Faults { 30 } else { 6 }),
        person: Duration::from_secs(if call == Call::TheyHangUp { 30 } else { 1 }),
    };
    let findings = ask(&env, questions).await.expect("asked");
    assert!(!findings.has_failed(), "{findings}");
    let file = if call == Call::Faults { "exotel-faults.jsonl" } else { "exotel.jsonl" };
    let frames = std::fs::read_to_string(folder.path().join(file)).expect("recorded");
    for secret in [PHONE, SHARED_SECRET, "sim-token", "sim-key", "simlender1"] {
        assert!(
            !frames.contains(secret) && !findings.to_string().contains(secret),
            "{secret} in\n{frames}\n{findings}"
        );
    }
    sim.stop().await;
    findings
}

fn changes(findings: &Findings) -> Vec<(&str, Value)> {
    let changed = findings.answers.iter().filter(|answer| answer.changes());
    changed.map(|answer| (answer.switch, answer.found.clone())).collect()
}

/// Each flip alone is found, and nothing else.
async fn finds_each(flips: impl IntoIterator<Item = (&'static str, Value)>, call: Call) {
    let inquiries = flips.into_iter().map(|(switch, value)| async move {
        let findings = asked(&json!({switch: value}), call).await;
        assert_eq!(changes(&findings), [(switch, value)], "{findings}");
    });
    futures_util::future::join_all(inquiries).await;
}

#[tokio::test]
async fn a_carrier_as_we_guess_it_changes_nothing_and_what_stays_open_is_named() {
    let [closed, hung_up, faults] =
        [Call::WeClose, Call::TheyHangUp, Call::Faults].map(|call| asked(&Value::Null, call));
    let (closed, hung_up, faults) = tokio::join!(closed, hung_up, faults);
    for findings in [&closed, &hung_up, &faults] {
        assert_eq!(changes(findings), [], "{findings}");
        for open in ["12.2", "12.3", "12.7", "12.8", "12.9", "12.10", "12.11"] {
            assert!(findings.undecided.iter().any(|left| left.question.contains(open)), "{open} in\n{findings}");
        }
    }
    let decided = |findings: &Findings, switch: &str| findings.answers.iter().any(|answer| answer.switch == switch);
    assert!(decided(&hung_up, "hang_up_code"), "{hung_up}");
    assert!(decided(&closed, "passthru_other"), "{closed}");
    for switch in ["handshake_retries", "reconnects", "passthru_timeout_ms", "passthru_silent"] {
        assert!(decided(&faults, switch) && !decided(&closed, switch), "{switch} in\n{faults}\n{closed}");
    }
}

/// Neither behaviour of the carrier we are not sure of: people, clocks, and faults for our tests.
const NO_GUESSES: [&str; 22] = [
    "clock_speed",
    "requests_per_minute",
    "connect_latency_ms",
    "ring_ms",
    "refuse_ring_ms",
    "no_answer_ms",
    "callback_parallel",
    "callback_timeout_ms",
    "mishap",
    "passthru_a_async_ms",
    "passthru_b_delay_ms",
    "handshake_ms",
    "lost_handshakes",
    "refuse_stream",
    "stream_limit_ms",
    "stall",
    "cut_stream_after_ms",
    "agent",
    "agent_ring_ms",
    "agent_talk_ms",
    "reply_pause_ms",
    "patience_ms",
];

#[tokio::test]
async fn every_guess_of_the_simulator_is_asked_with_its_default_or_listed_with_a_reason() {
    let (closed, faults) = tokio::join!(asked(&Value::Null, Call::WeClose), asked(&Value::Null, Call::Faults));
    let defaults = serde_json::to_value(Switches::default()).expect("switches are data");
    let defaults = defaults.as_object().expect("an object");
    let answers = || closed.answers.iter().chain(&faults.answers);
    let left = || closed.undecided.iter().chain(&faults.undecided).flat_map(|left| &left.switches);
    for answer in answers() {
        assert_eq!(defaults.get(answer.switch), Some(&answer.default), "{answer:?}");
    }
    for switch in defaults.keys() {
        let known = answers().any(|answer| answer.switch == switch)
            || left().any(|left| left == switch)
            || NO_GUESSES.contains(&switch.as_str());
        assert!(known, "`{switch}` is neither asked nor listed:\n{closed}\n{faults}");
    }
}

#[tokio::test]
async fn each_flipped_guess_of_flow_and_reports_is_found() {
    let flips = [
        ("callback_fields", json!("extended")),
        ("callback_body", json!("multipart")),
        ("callback_body", json!("urlencoded")),
        ("callback_body", json!("empty")),
        ("callback_copies", json!(2)),
        ("missing_recording", json!("empty")),
        ("missing_recording", json!("null_text")),
        ("recorded", json!(true)),
        ("head_before_get", json!(true)),
        ("passthru_a_twice", json!(true)),
        ("passthru_b_copies", json!(2)),
        ("passthru_b_after_end", json!(true)),
        ("passthru_other", json!("branch_a")),
        ("answer_before_response", json!(true)),
        ("voicebot_request", json!("bare_get")),
        ("voicebot_request", json!("post")),
        ("custom_field_for_applets", json!(false)),
        ("swap_from_to", json!(true)),
        ("number_shape", json!("e164")),
        ("number_shape", json!("bare")),
        ("cut_long_custom_field", json!(true)),
        ("stream_report_as_json", json!(true)),
        ("stream_recording", json!(true)),
        ("list_wraps_calls", json!(true)),
    ];
    finds_each(flips, Call::WeClose).await;
}

#[tokio::test]
async fn each_flipped_guess_of_the_stream_is_found() {
    let flips = [
        ("media_format", json!("bits16")),
        ("media_format", json!("with_units")),
        ("media_format", json!("base64")),
        ("media_format", json!("blank")),
        ("media_format", json!("absent")),
        ("integers", json!(true)),
        ("media_ms", json!(100)),
        ("sample_rate", json!(16_000)),
        ("sample_rate", json!(24_000)),
        ("sample_rate_is_parameter", json!(true)),
        ("return_cleared_marks", json!(true)),
        ("answers_pings", json!(false)),
    ];
    finds_each(flips, Call::WeClose).await;
}

#[tokio::test]
async fn how_the_carrier_ends_a_stream_is_found_where_the_person_hangs_up() {
    finds_each([("cut_on_hang_up", json!(true)), ("hang_up_code", json!(1001))], Call::TheyHangUp).await;
}

#[tokio::test]
async fn what_the_carrier_does_about_faults_is_found_in_a_call_that_is_spent_on_them() {
    let flips = [
        ("handshake_retries", json!(0)),
        ("reconnects", json!(true)),
        ("passthru_silent", json!("branch_a")),
        ("passthru_timeout_ms", json!(15_000)),
    ];
    finds_each(flips, Call::Faults).await;
}

#[tokio::test]
async fn an_answered_report_that_comes_after_the_last_is_found() {
    let late = json!({"callback_fields": "extended", "answered_after_terminal": true});
    let findings = asked(&late, Call::WeClose).await;
    let expected = [("callback_fields", json!("extended")), ("answered_after_terminal", json!(true))];
    assert_eq!(changes(&findings), expected, "{findings}");
}

#[tokio::test]
async fn what_no_call_can_show_changes_nothing_and_is_listed_with_its_switch() {
    let flips = [
        (json!({"passthru_other": "hang_up"}), Call::WeClose),
        (json!({"passthru_silent": "hang_up"}), Call::Faults),
        (json!({"callback_delay_ms": 0}), Call::WeClose),
        (json!({"jitter_ms": 60}), Call::WeClose),
        (json!({"drop_oversized": true, "drop_flooded": true}), Call::WeClose),
        (json!({"echo": {"delay_ms": 160, "quieter_db": 20}, "line_noise": true}), Call::WeClose),
    ];
    let inquiries = flips.iter().map(|(patch, call)| async move {
        let findings = asked(patch, *call).await;
        assert_eq!(changes(&findings), [], "{patch}\n{findings}");
        for switch in patch.as_object().expect("switches").keys() {
            let listed = |left: &Undecided| left.switches.contains(&switch.as_str()) && !left.why.is_empty();
            assert!(findings.undecided.iter().any(listed), "{switch} in\n{findings}");
        }
    });
    futures_util::future::join_all(inquiries).await;
}
