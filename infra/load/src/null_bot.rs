//! A bot that does nothing: finds the end of speech by loudness, waits as long as the providers
//! would take, and plays what it has. No provider, no model, no record: what is measured of it is
//! the generator's own floor.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::domain::audio::FRAME_BYTES;
use shared::domain::language::Language;
use shared::sim::speech::{Lexicon, Voice};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep_until};

use crate::callers::{VOICED_RMS, rms};
use crate::{Fallible, READ_BUFFER};

/// Frames of 20 ms until speech has begun, and until it is over.
const BEGINS_AFTER: u32 = 3;
const ENDS_AFTER: u32 = 10;
/// As long as recogniser, model and voice take together.
const WAIT: Duration = Duration::from_millis(780);
const PIECE: Duration = Duration::from_millis(100);
const PIECE_BYTES: usize = 1_600;
/// As long as an answer of the model.
const PIECES: usize = 54;
/// Sent ahead of the playback.
const LEAD: Duration = Duration::from_millis(200);
const TEXT: &str = "Good morning and thank you for waiting so patiently on the line. I have looked into the matter that \
    you have asked me about and I would like to tell you what we have found.";

/// Serves on that port until the program is ended.
pub(crate) async fn serve(port: u16) -> Fallible<()> {
    serve_at(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?).await
}

/// The same on a listener that is there already.
pub(crate) async fn serve_at(listener: TcpListener) -> Fallible<()> {
    let spoken = Lexicon::new(Voice::Made).speak(TEXT, Language::English).await;
    let payloads: Vec<String> =
        spoken.audio.chunks_exact(PIECE_BYTES).cycle().take(PIECES).map(|piece| STANDARD.encode(piece)).collect();
    let routes = Router::new()
        .route("/health", get(|| async { "ok" }))
        .route("/ws/voicebot/{sid}", get(call))
        .with_state(Arc::new(payloads));
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps gathering");
        }
    });
    Ok(axum::serve(listener, routes).await?)
}

async fn call(
    State(payloads): State<Arc<Vec<String>>>,
    Path(sid): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(move |socket| talk(socket, payloads, sid))
}

async fn talk(mut socket: WebSocket, payloads: Arc<Vec<String>>, sid: String) {
    let mut ear = Ear::default();
    let mut answer: Option<(Instant, usize)> = None;
    loop {
        let due = answer.map(|(began, at)| (began + PIECE * at as u32).checked_sub(LEAD).unwrap_or(began).max(began));
        let out = tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => heard(&text, &mut ear, &mut answer, &sid),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => None,
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                let payload = answer.and_then(|(_, at)| payloads.get(at));
                answer = answer.filter(|_| payload.is_some()).map(|(began, at)| (began, at + 1));
                payload.map(|payload| {
                    json!({"event": "media", "stream_sid": sid, "media": {"payload": payload}}).to_string().into()
                })
            }
        };
        if let Some(text) = out
            && socket.send(Message::Text(text)).await.is_err()
        {
            return;
        }
    }
}

/// A message of the carrier; what is said to it.
fn heard(text: &str, ear: &mut Ear, answer: &mut Option<(Instant, usize)>, sid: &str) -> Option<Utf8Bytes> {
    let message: Value = serde_json::from_str(text).ok()?;
    let audio = STANDARD.decode(message["media"]["payload"].as_str()?).ok()?;
    let mut interrupted = false;
    for frame in audio.chunks_exact(FRAME_BYTES) {
        match ear.hear(frame) {
            Some(true) => interrupted |= answer.take().is_some(),
            Some(false) => *answer = Some((Instant::now() + WAIT, 0)),
            None => {}
        }
    }
    interrupted.then(|| json!({"event": "clear", "stream_sid": sid}).to_string().into())
}

/// Finds speech by loudness.
#[derive(Default)]
struct Ear {
    speaking: bool,
    run: u32,
}

impl Ear {
    /// `true` where speech begins with this frame, `false` where it is over.
    fn hear(&mut self, frame: &[u8]) -> Option<bool> {
        // Louder than the noisiest line that is played.
        let loud = rms(frame) >= VOICED_RMS;
        self.run = if loud == self.speaking { 0 } else { self.run + 1 };
        let enough = if self.speaking { ENDS_AFTER } else { BEGINS_AFTER };
        (self.run >= enough).then(|| {
            self.run = 0;
            self.speaking = !self.speaking;
            self.speaking
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::audio::bytes;

    use super::*;

    #[test]
    fn speech_begins_after_60_ms_and_ends_after_200() {
        let (quiet, loud) = (bytes(&[100; 160]), bytes(&[4_000; 160]));
        let mut ear = Ear::default();
        let mut news =
            |frame: &[u8], times: usize| (0..times).filter_map(|at| Some((at, ear.hear(frame)?))).collect::<Vec<_>>();
        assert_eq!(news(&quiet, 20), []);
        assert_eq!(news(&loud, 20), [(2, true)]);
        assert_eq!(news(&quiet, 9), []);
        assert_eq!(news(&loud, 1), []);
        assert_eq!(news(&quiet, 20), [(9, false)]);
    }
}
