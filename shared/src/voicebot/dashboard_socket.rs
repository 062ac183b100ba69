//! `WS /ws/dashboard`: what happens, told to browsers as it happens. Changes go over HTTP; the one
//! exception is asking for a hand-over, where every second counts.
//!
//! The first message is `{"action":"auth","key","since"?}` within 5 s. Then the server sends
//! `connection_established`, either a `snapshot` or (with a `since` that is still kept) the missed
//! events, and from there on every event with its `position`.

mod hub;

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, MissedTickBehavior, timeout};

pub use hub::FeedHub;
use hub::{News, Published};

use crate::app::trigger_calls::transfer_to_agent;
use crate::app::{App, Error, overview};
use crate::domain::access::{Actor, Scope};
use crate::domain::feed::FeedPosition;
use crate::domain::id::CallSid;
use crate::http::{Address, Answer, Failure, Since, authenticate, count_address};
use crate::ports::audit::AuditEntry;
use crate::wire::dashboard::{Action, Auth, Filter, error_message};

/// Who has not said who they are by then is no dashboard.
const AUTH_DEADLINE: Duration = Duration::from_secs(5);
/// Proxies close silent connections after 60 s; three of these fit.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Silent this long (pongs count): the browser is gone.
const GONE_AFTER: Duration = Duration::from_secs(50);
/// A browser that takes no byte for this long is closed; it comes back with its position.
const SEND_DEADLINE: Duration = Duration::from_secs(10);
/// A page's largest message is a few hundred bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Room for what a page usually says; every page keeps it.
const READ_BUFFER_BYTES: usize = 1024;
/// Actions between two heartbeats; a page in use sends two or three.
const MAX_ACTIONS: u32 = 150;
/// Heartbeats between two checks that the key still stands.
const BEATS_PER_KEY_CHECK: u32 = 4;
/// Missed events read at once, and how many such reads before a snapshot is cheaper.
const REPLAY_BATCH: usize = 500;
const MAX_REPLAYS: usize = 10;

const UNAUTHORIZED: u16 = 4401;
const GOING_AWAY: u16 = 1001;
const TRY_LATER: u16 = 1013;

#[derive(Clone)]
struct Shared {
    app: App,
    hub: FeedHub,
}

impl FromRef<Shared> for App {
    fn from_ref(shared: &Shared) -> Self {
        shared.app.clone()
    }
}

/// The route, for the program that started `hub`.
pub fn routes(app: App, hub: FeedHub) -> Router {
    Router::new().route("/ws/dashboard", get(upgrade)).with_state(Shared { app, hub })
}

/// Counted like every request of that address: a flood of sockets that never say a valid key costs
/// no question to the records.
async fn upgrade(State(shared): State<Shared>, Address(address): Address, ws: WebSocketUpgrade) -> Answer<Response> {
    count_address(&shared.app, address.as_deref()).await?;
    let limited = ws.max_message_size(MAX_MESSAGE_BYTES).max_frame_size(MAX_MESSAGE_BYTES);
    Ok(limited.read_buffer_size(READ_BUFFER_BYTES).on_upgrade(move |socket| serve(shared, socket, address)))
}

