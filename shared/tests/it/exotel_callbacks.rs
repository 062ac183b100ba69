//! Exotel's messages as its pages and others' code show them (exotel.md 2, 4, 5.4, 6), from files.

use shared::domain::status::{CallStatus, FailureClass};
use shared::wire::exotel::callback::StatusCallback;
use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::{AgentEvent, AgentLegEvent, PassthruQuery};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../fixtures/exotel/", $name))
    };
}

const CALL: &str = "01935a10-0000-7000-8000-000000000001";
const SID: &str = "3f9c1e2ab47d4c55a0de71b2c6f8162m";

fn callback(body: &[u8]) -> StatusCallback {
    StatusCallback::read(&Fields::from_body(None, body).expect("readable"))
}
fn passthru(query: &[u8]) -> PassthruQuery {
    PassthruQuery::read(&Fields::from_query(std::str::from_utf8(query).expect("text")))
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
fn the_first_passthru_has_both_ids_and_two_spellings_of_time() {
    let query = passthru(fixture!("passthru_first.query"));
    assert_eq!(query.call_sid.clone().map(String::from).as_deref(), Some(SID));
    assert_eq!(query.custom.call_id.map(|id| id.to_string()).as_deref(), Some(CALL));
    assert_eq!(query.created.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:45:04Z"));
    assert_eq!(query.at.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:45:21Z"));
    assert_eq!((query.dial.is_none(), query.stream.is_none()), (true, true));
    let stored = query.extra().to_string();
    assert!(!stored.contains("9000000001") && !stored.contains("secret"), "{stored}");
}

#[test]
fn the_passthru_after_the_voicebot_keeps_facts_and_no_credentials() {
    let query = passthru(fixture!("passthru_after_voicebot_flat.query"));
    let stream = query.stream.clone().expect("facts");
    assert_eq!((stream.duration_s, stream.disconnected_by.as_deref()), (Some(96), Some("bot")));
    assert_eq!(query.digits.as_deref(), Some("1"));
    assert!(!stream.never_opened());
    assert!(!format!("{query:?}").contains("user:pass"));
}

#[test]
fn a_throttled_stream_never_opened() {
    let stream = passthru(fixture!("passthru_after_voicebot_throttled.query")).stream.expect("facts");
    assert!(stream.never_opened());
    assert!(stream.summary().contains("Streaming_call_throttled"));
}

#[test]
fn the_passthru_after_connect_says_that_nobody_came() {
    let dial = passthru(fixture!("passthru_after_connect_no_agent.query")).dial.expect("a dial");
    assert!(!dial.answered());
    assert_eq!((dial.whom(), dial.legs.len()), (Some("*******0002"), 1));
}

#[test]
fn an_agents_leg_is_read_with_its_number_masked() {
    let query = std::str::from_utf8(fixture!("passthru_agent_leg_answered.query")).expect("text");
    let event = AgentLegEvent::read(&Fields::from_query(query));
    assert_eq!(event.event, Some(AgentEvent::Answered));
    assert_eq!((event.agent.as_deref(), event.agent_state.as_deref()), (Some("*******0002"), Some("busy")));
}
