use serde_json::json;
use shared::domain::id::CallId;
use shared::domain::language::Language;
use shared::domain::session::{CallSession, HandOver};
use shared::domain::status::CallStatus;

use crate::support::{World, sid};

super::contract!(
    a_session_moves_to_its_sid_once_and_whole,
    a_session_opened_from_the_records_is_not_overwritten_by_the_link,
    of_many_links_at_once_all_see_the_same_session,
    status_and_hand_over_written_at_once_both_stay,
    a_finished_session_is_not_reopened,
    messages_are_read_once_in_their_order,
    sockets_and_figures_are_counted,
    requests_are_counted_per_window,
);

async fn session(world: &World) -> CallSession {
    let call_id = world.order(world.customer(10).await).await;
    let customer = world.app.calls.session_customer(call_id).await.expect("read").expect("there");
    CallSession {
        call_id,
        call_sid: None,
        customer,
        playbook: Some("appointment_reminder".to_owned()),
        status: CallStatus::Dialing,
        hand_over: None,
        created_at: world.now(),
    }
}

async fn a_session_moves_to_its_sid_once_and_whole(world: &World) {
    let sessions = &world.app.sessions;
    let session = session(world).await;
    assert_eq!(sessions.link(session.call_id, &sid("s1")).await.expect("asked"), None);
    sessions.put_temp(&session).await.expect("stored");
    let linked = Some(CallSession { call_sid: Some(sid("s1")), ..session.clone() });
    assert_eq!(sessions.link(session.call_id, &sid("s1")).await.expect("linked"), linked);
    assert_eq!(sessions.link(session.call_id, &sid("s1")).await.expect("again"), linked);
    assert_eq!(sessions.get(&sid("s1")).await.expect("read"), linked);
    assert_eq!(sessions.link(session.call_id, &sid("s2")).await.expect("asked"), None, "it was moved, not copied");
    assert_eq!(sessions.link(world.app.new_id(CallId::new), &sid("s1")).await.expect("asked"), linked);
}

async fn a_session_opened_from_the_records_is_not_overwritten_by_the_link(world: &World) {
    let sessions = &world.app.sessions;
    let temp = session(world).await;
    sessions.put_temp(&temp).await.expect("stored");
    let newer = CallSession { status: CallStatus::InProgress, ..temp.clone() };
    sessions.put(&sid("s1"), &newer).await.expect("stored");
    let linked = sessions.link(temp.call_id, &sid("s1")).await.expect("linked").expect("there");
    assert_eq!(linked.status, CallStatus::InProgress);
}

async fn of_many_links_at_once_all_see_the_same_session(world: &World) {
    let session = session(world).await;
    world.app.sessions.put_temp(&session).await.expect("stored");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (app, call) = (world.app.clone(), session.call_id);
        tasks.spawn(async move { app.sessions.link(call, &sid("s1")).await });
    }
    for linked in tasks.join_all().await {
        assert_eq!(linked.expect("linked").map(|s| s.call_id), Some(session.call_id));
    }
}

async fn status_and_hand_over_written_at_once_both_stay(world: &World) {
    let session = session(world).await;
    let hand_over =
        HandOver { reason: "asked".to_owned(), language: Language::Hindi, requested_at: world.now(), untaken: true };
    assert!(!world.app.sessions.request_hand_over(&sid("s1"), &hand_over).await.expect("asked"));
    world.app.sessions.put(&sid("s1"), &session).await.expect("stored");
    let status = {
        let app = world.app.clone();
        tokio::spawn(async move { app.sessions.set_status(&sid("s1"), CallStatus::InProgress).await })
    };
    assert!(world.app.sessions.request_hand_over(&sid("s1"), &hand_over).await.expect("asked"));
    status.await.expect("not panicked").expect("noted");
    let found = world.app.sessions.get(&sid("s1")).await.expect("read").expect("there");
    assert_eq!((found.status, found.hand_over), (CallStatus::InProgress, Some(hand_over)));
}

async fn a_finished_session_is_not_reopened(world: &World) {
    let session = session(world).await;
    world.app.sessions.put(&sid("s1"), &session).await.expect("stored");
    for status in [CallStatus::Completed, CallStatus::Ringing] {
        world.app.sessions.set_status(&sid("s1"), status).await.expect("noted");
    }
    let found = world.app.sessions.get(&sid("s1")).await.expect("read").expect("there");
    assert_eq!(found.status, CallStatus::Completed);
    world.app.sessions.set_status(&sid("none"), CallStatus::Ringing).await.expect("nothing to note");
}

async fn messages_are_read_once_in_their_order(world: &World) {
    let sessions = &world.app.sessions;
    for n in 1..=2 {
        sessions.notify("asha", &json!({"n": n})).await.expect("added");
    }
    assert_eq!(sessions.take_notifications("asha").await.expect("read"), [json!({"n": 1}), json!({"n": 2})]);
    assert_eq!(sessions.take_notifications("asha").await.expect("read"), Vec::<serde_json::Value>::new());
}

async fn sockets_and_figures_are_counted(world: &World) {
    let sessions = &world.app.sessions;
    assert_eq!(sessions.ws_count().await.expect("counted"), 0);
    for id in ["a", "b", "a"] {
        sessions.put_ws(id, &json!({"last": "0-0"})).await.expect("noted");
    }
    assert_eq!(sessions.ws_count().await.expect("counted"), 2);
    sessions.remove_ws("a").await.expect("forgotten");
    assert_eq!(sessions.ws_count().await.expect("counted"), 1);
    assert_eq!(sessions.figures().await.expect("read"), Vec::<serde_json::Value>::new());
    sessions.put_figures("voicebot-1", &json!({"calls": 3})).await.expect("noted");
    assert_eq!(sessions.figures().await.expect("read"), [json!({"calls": 3})]);
    sessions.memory_bytes().await.expect("known");
}

async fn requests_are_counted_per_window(world: &World) {
    let count = async |who, now| world.app.sessions.count_request(who, 60, now).await.expect("counted");
    let now = world.now();
    assert_eq!((count("a", now).await, count("a", now).await, count("b", now).await), (1, 2, 1));
    assert_eq!(count("a", now + jiff::SignedDuration::from_secs(60)).await, 1);
}
