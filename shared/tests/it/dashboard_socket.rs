//! `/ws/dashboard` behind a real server, over memory doubles.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::app::{App, announce, keys};
use shared::domain::access::Scope;
use shared::domain::feed::LogLevel;
use shared::domain::status::CallStatus;
use shared::voicebot::dashboard_socket::{FeedHub, routes};
use shared::wiring::{MemoryParts, memory_app};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::{self, Message, protocol::CloseFrame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::overview::{call_in, report};

/// Nothing here takes this long; it turns a hang into a failure.
const PATIENCE: Duration = Duration::from_secs(20);

struct Server {
    app: App,
    parts: MemoryParts,
    hub: FeedHub,
    address: String,
}

struct Browser(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Server {
    async fn start() -> Self {
        let (app, parts) = memory_app();
        let hub = FeedHub::start(app.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("ws://{}/ws/dashboard", listener.local_addr().expect("an address"));
        let router = shared::http::with_layers(routes(app.clone(), hub.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { app, parts, hub, address }
    }

    async fn key(&self, scopes: &[Scope]) -> String {
        keys::create_key(&self.app, "page", scopes).await.expect("a key").secret.expose_secret().to_owned()
    }

    async fn browser(&self, key: &str, since: Option<&str>) -> Browser {
        let (socket, _) = connect_async(&self.address).await.expect("connected");
        let mut browser = Browser(socket);
        browser.say(json!({ "action": "auth", "key": key, "since": since })).await;
        browser
    }

    async fn log(&self, text: &str) {
        announce::log(&self.app, LogLevel::Info, None, text).await;
    }
}

impl Browser {
    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn next(&mut self) -> Message {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("in time");
            match message.expect("open").expect("readable") {
                Message::Ping(_) | Message::Pong(_) => {}
                message => return message,
            }
        }
    }

    /// The next message of that type; others are passed over.
    async fn hear(&mut self, kind: &str) -> Value {
        loop {
            let Message::Text(text) = self.next().await else { panic!("closed while waiting for {kind}") };
            let body: Value = serde_json::from_str(&text).expect("JSON");
            if body["type"] == kind {
                return body;
            }
        }
    }

    async fn closed(&mut self) -> CloseFrame {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.expect("a reason");
            }
        }
    }
}

#[tokio::test]
async fn a_browser_without_a_good_key_is_closed_with_4401() {
    let server = Server::start().await;
    let mut stranger = server.browser("va_wrong", None).await;
    assert_eq!(u16::from(stranger.closed().await.code), 4401);
    let caller = server.key(&[Scope::Call]).await;
    assert_eq!(u16::from(server.browser(&caller, None).await.closed().await.code), 4401);
    let (socket, _) = connect_async(&server.address).await.expect("connected");
    let mut hasty = Browser(socket);
    hasty.say(json!({ "action": "subscribe", "filter": {} })).await;
    assert_eq!(u16::from(hasty.closed().await.code), 4401);
}

#[tokio::test]
async fn a_browser_gets_a_snapshot_and_then_every_event_in_order() {
    let server = Server::start().await;
    let (call, sid) = call_in(&server.app, CallStatus::Ringing, "9000000001").await;
    let key = server.key(&[Scope::Read]).await;
    let mut browser = server.browser(&key, None).await;
    assert!(browser.hear("connection_established").await["connection_id"].is_string());
    let snapshot = browser.hear("snapshot").await;
    assert_eq!(snapshot["gap"], false);
    assert_eq!(snapshot["data"]["active_calls"][0]["call_id"], call.to_string());
    report(&server.app, call, &sid, CallStatus::InProgress).await;
    let update = browser.hear("status_update").await;
    assert_eq!(update["status"], "in_progress");
    assert!(update["position"].as_str().expect("a position") > snapshot["position"].as_str().expect("a position"));
    let statistics = browser.hear("statistics").await;
    assert_eq!(statistics["statistics"]["active_calls"], 1);
}

#[tokio::test]
async fn a_browser_that_comes_back_misses_nothing() {
    let server = Server::start().await;
    let key = server.key(&[Scope::Read]).await;
    server.log("before").await;
    let mut browser = server.browser(&key, None).await;
    let position = browser.hear("snapshot").await["position"].as_str().expect("a position").to_owned();
    drop(browser);
    for text in ["one", "two", "three"] {
        server.log(text).await;
    }
    let mut browser = server.browser(&key, Some(&position)).await;
    assert_eq!(browser.hear("connection_established").await["resumed"], true);
    for text in ["one", "two", "three"] {
        assert_eq!(browser.hear("log").await["message"], text);
    }
    server.log("four").await;
    assert_eq!(browser.hear("log").await["message"], "four");
}

#[tokio::test]
async fn a_position_that_is_not_kept_any_more_leads_to_a_snapshot_with_a_gap() {
    let server = Server::start().await;
    let key = server.key(&[Scope::Read]).await;
    server.log("something").await;
    for unknown in ["rubbish", "99999999999999-0", "1-0"] {
        let mut browser = server.browser(&key, Some(unknown)).await;
        assert_eq!(browser.hear("connection_established").await["resumed"], false, "{unknown}");
        assert_eq!(browser.hear("snapshot").await["gap"], true, "{unknown}");
    }
}

#[tokio::test]
async fn a_filter_keeps_other_events_away() {
    let server = Server::start().await;
    let (call, sid) = call_in(&server.app, CallStatus::Ringing, "9000000001").await;
    let key = server.key(&[Scope::Read]).await;
    let mut browser = server.browser(&key, None).await;
    browser.say(json!({ "action": "subscribe", "filter": { "types": ["status_update"] } })).await;
    browser.hear("subscribed").await;
    server.log("not wanted").await;
    report(&server.app, call, &sid, CallStatus::InProgress).await;
    let Message::Text(text) = browser.next().await else { panic!("closed") };
    let first: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(first["type"], "status_update");
}

#[tokio::test]
async fn the_actions_are_answered_and_an_unknown_one_names_them() {
    let server = Server::start().await;
    let (_, sid) = call_in(&server.app, CallStatus::Ringing, "9000000001").await;
    let key = server.key(&[Scope::Read]).await;
    let mut browser = server.browser(&key, None).await;
    browser.hear("snapshot").await;
    browser.say(json!({ "action": "ping" })).await;
    browser.hear("pong").await;
    browser.say(json!({ "action": "get_dashboard_data" })).await;
    assert_eq!(browser.hear("dashboard_data").await["data"]["statistics"]["total_calls"], 1);
    browser.say(json!({ "action": "get_call_status", "call_sid": sid })).await;
    assert_eq!(browser.hear("call_status").await["data"]["database_data"]["status"], "ringing");
    browser.say(json!({ "action": "dance" })).await;
    assert!(browser.hear("error").await["available_actions"].is_array());
    browser.say(json!({ "action": "transfer_to_agent", "call_sid": sid })).await;
    assert_eq!(browser.hear("error").await["code"], "forbidden");
}

#[tokio::test]
async fn a_hand_over_needs_a_call_in_progress_and_is_audited() {
    let server = Server::start().await;
    let (call, sid) = call_in(&server.app, CallStatus::Ringing, "9000000001").await;
    let key = server.key(&[Scope::Read, Scope::Call]).await;
    let mut browser = server.browser(&key, None).await;
    browser.hear("snapshot").await;
    browser.say(json!({ "action": "transfer_to_agent", "call_sid": sid })).await;
    assert_eq!(browser.hear("error").await["code"], "not_live");
    report(&server.app, call, &sid, CallStatus::InProgress).await;
    let customer = server.app.calls.session_customer(call).await.expect("a read").expect("a customer");
    let session = shared::domain::session::CallSession {
        call_id: call,
        call_sid: Some(sid.clone()),
        customer,
        playbook: None,
        status: CallStatus::InProgress,
        hand_over: None,
        created_at: server.app.clock.now(),
    };
    server.app.sessions.put(&sid, &session).await.expect("stored");
    browser.say(json!({ "action": "transfer_to_agent", "call_sid": sid })).await;
    assert_eq!(browser.hear("agent_transfer_result").await["success"], true);
    let session = server.app.sessions.get(&sid).await.expect("a read").expect("a session");
    assert!(session.hand_over.is_some());
    let actions: Vec<String> = server.parts.audit.entries().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["transfer_to_agent", "transfer_to_agent"]);
    server.parts.audit.go_away(true);
    browser.say(json!({ "action": "transfer_to_agent", "call_sid": sid })).await;
    assert_eq!(browser.hear("error").await["code"], "unavailable");
}

#[tokio::test]
async fn connections_are_counted_while_they_last_and_closed_when_the_server_goes() {
    let server = Server::start().await;
    let key = server.key(&[Scope::Read]).await;
    let mut browser = server.browser(&key, None).await;
    browser.hear("snapshot").await;
    assert_eq!(server.app.sessions.ws_count().await.expect("a count"), 1);
    server.hub.stop();
    assert_eq!(u16::from(browser.closed().await.code), 1001);
    assert_eq!(server.app.sessions.ws_count().await.expect("a count"), 0);
}

#[tokio::test]
async fn a_flood_of_sockets_is_refused_before_any_key_is_looked_at() {
    let server = Server::start().await;
    let counted = async |who: &str, most: u64| {
        for _ in 0..most {
            server.app.sessions.count_request(who, 60, server.app.clock.now()).await.expect("counted");
        }
    };
    let key = keys::create_key(&server.app, "busy", &[Scope::Read]).await.expect("a key");
    counted(&key.key.id.to_string(), 1_200).await;
    let mut browser = server.browser(key.secret.expose_secret(), None).await;
    assert_eq!(u16::from(browser.closed().await.code), 1013, "the key is used too often");
    // No proxy names an address here.
    counted("address:unknown", 3_000).await;
    let refused = connect_async(&server.address).await.expect_err("refused");
    let tungstenite::Error::Http(response) = refused else { panic!("{refused}") };
    assert_eq!(response.status().as_u16(), 429);
    assert!(response.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_message_larger_than_any_of_a_page_is_not_read_and_ends_the_connection() {
    let server = Server::start().await;
    let key = server.key(&[Scope::Read]).await;
    let mut browser = server.browser(&key, None).await;
    browser.hear("snapshot").await;
    browser.0.send(Message::text("x".repeat(64 * 1024))).await.expect("sent");
    browser.hear("error").await;
    browser.0.send(Message::text("x".repeat(64 * 1024 + 1))).await.expect("sent");
    let rest: Vec<_> = tokio::time::timeout(PATIENCE, browser.0.collect()).await.expect("it ends");
    assert!(!rest.iter().any(|message| matches!(message, Ok(Message::Text(_)))), "{rest:?}");
}
