//! Sarvam, as far as reference/speech-and-llm.md A9 knows it: both recogniser sockets, the
//! speaking socket, and REST both ways.
//!
//! It hears by the marks in the audio and speaks through the same [`Lexicon`], so it returns
//! exactly the words that arrived. It speaks `linear16` and `wav` at 8 kHz only.

mod checks;
mod control;
mod ear;
mod line;
mod realtime;
mod rest;
mod socket;
mod speaking;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use control::{Control, Counts, Delay, Delays, Faults, Idle, LanguageFields, Switches};

use super::speech::Lexicon;
use crate::wire::sarvam::KEY_HEADER;

/// What a simulator starts with.
#[derive(Debug)]
pub struct SarvamSim {
    /// Whose words it hears and with whose voice it speaks.
    pub lexicon: Lexicon,
    /// The only key it takes.
    pub key: String,
    /// How it behaves at first; [`Control::set`] changes it while it runs.
    pub switches: Switches,
}

/// A running simulator; dropping it ends its connections and frees its port.
#[derive(Debug)]
pub struct SarvamHandle {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its switches and its record.
    pub control: Arc<Control>,
    _running: DropGuard,
}

impl SarvamHandle {
    /// For REST, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
    /// For sockets, without a slash at the end.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

/// What every handler needs.
#[derive(Clone)]
struct Sim {
    lexicon: Lexicon,
    key: Arc<str>,
    control: Arc<Control>,
    stop: CancellationToken,
}

/// Serves until the handle is dropped.
///
/// # Errors
/// When the listener has no local address.
pub async fn serve(listener: TcpListener, sim: SarvamSim) -> std::io::Result<SarvamHandle> {
    let address = listener.local_addr()?;
    let control = Arc::new(Control::new(sim.switches));
    let stop = CancellationToken::new();
    let state = Sim { lexicon: sim.lexicon, key: sim.key.into(), control: Arc::clone(&control), stop: stop.clone() };
    let routes = axum::Router::new()
        .route("/speech-to-text-realtime/ws", any(realtime::handshake))
        .route("/speech-to-text/ws", any(socket::handshake))
        .route("/text-to-speech/ws", any(speaking::handshake))
        .route("/speech-to-text", post(rest::hear))
        .route("/text-to-speech", post(rest::speak))
        .with_state(state);
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            served = axum::serve(listener, routes) => {
                if let Err(error) = served {
                    tracing::error!(%error, "the Sarvam simulator stopped serving");
                }
            }
            () = stopped.cancelled() => {}
        }
    });
    Ok(SarvamHandle { address, control, _running: stop.drop_guard() })
}

impl Sim {
    fn knows(&self, headers: &HeaderMap) -> bool {
        headers.get(KEY_HEADER).is_some_and(|key| key.as_bytes() == self.key.as_bytes())
    }

    /// Why a request is refused before it is looked at, where it is.
    fn refusal(&self, faults: &Faults, headers: &HeaderMap) -> Option<Response> {
        match &faults.refuse {
            Some((status, code)) => Some(error(*status, code, "refused by a switch")),
            None if !self.knows(headers) => Some(error(403, "invalid_api_key_error", "Invalid API key")),
            None => None,
        }
    }

    /// The same for sockets, which are also limited in number.
    fn socket_refusal(&self, faults: &Faults, headers: &HeaderMap) -> Option<Response> {
        let over_limit = || error(429, "rate_limit_exceeded_error", "too many open sockets");
        self.refusal(faults, headers).or_else(|| self.control.is_full().then(over_limit))
    }

    /// Accepts a socket after the connecting delay and serves it until the simulator stops.
    async fn accept<Serve>(
        &self,
        upgrade: WebSocketUpgrade,
        serve: impl FnOnce(Self, WebSocket) -> Serve + Send + 'static,
    ) -> Response
    where
        Serve: Future<Output = ()> + Send + 'static,
    {
        tokio::time::sleep(self.control.draw(|delays| delays.connect)).await;
        let sim = self.clone();
        upgrade.on_upgrade(move |socket| async move {
            let stop = sim.stop.clone();
            let control = Arc::clone(&sim.control);
            let _open = control.opened();
            tokio::select! {
                () = serve(sim, socket) => {}
                () = stop.cancelled() => {}
            }
        })
    }
}

/// The documented error body.
fn error(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({"error": {"message": message, "code": code, "request_id": request_id()}});
    (status, Json(body)).into_response()
}

fn request_id() -> String {
    format!("20261123_{}", uuid::Uuid::now_v7())
}
