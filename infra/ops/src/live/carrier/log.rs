//! Everything the carrier did, with its times.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

/// One thing it did, or we did to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// It answered our request to phone.
    Answered { status: u16, body: Value },
    /// It asked one of the flow's addresses, or reported.
    Request { applet: &'static str, method: String, fields: Vec<(String, String)>, content_type: String, peer: String },
    /// It asked for the stream, and got it or not.
    Handshake { refused: bool },
    /// It waited no longer for an answer of ours.
    GaveUp,
    /// A message of the stream; audio as its length.
    Said(Value),
    /// One of ours.
    Told(Value),
    /// It answered our ping.
    Pong,
    /// It ended the stream: with that close code, or without a close frame.
    StreamEnded(Option<u16>),
    /// We did.
    StreamClosed,
    /// We dropped its connection.
    StreamDropped,
    /// The first call of the list.
    Listed { call: Value },
}

impl Event {
    pub(super) fn from(&self) -> &'static str {
        let ours = matches!(self, Self::Told(_) | Self::StreamClosed | Self::StreamDropped);
        if ours { "client" } else { "provider" }
    }

    pub(super) fn as_json(&self) -> Value {
        match self {
            Self::Answered { status, body } => json!({"status": status, "body": body}),
            Self::Request { applet, method, fields, content_type, .. } => {
                json!({"applet": applet, "method": method, "fields": fields, "content_type": content_type})
            }
            Self::Handshake { refused } => json!({"handshake": {"refused": refused}}),
            Self::GaveUp => json!({"gave_up": true}),
            Self::Said(message) | Self::Told(message) => message.clone(),
            Self::Pong => json!({"pong": true}),
            Self::StreamEnded(code) => json!({"close": code}),
            Self::StreamClosed => json!({"close": 1000}),
            Self::StreamDropped => json!({"close": null}),
            Self::Listed { call } => json!({"first_of_list": call}),
        }
    }
}

/// An event and when it was, from the beginning.
pub(super) type Entry = (Duration, Event);

/// The events so far.
pub(super) struct Log {
    began: Instant,
    events: Mutex<Vec<Entry>>,
    changed: Notify,
}

impl Default for Log {
    fn default() -> Self {
        Self { began: Instant::now(), events: Mutex::default(), changed: Notify::new() }
    }
}

impl Log {
    pub(super) fn add(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push((self.began.elapsed(), event));
        self.changed.notify_waiters();
    }

    pub(super) fn events(&self) -> Vec<Entry> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether there was such an event.
    pub(super) fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events().iter().any(|(_, event)| wanted(event))
    }

    /// Returns once the events fulfil the condition.
    pub(super) async fn wait_for(&self, holds: impl Fn(&[Entry]) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if holds(&self.events()) {
                return;
            }
            changed.await;
        }
    }
}