/// Why a connection is over: nothing to say any more, or a close frame to send.
struct Over(Option<(u16, &'static str)>);

type Step<T = ()> = Result<T, Over>;

const HUNG_UP: Over = Over(None);

async fn serve(shared: Shared, mut socket: WebSocket, address: Option<String>) {
    let Ok(_place) = shared.hub.places().try_acquire_owned() else {
        return close(&mut socket, TRY_LATER, "too many dashboards are connected").await;
    };
    let over = match greet(&shared, &mut socket).await {
        Ok((actor, auth)) => {
            let id = uuid::Uuid::from_bytes(random_bytes(&shared.app)).to_string();
            let mut connection = Connection {
                id,
                address,
                actor,
                key: auth.key.clone(),
                filter: Filter::default(),
                sent: FeedPosition::default(),
                app: &shared.app,
                socket: &mut socket,
            };
            let over = connection.run(&shared.hub, auth.since()).await;
            if let Err(error) = shared.app.sessions.remove_ws(&connection.id).await {
                tracing::warn!(%error, "a closed dashboard connection stays noted until it expires");
            }
            over
        }
        Err(over) => over,
    };
    if let Over(Some((code, reason))) = over {
        close(&mut socket, code, reason).await;
    }
}

/// Waits for the key.
async fn greet(shared: &Shared, socket: &mut WebSocket) -> Step<(Actor, Auth)> {
    let first = timeout(AUTH_DEADLINE, socket.recv()).await;
    let text = match first {
        Ok(Some(Ok(Message::Text(text)))) => text,
        Ok(None | Some(Err(_) | Ok(Message::Close(_)))) => return Err(HUNG_UP),
        Ok(Some(Ok(_))) | Err(_) => return Err(Over(Some((UNAUTHORIZED, "send auth with a key first")))),
    };
    let auth = Auth::read(&text).ok_or(Over(Some((UNAUTHORIZED, "send auth with a key first"))))?;
    let actor =
        authenticate(&shared.app, auth.key.expose_secret()).await.map_err(|failure| match failure.status() {
            StatusCode::UNAUTHORIZED => Over(Some((UNAUTHORIZED, "this API key is not valid"))),
            StatusCode::TOO_MANY_REQUESTS => Over(Some((TRY_LATER, "this API key is used too often; wait a minute"))),
            _ => Over(Some((TRY_LATER, "keys can not be checked now"))),
        })?;
    if actor.may(Scope::Read) {
        Ok((actor, auth))
    } else {
        Err(Over(Some((UNAUTHORIZED, "this API key lacks the scope read"))))
    }
}

fn random_bytes(app: &App) -> [u8; 16] {
    let mut bytes = [0; 16];
    app.random.fill(&mut bytes);
    bytes
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
    if timeout(SEND_DEADLINE, socket.send(frame)).await.is_err() {
        tracing::debug!("a dashboard did not take its close frame");
    }
}

struct Connection<'a> {
    id: String,
    address: Option<String>,
    actor: Actor,
    key: SecretString,
    filter: Filter,
    /// The last event this browser has, or needs not have.
    sent: FeedPosition,
    app: &'a App,
    socket: &'a mut WebSocket,
}

impl Connection<'_> {
    async fn run(&mut self, hub: &FeedHub, since: Option<Option<FeedPosition>>) -> Over {
        // Listening before reading: what happens in between is heard, and what was read already
        // is skipped by its position.
        let mut news = hub.listen();
        match self.begin(since).await.map(|()| &mut news) {
            Ok(news) => self.follow(hub, news).await.err().unwrap_or(HUNG_UP),
            Err(over) => over,
        }
    }

    async fn begin(&mut self, since: Option<Option<FeedPosition>>) -> Step {
        self.note().await;
        let missed = match since {
            Some(Some(since)) => self.missed(since).await,
            Some(None) | None => None,
        };
        self.send(&json!({
            "type": "connection_established",
            "connection_id": self.id,
            "name": self.actor.name,
            "scopes": self.actor.scopes,
            "resumed": missed.is_some(),
        }))
        .await?;
        match missed {
            Some(events) => {
                for event in events {
                    self.event(&event).await?;
                }
                let statistics = self.app.calls.statistics(None, None).await;
                if let Ok(statistics) = statistics {
                    self.send(&json!({ "type": "statistics", "statistics": statistics })).await?;
                }
                Ok(())
            }
            None => self.snapshot(since.is_some()).await,
        }
    }

    /// The events after `since`; none where not all of them can be had.
    async fn missed(&mut self, since: FeedPosition) -> Option<Vec<Published>> {
        // A position of another feed (an emptied Redis) can lie ahead of everything.
        if since > self.app.feed.newest().await.ok()? {
            return None;
        }
        let (mut events, mut after) = (Vec::new(), since);
        for _ in 0..MAX_REPLAYS {
            let slice = self.app.feed.after(after, REPLAY_BATCH, Duration::ZERO).await.ok()?;
            if slice.gap {
                return None;
            }
            let Some((last, _)) = slice.events.last() else {
                self.sent = since;
                return Some(events);
            };
            after = *last;
            events.extend(slice.events.iter().map(|(at, event)| Published::new(*at, event)));
        }
        None
    }

    async fn follow(&mut self, hub: &FeedHub, news: &mut Receiver<News>) -> Step {
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut heard_at, mut beats, mut actions) = (Instant::now(), 0_u32, 0_u32);
        loop {
            tokio::select! {
                () = hub.stopped().cancelled() => return Err(Over(Some((GOING_AWAY, "this server is going away")))),
                item = news.recv() => self.tell(item).await?,
                message = self.socket.recv() => {
                    heard_at = Instant::now();
                    if let Some(text) = heard(message)? {
                        actions += 1;
                        self.act(&text, actions).await?;
                    }
                }
                _ = heartbeat.tick() => {
                    if heard_at.elapsed() > GONE_AFTER {
                        return Err(HUNG_UP);
                    }
                    (beats, actions) = (beats + 1, 0);
                    self.beat(beats).await?;
                }
            }
        }
    }

    async fn tell(&mut self, item: Result<News, RecvError>) -> Step {
        match item {
            Ok(News::Event(event)) if event.position > self.sent => self.event(&event).await,
            Ok(News::Event(_)) => Ok(()),
            Ok(News::Statistics(text)) if self.filter.wants("statistics") => self.send_text(text.to_string()).await,
            Ok(News::Statistics(_)) => Ok(()),
            Ok(News::Gap) | Err(RecvError::Lagged(_)) => self.snapshot(true).await,
            Err(RecvError::Closed) => Err(Over(Some((GOING_AWAY, "this server is going away")))),
        }
    }

    async fn event(&mut self, event: &Published) -> Step {
        self.sent = event.position;
        if event.passes(&self.filter) { self.send_text(event.text.clone()).await } else { Ok(()) }
    }

    /// Everything as it is now; events after `position` follow.
    async fn snapshot(&mut self, gap: bool) -> Step {
        // The position first: an event in between is told twice rather than never.
        let read = async {
            let position = self.app.feed.newest().await.map_err(Error::from)?;
            Ok::<_, Error>((position, overview::dashboard_data(self.app, overview::Scope::default()).await?))
        };
        match read.await {
            Ok((position, data)) => {
                self.sent = self.sent.max(position);
                let position = position.to_string();
                self.send(&json!({ "type": "snapshot", "position": position, "gap": gap, "data": data })).await
            }
            Err(error) => self.refuse(error.into()).await,
        }
    }

    async fn act(&mut self, text: &str, actions: u32) -> Step {
        if actions > MAX_ACTIONS {
            return self.send(&error_message("too_many_requests", "too many actions; wait a few seconds")).await;
        }
        match Action::read(text) {
            Ok(action) => match self.answer(action).await {
                Ok(answer) => self.send(&answer).await,
                Err(failure) => self.refuse(failure).await,
            },
            Err(message) => self.send(&message).await,
        }
    }

    async fn answer(&mut self, action: Action) -> Result<Value, Failure> {
        match action {
            Action::Ping => Ok(json!({ "type": "pong", "at": self.app.clock.now() })),
            Action::Subscribe { filter } => {
                self.filter = filter;
                self.note().await;
                Ok(json!({ "type": "subscribed", "filter": self.filter }))
            }
            Action::GetDashboardData { since, campaign_id } => {
                let since = since.map(|moment| Since::from(moment).moment());
                let data = overview::dashboard_data(self.app, overview::Scope { since, campaign_id }).await?;
                Ok(json!({ "type": "dashboard_data", "data": data }))
            }
            Action::GetCallStatus { call_sid } => {
                let state = overview::call_state(self.app, call_sid).await?;
                Ok(json!({ "type": "call_status", "data": state }))
            }
            Action::TransferToAgent { call_sid, reason } => self.hand_over(&call_sid, reason.as_deref()).await,
        }
    }

    async fn hand_over(&mut self, sid: &CallSid, reason: Option<&str>) -> Result<Value, Failure> {
        if !self.actor.may(Scope::Call) {
            let detail = "this API key lacks the scope `call`";
            return Err(Failure::new(StatusCode::FORBIDDEN, "forbidden", detail));
        }
        let entry = AuditEntry {
            at: self.app.clock.now(),
            actor: self.actor.name.clone(),
            action: "transfer_to_agent".to_owned(),
            subject: format!("call_sid:{sid}"),
            address: self.address.clone(),
            request_id: Some(self.id.clone()),
        };
        self.app.audit.append(&entry).await?;
        let reason: String = reason.unwrap_or("asked for on the dashboard").chars().take(200).collect();
        let call = transfer_to_agent(self.app, sid, &reason).await?;
        Ok(json!({ "type": "agent_transfer_result", "success": true, "call_sid": sid, "call_id": call.call_id }))
    }

    async fn beat(&mut self, beats: u32) -> Step {
        if beats.is_multiple_of(BEATS_PER_KEY_CHECK)
            && let Err(failure) = authenticate(self.app, self.key.expose_secret()).await
            && failure.status() == StatusCode::UNAUTHORIZED
        {
            return Err(Over(Some((UNAUTHORIZED, "this API key was revoked"))));
        }
        self.note().await;
        // Browsers answer this ping by themselves; that is how a vanished one is noticed.
        self.send_message(Message::Ping(Default::default())).await?;
        self.send(&json!({ "type": "heartbeat", "at": self.app.clock.now() })).await
    }

    /// Notes the connection in the session store, where every process's connections are counted.
    async fn note(&mut self) {
        let state = json!({
            "key": self.actor.name,
            "filter": self.filter,
            "last_position": self.sent.to_string(),
            "at": self.app.clock.now(),
        });
        if let Err(error) = self.app.sessions.put_ws(&self.id, &state).await {
            tracing::warn!(%error, "a dashboard connection is not counted");
        }
    }

    async fn refuse(&mut self, failure: Failure) -> Step {
        self.send(&error_message(failure.code(), failure.detail())).await
    }

    async fn send(&mut self, message: &Value) -> Step {
        self.send_text(message.to_string()).await
    }

    async fn send_text(&mut self, text: String) -> Step {
        self.send_message(Message::Text(text.into())).await
    }

    async fn send_message(&mut self, message: Message) -> Step {
        match timeout(SEND_DEADLINE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(HUNG_UP),
        }
    }
}

/// The text of a message, if it is one that wants an answer.
fn heard(message: Option<Result<Message, axum::Error>>) -> Step<Option<String>> {
    match message {
        Some(Ok(Message::Text(text))) => Ok(Some(text.to_string())),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Ok(None),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(HUNG_UP),
    }
}
