//! An answer of Exotel's REST interface: the status on the first line, the body under it. The first
//! line also serves as `Retry-After`, the body as a time.

use jiff::Timestamp;
use shared::domain::status::CallStatus;
use shared::wire::exotel::connect::{ConnectAnswer, read_answer};
use shared::wire::exotel::details::{CallDetails, meaning, read_call, read_list};
use shared::wire::exotel::{retry_after, time};

use crate::promises::{self, SPELLINGS};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (first, body) = text.split_once('\n').unwrap_or((&text, ""));
    let status = first.trim().parse().unwrap_or(200);
    answered(status, body);
    calls(body);
    times(first, body.trim());
    let around: String = body.chars().filter(|c| !c.is_numeric() && !c.is_control()).take(60).collect();
    for spelling in SPELLINGS {
        let message = serde_json::json!({"RestException": {"Status": 403, "Message": format!("{around} {spelling}.")}});
        promises::hides_the_number(&format!("{:?}", read_answer(403, &message.to_string())));
        let call = serde_json::json!({"Call": {"Sid": "a1", "From": spelling, "Note": format!("{spelling} {around}")}});
        let details = read_call(&call.to_string()).expect("a call with a Sid");
        promises::hides_the_number(&details.masked.to_string());
    }
}

/// The one question that matters: may there be a call?
fn answered(status: u16, body: &str) {
    let answer = read_answer(status, body);
    match &answer {
        ConnectAnswer::Accepted(_) => assert!((200..300).contains(&status), "{status}"),
        ConnectAnswer::Unclear { .. } => assert!(!(400..500).contains(&status) || matches!(status, 408 | 409)),
        ConnectAnswer::SlowDown => assert_eq!(status, 429),
        ConnectAnswer::Refused { reason, .. } | ConnectAnswer::AccountBlocked { reason, .. } => {
            assert!((400..500).contains(&status) && !matches!(status, 408 | 409), "{status} may be a call");
            assert!(reason.chars().count() <= 220, "{reason}");
        }
    }
}

fn calls(body: &str) {
    let one = read_call(body);
    one.iter().for_each(holds);
    if let Some((calls, _next)) = read_list(body) {
        calls.iter().for_each(holds);
    }
}

fn holds(call: &CallDetails) {
    assert!(call.duration_s.is_none_or(|s| s >= 0), "no call lasts less than nothing: {call:?}");
    assert!(call.ends.len() <= 2 && call.ends.iter().all(|end| end.len() == 10), "{call:?}");
    assert!(call.recording_url.as_ref().is_none_or(|url| url.starts_with("http")));
    // Only a word that says so may end a call.
    if let Some((status, class)) = meaning(&call.raw_status) {
        assert_ne!(status, CallStatus::InProgress, "`in-progress` proves no answer");
        let refused = matches!(status, CallStatus::Failed | CallStatus::NotPicked);
        assert_eq!(class.is_some(), refused);
    }
}

fn times(wait: &str, text: &str) {
    let now: Timestamp = "2026-11-23T06:30:00Z".parse().expect("a time");
    let wait = retry_after::parse(wait, now);
    assert!(wait.is_none_or(|wait| wait <= retry_after::LONGEST));
    if let Some(at) = time::parse(text) {
        let second = at.round(jiff::Unit::Second).unwrap_or(at);
        // Written to the second; a year of five digits or none is no time of a call.
        let near = jiff::civil::date(1971, 1, 1).year()..=9998;
        if second == at && near.contains(&at.to_zoned(jiff::tz::TimeZone::UTC).year()) {
            assert_eq!(time::parse(&time::format(at)), Some(at), "{text}");
        }
    }
}
