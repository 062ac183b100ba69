//! Status callbacks (exotel.md 2).

use jiff::Timestamp;
use shared::domain::call::StatusReport;
use shared::domain::status::{CallStatus, FailureClass, Step};
use shared::wire::exotel::callback::StatusCallback;
use shared::wire::exotel::fields::Fields;

use crate::{CALL, SID, fixture};

fn callback(body: &[u8]) -> StatusCallback {
    StatusCallback::read(&Fields::from_body(None, body).expect("readable"))
}
fn report(body: &[u8]) -> StatusReport {
    callback(body).report(None, Timestamp::UNIX_EPOCH).expect("a report")
}
fn call_id(callback: &StatusCallback) -> Option<String> {
    callback.custom.call_id.map(|id| id.to_string())
}

#[test]
fn the_four_field_callback_of_an_unanswered_call_needs_no_recording() {
    let report = callback(fixture!("callback_plain_no_answer.multipart")).report(None, jiff::Timestamp::UNIX_EPOCH);
    let report = report.expect("a report");
    assert_eq!(report.call.call_sid.map(String::from).as_deref(), Some(SID));
    assert_eq!((report.status, report.failure_class), (CallStatus::NotPicked, Some(FailureClass::NoAnswer)));
    assert_eq!(report.recording_url, None);
    assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:45:46Z");
}

#[test]
fn the_extended_callback_as_json_brings_end_seconds_recording_and_our_id() {
    let callback = callback(fixture!("callback_terminal_completed.json"));
    assert_eq!(call_id(&callback).as_deref(), Some(CALL));
    let report = callback.report(None, jiff::Timestamp::UNIX_EPOCH).expect("a report");
    assert_eq!((report.status, report.duration_s), (CallStatus::Completed, Some(96)));
    assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:47:09Z");
    assert!(report.recording_url.is_some());
    let stored = report.extra.to_string();
    assert!(!stored.contains("9000000001") && !stored.contains("recordings.example"), "{stored}");
}

#[test]
fn the_answered_event_as_a_form_is_live_and_knows_a_human() {
    let callback = callback(fixture!("callback_answered.form"));
    assert_eq!(callback.answered_by.as_deref(), Some("human"));
    let report = callback.report(None, jiff::Timestamp::UNIX_EPOCH).expect("a report");
    assert_eq!(report.status, CallStatus::InProgress);
    assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:45:19Z");
}

#[test]
fn a_failed_call_with_the_pipe_separated_custom_field_is_a_bad_number() {
    let callback = callback(fixture!("callback_terminal_failed.form"));
    assert_eq!(call_id(&callback).as_deref(), Some(CALL));
    assert_eq!(callback.custom.pairs.get("state").map(String::as_str), Some("Goa"));
    let report = callback.report(None, jiff::Timestamp::UNIX_EPOCH).expect("a report");
    assert_eq!((report.status, report.failure_class), (CallStatus::Failed, Some(FailureClass::BadNumber)));
    assert_eq!(report.recording_url, None);
    assert!(!report.extra.to_string().contains("9000000001"));
}

#[test]
fn a_body_is_read_by_what_it_is_whatever_its_header_says() {
    let multipart = "multipart/form-data; boundary=------------------------d74496d66958873e";
    let bodies = [
        fixture!("callback_plain_completed.multipart"),
        fixture!("callback_extended_failed.multipart"),
        fixture!("callback_terminal_completed.json"),
        fixture!("callback_aliases.form"),
    ];
    for body in bodies {
        for header in [None, Some(multipart), Some("application/json; charset=utf-8"), Some("text/plain"), Some("")] {
            // A form is not told from a multipart body's preamble where the header insists.
            if header == Some(multipart) && body == fixture!("callback_aliases.form") {
                continue;
            }
            let fields = Fields::from_body(header, body).expect("readable");
            assert_eq!(fields.get("CallSid"), Some(SID), "{header:?}: {}", String::from_utf8_lossy(body));
        }
    }
}

#[test]
fn an_empty_callback_says_nothing_and_is_no_error() {
    for body in [&b""[..], b"  \r\n", b"{}"] {
        assert_eq!(callback(body).report(None, Timestamp::UNIX_EPOCH), None);
    }
}

