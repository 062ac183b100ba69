//! `GET Calls/{Sid}` and `GET Calls`: what Exotel's own record says of a call (exotel.md 3).

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::callback::read_status;
use super::lenient;
use super::time;
use crate::domain::id::CallSid;
use crate::domain::phone::{mask, mask_in_text};
use crate::domain::status::{CallStatus, FailureClass};

/// One call as Exotel records it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallDetails {
    /// Its id.
    pub sid: CallSid,
    /// Its own word, as it came.
    pub raw_status: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended; settles about two minutes after the end.
    pub end_time: Option<Timestamp>,
    /// Seconds, ringing included; settles like the end.
    pub duration_s: Option<i32>,
    /// In the account's currency.
    pub price: Option<String>,
    /// The recording's link.
    pub recording_url: Option<String>,
    /// `outbound-api` for ours.
    pub direction: Option<String>,
    /// Last ten digits of the numbers at both ends, where they are given.
    pub ends: Vec<String>,
    /// Every field, phone numbers masked and recording links left out.
    pub masked: Value,
}

/// What a word of Exotel's record means for us: the status, and the class where it is not a
/// conversation. `None` for a word we do not know.
///
/// `in-progress` stands for everything alive, a phone that only rings included, so it proves no
/// more than that Exotel accepted the call. `failed` is most often a dead or wrong number.
pub fn meaning(raw_status: &str) -> Option<(CallStatus, Option<FailureClass>)> {
    Some(match read_status(raw_status)? {
        (CallStatus::InProgress, class) => (CallStatus::Initiated, class),
        known => known,
    })
}

/// The call in a details answer, wrapped in `Call` or bare; `None` where there is none.
pub fn read_call(body: &str) -> Option<CallDetails> {
    details_of(&serde_json::from_str(body).ok()?)
}

/// One page of a list: its calls, and the address of the next page. `None` where the body is no
/// list at all: an unreadable list must not look like an empty one.
pub fn read_list(body: &str) -> Option<(Vec<CallDetails>, Option<String>)> {
    let value: Value = serde_json::from_str(body).ok()?;
    let object = value.as_object()?;
    let calls = lenient::get(object, "Calls")?.as_array()?.iter().filter_map(details_of).collect();
    let next = lenient::get(object, "Metadata")
        .and_then(Value::as_object)
        .and_then(|metadata| lenient::text(metadata, "NextPageUri"));
    Some((calls, next))
}

fn details_of(value: &Value) -> Option<CallDetails> {
    let call = lenient::call_object(value)?;
    let text = |key| lenient::text(call, key);
    let moment = |key| text(key).and_then(|t| time::parse(&t));
    Some(CallDetails {
        sid: CallSid::parse(&text("Sid")?).ok()?,
        raw_status: text("Status").unwrap_or_default(),
        created_at: moment("DateCreated").or_else(|| moment("StartTime")),
        end_time: moment("EndTime"),
        duration_s: text("Duration").and_then(|d| seconds(&d)),
        price: text("Price"),
        recording_url: text("RecordingUrl").filter(|url| url.starts_with("http")),
        direction: text("Direction").map(|d| d.to_ascii_lowercase()),
        ends: ["From", "To"].into_iter().filter_map(text).filter_map(|n| last_ten(&n)).collect(),
        masked: masked(call),
    })
}

fn seconds(text: &str) -> Option<i32> {
    let seconds = text.parse::<f64>().ok().filter(|s| (0.0..1e6).contains(s));
    seconds.map(|s| s as i32)
}

/// Numbers come back in other shapes than they were sent; the last ten digits agree in all.
pub fn last_ten(number: &str) -> Option<String> {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let start = digits.len().checked_sub(10)?;
    Some(digits[start..].iter().collect())
}

fn masked(object: &Map<String, Value>) -> Value {
    let keep = |key: &str| !key.to_ascii_lowercase().contains("recordingurl");
    Value::Object(
        object
            .iter()
            .filter(|(key, _)| keep(key))
            .map(|(key, value)| (key.clone(), masked_value(key, value)))
            .collect(),
    )
}

/// Ids of calls may be all digits; Exotel calls a number of its own a Sid too.
fn is_an_id(key: &str) -> bool {
    ["Sid", "ParentCallSid"].iter().any(|id| key.eq_ignore_ascii_case(id))
}

fn masked_value(key: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if !is_an_id(key) => Value::String(mask_in_text(text)),
        Value::Number(number) if number.as_u64().is_some_and(|n| n >= 1_000_000_000) => {
            Value::String(mask(&number.to_string()))
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| masked_value(key, item)).collect()),
        Value::Object(inner) => masked(inner),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_numbers_and_nulls_are_read_alike() {
        let text = r#"{"Call":{"Sid":"a1","Status":"completed","Duration":"96","Price":"0.50","EndTime":"2026-11-23 10:17:09"}}"#;
        let bare = r#"{"sid":"a1","status":"completed","duration":96,"price":0.50,"endtime":"2026-11-23 10:17:09"}"#;
        for body in [text, bare] {
            let call = read_call(body).expect("a call");
            assert_eq!((call.duration_s, call.end_time.map(|t| t.as_second())), (Some(96), Some(1_795_409_229)));
            assert!(call.price.is_some_and(|p| p.starts_with("0.5")));
        }
        let young = read_call(r#"{"Call":{"Sid":"a1","Status":"in-progress","Duration":null,"EndTime":""}}"#);
        assert_eq!(young.map(|c| (c.duration_s, c.end_time)), Some((None, None)));
    }

    #[test]
    fn a_stored_record_shows_no_number_and_no_recording_link() {
        let body = r#"{"Call":{"Sid":"1234567890123","From":"09876543210","To":null,"PhoneNumberSid":"02212345678",
            "RecordingUrl":"https://r.example.test/1.mp3","DateCreated":"2026-11-23 10:15:04",
            "Details":{"Legs":[{"Leg":{"Id":1,"Number":9876543210}}]}}}"#;
        let call = read_call(body).expect("a call");
        let stored = call.masked.to_string();
        assert!(!stored.contains("98765") && !stored.contains("022123") && !stored.contains("mp3"), "{stored}");
        assert!(stored.contains("1234567890123") && stored.contains("2026-11-23 10:15:04"), "{stored}");
        assert_eq!(call.ends, ["9876543210"]);
        assert_eq!(call.recording_url.as_deref(), Some("https://r.example.test/1.mp3"));
    }

    #[test]
    fn a_list_is_read_with_bare_and_wrapped_calls_and_its_next_page() {
        let body = r#"{"Metadata":{"Total":3,"NextPageUri":"/v1/Accounts/a/Calls.json?PageSize=2&After=MTox"},
            "Calls":[{"Sid":"a1","Status":"busy"},{"Call":{"Sid":"a2","Status":"failed"}}]}"#;
        let (calls, next) = read_list(body).expect("a list");
        assert_eq!(calls.iter().map(|c| c.sid.as_str()).collect::<Vec<_>>(), ["a1", "a2"]);
        assert!(next.is_some_and(|uri| uri.ends_with("After=MTox")));
    }

    #[test]
    fn what_is_no_list_is_not_an_empty_list() {
        assert!(read_list("<html>").is_none());
        assert!(read_list(r#"{"RestException":{"Status":500}}"#).is_none());
    }

    #[test]
    fn a_call_in_progress_may_still_be_ringing() {
        assert_eq!(meaning("in-progress"), Some((CallStatus::Initiated, None)));
        assert_eq!(meaning("No-Answer"), Some((CallStatus::NotPicked, Some(FailureClass::NoAnswer))));
        assert_eq!(meaning("paused"), None);
    }
}
