//! The first Passthru, over the memory stores.

use shared::app::{Replayed, Taken, link_call, replay_event};
use shared::domain::call::{CallRef, Recorded, StatusReport};
use shared::domain::id::CallSid;
use shared::domain::status::{CallStatus, Source};

use crate::one_call::OneCall;

fn answered(world: &OneCall) -> StatusReport {
    StatusReport {
        call: CallRef { call_id: Some(world.call), call_sid: Some(world.sid.clone()) },
        status: CallStatus::InProgress,
        source: Source::Passthru,
        failure_class: None,
        message: "the customer answered".to_owned(),
        occurred_at: world.app.clock.now(),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::json!({}),
        call_back_due: false,
        dedupe_key: format!("passthru:{}:answered", world.sid),
    }
}

#[tokio::test]
async fn the_session_and_the_record_know_the_sid_even_before_the_carriers_own_answer() {
    let world = OneCall::dialing().await;
    assert!(matches!(link_call(&world.app, answered(&world)).await, Taken::Recorded(Recorded::Stored { .. })));
    let record = world.record().await;
    assert_eq!((record.status, record.call_sid), (CallStatus::InProgress, Some(world.sid.clone())));
    let session = world.session().await.expect("a session");
    assert_eq!((session.call_id, session.status), (world.call, CallStatus::InProgress));
}

#[tokio::test]
async fn a_second_passthru_changes_nothing() {
    let world = OneCall::initiated().await;
    link_call(&world.app, answered(&world)).await;
    let (record, session) = (world.record().await, world.session().await);
    assert_eq!(link_call(&world.app, answered(&world)).await, Taken::Recorded(Recorded::Duplicate));
    assert_eq!((world.record().await, world.session().await), (record, session));
}

#[tokio::test]
async fn a_session_that_redis_lost_is_written_anew_from_the_record() {
    let world = OneCall::initiated().await;
    world.parts.sessions.forget_everything();
    link_call(&world.app, answered(&world)).await;
    let session = world.session().await.expect("a session");
    assert_eq!((session.customer.name.as_str(), session.status), ("Asha Test", CallStatus::InProgress));
    assert_eq!(session.playbook.as_deref(), Some("appointment_reminder"));
}

#[tokio::test]
async fn a_sid_of_another_call_is_refused_and_not_linked() {
    let world = OneCall::initiated().await;
    let stranger = CallSid::parse("another-sid").expect("a sid");
    let mut report = answered(&world);
    report.call.call_sid = Some(stranger.clone());
    assert_eq!(link_call(&world.app, report).await, Taken::Recorded(Recorded::SidConflict));
    assert_eq!(world.app.sessions.get(&stranger).await.expect("memory"), None);
}

#[tokio::test]
async fn a_parked_passthru_is_linked_when_it_is_replayed() {
    let world = OneCall::initiated().await;
    let message = shared::ports::queue::QueueMessage::ReportV1 { report: Box::new(answered(&world)), tries: 0 };
    let body = serde_json::to_string(&message).expect("serialises");
    assert_eq!(replay_event(&world.app, &body).await, Replayed::Done);
    assert_eq!(world.record().await.status, CallStatus::InProgress);
    assert_eq!(world.session().await.map(|s| s.call_id), Some(world.call));
}
