//! Asked about a simulated Sarvam, the doctor finds the switches it was flipped to.

use std::time::Duration;

use ops::live::{Findings, Questions, ask};
use serde_json::{Value, json};
use shared::config::Environment;
use shared::sim::sarvam::{Idle, LanguageFields, SpokenAs, Switches};

use crate::support::{SPEECH_KEY, sarvam};

async fn asked(change: impl FnOnce(&mut Switches), idle: Option<Duration>) -> Findings {
    let sim = sarvam(change).await;
    let folder = tempfile::tempdir().expect("a folder");
    let env = [
        ("SARVAM_API_KEY", SPEECH_KEY.to_owned()),
        ("SARVAM_BASE_URL", sim.base_url()),
        ("SARVAM_WS_URL", sim.ws_url()),
    ];
    let env = Environment::of(env.map(|(key, value)| (key.to_owned(), value)));
    let questions = Questions {
        phone: None,
        faults: false,
        listen: ([127, 0, 0, 1], 0).into(),
        record: folder.path().to_owned(),
        idle,
        answer: Duration::from_secs(4),
        last_report: Duration::ZERO,
        person: Duration::ZERO,
    };
    let findings = ask(&env, questions).await.expect("asked");
    assert!(!findings.has_failed(), "{findings}");
    findings
}

/// The switches that are not as the simulator has them by default.
fn changes(findings: &Findings) -> Vec<(&str, Value, Option<&str>)> {
    let changed = findings.answers.iter().filter(|answer| answer.changes());
    changed.map(|answer| (answer.switch, answer.found.clone(), answer.setting)).collect()
}

#[tokio::test]
async fn a_sarvam_as_we_guess_it_changes_nothing_and_what_stays_open_is_named() {
    let findings = asked(|_| {}, None).await;
    assert_eq!(changes(&findings), [], "{findings}");
    assert!(findings.answers.len() >= 8, "{findings}");
    let text = findings.to_string();
    for open in ["F4", "F7", "F8"] {
        assert!(text.contains(&format!("not decided  speech-and-llm.md {open}")), "{open} in\n{text}");
    }
}

#[tokio::test]
async fn each_flipped_guess_is_found_with_the_setting_that_follows() {
    type Flip = (fn(&mut Switches), (&'static str, Value, Option<&'static str>));
    let spoken_24k = json!({"header": false, "rate_hz": 24_000});
    let flips: [Flip; 10] = [
        (
            |s| s.language_fields = LanguageFields::NewOnly,
            ("language_fields", json!("new_only"), Some("SARVAM_LANGUAGE_FIELD=new")),
        ),
        (
            |s| s.language_fields = LanguageFields::OldOnly,
            ("language_fields", json!("old_only"), Some("SARVAM_LANGUAGE_FIELD=old")),
        ),
        (|s| s.rate_as_text = true, ("rate_as_text", json!(true), None)),
        (|s| s.spoken_as.rate_hz = Some(24_000), ("spoken_as", spoken_24k, None)),
        (|s| s.spoken_as.header = true, ("spoken_as", json!({"header": true, "rate_hz": null}), None)),
        (|s| s.hears_16_khz_only = true, ("hears_16_khz_only", json!(true), Some("SARVAM_STT_RATE=16000"))),
        (|s| s.bad_key_status = 401, ("bad_key_status", json!(401), None)),
        (|s| s.realtime_closes_bad_key = false, ("realtime_closes_bad_key", json!(false), None)),
        (|s| s.manual_needs_start = false, ("manual_needs_start", json!(false), None)),
        (
            |s| s.realtime.close = Some((4000, "beta access denied".to_owned())),
            ("realtime", json!("closed"), Some("SARVAM_RECOGNISER=socket")),
        ),
    ];
    for (flip, expected) in flips {
        let findings = asked(flip, None).await;
        let found = changes(&findings);
        // A closed realtime socket closes also where the key is wrong: that is all it shows.
        assert!(found.contains(&expected), "{expected:?} in\n{findings}");
        assert_eq!(found.len(), 1, "{expected:?} alone in\n{findings}");
    }
    let both =
        asked(|s| s.spoken_as = SpokenAs { header: true, rate_hz: Some(24_000), ..SpokenAs::default() }, None).await;
    let expected = ("spoken_as", json!({"header": true, "rate_hz": 24_000}), None);
    assert_eq!(changes(&both), [expected], "the header tells our client: no setting follows");
}

#[tokio::test]
async fn how_idle_sockets_end_is_found_both_ways() {
    for cut in [true, false] {
        let idle = Idle { after: Duration::from_secs(2), cut };
        let findings = asked(|switches| switches.idle = idle, Some(Duration::from_secs(8))).await;
        let found = changes(&findings);
        assert_eq!(found, [("idle", json!({"after_s": 2, "cut": cut}), None)], "{findings}");
    }
}

#[tokio::test]
async fn a_limit_met_on_the_way_is_no_refusal_and_tells_of_its_time() {
    for retry_after_s in [None, Some(7)] {
        let findings = asked(
            |switches| {
                (switches.quota.tts_per_minute, switches.quota.retry_after_s) = (2, retry_after_s);
            },
            None,
        )
        .await;
        assert!(findings.undecided.iter().any(|left| left.question.contains("F1")), "{findings}");
        let expected: Vec<_> =
            retry_after_s.map(|seconds| ("retry_after_s", json!(seconds), None)).into_iter().collect();
        assert_eq!(changes(&findings), expected, "{findings}");
    }
}
