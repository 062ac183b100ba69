//! Who is handed over, and to whom.

use shared::app::{agents_to_ring, hand_over_wanted, note_untaken};
use shared::domain::call::{CallRef, StatusReport};
use shared::domain::settings::AccountSettings;
use shared::domain::status::{CallStatus, Source};

use crate::one_call::OneCall;

fn report(world: &OneCall, status: CallStatus) -> StatusReport {
    StatusReport {
        call: CallRef { call_id: Some(world.call), call_sid: None },
        status,
        source: Source::Stream,
        failure_class: None,
        message: String::new(),
        occurred_at: world.app.clock.now(),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::json!({}),
        call_back_due: false,
        dedupe_key: status.to_string(),
    }
}

async fn recorded(world: &OneCall, status: CallStatus) {
    shared::app::record_status(&world.app, report(world, status)).await.expect("memory");
}

async fn agents(world: &OneCall, numbers: &[&str]) {
    let numbers = numbers.iter().map(|n| (*n).to_owned()).collect();
    let settings = AccountSettings { agent_numbers: numbers, ..Default::default() };
    world.app.settings.replace(&settings, "test", world.app.clock.now()).await.expect("memory");
}

#[tokio::test]
async fn nobody_is_handed_over_who_did_not_ask() {
    let world = OneCall::initiated().await;
    recorded(&world, CallStatus::InProgress).await;
    assert_eq!(hand_over_wanted(&world.app, &world.sid).await, None);
}

#[tokio::test]
async fn the_wish_is_found_in_the_session() {
    let world = OneCall::initiated().await;
    world.wants_agent().await;
    assert!(hand_over_wanted(&world.app, &world.sid).await.is_some());
}

#[tokio::test]
async fn the_wish_is_found_in_the_record_when_redis_has_lost_it() {
    let world = OneCall::initiated().await;
    recorded(&world, CallStatus::AgentTransfer).await;
    world.parts.sessions.forget_everything();
    assert!(hand_over_wanted(&world.app, &world.sid).await.is_some());
}

#[tokio::test]
async fn agents_who_were_rung_in_vain_are_not_rung_again_when_redis_has_lost_it() {
    let world = OneCall::initiated().await;
    recorded(&world, CallStatus::AgentTransfer).await;
    let nobody = StatusReport { call_back_due: true, ..report(&world, CallStatus::InProgress) };
    shared::app::record_status(&world.app, nobody).await.expect("memory");
    world.parts.sessions.forget_everything();
    assert_eq!(hand_over_wanted(&world.app, &world.sid).await, None);
}

#[tokio::test]
async fn that_nobody_came_is_noted_where_the_wish_itself_was_not() {
    let world = OneCall::initiated().await;
    world.app.sessions.link(world.call, &world.sid).await.expect("memory");
    note_untaken(&world.app, &world.sid).await;
    let session = world.session().await.expect("linked");
    assert!(session.hand_over.is_some_and(|wish| wish.untaken));
}

#[tokio::test]
async fn a_call_that_is_over_rings_no_agent() {
    let world = OneCall::initiated().await;
    world.wants_agent().await;
    recorded(&world, CallStatus::Completed).await;
    assert_eq!(hand_over_wanted(&world.app, &world.sid).await, None);
}

#[tokio::test]
async fn agents_are_rung_in_order_and_hear_no_amount() {
    let world = OneCall::initiated().await;
    world.wants_agent().await;
    agents(&world, &["09000000002", "nonsense", "+919000000003"]).await;
    let agents = agents_to_ring(&world.app, &world.sid).await.expect("agents");
    assert_eq!(agents.numbers, ["+919000000002", "+919000000003"]);
    assert!(agents.whisper.contains("Hindi") && !agents.whisper.contains("15000"), "{}", agents.whisper);
}

#[tokio::test]
async fn without_agents_or_readable_settings_nobody_is_rung() {
    let world = OneCall::initiated().await;
    world.wants_agent().await;
    assert_eq!(agents_to_ring(&world.app, &world.sid).await, None);
    agents(&world, &["09000000002"]).await;
    world.parts.records.break_settings(true);
    assert_eq!(agents_to_ring(&world.app, &world.sid).await, None);
}
