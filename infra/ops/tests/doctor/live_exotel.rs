//! Asked about a simulated Exotel with one call, the doctor finds the switches it was flipped to.

use std::sync::Arc;
use std::time::Duration;

use ops::live::{Findings, Questions, ask};
use serde_json::{Value, json};
use shared::adapters::system::{OsRandom, SystemClock};
use shared::config::Environment;
use shared::domain::phone::PhoneNumber;
use shared::sim::exotel::{ExotelSim, ExotelSimConfig, Flow, Persona, Scenario, Voicebot};
use shared::sim::speech::{Lexicon, Voice};

use crate::support::{SHARED_SECRET, listener};

const PHONE: &str = "9000000017";

/// One call over a simulator with these switches; `hangs_up` by the person, else by us.
async fn asked(patch: &Value, hangs_up: bool) -> Findings {
    let config = ExotelSimConfig::new(Arc::new(SystemClock), Arc::new(OsRandom::new()), Lexicon::new(Voice::Made));
    let sim = ExotelSim::start(listener().await, config).expect("the simulator serves");
    let brisk = json!({"connect_latency_ms": 800, "ring_ms": 300, "callback_delay_ms": 300, "settle_ms": 0});
    sim.set_switches(&brisk).expect("switches");
    sim.set_switches(patch).expect("switches");
    let persona = if hangs_up { Persona::HangsUp } else { Persona::Silent };
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
        listen: address,
        record: folder.path().to_owned(),
        idle: None,
        answer: Duration::from_secs(4),
        last_report: Duration::from_secs(6),
        person: Duration::from_secs(if hangs_up { 30 } else { 1 }),
    };
    let findings = ask(&env, questions).await.expect("asked");
    assert!(!findings.has_failed(), "{findings}");
    let frames = std::fs::read_to_string(folder.path().join("exotel.jsonl")).expect("recorded");
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

#[tokio::test]
async fn a_carrier_as_we_guess_it_changes_nothing_and_what_stays_open_is_named() {
    let (closed, hung_up) = tokio::join!(asked(&Value::Null, false), asked(&Value::Null, true));
    for findings in [&closed, &hung_up] {
        assert_eq!(changes(findings), [], "{findings}");
        assert!(findings.answers.len() >= 20, "{findings}");
        for open in ["12.2", "12.5", "12.7", "12.8", "12.9", "12.10", "12.11"] {
            assert!(findings.undecided.iter().any(|left| left.question.contains(open)), "{open} in\n{findings}");
        }
    }
    assert!(hung_up.answers.iter().any(|answer| answer.switch == "hang_up_code"), "{hung_up}");
    assert!(closed.answers.iter().any(|answer| answer.switch == "passthru_other"), "{closed}");
}

#[tokio::test]
async fn each_flipped_guess_is_found() {
    let flips = [
        ("callback_fields", json!("extended")),
        ("callback_body", json!("multipart")),
        ("callback_body", json!("urlencoded")),
        ("callback_copies", json!(2)),
        ("head_before_get", json!(true)),
        ("passthru_a_twice", json!(true)),
        ("passthru_b_copies", json!(2)),
        ("passthru_b_after_end", json!(true)),
        ("passthru_other", json!("branch_a")),
        ("answer_before_response", json!(true)),
        ("voicebot_request", json!("bare_get")),
        ("voicebot_request", json!("post")),
        ("swap_from_to", json!(true)),
        ("number_shape", json!("e164")),
        ("number_shape", json!("bare")),
        ("cut_long_custom_field", json!(true)),
        ("media_format", json!("with_units")),
        ("media_format", json!("absent")),
        ("integers", json!(true)),
        ("media_ms", json!(100)),
        ("sample_rate_is_parameter", json!(true)),
        ("return_cleared_marks", json!(true)),
        ("stream_report_as_json", json!(true)),
        ("stream_recording", json!(true)),
        ("list_wraps_calls", json!(true)),
    ];
    let inquiries = flips.iter().map(|(switch, value)| async move {
        let findings = asked(&json!({*switch: value}), false).await;
        assert_eq!(changes(&findings), [(*switch, value.clone())], "{findings}");
    });
    futures_util::future::join_all(inquiries).await;
}

#[tokio::test]
async fn how_the_carrier_ends_a_stream_is_found_where_the_person_hangs_up() {
    let flips = [
        (json!({"cut_on_hang_up": true}), "cut_on_hang_up", json!(true)),
        (json!({"hang_up_code": 1001}), "hang_up_code", json!(1001)),
    ];
    let inquiries = flips.iter().map(|(patch, switch, value)| async move {
        let findings = asked(patch, true).await;
        assert_eq!(changes(&findings), [(*switch, value.clone())], "{findings}");
    });
    futures_util::future::join_all(inquiries).await;
}
