//! What the flow's applets ask with (exotel.md 4, 5.4, 6).

use serde_json::json;
use shared::wire::exotel::connect_applet::{ConnectAnswer, Ringing};
use shared::wire::exotel::fields::Fields;
use shared::wire::exotel::passthru::{AgentEvent, AgentLegEvent, PassthruQuery, StreamFacts};

use crate::{CALL, SID, fixture};

fn fields(query: &[u8]) -> Fields {
    Fields::from_query(std::str::from_utf8(query).expect("text"))
}
fn read(query: &[u8]) -> PassthruQuery {
    PassthruQuery::read(&fields(query))
}
fn stream(query: &[u8]) -> StreamFacts {
    read(query).stream.expect("facts")
}
fn is_our_call(query: &PassthruQuery) {
    assert_eq!(query.call_sid.clone().map(String::from).as_deref(), Some(SID));
    assert_eq!(query.custom.call_id.map(|id| id.to_string()).as_deref(), Some(CALL));
}

#[test]
fn the_first_passthru_has_both_ids_and_two_spellings_of_time() {
    let query = read(fixture!("passthru_first.query"));
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
    let query = read(fixture!("passthru_after_voicebot_flat.query"));
    let stream = query.stream.clone().expect("facts");
    assert_eq!((stream.duration_s, stream.disconnected_by.as_deref()), (Some(96), Some("bot")));
    assert_eq!(query.digits.as_deref(), Some("1"));
    assert!(!stream.never_opened());
    assert!(!format!("{query:?}").contains("user:pass"));
}

#[test]
fn a_throttled_stream_never_opened() {
    let stream = read(fixture!("passthru_after_voicebot_throttled.query")).stream.expect("facts");
    assert!(stream.never_opened());
    assert!(stream.summary().contains("Streaming_call_throttled"));
}

#[test]
fn the_passthru_after_connect_says_that_nobody_came() {
    let query = read(fixture!("passthru_after_connect_no_agent.query"));
    assert!(!query.agent_answered());
    let dial = query.dial.expect("a dial");
    assert_eq!((dial.whom(), dial.legs.len()), (Some("*******0002"), 1));
}

#[test]
fn an_agents_leg_is_read_with_its_number_masked() {
    let query = std::str::from_utf8(fixture!("passthru_agent_leg_answered.query")).expect("text");
    let event = AgentLegEvent::read(&Fields::from_query(query));
    assert_eq!(event.event, Some(AgentEvent::Answered));
    assert_eq!((event.agent.as_deref(), event.agent_state.as_deref()), (Some("*******0002"), Some("busy")));
}

#[test]
fn whichever_end_the_customer_stands_at_it_is_our_call() {
    is_our_call(&read(fixture!("passthru_first.query")));
    let swapped = read(fixture!("passthru_first_swapped.query"));
    is_our_call(&swapped);
    assert_eq!(swapped.digits, None);
    let stored = swapped.extra().to_string();
    assert!(!stored.contains("9000000001") && stored.contains("Asha"), "{stored}");
}

#[test]
fn a_posted_passthru_before_the_stream_is_one_too() {
    let fields = Fields::from_body(Some("application/json"), fixture!("passthru_first_posted.json")).expect("readable");
    let query = PassthruQuery::read(&fields);
    is_our_call(&query);
    assert_eq!((query.stream, query.dial), (None, None));
}

