//! `/ws/voicebot` behind a real server: who is let in, what a bad line can do, and when it ends.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::adapters::memory::LoudnessModel;
use shared::app::App;
use shared::domain::id::CallSid;
use shared::domain::language::Language;
use shared::domain::token::CallTokens;
use shared::ports::speech::{HearingStream, SpeechError, SpeechToText, TextToSpeech};
use shared::voicebot::{Voicebot, VoicebotConfig, routes};
use shared::wiring::memory_app;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Nothing here takes this long; it turns a hang into a failure.
const PATIENCE: Duration = Duration::from_secs(20);
const SID: &str = "3f9c1e2ab47d4c55a0de71b2c6f81a2b";

/// Hears nothing and speaks half a second of anything.
struct Plain;

#[async_trait]
impl SpeechToText for Plain {
    async fn open(&self, _: Language) -> Result<HearingStream, SpeechError> {
        let (input, mut inputs) = mpsc::channel(64);
        let (outbox, events) = mpsc::channel(1);
        tokio::spawn(async move {
            while inputs.recv().await.is_some() {}
            drop(outbox);
        });
        Ok(HearingStream { input, events })
    }
}

#[async_trait]
impl TextToSpeech for Plain {
    async fn speak(&self, _: &str, _: Language) -> Result<mpsc::Receiver<Result<Bytes, SpeechError>>, SpeechError> {
        let (outbox, chunks) = mpsc::channel(1);
        outbox.try_send(Ok(Bytes::from(vec![9; 8_000]))).expect("room");
        Ok(chunks)
    }
}

