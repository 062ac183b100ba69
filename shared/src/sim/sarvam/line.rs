//! One socket of the simulator: messages go out when they are due while others come in.

use std::collections::VecDeque;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::Value;
use tokio::time::Instant;

use super::control::Idle;

enum Out {
    Text(String),
    Close(u16, String),
    Cut,
}

/// A socket with what is still to be sent on it.
pub(super) struct Line {
    socket: WebSocket,
    outbox: VecDeque<(Instant, Out)>,
    idle: Idle,
    last_heard: Instant,
}

impl Line {
    pub(super) fn new(socket: WebSocket, idle: Idle) -> Self {
        Self { socket, outbox: VecDeque::new(), idle, last_heard: Instant::now() }
    }

    /// Sends a message after `delay`, but never before those queued earlier.
    pub(super) fn say(&mut self, delay: Duration, message: &Value) {
        self.queue(delay, Out::Text(message.to_string()));
    }

    /// Closes after everything queued.
    pub(super) fn close(&mut self, code: u16, reason: &str) {
        self.queue(Duration::ZERO, Out::Close(code, reason.chars().take(40).collect()));
    }

    /// Ends the connection without a close frame, after everything queued.
    pub(super) fn cut(&mut self) {
        self.queue(Duration::ZERO, Out::Cut);
    }

    /// Whether everything queued has gone out.
    pub(super) fn is_idle(&self) -> bool {
        self.outbox.is_empty()
    }

    /// When the last queued message goes out, from now.
    pub(super) fn busy_for(&self) -> Duration {
        self.outbox.back().map_or(Duration::ZERO, |(due, _)| due.saturating_duration_since(Instant::now()))
    }

    fn queue(&mut self, delay: Duration, out: Out) {
        let due = Instant::now() + delay;
        let due = self.outbox.back().map_or(due, |(last, _)| due.max(*last));
        self.outbox.push_back((due, out));
    }

    /// The client's next message; `None` when the socket is over.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            let due = self.outbox.front().map(|(due, _)| *due);
            let silence = self.last_heard + self.idle.after;
            tokio::select! {
                message = self.socket.recv() => match message?.ok()? {
                    Message::Text(text) => {
                        self.last_heard = Instant::now();
                        return Some(text.to_string());
                    }
                    Message::Close(_) => return None,
                    Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
                },
                () = tokio::time::sleep_until(due.unwrap_or(silence)), if due.is_some() => self.deliver().await?,
                () = tokio::time::sleep_until(silence) => {
                    if self.idle.cut {
                        return None;
                    }
                    self.close(1008, "inactivity");
                    self.last_heard = Instant::now();
                }
            }
        }
    }

    async fn deliver(&mut self) -> Option<()> {
        match self.outbox.pop_front()?.1 {
            Out::Text(text) => self.socket.send(Message::text(text)).await.ok(),
            Out::Close(code, reason) => {
                let frame = CloseFrame { code, reason: reason.into() };
                self.socket.send(Message::Close(Some(frame))).await.ok()?;
                None
            }
            Out::Cut => None,
        }
    }

    /// Reads and never answers, until the client goes.
    pub(super) async fn ignore(mut self) {
        while self.next().await.is_some() {}
    }

    /// Sends what is queued, then ends.
    pub(super) async fn finish(mut self) {
        while !self.is_idle() && self.next().await.is_some() {}
    }
}
