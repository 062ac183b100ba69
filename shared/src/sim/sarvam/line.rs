//! One socket of the simulator: messages go out when they are due while others come in.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::control::Control;
use super::record::{Side, Surface};
use super::switches::{Garbage, Idle};

enum Out {
    Text(Value),
    /// Meets every client that reads text only, or JSON only.
    Binary,
    /// A text cut off in the middle.
    Half(Value),
    Close(u16, String),
    Cut,
}

/// Where a line's frames are noted.
pub(super) struct Tap {
    pub(super) control: Arc<Control>,
    pub(super) surface: Surface,
    pub(super) connection: usize,
}

impl Tap {
    pub(super) fn note(&self, from: Side, body: Value) {
        self.control.log(self.surface, self.connection, from, body);
    }
}

/// A socket with what is still to be sent on it.
pub(super) struct Line {
    socket: WebSocket,
    tap: Tap,
    outbox: VecDeque<(Instant, Out)>,
    idle: Idle,
    last_heard: Instant,
}

impl Line {
    pub(super) fn new(socket: WebSocket, tap: Tap) -> Self {
        let idle = tap.control.switches().idle;
        Self { socket, tap, outbox: VecDeque::new(), idle, last_heard: Instant::now() }
    }

    /// Sends a message after `delay`, but never before those queued earlier.
    pub(super) fn say(&mut self, delay: Duration, message: Value) {
        self.queue(delay, Out::Text(message));
    }

    /// The same with what a fault puts in its place or before it.
    pub(super) fn say_with(&mut self, delay: Duration, message: Value, garbage: Option<Garbage>) {
        match garbage {
            Some(Garbage::CutJson) => return self.queue(delay, Out::Half(message)),
            Some(Garbage::Binary) => self.queue(delay, Out::Binary),
            Some(Garbage::UnknownKind) => self.say(delay, json!({"type": "novelty", "event": "novelty", "data": [1]})),
            Some(Garbage::CutBase64 | Garbage::NotBase64) | None => {}
        }
        self.say(delay, message);
    }

    /// Closes after everything queued.
    pub(super) fn close(&mut self, code: u16, reason: &str) {
        self.queue(Duration::ZERO, Out::Close(code, reason.chars().take(40).collect()));
    }

    /// Ends the connection after everything queued: without a close frame, or with this one.
    pub(super) fn cut(&mut self, close: Option<&(u16, String)>) {
        match close {
            Some((code, reason)) => self.close(*code, reason),
            None => self.queue(Duration::ZERO, Out::Cut),
        }
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

    /// The client's next message, `null` where it is no JSON; `None` when the socket is over.
    pub(super) async fn next(&mut self) -> Option<Value> {
        let message = self.receive().await;
        if message.is_none() {
            self.tap.note(Side::Client, json!({"close": null}));
        }
        message
    }

    async fn receive(&mut self) -> Option<Value> {
        loop {
            let due = self.outbox.front().map(|(due, _)| *due);
            let silence = self.last_heard + self.idle.after;
            tokio::select! {
                message = self.socket.recv() => match message?.ok()? {
                    Message::Text(text) => {
                        self.last_heard = Instant::now();
                        let message = serde_json::from_str(&text);
                        let noted = message.as_ref().map_or_else(|_| json!({"garbage": text.as_str()}), Value::clone);
                        self.tap.note(Side::Client, noted);
                        return Some(message.unwrap_or_default());
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
        let (message, noted, last) = match self.outbox.pop_front()?.1 {
            Out::Text(body) => (Message::text(body.to_string()), body, false),
            Out::Binary => (Message::binary([0, 159, 146, 150].as_slice()), json!({"garbage": "binary"}), false),
            Out::Half(body) => {
                let mut text = body.to_string();
                text = text.chars().take(text.chars().count() / 2).collect();
                (Message::text(text.clone()), json!({"garbage": text}), false)
            }
            Out::Close(code, reason) => {
                let frame = CloseFrame { code, reason: reason.into() };
                (Message::Close(Some(frame)), json!({"close": code}), true)
            }
            Out::Cut => return None,
        };
        self.tap.note(Side::Provider, noted);
        self.socket.send(message).await.ok().filter(|()| !last)
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
