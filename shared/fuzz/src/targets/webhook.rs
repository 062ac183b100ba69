//! A status callback: the content type on the first line, the body under it.

use jiff::Timestamp;
use shared::domain::id::CallId;
use shared::domain::status::CallStatus;
use shared::wire::exotel::callback::StatusCallback;
use shared::wire::exotel::fields::Fields;

use super::passthru::{as_query, masked_whatever_stands_around};

pub(crate) fn run(input: &[u8]) {
    let (kind, body) = input.split_at(input.iter().position(|b| *b == b'\n').unwrap_or(0));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let kind = String::from_utf8_lossy(kind);
    if let Some(fields) = Fields::from_body(Some(&kind).filter(|k| !k.is_empty()).map(|k| &**k), body) {
        reported(&fields);
        assert_eq!(StatusCallback::read(&fields), StatusCallback::read(&fields));
    }
    let text = String::from_utf8_lossy(body);
    travels_any_way(&text);
    masked_whatever_stands_around(&text);
}

fn reported(fields: &Fields) {
    let callback = StatusCallback::read(fields);
    let signed: CallId = "01935a10-0000-7000-8000-000000000001".parse().expect("an id");
    let now = Timestamp::UNIX_EPOCH;
    let unsigned = callback.report(None, now);
    assert!(unsigned.is_none() || callback.call_sid.is_some() || callback.custom.call_id.is_some(), "whose report?");
    let Some(report) = callback.report(Some(signed), now) else {
        return assert_eq!(callback.status, None, "a status is never passed over");
    };
    assert_eq!(report.call.call_id, Some(signed), "a signed address outranks what the message says");
    assert!(report.dedupe_key.chars().count() <= 200 && report.message.chars().count() <= 200, "{report:?}");
    assert_eq!(callback.report(Some(signed), now).as_ref(), Some(&report), "read twice, said twice");
    assert!(report.duration_s.is_none_or(|s| s >= 0 && report.status.is_final()), "{report:?}");
    assert!(callback.unknown_word().is_none() || !report.status.is_final(), "an unknown word ended a call");
    let refused = matches!(report.status, CallStatus::Failed | CallStatus::NotPicked);
    assert_eq!(report.failure_class.is_some(), refused, "who did not speak has a reason: {report:?}");
}

/// The same fields as lines `name=value` say the same as a query, as JSON and as a multipart form.
fn travels_any_way(text: &str) {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')).take(40) {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '[' | ']' | '_');
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        let known = pairs.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if !name.is_empty() && name.chars().all(plain) && !known {
            pairs.push((name.to_owned(), value));
        }
    }
    let json: serde_json::Map<_, _> = pairs.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
    let parts =
        pairs.iter().map(|(k, v)| format!("--limit\r\nContent-Disposition: form-data; name=\"{k}\"\r\n\r\n{v}\r\n"));
    let multipart = parts.collect::<String>() + "--limit--\r\n";
    if pairs.is_empty() || multipart.matches("--limit").count() != pairs.len() + 1 {
        return;
    }
    let query = Fields::from_query(&as_query(&pairs));
    let said = StatusCallback::read(&query);
    for (kind, body) in [
        ("application/json", serde_json::Value::Object(json).to_string()),
        ("multipart/form-data; boundary=limit", multipart),
    ] {
        let fields = Fields::from_body(Some(kind), body.as_bytes()).expect("our own form is read");
        assert_eq!(StatusCallback::read(&fields), said, "{kind}");
    }
}
