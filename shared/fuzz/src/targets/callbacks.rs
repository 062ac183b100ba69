//! What reaches a call from outside while it lives, one message a line: `w <body>` a status
//! callback, `s <body>` one at its signed address, `p <query>` a Passthru, `q <json>` a parked
//! report, `d <json>` the carrier's own record, `t <seconds>` time passes. Two calls are being
//! dialled: ids `01935a10-0000-7000-8000-00000000000{1,2}`.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use shared::app::{App, link_call, record_status, replay_event};
use shared::domain::call::{Call, CallRef, NewOrder, Recorded, StatusReport};
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, UploadId};
use shared::domain::language::Language;
use shared::domain::phone::PhoneNumber;
use shared::domain::settings::AccountSettings;
use shared::domain::status::{CallStatus, Source, Step};
use shared::ports::calls::Claim;
use shared::wire::exotel::callback::StatusCallback;
use shared::wire::exotel::details::{meaning, read_call};
use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::PassthruQuery;
use shared::wire::sqs::SqsEvent;
use shared::wiring::{MemoryParts, memory_app};

use crate::sheets::wait_for;

const IDS: [&str; 2] = ["01935a10-0000-7000-8000-000000000001", "01935a10-0000-7000-8000-000000000002"];

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    wait_for(async {
        let (app, parts) = memory_app();
        let ids = dialled(&app).await;
        let mut before = calls(&app, &ids).await;
        for line in text.lines().take(40) {
            take(&app, &parts, ids[0], line).await;
            let after = calls(&app, &ids).await;
            before.iter().zip(&after).for_each(|(before, after)| went_forward(before, after));
            assert!(after[0].call_sid.is_none() || after[0].call_sid != after[1].call_sid, "two calls, one Sid");
            // Everything arrives more than once.
            take(&app, &parts, ids[0], line).await;
            let again = calls(&app, &ids).await;
            let repeated = after.iter().zip(&again).all(|(a, b)| a.status == b.status && a.call_sid == b.call_sid);
            assert!(repeated, "a repeat changed something: {line}");
            before = again;
        }
    });
}

/// Two customers' orders, claimed.
async fn dialled(app: &App) -> [CallId; 2] {
    let customer = |name: &str, number: &str| CustomerDetails {
        name: name.to_owned(),
        phone: PhoneNumber::parse(number).expect("a number"),
        state: None,
        loan_id: Some("LN-1".to_owned()),
        amount: None,
        due_date: Some(date(2026, 12, 5)),
        language: Language::Hindi,
        attributes: Default::default(),
    };
    let mut import = app.customers.import(app.new_id(UploadId::new)).await.expect("an import");
    import.add(vec![customer("Asha", "9876543201"), customer("Ravi", "9876543202")]).await.expect("added");
    import.finish().await.expect("stored");
    let customers = app.customers.ids(&Default::default(), None, 2).await.expect("ids");
    let ids = IDS.map(|id| id.parse().expect("an id"));
    for (call_id, customer_id) in ids.into_iter().zip(customers) {
        let not_before = app.clock.now();
        let order = NewOrder::single(call_id, customer_id, not_before);
        app.calls.place(&[order]).await.expect("placed");
        let claim = app.calls.claim(call_id, Some(&AccountSettings::default()), app.clock.now()).await;
        assert!(matches!(claim, Ok(Claim::Claimed(_))), "{claim:?}");
    }
    ids
}

async fn calls(app: &App, ids: &[CallId; 2]) -> Vec<Call> {
    let mut calls = Vec::new();
    for id in ids {
        calls.push(app.calls.find(*id).await.expect("read").expect("there"));
    }
    calls
}

async fn take(app: &App, parts: &MemoryParts, first: CallId, line: &str) {
    let (kind, body) = line.split_once(' ').unwrap_or((line, ""));
    let now = app.clock.now();
    match kind {
        "w" | "s" => {
            let fields = Fields::from_body(None, body.as_bytes()).unwrap_or_default();
            let signed = (kind == "s").then_some(first);
            if let Some(report) = StatusCallback::read(&fields).report(signed, now) {
                recorded(app, report).await;
            }
        }
        "p" => {
            let query = PassthruQuery::read(&Fields::from_query(body));
            if let Some(report) = of_passthru(&query, now) {
                let _taken = link_call(app, report).await;
            }
        }
        "q" => {
            let event = serde_json::from_str::<SqsEvent>(body);
            let inside = event.map(|event| event.messages().into_iter().map(|(_, body)| body).collect());
            for message in inside.unwrap_or_else(|_| vec![body.to_owned()]) {
                let _replayed = replay_event(app, &message).await;
            }
        }
        "d" => {
            if let Some(report) = of_record(body, now) {
                recorded(app, report).await;
            }
        }
        "t" => {
            let seconds = body.trim().parse::<u32>().unwrap_or(0) % 100_000;
            parts.clock.advance(SignedDuration::from_secs(i64::from(seconds)));
        }
        _ => {}
    }
}

async fn recorded(app: &App, report: StatusReport) {
    let (status, source) = (report.status, report.source);
    match record_status(app, report).await.expect("memory takes it") {
        Recorded::Stored { call, step: Step::Moved(now) } => {
            assert_eq!(call.status, now);
            assert!(now == status, "{source:?} said {status} and the call is {now}");
        }
        Recorded::Stored { step: Step::Ignored, .. }
        | Recorded::Duplicate
        | Recorded::UnknownCall
        | Recorded::PhoneInUse
        | Recorded::SidConflict => {}
    }
}

/// As the function of that name builds it.
fn of_passthru(query: &PassthruQuery, now: Timestamp) -> Option<StatusReport> {
    let sid = query.call_sid.clone()?;
    Some(StatusReport {
        call: CallRef { call_id: query.custom.call_id, call_sid: Some(sid.clone()) },
        status: CallStatus::InProgress,
        source: Source::Passthru,
        failure_class: None,
        message: "the customer answered".to_owned(),
        occurred_at: query.at.unwrap_or(now),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: query.extra(),
        call_back_due: false,
        dedupe_key: format!("passthru:{sid}:answered"),
    })
}

/// As reconcile builds it.
fn of_record(body: &str, now: Timestamp) -> Option<StatusReport> {
    let details = read_call(body)?;
    let (status, failure_class) = meaning(&details.raw_status)?;
    Some(StatusReport {
        call: CallRef { call_id: None, call_sid: Some(details.sid.clone()) },
        status,
        source: Source::Reconcile,
        failure_class,
        message: String::new(),
        occurred_at: details.end_time.unwrap_or(now),
        duration_s: details.duration_s.filter(|_| status.is_final()),
        recording_url: details.recording_url,
        agent: None,
        extra: details.masked,
        call_back_due: false,
        dedupe_key: format!("reconcile:{}:{status}", details.sid),
    })
}

fn went_forward(before: &Call, after: &Call) {
    let (was, is) = (before.status, after.status);
    assert!(!was.is_final() || is.is_final(), "a final call became {is}");
    assert!(was != CallStatus::Skipped || is == was, "nobody was phoned");
    assert!(before.call_sid.is_none() || before.call_sid == after.call_sid, "a Sid changed");
    assert_eq!(after.end_time.is_some(), is.is_final(), "what is over ended at some time, and nothing else: {is}");
    assert!(after.duration_s.is_none_or(|s| s >= 0));
    assert_eq!((before.customer_id, before.attempt), (after.customer_id, after.attempt));
}
