//! Sarvam: a few requests and sockets, less than a rupee of speech.

mod hearing;
mod idle;
mod probe;
mod speaking;

use serde_json::json;
use shared::adapters::tls;
use shared::config::SarvamSection;
use shared::wire::sarvam::KEY_HEADER;
use shared::wire::sarvam::hearing::{realtime_path, socket_path};

use super::recorder::Recorder;
use super::{Answer, Findings, Questions};
use probe::{Account, Opened, Seen};

/// Recognisers and voice asked, as `adapters::sarvam` has them by default.
const REALTIME_MODEL: &str = "saaras:v3-realtime";
const STT_MODEL: &str = "saaras:v3";
const TTS_MODEL: &str = "bulbul:v3";
/// What is spoken and should be heard again.
const SENTENCE: &str = "namaste main aaj shaam ko bank jaunga";
const WRONG_KEY: &str = "doctor-wrong-key";

pub(super) async fn ask(config: &SarvamSection, questions: &Questions, recorder: &Recorder) -> Findings {
    tls::install_provider();
    let account = Account::new(config, recorder, questions.answer);
    let mut findings = Findings::default();
    wrong_key(&account, &mut findings).await;
    let spoken = speaking::ask(&account, config, &mut findings).await;
    hearing::ask(&account, spoken, &mut findings).await;
    match questions.idle {
        Some(patience) => idle::ask(&account, patience, &mut findings).await,
        None => findings.undecided("speech-and-llm.md F4, idle sockets", "--impatient"),
    }
    retry_after(&account, &mut findings);
    findings.undecided("speech-and-llm.md F8, the account's rate limits", "they stand on the account's dashboard only");
    findings
}

/// F7, where a limit was met by chance.
fn retry_after(account: &Account<'_>, findings: &mut Findings) {
    const QUESTION: &str = "speech-and-llm.md F7, Retry-After of a 429";
    let Some(named) = account.retry_after() else {
        let why = "a 429 is only answered to an account that is over its limits, which nobody should be for a test";
        return findings.undecided(QUESTION, why);
    };
    findings.answers.push(Answer {
        question: QUESTION,
        switch: "retry_after_s",
        default: json!(null),
        found: json!(named),
        evidence: "a request was over the limit".to_owned(),
        setting: None,
    });
}

async fn wrong_key(account: &Account<'_>, findings: &mut Findings) {
    let stranger = account.with_key(WRONG_KEY);
    let status = stranger.post("/text-lid", &json!({"input": "hello"})).await.map(|answer| answer.status);
    match status {
        Ok(status @ (401 | 403)) => findings.answers.push(Answer {
            question: "speech-and-llm.md A1, status of a wrong key",
            switch: "bad_key_status",
            default: json!(403),
            found: json!(status),
            evidence: format!("POST /text-lid with a wrong key: HTTP {status}"),
            setting: None,
        }),
        Ok(status) => findings.failed(format!("a wrong key was answered with HTTP {status}")),
        Err(error) => return findings.failed(format!("Sarvam can not be reached: {error}")),
    }
    let (closes, evidence) = match stranger.open(&realtime_path(REALTIME_MODEL, None, true, 8_000)).await {
        Opened::Refused(status) => (false, format!("handshake refused with HTTP {status}")),
        Opened::Open(mut socket) => match socket.next().await {
            Seen::Closed(code, _) => (true, format!("accepted, then closed with {code:?}")),
            seen => {
                return findings
                    .undecided("speech-and-llm.md A1, wrong key on the realtime socket", format!("{seen:?}"));
            }
        },
        Opened::Away(error) => return findings.failed(format!("the realtime socket can not be reached: {error}")),
    };
    findings.answers.push(Answer {
        question: "speech-and-llm.md A1, wrong key on the realtime socket",
        switch: "realtime_closes_bad_key",
        default: json!(true),
        found: json!(closes),
        evidence,
        setting: None,
    });
}

/// The paths of the sockets under inquiry, with their names.
fn sockets() -> [(&'static str, String); 3] {
    [
        ("realtime", realtime_path(REALTIME_MODEL, None, true, 8_000)),
        ("older", socket_path(STT_MODEL, None, 8_000)),
        ("speaking", shared::wire::sarvam::speaking::socket_path(TTS_MODEL)),
    ]
}

/// The header of every request.
fn key_header(key: &str) -> (&'static str, String) {
    (KEY_HEADER, key.to_owned())
}