#[test]
fn four_plain_fields_with_windows_line_ends_bring_the_recording() {
    let report = report(fixture!("callback_plain_completed.multipart"));
    assert_eq!((report.status, report.failure_class), (CallStatus::Completed, None));
    assert_eq!(report.recording_url.as_deref(), Some("https://recordings.example.test/3f9c1e2a.mp3"));
    assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:47:11Z");
}

#[test]
fn an_extended_failure_as_multipart_has_our_id_and_no_recording() {
    let callback = callback(fixture!("callback_extended_failed.multipart"));
    assert_eq!((call_id(&callback).as_deref(), callback.answered_by.as_deref()), (Some(CALL), None));
    let report = report(fixture!("callback_extended_failed.multipart"));
    assert_eq!((report.status, report.failure_class), (CallStatus::Failed, Some(FailureClass::BadNumber)));
    assert_eq!((report.recording_url, report.duration_s), (None, Some(0)));
}

#[test]
fn keys_in_lower_case_numbers_as_text_and_null_in_a_leg_are_read() {
    let callback = callback(fixture!("callback_lower_case.json"));
    assert_eq!((call_id(&callback).as_deref(), callback.answered_by.as_deref()), (Some(CALL), Some("human")));
    let report = report(fixture!("callback_lower_case.json"));
    assert_eq!((report.status, report.duration_s), (CallStatus::Completed, Some(96)));
    assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:47:09Z");
}

#[test]
fn the_names_of_another_page_are_read_too() {
    let report = report(fixture!("callback_aliases.form"));
    assert_eq!((report.status, report.duration_s), (CallStatus::Completed, Some(104)));
    assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:46:48Z");
    let stored = report.extra.to_string();
    assert!(!stored.contains("9000000001") && !stored.contains("2200000000"), "{stored}");
}

#[test]
fn legs_as_one_text_and_a_custom_field_encoded_twice_are_unwrapped() {
    let callback = callback(fixture!("callback_legs_as_text.form"));
    assert_eq!((callback.duration_s, callback.answered_by.as_deref()), (Some(96), Some("machine")));
    assert_eq!(call_id(&callback).as_deref(), Some(CALL));
    assert_eq!(callback.custom.pairs.get("state").map(String::as_str), Some("Goa"));
}

#[test]
fn an_answer_told_once_per_leg_is_somebody_on_the_line_each_time() {
    for body in [fixture!("callback_two_legs_first_answered.json"), fixture!("callback_two_legs_second_answered.json")]
    {
        let report = report(body);
        assert_eq!((report.status, report.duration_s), (CallStatus::InProgress, None));
        assert_eq!(report.occurred_at, Timestamp::UNIX_EPOCH, "an empty EndTime is none: now counts");
    }
}

#[test]
fn a_phone_that_rings_is_ringing_whatever_word_its_status_has() {
    let bare = format!("CallSid={SID}&EventType=ringing&DateUpdated=2026-11-23+10:15:09");
    for body in [fixture!("callback_ringing.form"), fixture!("callback_ringing_in_progress.json"), bare.as_bytes()] {
        let report = report(body);
        assert_eq!((report.status, report.failure_class), (CallStatus::Ringing, None));
        assert_eq!((report.duration_s, report.recording_url), (None, None));
        assert_eq!(report.occurred_at.to_string(), "2026-11-23T04:45:09Z");
    }
}

#[test]
fn every_way_of_saying_no_recording_is_none() {
    for value in [r#","RecordingUrl":null"#, r#","RecordingUrl":"""#, r#","RecordingUrl":"null""#, ""] {
        let body = format!(r#"{{"CallSid":"{SID}","Status":"busy"{value}}}"#);
        assert_eq!(report(body.as_bytes()).recording_url, None, "{body}");
    }
}

#[test]
fn a_repeat_is_the_same_report_and_a_late_answer_is_another_that_changes_nothing() {
    let plain = fixture!("callback_plain_no_answer.multipart");
    assert_eq!(report(plain).dedupe_key, report(plain).dedupe_key);
    let end = report(fixture!("callback_terminal_completed.json"));
    let late = report(fixture!("callback_answered.form"));
    assert_ne!(end.dedupe_key, late.dedupe_key);
    assert_eq!(end.status.on_report(late.status, late.source), Step::Ignored);
}
