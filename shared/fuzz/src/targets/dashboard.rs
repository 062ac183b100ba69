//! A message of the page on the dashboard's socket.

use serde_json::{Value, json};
use shared::domain::feed::FeedPosition;
use shared::domain::id::CallId;
use shared::wire::dashboard::{Action, Auth, Filter};

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    authenticated(&text);
    match Action::read(&text) {
        Ok(action) => done(action, &text),
        Err(answer) => {
            assert_eq!(answer["type"], "error");
            assert!(answer["code"].is_string() && answer["message"].is_string(), "{answer}");
            assert!(answer.to_string().len() < 4 * text.len() + 400, "an answer much longer than its question");
        }
    }
    // A key is never accepted as an action, nor an action as a key.
    assert!(Auth::read(&text).is_none() || Action::read(&text).is_err());
}

fn authenticated(text: &str) {
    let Some(auth) = Auth::read(text) else { return };
    if let Some(Some(since)) = auth.since() {
        assert_eq!(FeedPosition::parse(&since.to_string()), Some(since));
    }
}

fn done(action: Action, text: &str) {
    match action {
        Action::Subscribe { filter } => sifts(&filter),
        Action::GetCallStatus { call_sid } | Action::TransferToAgent { call_sid, .. } => {
            let sid = call_sid.as_str();
            assert!(sid.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')), "it goes into keys");
        }
        Action::GetDashboardData { .. } | Action::Ping => {}
    }
    assert!(serde_json::from_str::<Value>(text).is_ok_and(|value| value["action"].is_string()));
}

/// A filter reads back as itself and holds back nothing that does not carry its field.
fn sifts(filter: &Filter) {
    let shown = json!({"action": "subscribe", "filter": filter}).to_string();
    match Action::read(&shown) {
        Ok(Action::Subscribe { filter: again }) => assert_eq!(&again, filter),
        other => panic!("our own text is not read: {other:?}"),
    }
    let kind = filter.types.as_ref().map_or("log", |types| types.first().map_or("", String::as_str));
    assert_eq!(filter.wants(kind), filter.types.as_ref().is_none_or(|types| !types.is_empty()));
    assert_eq!(filter.passes(kind, None, None), filter.wants(kind));
    let other = CallId::new(jiff::Timestamp::UNIX_EPOCH, [9; 10]);
    let passes = filter.passes(kind, Some(other), None);
    assert_eq!(passes, filter.wants(kind) && filter.call_id.is_none_or(|wanted| wanted == other));
}
