//! A tiny lender: the addresses the carrier asks, and a bot that says sentences.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::adapters::system::{OsRandom, SystemClock};
use shared::domain::audio::FRAME_BYTES;
use shared::domain::language::Language;
use shared::sim::exotel::{Delay, ExotelSim, ExotelSimConfig, Flow, Scenario, Switches, Truth, Voicebot};
use shared::sim::speech::{Lexicon, Voice};
use tokio::net::TcpListener;

/// No test may take longer; a scenario takes a few seconds at most.
const LIMIT: Duration = Duration::from_secs(30);

/// One request the app received.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) kind: String,
    pub(crate) version: String,
    pub(crate) body: String,
}

/// What the app answers and how its bot behaves.
#[derive(Debug, Clone)]
pub(crate) struct Conduct {
    pub(crate) passthru_a: u16,
    pub(crate) passthru_b: u16,
    pub(crate) numbers: Vec<&'static str>,
    /// Said one after the other; after each the bot waits for the caller, except after the last.
    pub(crate) sentences: Vec<&'static str>,
    /// The bot stops its sentence at once when the caller speaks.
    pub(crate) yields: bool,
    /// The bot leaves when its sentences are said.
    pub(crate) closes: bool,
    /// So many callbacks are answered 500 before the first 200.
    pub(crate) refused_callbacks: usize,
    /// So many callbacks are never answered.
    pub(crate) silent_callbacks: usize,
    /// Sent as it is when the stream starts.
    pub(crate) opening: Vec<Message>,
    /// Every Passthru waits so long for its answer.
    pub(crate) slow_passthru: Duration,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            passthru_a: 200,
            passthru_b: 302,
            numbers: Vec::new(),
            sentences: vec![
                "Am I speaking with Asha?",
                "Thank you. Your payment is due tomorrow. Anything else?",
                "Goodbye.",
            ],
            yields: false,
            closes: true,
            refused_callbacks: 0,
            silent_callbacks: 0,
            opening: Vec::new(),
            slow_passthru: Duration::ZERO,
        }
    }
}

struct App {
    conduct: Conduct,
    lexicon: Lexicon,
    base: String,
    seen: Mutex<Vec<Seen>>,
    /// What arrived on streams: events other than media, and words of the caller.
    frames: Mutex<Vec<Value>>,
    words: Mutex<Vec<String>>,
    /// Bytes of each media message.
    media: Mutex<Vec<usize>>,
    /// How sockets ended and what else than text came on them.
    signals: Mutex<Vec<String>>,
}

