//! What went over the wires, and when: latency and "what did our client send" are asked here.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// Frames kept; older ones are forgotten.
const KEPT: usize = 20_000;
/// A longer text is audio, and only its length is kept.
const LONGEST_TEXT: usize = 256;

/// One of the provider's doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// `/speech-to-text-realtime/ws`.
    Realtime,
    /// `/speech-to-text/ws`.
    Socket,
    /// `/text-to-speech/ws`.
    Tts,
    /// `POST /speech-to-text`.
    SttRest,
    /// `POST /text-to-speech`.
    TtsRest,
}

/// Who sent a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client under test.
    Client,
    /// The simulator.
    Provider,
}

/// One message, request or end of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Since the simulator started.
    pub at: Duration,
    /// Where.
    pub surface: Surface,
    /// Counts the connections and requests from 1.
    pub connection: usize,
    /// Who sent it.
    pub from: Side,
    /// As JSON, audio replaced by `<n characters>`; `{"handshake": query}` for the beginning of a
    /// socket, `{"close": code}` for its end, `{"garbage": text}` for what is no JSON.
    pub body: Value,
}

/// The frames so far.
#[derive(Debug)]
pub(super) struct Record {
    began: Instant,
    frames: VecDeque<Frame>,
}

impl Record {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), frames: VecDeque::new() }
    }

    pub(super) fn add(&mut self, surface: Surface, connection: usize, from: Side, mut body: Value) {
        shorten(&mut body);
        self.frames.push_back(Frame { at: self.began.elapsed(), surface, connection, from, body });
        if self.frames.len() > KEPT {
            self.frames.pop_front();
        }
    }

    pub(super) fn frames(&self) -> Vec<Frame> {
        self.frames.iter().cloned().collect()
    }
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT && text.is_ascii() => {
            *text = format!("<{} characters>", text.len());
        }
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Array(items) => items.iter_mut().for_each(shorten),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn audio_is_kept_as_its_length_and_words_as_they_are() {
        let mut record = Record::new();
        let audio = "A".repeat(1_280);
        let body = json!({"audio": {"data": audio}, "text": "haan"});
        record.add(Surface::Socket, 1, Side::Client, body);
        assert_eq!(record.frames()[0].body, json!({"audio": {"data": "<1280 characters>"}, "text": "haan"}));
    }
}
