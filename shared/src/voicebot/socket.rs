//! The WebSocket as two channels, so that the conversation needs no socket. Decides nothing.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::wire::exotel::stream::{self, StreamMessage};

/// A half-dead socket can block a send for ever (exotel.md 5.4).
const SEND_BOUND: Duration = Duration::from_secs(5);
/// Messages from the carrier that may wait: 20 s of frames, a stall of ours and no loss.
const INBOUND: usize = 1_024;
/// Messages to the carrier that may wait. We send about six a second, so a full queue is a line
/// that has not taken anything for ten seconds.
const OUTBOUND: usize = 64;

/// One line to a caller. Dropping `outbound` closes it cleanly, after what was sent.
pub(super) struct Line {
    /// What the carrier says; ends with the line.
    pub(super) inbound: mpsc::Receiver<StreamMessage>,
    /// When the carrier ended it: nothing sounds any more, whatever is still to be read.
    pub(super) closed_at: Arc<OnceLock<Instant>>,
    /// Text frames for the carrier.
    pub(super) outbound: mpsc::Sender<String>,
}

/// Serves the socket from two tasks of its own.
pub(super) fn serve(socket: WebSocket) -> Line {
    let (mut sink, mut source) = socket.split();
    let (to_call, inbound) = mpsc::channel(INBOUND);
    let (outbound, mut from_call) = mpsc::channel::<String>(OUTBOUND);
    let closed_at = Arc::<OnceLock<Instant>>::default();
    let closes = Arc::clone(&closed_at);
    tokio::spawn(async move {
        while let Some(Ok(message)) = source.next().await {
            let parsed = match message {
                Message::Text(text) => stream::parse(text.as_str()),
                Message::Close(_) => break,
                // Pings are answered by the library; a missing pong proves nothing here.
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => continue,
            };
            if matches!(parsed, StreamMessage::Stop { .. }) {
                closes.get_or_init(Instant::now);
            }
            if to_call.send(parsed).await.is_err() {
                break;
            }
        }
        closes.get_or_init(Instant::now);
    });
    tokio::spawn(async move {
        while let Some(text) = from_call.recv().await {
            match tokio::time::timeout(SEND_BOUND, sink.send(Message::Text(text.into()))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
        let bye = Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: "".into() }));
        // The other side may be gone already; there is nobody left to tell.
        let _ = tokio::time::timeout(SEND_BOUND, sink.send(bye)).await;
    });
    Line { inbound, closed_at, outbound }
}