struct Server {
    app: App,
    bot: Voicebot,
    address: String,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Server {
    async fn start(most_calls: usize) -> Self {
        let (app, _) = memory_app();
        let config = VoicebotConfig { most_calls, ..VoicebotConfig::default() };
        let bot = Voicebot::new(app.clone(), Arc::new(Plain), Arc::new(LoudnessModel), Arc::new(Plain), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("ws://{}", listener.local_addr().expect("an address"));
        let router = shared::http::with_layers(routes(bot.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { app, bot, address }
    }

    /// The address minted for the call, good for so many more seconds.
    fn minted(&self, seconds: i64) -> String {
        let tokens = CallTokens::new(self.app.secrets.signing.expose_secret().as_bytes());
        let expires = self.app.clock.now() + jiff::SignedDuration::from_secs(seconds);
        let token = tokens.sign_voicebot(&CallSid::parse(SID).expect("valid"), expires);
        format!("{}/ws/voicebot/{SID}?t={token}", self.address)
    }

    async fn connected(&self) -> Socket {
        connect_async(self.minted(60)).await.expect("let in").0
    }

    /// Status and text of the refusal.
    async fn refusal(&self, url: &str) -> (u16, String) {
        match connect_async(url).await.expect_err("refused") {
            Error::Http(answer) => {
                let text = String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default()).into_owned();
                (answer.status().as_u16(), text)
            }
            other => panic!("{other}"),
        }
    }

    /// Returns when no conversation lives any more.
    async fn emptied(&self) {
        assert_eq!(self.bot.drain().finish(PATIENCE).await, 0, "a conversation went on");
    }
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.expect("sent");
}

async fn begin(socket: &mut Socket) {
    say(socket, json!({"event": "connected"})).await;
    let start = json!({"stream_sid": "6f04aa", "call_sid": SID, "account_sid": "va1", "from": "9000000001",
        "to": "08000000000", "custom_parameters": {},
        "media_format": {"encoding": "raw", "sample_rate": "8000", "bit_rate": "128"}});
    say(socket, json!({"event": "start", "sequence_number": "1", "stream_sid": "6f04aa", "start": start})).await;
}

/// The next message of that event; others are passed over.
async fn hear(socket: &mut Socket, event: &str) -> Value {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("in time").expect("open");
        if let Message::Text(text) = message.expect("readable") {
            let body: Value = serde_json::from_str(&text).expect("JSON");
            if body["event"] == event {
                return body;
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_an_expired_and_a_missing_token_are_refused_with_401() {
    let server = Server::start(1).await;
    let address = &server.address;
    for url in [
        server.minted(-1),
        format!("{}x", server.minted(60)),
        server.minted(60).replace(SID, "ffffffffffffffffffffffffffffffff"),
        format!("{address}/ws/voicebot/{SID}"),
        format!("{address}/ws/voicebot?k=guess"),
        format!("{address}/ws/voicebot"),
    ] {
        assert_eq!(server.refusal(&url).await.0, 401, "{url}");
    }
    assert_eq!(server.bot.drain().live(), 0);
}

#[tokio::test]
async fn who_comes_while_we_leave_is_refused_with_503() {
    let server = Server::start(1).await;
    server.bot.drain().begin();
    assert_eq!(server.refusal(&server.minted(60)).await, (503, "leaving".to_owned()));
}

#[tokio::test]
async fn one_call_more_than_the_ceiling_is_refused_with_503_and_fits_again_afterwards() {
    let server = Server::start(1).await;
    let mut first = server.connected().await;
    begin(&mut first).await;
    hear(&mut first, "media").await;
    assert_eq!(server.refusal(&server.minted(60)).await, (503, "full".to_owned()));
    drop(first);
    tokio::time::timeout(PATIENCE, async {
        while server.bot.drain().live() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("in time");
    begin(&mut server.connected().await).await;
}

#[tokio::test]
async fn garbage_does_not_end_a_conversation() {
    let server = Server::start(1).await;
    let mut socket = server.connected().await;
    begin(&mut socket).await;
    for garbage in ["", "{", "[]", "null", "{\"event\":7}", "{\"event\":\"media\"}", "{\"event\":\"of the future\"}"] {
        socket.send(Message::text(garbage)).await.expect("sent");
    }
    say(&mut socket, json!({"event": "media", "media": {"payload": "not base64 !"}})).await;
    say(&mut socket, json!({"event": "mark", "mark": {"name": "of nobody"}})).await;
    socket.send(Message::binary(vec![0; 100])).await.expect("sent");
    // The only sentence for a call nobody knows comes whole, and then the line is closed in order.
    let mark = hear(&mut socket, "mark").await;
    say(&mut socket, mark).await;
    let mut last = None;
    while let Some(Ok(message)) = tokio::time::timeout(PATIENCE, socket.next()).await.expect("in time") {
        last = Some(message);
    }
    let Some(Message::Close(Some(frame))) = last else { panic!("{last:?}") };
    assert_eq!(u16::from(frame.code), 1_000);
    server.emptied().await;
}

#[tokio::test]
async fn a_message_larger_than_any_of_the_carrier_ends_the_line_and_the_largest_does_not() {
    for (bytes, heard) in [(256 * 1024, true), (256 * 1024 + 1, false)] {
        let server = Server::start(1).await;
        let mut socket = server.connected().await;
        socket.send(Message::text("x".repeat(bytes))).await.expect("sent");
        begin(&mut socket).await;
        let began = async {
            while let Some(Ok(message)) = socket.next().await {
                if matches!(message, Message::Text(_)) {
                    return true;
                }
            }
            false
        };
        assert_eq!(tokio::time::timeout(PATIENCE, began).await.expect("in time"), heard, "{bytes} bytes");
        drop(socket);
        server.emptied().await;
    }
}

#[tokio::test]
async fn a_peer_that_goes_away_ends_the_conversation() {
    let server = Server::start(1).await;
    let mut socket = server.connected().await;
    begin(&mut socket).await;
    hear(&mut socket, "media").await;
    drop(socket);
    server.emptied().await;
}

#[tokio::test]
async fn a_peer_that_stays_and_says_nothing_is_let_go() {
    let server = Server::start(1).await;
    // Never reads, never writes: neither a close nor an error ever comes from it.
    let silent = server.connected().await;
    server.emptied().await;
    drop(silent);
}
