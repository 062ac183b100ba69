//! Answers of the call API (exotel.md 1.5, 1.6, 3).

use shared::domain::status::{CallStatus, FailureClass};
use shared::wire::exotel::connect::{ConnectAnswer, read_answer};
use shared::wire::exotel::details::{meaning, read_call, read_list};

use crate::{SID, fixture};

fn text(body: &[u8]) -> &str {
    std::str::from_utf8(body).expect("text")
}
fn refused(status: u16, body: &[u8]) -> (FailureClass, String) {
    match read_answer(status, text(body)) {
        ConnectAnswer::Refused { class, reason } => (class, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sid_is_found_in_both_formats_and_any_case_and_says_nothing_about_an_answer() {
    for body in [fixture!("connect_200.json"), fixture!("connect_200.xml"), fixture!("connect_200_lower_case.json")] {
        match read_answer(200, text(body)) {
            ConnectAnswer::Accepted(sid) => assert_eq!(sid.as_str(), SID),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_refusal_in_xml_is_read_like_one_in_json() {
    let (class, reason) = refused(403, fixture!("connect_403.xml"));
    assert_eq!((class, reason.as_str()), (FailureClass::Dnd, "HTTP 403: Call blocked: the number is on the NDNC list"));
}

#[test]
fn the_envelope_of_the_newer_products_is_understood() {
    let (class, reason) = refused(400, fixture!("connect_400_envelope.json"));
    assert_eq!(class, FailureClass::Refused);
    assert_eq!(reason, "HTTP 400: Invalid parameter: From *******0001 is not a valid number");
}

#[test]
fn a_status_and_a_code_as_text_are_no_hindrance() {
    assert_eq!(read_answer(429, text(fixture!("connect_429_text_code.json"))), ConnectAnswer::SlowDown);
}

#[test]
fn an_unsettled_record_has_an_end_and_no_figures() {
    let call = read_call(text(fixture!("details_unsettled.json"))).expect("a call");
    assert_eq!(meaning(&call.raw_status), Some((CallStatus::Completed, None)));
    assert_eq!((call.duration_s, call.end_time, call.price, call.recording_url), (None, None, None, None));
    assert_eq!(call.ends, ["9000000001"]);
    assert!(!call.masked.to_string().contains("9000000001"));
}

#[test]
fn what_was_not_asked_for_as_json_is_not_read_as_a_record_or_a_list() {
    let xml = text(fixture!("details_in_progress.xml"));
    assert!(read_call(xml).is_none() && read_list(xml).is_none());
    assert!(read_list(text(fixture!("connect_400_envelope.json"))).is_none());
}

#[test]
fn every_status_of_a_record_has_its_meaning_and_an_unknown_word_has_none() {
    for (word, status) in [
        ("queued", CallStatus::Initiated),
        ("ringing", CallStatus::Ringing),
        ("in-progress", CallStatus::Initiated),
        ("completed", CallStatus::Completed),
        ("failed", CallStatus::Failed),
        ("busy", CallStatus::NotPicked),
        ("no-answer", CallStatus::NotPicked),
        ("canceled", CallStatus::NotPicked),
    ] {
        assert_eq!(meaning(word).map(|(status, _)| status), Some(status), "{word}");
    }
    assert_eq!(meaning("paused"), None);
}
