//! Exotel: one call to the operator's own phone, through the flow as it is drawn, with this program
//! in the product's place.

mod guesses;
mod judge;
mod log;
mod server;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::adapters::system::{OsRandom, SystemClock};
use shared::adapters::tls;
use shared::config::{EdgeConfig, ExotelSection};
use shared::domain::id::CallId;
use shared::domain::phone::PhoneNumber;
use shared::ports::clock::{Clock, Random, id_bytes};
use shared::wire::exotel::connect::{ConnectAnswer, ConnectForm, read_answer};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::recorder::Recorder;
use super::{Findings, Questions};
use log::{Event, Log};

/// One character more than Exotel documents.
const TOO_LONG: usize = 129;
const RING_S: u32 = 40;
const CALL_S: u32 = 180;

/// Whom we ask, and by which phone.
pub(super) struct Inquiry {
    pub(super) config: ExotelSection,
    pub(super) edge: EdgeConfig,
    pub(super) phone: PhoneNumber,
    pub(super) questions: Questions,
}

/// What must not stand in the recorded frames, and what stands there instead.
pub(super) fn secrets(config: &ExotelSection, edge: &EdgeConfig, phone: &PhoneNumber) -> Vec<(String, &'static str)> {
    let ten = |number: &str| {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        digits[digits.len().saturating_sub(10)..].to_owned()
    };
    vec![
        (config.api_token.expose_secret().to_owned(), "<token>"),
        (config.api_key.clone(), "<api-key>"),
        (edge.exotel_shared_secret.expose_secret().to_owned(), "<secret>"),
        (ten(phone.expose()), "<phone>"),
        (ten(&config.exophone), "<exophone>"),
        (config.account_sid.clone(), "<account>"),
    ]
}

/// What came of the request to phone.
pub(super) enum Placed {
    /// The call's sid, and whether the too long `CustomField` was taken.
    Call {
        sid: String,
        long_field_taken: bool,
    },
    Refused(String),
}

pub(super) async fn ask(inquiry: Inquiry, listener: TcpListener, recorder: &Recorder) -> Findings {
    tls::install_provider();
    let mut token = [0; 16];
    OsRandom::new().fill(&mut token);
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let inquiry = Arc::new(inquiry);
    let log = Arc::new(Log::default());
    let serving = server::serve(listener, Arc::clone(&inquiry), Arc::clone(&log), token.clone());
    let asking = async {
        let placed = place(&inquiry, &log, &token).await;
        if matches!(placed, Placed::Call { .. }) {
            wait_for_the_end(&inquiry.questions, &log).await;
            list(&inquiry, &log).await;
        }
        placed
    };
    let mut findings = Findings::default();
    let placed = tokio::select! {
        placed = asking => placed,
        error = serving => Placed::Refused(format!("the server stopped: {error}")),
    };
    for (_, event) in log.events() {
        recorder.note("exotel", event.from(), &event.as_json());
    }
    match placed {
        Placed::Refused(why) => findings.failed(format!("the call was not placed: {}", recorder.redacted(&why))),
        Placed::Call { sid, long_field_taken } => {
            let Inquiry { phone, questions, .. } = &*inquiry;
            let call = judge::Call { sid: &sid, phone, long_field_taken, faults: questions.faults };
            judge::judge(&log.events(), &call, &mut findings);
        }
    }
    judge::name_undecidable(&log.events(), &mut findings);
    findings
}

/// Asks for the call; first with a `CustomField` longer than documented.
async fn place(inquiry: &Inquiry, log: &Log, token: &str) -> Placed {
    match request(inquiry, log, token, true).await {
        Placed::Refused(why) if why.starts_with("HTTP 400") => request(inquiry, log, token, false).await,
        placed => placed,
    }
}

async fn request(inquiry: &Inquiry, log: &Log, token: &str, too_long: bool) -> Placed {
    let Inquiry { config, edge, phone, .. } = inquiry;
    let call_id = CallId::new(SystemClock.now(), id_bytes(&OsRandom::new()));
    let (sid, app) = (&config.account_sid, &config.flow_app_id);
    let form = ConnectForm {
        from: phone.expose(),
        caller_id: &config.exophone,
        flow_url: &format!("{}/{sid}/exoml/start_voice/{app}", config.flow_base_url),
        call_id,
        ring_timeout_s: RING_S,
        call_limit_s: CALL_S,
        status_callback: &format!("{}/exotel-webhook?t={token}", edge.public_base_url),
    };
    let mut fields = form.fields();
    for (name, value) in &mut fields {
        if too_long && *name == "CustomField" {
            value.push('|');
            value.extend(std::iter::repeat_n('x', TOO_LONG.saturating_sub(value.len())));
        }
    }
    let client = reqwest::Client::new();
    let request = client.post(format!("{}/v1/Accounts/{sid}/Calls/connect.json", config.base_url));
    let request = request.basic_auth(&config.api_key, Some(config.api_token.expose_secret())).form(&fields);
    let answer = match request.timeout(Duration::from_secs(40)).send().await {
        Ok(answer) => answer,
        Err(error) => return Placed::Refused(error.without_url().to_string()),
    };
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap_or_default();
    let read: Value = serde_json::from_str(&body).unwrap_or_else(|_| json!(body));
    log.add(Event::Answered { status, body: read });
    match read_answer(status, &body) {
        ConnectAnswer::Accepted(sid) => Placed::Call { sid: sid.to_string(), long_field_taken: too_long },
        _ => Placed::Refused(format!("HTTP {status} {body}")),
    }
}

/// Until the last report has come, or will not.
async fn wait_for_the_end(questions: &Questions, log: &Log) {
    let talk = questions.person * 2 + Duration::from_secs(u64::from(RING_S) + 20);
    let either = log.wait_for(|events| judge::has_ended(events).into_iter().any(|came| came));
    if timeout(talk, either).await.is_err() {
        return;
    }
    let both = log.wait_for(|events| judge::has_ended(events).into_iter().all(|came| came));
    if timeout(questions.last_report, both).await.is_ok() {
        // What comes twice comes soon after.
        tokio::time::sleep(questions.last_report / 10).await;
    }
}

/// How the list of calls is written.
async fn list(inquiry: &Inquiry, log: &Log) {
    let config = &inquiry.config;
    let address = format!("{}/v1/Accounts/{}/Calls.json", config.base_url, config.account_sid);
    let request = reqwest::Client::new().get(address).query(&[("PageSize", "1")]);
    let request = request.basic_auth(&config.api_key, Some(config.api_token.expose_secret()));
    if let Ok(answer) = request.timeout(inquiry.questions.answer).send().await {
        let body: Value = answer.json().await.unwrap_or_default();
        log.add(Event::Listed { call: body["Calls"][0].clone() });
    }
}
