//! Plain requests and sockets whose every message is recorded.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::config::SarvamSection;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::recorder::Recorder;
use super::key_header;

/// Whom we ask, and as whom.
pub(super) struct Account<'a> {
    base_url: String,
    ws_url: String,
    key: String,
    recorder: &'a Recorder,
    limit: Duration,
    http: reqwest::Client,
    /// Of a 429, where one came: the time it named, if it did.
    retry_after: Mutex<Option<Option<u64>>>,
}

/// A REST answer.
pub(super) struct Posted {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// What became of a handshake.
pub(super) enum Opened<'a> {
    Open(Box<Probe<'a>>),
    Refused(u16),
    Away(String),
}

/// What a socket said, or did.
#[derive(Debug)]
pub(super) enum Seen {
    Said(Value),
    /// With a close frame.
    Closed(Option<u16>, String),
    /// Without.
    Cut,
    Silence,
}

impl<'a> Account<'a> {
    pub(super) fn new(config: &SarvamSection, recorder: &'a Recorder, limit: Duration) -> Self {
        Self {
            base_url: config.base_url.clone(),
            ws_url: config.ws_url.clone(),
            key: config.api_key.expose_secret().to_owned(),
            recorder,
            limit,
            http: reqwest::Client::new(),
            retry_after: Mutex::default(),
        }
    }

    pub(super) fn with_key(&self, key: &str) -> Self {
        Self {
            base_url: self.base_url.clone(),
            ws_url: self.ws_url.clone(),
            key: key.to_owned(),
            recorder: self.recorder,
            limit: self.limit,
            http: self.http.clone(),
            retry_after: Mutex::default(),
        }
    }

    pub(super) fn retry_after(&self) -> Option<Option<u64>> {
        *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_limit(&self, status: u16, headers: &HeaderMap) {
        if status == 429 {
            let named = headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = Some(named);
        }
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Posted, String> {
        self.recorder.note(path, "client", body);
        let (name, key) = key_header(&self.key);
        let request = self.http.post(format!("{}{path}", self.base_url)).header(name, key).json(body);
        let answer = request.timeout(self.limit * 2).send().await.map_err(|error| error.without_url().to_string())?;
        let status = answer.status().as_u16();
        self.note_limit(status, answer.headers());
        let bytes = answer.bytes().await.map_err(|error| error.without_url().to_string())?.to_vec();
        let read: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        self.recorder.note(path, "provider", &json!({"status": status, "body": read}));
        Ok(Posted { status, body: bytes })
    }

    pub(super) async fn open(&self, path: &str) -> Opened<'a> {
        let request = format!("{}{path}", self.ws_url).into_client_request();
        let Ok(mut request) = request else { return Opened::Away("SARVAM_WS_URL is no address".to_owned()) };
        let (name, key) = key_header(&self.key);
        let Ok(key) = key.parse() else {
            return Opened::Away("SARVAM_API_KEY has characters no header takes".to_owned());
        };
        request.headers_mut().insert(name, key);
        self.recorder.note(path, "client", &json!({"handshake": path}));
        match timeout(self.limit, connect_async(request)).await {
            Ok(Ok((inner, _))) => {
                let place = path.split('?').next().unwrap_or_default().to_owned();
                Opened::Open(Box::new(Probe { inner, place, recorder: self.recorder, limit: self.limit }))
            }
            Ok(Err(Error::Http(answer))) => {
                let status = answer.status().as_u16();
                self.note_limit(status, answer.headers());
                self.recorder.note(path, "provider", &json!({"refused": status}));
                Opened::Refused(status)
            }
            Ok(Err(error)) => Opened::Away(error.to_string()),
            Err(_) => Opened::Away("no answer in time".to_owned()),
        }
    }
}

/// An open socket.
pub(super) struct Probe<'a> {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
    place: String,
    recorder: &'a Recorder,
    limit: Duration,
}

impl Probe<'_> {
    /// A socket that no longer takes anything says so by what it is asked next.
    pub(super) async fn send(&mut self, message: &str) {
        let body: Value = serde_json::from_str(message).unwrap_or_default();
        self.recorder.note(&self.place, "client", &body);
        let _gone = timeout(self.limit, self.inner.send(Message::text(message))).await;
    }

    pub(super) async fn next(&mut self) -> Seen {
        let limit = self.limit;
        self.next_within(limit).await
    }

    pub(super) async fn next_within(&mut self, limit: Duration) -> Seen {
        let seen = timeout(limit, self.receive()).await.unwrap_or(Seen::Silence);
        let body = match &seen {
            Seen::Said(message) => message.clone(),
            Seen::Closed(code, reason) => json!({"close": code, "reason": reason}),
            Seen::Cut => json!({"close": null}),
            Seen::Silence => return seen,
        };
        self.recorder.note(&self.place, "provider", &body);
        seen
    }

    async fn receive(&mut self) -> Seen {
        loop {
            match self.inner.next().await {
                Some(Ok(Message::Text(text))) => return Seen::Said(serde_json::from_str(&text).unwrap_or_default()),
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = frame.map(|frame| (frame.code.into(), frame.reason.to_string())).unzip();
                    return Seen::Closed(code, reason.unwrap_or_default());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Seen::Cut,
            }
        }
    }
}
