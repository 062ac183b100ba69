//! Sarvam, as far as reference/speech-and-llm.md A9 knows it: both recogniser sockets, the
//! speaking socket, and REST both ways.
//!
//! It hears by the marks in the audio and speaks through the same [`Lexicon`], so it returns
//! exactly the words that arrived. It speaks `linear16`, `wav`, `mulaw` and `alaw`, at every
//! documented rate, and knows of the text services only what names a text's language. The marks live
//! in samples at 8 kHz: audio of another rate, or in the telephone's codecs, sounds right and can not
//! be heard again here.

mod checks;
mod codec;
mod control;
mod ear;
mod line;
mod realtime;
mod record;
mod rest;
mod socket;
mod speaking;
mod switches;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use line::{Line, Tap};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use control::{Control, Counts};
pub use record::{Frame, Side, Surface};
pub use switches::{Delay, Delays, Faults, Finals, Garbage, Hits, Idle, LanguageFields, Quota, SpokenAs, Switches};

use super::speech::Lexicon;
use crate::wire::sarvam::KEY_HEADER;

/// Of each socket; every read clears the whole of it first, and a demo has hundreds of them.
const READ_BUFFER: usize = 4 << 10;

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
        .route("/text-lid", post(rest::name_language))
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

/// A connection or request at one of the doors.
struct Visit {
    surface: Surface,
    faults: Faults,
    tap: Tap,
}

impl Sim {
    fn visit(&self, surface: Surface, address: &Uri) -> Visit {
        let connection = self.control.next_connection();
        let tap = Tap { control: Arc::clone(&self.control), surface, connection };
        tap.note(Side::Client, json!({"handshake": address.query().unwrap_or_default()}));
        Visit { surface, faults: self.control.faults(surface), tap }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        headers.get(KEY_HEADER).is_some_and(|key| key.as_bytes() == self.key.as_bytes())
    }

    /// Why a visit is refused before it is looked at, where it is.
    fn refusal(&self, visit: &Visit, headers: &HeaderMap) -> Option<Response> {
        let switches = self.control.switches();
        let answer = |status, code: &str, message| {
            let mut answer = error(status, code, message);
            if let (429 | 503, Some(seconds)) = (status, switches.quota.retry_after_s) {
                answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Some(answer)
        };
        if let Some((status, code)) = &visit.faults.refuse {
            return answer(*status, code, "refused by a switch");
        }
        if !self.knows(headers) {
            return answer(switches.bad_key_status, "invalid_api_key_error", "Invalid API key");
        }
        let (status, code) = &switches.quota.answer;
        if self.control.is_over_limit(visit.surface) { answer(*status, code, "over the account's limit") } else { None }
    }

    /// Accepts a socket after the connecting delay and serves it until the simulator stops.
    async fn accept<Serve>(
        &self,
        upgrade: WebSocketUpgrade,
        visit: Visit,
        serve: impl FnOnce(Self, Line, Faults) -> Serve + Send + 'static,
    ) -> Response
    where
        Serve: Future<Output = ()> + Send + 'static,
    {
        let Visit { surface, faults, tap } = visit;
        tokio::time::sleep(faults.stretch(self.control.draw(|delays| delays.connect))).await;
        let sim = self.clone();
        upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| async move {
            let stop = sim.stop.clone();
            let control = Arc::clone(&sim.control);
            let _open = control.opened(surface);
            let mut line = Line::new(socket, tap);
            let serving = async move {
                match &faults.close {
                    Some((code, reason)) if faults.cut_after.is_none() => {
                        line.close(*code, reason);
                        line.finish().await;
                    }
                    _ if faults.silent => line.ignore().await,
                    _ => serve(sim, line, faults).await,
                }
            };
            tokio::select! {
                () = serving => {}
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
