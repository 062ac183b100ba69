//! Reports in every order, twice, late and too early.

use std::time::Duration;

use shared::app::record_or_park::RETRY_AFTER_S;
use shared::app::{Replayed, Taken, record_or_park, replay_event};
use shared::domain::call::{CallRef, Recorded, StatusReport};
use shared::domain::id::CallSid;
use shared::domain::status::{CallStatus, Source, Step};
use shared::ports::calls::DialOutcome;
use shared::ports::queue::QueueMessage;

use crate::one_call::OneCall;

const WITHIN: Duration = Duration::from_secs(2);

fn report(sid: &str, status: CallStatus) -> StatusReport {
    StatusReport {
        call: CallRef { call_id: None, call_sid: CallSid::parse(sid).ok() },
        status,
        source: Source::Webhook,
        failure_class: None,
        message: String::new(),
        occurred_at: jiff::Timestamp::constant(1_795_415_400, 0),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::json!({}),
        call_back_due: false,
        dedupe_key: format!("webhook:{sid}:{status}"),
    }
}

fn only_message(world: &OneCall) -> (String, Duration) {
    let sent = world.parts.queue.take();
    assert_eq!(sent.len(), 1, "{sent:?}");
    (serde_json::to_string(&sent[0].0).expect("serialises"), sent[0].1)
}

#[tokio::test]
async fn a_late_ringing_is_kept_in_the_history_and_changes_nothing() {
    let world = OneCall::initiated().await;
    let sid = world.sid.as_str();
    record_or_park(&world.app, report(sid, CallStatus::Completed), WITHIN).await;
    let taken = record_or_park(&world.app, report(sid, CallStatus::Ringing), WITHIN).await;
    assert!(matches!(taken, Taken::Recorded(Recorded::Stored { step: Step::Ignored, .. })), "{taken:?}");
    assert_eq!(world.record().await.status, CallStatus::Completed);
    assert_eq!(world.app.calls.updates(world.call).await.expect("memory").iter().filter(|u| !u.applied).count(), 1);
}

#[tokio::test]
async fn a_report_faster_than_the_carriers_answer_waits_and_is_applied_later() {
    let world = OneCall::dialing().await;
    let taken = record_or_park(&world.app, report(world.sid.as_str(), CallStatus::InProgress), WITHIN).await;
    assert_eq!(taken, Taken::Parked);
    let (body, delay) = only_message(&world);
    assert_eq!(delay, Duration::from_secs(RETRY_AFTER_S[0]));

    let outcome = DialOutcome::Accepted(world.sid.clone());
    world.app.calls.record_dial(world.call, &outcome, world.app.clock.now()).await.expect("memory");
    assert_eq!(replay_event(&world.app, &body).await, Replayed::Done);
    assert_eq!(world.record().await.status, CallStatus::InProgress);
}

#[tokio::test]
async fn a_report_nobody_ever_knows_is_put_back_ten_times_at_most() {
    let world = OneCall::initiated().await;
    record_or_park(&world.app, report("never-heard-of", CallStatus::Completed), WITHIN).await;
    let mut waited = Duration::ZERO;
    for _ in RETRY_AFTER_S {
        let (body, delay) = only_message(&world);
        waited += delay;
        assert_eq!(replay_event(&world.app, &body).await, Replayed::Done);
    }
    assert_eq!(world.parts.queue.take(), []);
    assert_eq!(waited, Duration::from_secs(RETRY_AFTER_S.iter().sum()));
}

#[tokio::test]
async fn a_message_that_can_not_be_put_back_is_brought_again() {
    let world = OneCall::initiated().await;
    let report = Box::new(report("never-heard-of", CallStatus::Completed));
    let body = serde_json::to_string(&QueueMessage::ReportV1 { report, tries: 0 }).expect("serialises");
    world.parts.queue.go_away(true);
    assert_eq!(replay_event(&world.app, &body).await, Replayed::Again);
}

#[tokio::test]
async fn what_neither_record_nor_queue_takes_is_lost_and_said_so() {
    let world = OneCall::initiated().await;
    world.parts.queue.go_away(true);
    let taken = record_or_park(&world.app, report("never-heard-of", CallStatus::Completed), WITHIN).await;
    assert_eq!(taken, Taken::Lost);
}

#[tokio::test]
async fn an_unreadable_message_and_anothers_message_are_dropped() {
    let world = OneCall::initiated().await;
    let foreign = serde_json::to_string(&QueueMessage::DialV1 { call_id: world.call }).expect("serialises");
    for body in ["", "{", r#"{"kind":"report_v9"}"#, &foreign] {
        assert_eq!(replay_event(&world.app, body).await, Replayed::Done, "{body}");
    }
    assert_eq!(world.parts.queue.take(), []);
}