/// The carrier and the app, connected by a flow under app id 77.
pub(crate) struct Stage {
    pub(crate) sim: ExotelSim,
    http: reqwest::Client,
    flow: Flow,
    app: Arc<App>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Seconds shortened to what tests can wait for.
pub(crate) fn quick() -> Switches {
    Switches {
        connect_latency_ms: Delay::Fixed(0),
        ring_ms: 20,
        refuse_ring_ms: 20,
        no_answer_ms: Some(40),
        callback_delay_ms: 20,
        callback_retry_ms: vec![50, 50],
        settle_ms: 0,
        agent_ring_ms: 20,
        agent_talk_ms: 100,
        reply_pause_ms: 200,
        ..Switches::default()
    }
}

impl Stage {
    pub(crate) async fn new(conduct: Conduct) -> Self {
        let lexicon = Lexicon::new(Voice::Made);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let app = Arc::new(App {
            conduct,
            lexicon: lexicon.clone(),
            base: base.clone(),
            seen: Mutex::default(),
            frames: Mutex::default(),
            words: Mutex::default(),
            media: Mutex::default(),
            signals: Mutex::default(),
        });
        let routes = Router::new()
            .route("/bot", get(bot))
            .route("/voicebot-url", any(voicebot_url))
            .route("/status", post(status))
            .route("/{applet}", get(applet))
            .with_state(app.clone());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let mut config = ExotelSimConfig::new(Arc::new(SystemClock), Arc::new(OsRandom::new()), lexicon);
        config.switches = quick();
        let url = |path: &str| Some(format!("http://{base}/{path}?k=secret"));
        let flow = Flow {
            passthru_a: url("passthru-a"),
            voicebot: Voicebot::Dynamic(url("voicebot-url").unwrap()),
            passthru_b: url("passthru-b"),
            connect: url("connect"),
            passthru_c: url("passthru-c"),
            apology: None,
        };
        config.flows.insert("77".to_owned(), flow.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sim = ExotelSim::start(listener, config).unwrap();
        Self { sim, http: reqwest::Client::new(), flow, app, server }
    }

    /// The flow under app id 77.
    pub(crate) fn flow(&self) -> Flow {
        self.flow.clone()
    }

    /// POSTs a connect request the way a good client does.
    pub(crate) async fn dial(&self, number: &str, custom_field: &str) -> reqwest::Response {
        self.post("sim-token", &self.order(number, custom_field)).await
    }

    pub(crate) fn order(&self, number: &str, custom_field: &str) -> Vec<(String, String)> {
        let base = &self.app.base;
        [
            ("From", number),
            ("CallerId", "02200000000"),
            ("Url", "http://my.exotel.com/simlender1/exoml/start_voice/77"),
            ("CustomField", custom_field),
            ("TimeOut", "40"),
            ("StatusCallback", &format!("http://{base}/status?k=secret")),
            ("StatusCallbackEvents[0]", "terminal"),
            ("StatusCallbackEvents[1]", "answered"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub(crate) async fn post(&self, token: &str, order: &[(String, String)]) -> reqwest::Response {
        let url = format!("http://{}/v1/Accounts/simlender1/Calls/connect.json", self.sim.address());
        self.http.post(url).basic_auth("sim-key", Some(token)).form(order).send().await.unwrap()
    }

    /// GETs a path of the account.
    pub(crate) async fn read(&self, path: &str) -> reqwest::Response {
        let url = format!("http://{}/v1/Accounts/simlender1/{path}", self.sim.address());
        self.http.get(url).basic_auth("sim-key", Some("sim-token")).send().await.unwrap()
    }

    /// Waits until every placed call is over and its callbacks were taken `callbacks` times.
    pub(crate) async fn over(&self, callbacks: usize) -> Truth {
        let done = |truth: &Truth| {
            !truth.calls.is_empty()
                && truth.calls.iter().all(|call| call.outcome.is_some() && call.callbacks_taken >= callbacks)
        };
        self.until(done).await
    }

    pub(crate) async fn until(&self, holds: impl FnMut(&Truth) -> bool) -> Truth {
        let waited = tokio::time::timeout(LIMIT, self.sim.wait_for(holds)).await;
        waited.unwrap_or_else(|_| panic!("{:#?}\n{:#?}", self.sim.truth(), self.sim.traffic(0)));
        self.sim.truth()
    }

    pub(crate) fn set(&self, number: &str, scenario: Scenario) {
        self.sim.set_scenario(number, scenario).unwrap();
    }

    /// Requests the app got on a path, in order.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.app.seen.lock().unwrap().iter().filter(|seen| seen.path == path).cloned().collect()
    }

    /// Paths the app was asked, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.app.seen.lock().unwrap().iter().map(|seen| seen.path.clone()).collect()
    }

    /// Events the bot got, media left out.
    pub(crate) fn frames(&self) -> Vec<Value> {
        self.app.frames.lock().unwrap().clone()
    }

    /// Bytes of each media message the bot got.
    pub(crate) fn media(&self) -> Vec<usize> {
        self.app.media.lock().unwrap().clone()
    }

    /// `pong`, `close 1000`, `cut`: what came on the bot's sockets besides text.
    pub(crate) fn signals(&self) -> Vec<String> {
        self.app.signals.lock().unwrap().clone()
    }

    /// Words the bot heard.
    pub(crate) fn words(&self) -> String {
        self.app.words.lock().unwrap().join(" ")
    }
}

impl App {
    fn note(&self, path: &str, query: BTreeMap<String, String>, headers: &HeaderMap, body: &[u8]) {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        self.seen.lock().unwrap().push(Seen {
            path: path.to_owned(),
            query,
            kind: header("content-type"),
            version: header("exotel-version"),
            body: String::from_utf8_lossy(body).into_owned(),
        });
    }
}

type Parameters = Query<BTreeMap<String, String>>;

async fn applet(
    State(app): State<Arc<App>>,
    method: Method,
    Path(applet): Path<String>,
    Query(query): Parameters,
    headers: HeaderMap,
) -> Response {
    app.note(&applet, query, &headers, method.as_str().as_bytes());
    if applet.starts_with("passthru") {
        tokio::time::sleep(app.conduct.slow_passthru).await;
    }
    let code = match applet.as_str() {
        "passthru-a" => app.conduct.passthru_a,
        "passthru-b" => app.conduct.passthru_b,
        "connect" => {
            let events = format!("http://{}/agent-leg?k=secret", app.base);
            let destination = json!({"numbers": app.conduct.numbers});
            return Json(json!({"destination": destination, "dial_passthru_event_url": events})).into_response();
        }
        _ => 200,
    };
    StatusCode::from_u16(code).unwrap().into_response()
}

async fn voicebot_url(
    State(app): State<Arc<App>>,
    Query(query): Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    app.note("voicebot-url", query, &headers, &body);
    Json(json!({"url": format!("ws://{}/bot?t=token", app.base)}))
}

async fn status(State(app): State<Arc<App>>, Query(query): Parameters, headers: HeaderMap, body: Bytes) -> StatusCode {
    app.note("status", query, &headers, &body);
    let came = app.seen.lock().unwrap().iter().filter(|seen| seen.path == "status").count();
    if came <= app.conduct.silent_callbacks {
        std::future::pending::<()>().await;
    }
    if came > app.conduct.refused_callbacks { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }
}

async fn bot(State(app): State<Arc<App>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(|socket| async move { talk(&app, socket).await })
}

async fn talk(app: &App, mut socket: WebSocket) {
    let mut sentences = app.conduct.sentences.iter();
    let mut saying = false;
    let mut heard_words = 0;
    let signal = |text: String| app.signals.lock().unwrap().push(text);
    loop {
        let text = match socket.recv().await {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Pong(_))) => {
                signal("pong".to_owned());
                continue;
            }
            Some(Ok(Message::Close(frame))) => {
                signal(format!("close {}", frame.map_or(1_005, |frame| frame.code)));
                continue;
            }
            Some(Ok(_)) => continue,
            Some(Err(_)) => return signal("cut".to_owned()),
            None => return,
        };
        let event: Value = serde_json::from_str(&text).unwrap();
        let mut go_on = false;
        match event["event"].as_str().unwrap() {
            "media" => {
                let audio = STANDARD.decode(event["media"]["payload"].as_str().unwrap()).unwrap();
                app.media.lock().unwrap().push(audio.len());
                for frame in audio.chunks(FRAME_BYTES) {
                    let Some(mark) = app.lexicon.read(frame) else { continue };
                    let (word, words, _) = app.lexicon.word(mark).unwrap();
                    let last_frame = usize::from(mark.frame) + 1 == app.lexicon.frames(mark).unwrap();
                    if mark.frame == 0 {
                        app.words.lock().unwrap().push(word);
                        heard_words += 1;
                        if saying && app.conduct.yields && heard_words == 2 {
                            socket.send(Message::text(json!({"event": "clear"}).to_string())).await.unwrap();
                            saying = false;
                        }
                    }
                    go_on |= last_frame && usize::from(mark.word) + 1 == words;
                }
            }
            name => {
                go_on = matches!(name, "start" | "dtmf");
                saying &= name != "mark";
                let last = sentences.len() == 0 && app.conduct.closes;
                let closes = name == "mark" && last;
                if name == "start" {
                    for message in app.conduct.opening.clone() {
                        socket.send(message).await.unwrap();
                    }
                }
                app.frames.lock().unwrap().push(event);
                if closes {
                    let _ = socket.send(Message::Close(None)).await;
                    return;
                }
            }
        }
        if go_on && let Some(sentence) = sentences.next() {
            (saying, heard_words) = (true, 0);
            say(app, &mut socket, sentence).await;
        }
    }
}

async fn say(app: &App, socket: &mut WebSocket, sentence: &str) {
    for chunk in app.lexicon.speak(sentence, Language::English).await.audio.chunks(3_200) {
        let media = json!({"event": "media", "media": {"payload": STANDARD.encode(chunk)}});
        if socket.send(Message::text(media.to_string())).await.is_err() {
            return;
        }
    }
    // A caller who is gone needs no mark.
    let _ = socket.send(Message::text(json!({"event": "mark", "mark": {"name": sentence}}).to_string())).await;
}
