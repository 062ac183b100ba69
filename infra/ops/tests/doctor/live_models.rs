//! Asked about simulated language models, the doctor says how soon each answers, and whether conversations wait.

use std::time::Duration;

use ops::live::{Findings, Questions, ask};
use serde_json::{Value, json};
use shared::config::Environment;
use shared::sim::model::{ModelHandle, Switches};
use shared::sim::sarvam::Delay;

use crate::support::{CLAUDE, MODEL_KEY, SHARED_SECRET, bedrock, gemini};

/// What one model is asked, at most.
const QUESTIONS: usize = 3;

/// Claude and Gemini, and what was found of them.
struct Asked {
    claude: ModelHandle,
    gemini: ModelHandle,
    findings: Findings,
    frames: String,
}

async fn asked(claude_is: impl FnOnce(&mut Switches), gemini_is: impl FnOnce(&mut Switches)) -> Asked {
    let (claude, gemini) = (bedrock().await, gemini().await);
    claude.control.set(claude_is);
    gemini.control.set(gemini_is);
    let env = [
        ("CLAUDE_MODEL_ID", CLAUDE.to_owned()),
        ("BEDROCK_ENDPOINT_URL", claude.url()),
        ("AWS_ACCESS_KEY_ID", MODEL_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SHARED_SECRET.to_owned()),
        ("GEMINI_API_KEY", MODEL_KEY.to_owned()),
        ("GEMINI_BASE_URL", gemini.url()),
    ];
    let (findings, frames) = of(&Environment::of(env.map(|(key, value)| (key.to_owned(), value)))).await;
    Asked { claude, gemini, findings, frames }
}

async fn of(env: &Environment) -> (Findings, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let questions = Questions {
        phone: None,
        faults: false,
        listen: ([127, 0, 0, 1], 0).into(),
        record: folder.path().to_owned(),
        idle: None,
        answer: Duration::from_secs(8),
        last_report: Duration::ZERO,
        person: Duration::ZERO,
    };
    let findings = ask(env, questions).await.expect("asked");
    (findings, std::fs::read_to_string(folder.path().join("models.jsonl")).unwrap_or_default())
}

/// Everything found of first words, and the setting that follows.
fn first_words(findings: &Findings) -> Vec<(&str, &Value, Option<&str>)> {
    let answers = findings.answers.iter().filter(|answer| answer.switch == "delays.first");
    answers.map(|answer| (answer.question, &answer.found, answer.setting)).collect()
}

fn slow(switches: &mut Switches) {
    switches.delays.first = Delay::Fixed(Duration::from_millis(1_600));
}

fn refusing(status: u16, kind: &str) -> impl FnOnce(&mut Switches) {
    let kind = kind.to_owned();
    move |switches| switches.faults.refuse = Some((status, kind))
}

const BEDROCK: &str = "speech-and-llm.md F6, first words of a Bedrock profile";
const GEMINI: &str = "speech-and-llm.md D, first words of Gemini";

#[tokio::test]
async fn models_that_answer_in_time_change_nothing_and_are_asked_a_few_questions_of_no_customer() {
    let Asked { claude, gemini, findings, frames } = asked(|_| {}, |_| {}).await;
    let in_time = json!("in time");
    assert_eq!(first_words(&findings), [(BEDROCK, &in_time, None), (GEMINI, &in_time, None)], "{findings}");
    assert!(!findings.has_failed() && findings.answers.iter().all(|answer| !answer.changes()), "{findings}");
    let open = |about: &str| findings.undecided.iter().any(|left| left.question.contains(about));
    assert!(open("F6, other Bedrock profiles") && open("Sarvam") && open("Exotel"), "{findings}");
    for visits in [claude.control.visits(), gemini.control.visits()] {
        assert_eq!(visits.len(), QUESTIONS, "{visits:?}");
    }
    assert!(frames.contains("first_words") && frames.contains(CLAUDE), "{frames}");
    for secret in [MODEL_KEY, SHARED_SECRET] {
        assert!(
            !frames.contains(secret) && !findings.to_string().contains(secret),
            "{secret} in\n{frames}\n{findings}"
        );
    }
}

#[tokio::test]
async fn a_model_whose_words_come_too_late_is_found_with_the_setting_that_follows() {
    let (claude, gemini) = tokio::join!(asked(slow, |_| {}), asked(|_| {}, slow));
    let (late, in_time) = (json!("late"), json!("in time"));
    let setting = Some("CLAUDE_MODEL_ID=<a profile whose first words come in time>");
    assert_eq!(first_words(&claude.findings), [(BEDROCK, &late, setting), (GEMINI, &in_time, None)]);
    let setting = Some("GEMINI_MODEL_ID=<a model whose first words come in time>");
    assert_eq!(first_words(&gemini.findings), [(BEDROCK, &in_time, None), (GEMINI, &late, setting)]);
}

#[tokio::test]
async fn a_profile_nobody_may_ask_fails_and_one_over_its_limit_is_left_open() {
    let refused = asked(refusing(404, "ResourceNotFoundException"), refusing(429, "RESOURCE_EXHAUSTED")).await;
    assert_eq!(first_words(&refused.findings), [], "{}", refused.findings);
    assert!(refused.findings.to_string().contains(&format!("FAIL  {CLAUDE} refuses: ResourceNotFoundException")));
    assert!(refused.findings.undecided.iter().any(|left| left.question == GEMINI), "{}", refused.findings);
    let broken = asked(refusing(429, "ThrottlingException"), refusing(503, "UNAVAILABLE")).await;
    assert!(broken.findings.undecided.iter().any(|left| left.question == BEDROCK), "{}", broken.findings);
    assert!(broken.findings.to_string().contains("gave no answer"), "{}", broken.findings);
}

#[tokio::test]
async fn without_a_model_nothing_is_asked_and_the_question_stays_open() {
    let (findings, frames) = of(&Environment::default()).await;
    let why = findings.undecided.iter().find(|left| left.question.contains("F6")).map(|left| left.why.as_str());
    assert!(why.is_some_and(|why| why.contains("CLAUDE_MODEL_ID")) && frames.is_empty(), "{findings}");
}