#[test]
fn digits_come_in_quotes_and_the_word_null_and_the_end_of_1970_are_nothing() {
    let query = read(fixture!("passthru_after_gather.query"));
    assert_eq!(query.digits.as_deref(), Some("145"));
    assert_eq!((query.call_status.as_deref(), query.call_type.as_deref()), (Some("in-progress"), Some("call-attempt")));
    assert_eq!(query.created.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:45:04Z"));
    let fields = fields(fixture!("passthru_after_gather.query"));
    assert_eq!((fields.get("ForwardedFrom"), fields.get("ProcessStatus")), (None, None));
}

#[test]
fn the_four_ways_a_stream_ends_are_told_apart() {
    let ended = |facts: &StreamFacts| (facts.status.clone().expect("a status"), facts.disconnected_by.clone());
    let by = |who: &str| Some(who.to_owned());
    let closed = stream(fixture!("passthru_stream_bot_closed.query"));
    assert_eq!((ended(&closed), closed.duration_s), (("completed".to_owned(), by("bot")), Some(96)));
    assert!(closed.recording_url.is_some() && !closed.never_opened());
    let left = stream(fixture!("passthru_stream_caller_hung_up.query"));
    assert_eq!((ended(&left), left.duration_s), (("cancelled".to_owned(), by("user")), Some(12)));
    assert!(!left.never_opened());
    let unopened = stream(fixture!("passthru_stream_never_opened.query"));
    assert_eq!(ended(&unopened), ("failed".to_owned(), by("na")));
    assert!(unopened.never_opened() && unopened.summary().contains("3009 failed to establish"));
    assert!(stream(fixture!("passthru_after_voicebot_throttled.query")).never_opened());
}

#[test]
fn other_words_for_who_hung_up_are_kept() {
    let system = stream(fixture!("passthru_stream_system.query"));
    assert_eq!((system.disconnected_by.as_deref(), system.duration_s), (Some("system"), Some(96)));
    let lower = stream(fixture!("passthru_stream_lower_case.query"));
    assert_eq!((lower.status.as_deref(), lower.disconnected_by.as_deref()), (Some("completed"), Some("caller")));
    assert_eq!(lower.duration_s, Some(96));
}

#[test]
fn the_address_of_the_stream_is_not_kept_anywhere() {
    let query = read(fixture!("passthru_stream_bot_closed.query"));
    let shown = format!("{query:?}{}", query.extra());
    assert!(!shown.contains("wss:") && !shown.contains("pass"), "{shown}");
}

#[test]
fn the_agent_who_took_the_call_is_the_one_who_spoke() {
    let query = read(fixture!("passthru_after_connect_agent.query"));
    let dial = query.dial.clone().expect("a dial");
    assert!(query.agent_answered());
    assert_eq!((dial.whom(), dial.legs.len()), (Some("*******0003"), 2));
    assert_eq!(dial.legs[1].on_call_s, Some(31));
    let stored = query.extra().to_string();
    assert!(!stored.contains("9000000002") && !stored.contains("recordings.example"), "{stored}");
}

#[test]
fn agents_rung_together_are_told_apart_by_who_spoke() {
    let query = read(fixture!("passthru_after_connect_parallel.query"));
    is_our_call(&query);
    let dial = query.dial.clone().expect("a dial");
    let causes: Vec<_> = dial.legs.iter().map(|leg| (leg.on_call_s, leg.cause.as_deref())).collect();
    assert_eq!(causes, [(Some(31), Some("NORMAL_CLEARING")), (Some(0), Some("RING_TIMEOUT"))]);
    assert!(query.agent_answered());
    assert_eq!(dial.whom(), Some("*******0002"), "not the last one dialled");
    assert_eq!(query.extra()["Legs[1][Type]"], "parallel");
}

#[test]
fn a_message_left_for_the_agents_is_no_answer_of_theirs() {
    let query = read(fixture!("passthru_after_connect_voicemail.query"));
    is_our_call(&query);
    assert_eq!(query.call_type.as_deref(), Some("voicemail"));
    let dial = query.dial.clone().expect("a dial");
    assert_eq!((dial.status.as_deref(), dial.whom()), (Some("no-answer"), Some("*******0002")));
    assert!(!query.agent_answered());
    assert!(!read(b"CallType=voicemail").agent_answered(), "nor without a word about the dial");
}

#[test]
fn whom_to_dial_is_asked_for_our_call_before_anybody_was_dialled() {
    let query = read(fixture!("passthru_connect_asks.query"));
    is_our_call(&query);
    assert_eq!((query.call_type.as_deref(), query.call_status.as_deref()), (Some("call-attempt"), None));
    assert_eq!(query.created.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:45:04Z"));
    assert_eq!(query.at.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:47:05Z"));
    assert_eq!((query.dial.is_none(), query.stream.is_none()), (true, true), "an empty DialWhomNumber is nobody");
    assert!(!query.agent_answered());
}

#[test]
fn every_end_of_an_agents_leg_but_an_answer_is_none() {
    for (status, answered) in [
        ("completed", true),
        ("busy", false),
        ("no-answer", false),
        ("failed", false),
        ("canceled", false),
        ("Completed", true),
    ] {
        let query = format!("CallSid={SID}&DialCallStatus={status}&DialWhomNumber=09000000002");
        assert_eq!(read(query.as_bytes()).agent_answered(), answered, "{status}");
    }
}

#[test]
fn an_agents_leg_is_dialled_rings_and_is_free_again_and_unknown_events_are_none() {
    let event = |query: &[u8]| AgentLegEvent::read(&fields(query));
    let dial = event(fixture!("passthru_agent_leg_dial.query"));
    assert_eq!((dial.event, dial.agent_state.as_deref()), (Some(AgentEvent::Dial), Some("busy")));
    let ringing = event(fixture!("passthru_agent_leg_ringing.query"));
    assert_eq!((ringing.event, ringing.agent_state.as_deref()), (Some(AgentEvent::Ringing), Some("busy")));
    assert_eq!(ringing.at.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:47:14Z"));
    assert_eq!(ringing.agent.as_deref(), Some("*******0002"));
    let terminal = event(fixture!("passthru_agent_leg_terminal.query"));
    assert_eq!((terminal.event, terminal.agent_state.as_deref()), (Some(AgentEvent::Terminal), Some("free")));
    assert_eq!(terminal.at.map(|at| at.to_string()).as_deref(), Some("2026-11-23T04:48:12Z"));
    assert_eq!(event(b"CallSid=abc&EventType=Paused").event, None);
}

#[test]
fn whom_to_dial_is_answered_in_exotels_shape() {
    let answer = ConnectAnswer::ring(Ringing {
        numbers: (2..9).map(|n| format!("+91900000000{n}")).collect(),
        whisper: "Bot transfer. Loan follow up, Hindi.".to_owned(),
        event_url: "https://api.example.test/exotel/agent-leg?k=secret".to_owned(),
        ring_s: 40,
        talk_s: 1_800,
    });
    let answer = serde_json::to_value(answer).expect("JSON");
    assert_eq!(answer["destination"]["numbers"].as_array().map(Vec::len), Some(5), "an integrator's cap");
    assert_eq!((&answer["fetch_after_attempt"], &answer["max_ringing_duration"]), (&json!(false), &json!(40)));
    assert_eq!(answer["start_call_playback"]["playback_to"], "callee", "the customer does not hear it");
    let nobody = serde_json::to_value(ConnectAnswer::nobody()).expect("JSON");
    assert_eq!(nobody, json!({"fetch_after_attempt": false, "destination": {"numbers": []}}));
}
