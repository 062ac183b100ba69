//! Frames of an event stream: prelude, headers, payload and both checksums
//! (speech-and-llm.md B5), and the events of an answer in their order (B4).

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::{Value, json};

use crate::sim::model::{Frame, Plan, Switches, pieces};

/// One frame. `kind` is `event` or `exception`.
pub fn frame(kind: &str, name: &str, payload: &Value) -> Vec<u8> {
    let key = if kind == "exception" { ":exception-type" } else { ":event-type" };
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(Header::new(key, text(name)))
        .add_header(Header::new(":content-type", text("application/json")))
        .add_header(Header::new(":message-type", text(kind)));
    let mut bytes = Vec::new();
    if let Err(error) = write_message_to(&message, &mut bytes) {
        // Three short headers and a payload of a few hundred bytes are within every limit.
        tracing::error!(%error, "a frame could not be written");
    }
    bytes
}

/// An error inside the stream, `throttlingException` and the like.
pub(super) fn exception(kind: &str) -> Vec<u8> {
    frame("exception", kind, &json!({"message": "failed by a switch"}))
}

/// What ends an answer: why, and what it cost.
fn end(reason: &str, written: usize) -> [Vec<u8>; 2] {
    let usage = json!({"inputTokens": 300, "outputTokens": written, "totalTokens": 300 + written,
        "cacheReadInputTokens": 20, "cacheWriteInputTokens": 0});
    let metadata = json!({"usage": usage, "metrics": {"latencyMs": 700}});
    [frame("event", "messageStop", &json!({"stopReason": reason})), frame("event", "metadata", &metadata)]
}

/// The end of an answer that a filter stopped.
pub(super) fn filtered() -> Vec<u8> {
    end("content_filtered", 10).concat()
}

/// The whole answer.
pub(super) fn answer(plan: &Plan, most_tokens: u64, switches: &Switches) -> Vec<Frame> {
    let event = |name: &str, payload: Value| frame("event", name, &payload);
    let (Plan { text, calls }, cut) = plan.within(most_tokens);
    let mut frames = vec![Frame::other(event("messageStart", json!({"role": "assistant"})))];
    if switches.novelties {
        frames.push(Frame::other(event("somethingNew", json!({"of": [1]}))));
    }
    if switches.thoughts {
        let thought = json!({"delta": {"reasoningContent": {"text": "15,000 rupees!"}}, "contentBlockIndex": 0});
        frames.push(Frame::other(event("contentBlockDelta", thought)));
    }
    for piece in pieces(&text) {
        let mut delta = json!({"delta": {"text": piece}, "contentBlockIndex": 0});
        if switches.novelties {
            // The service pads its events.
            delta["p"] = json!("abcdefghijkl");
        }
        frames.push(Frame::words(event("contentBlockDelta", delta)));
    }
    if !text.is_empty() {
        frames.push(Frame::other(event("contentBlockStop", json!({"contentBlockIndex": 0}))));
    }
    for (number, (name, input)) in calls.iter().enumerate() {
        let index = number + 1;
        let start = json!({"toolUse": {"toolUseId": format!("tooluse_{index}"), "name": name}});
        frames.push(Frame::other(event("contentBlockStart", json!({"start": start, "contentBlockIndex": index}))));
        for piece in pieces(input) {
            let part = json!({"delta": {"toolUse": {"input": piece}}, "contentBlockIndex": index});
            frames.push(Frame::words(event("contentBlockDelta", part)));
        }
        frames.push(Frame::other(event("contentBlockStop", json!({"contentBlockIndex": index}))));
    }
    let reason = match (cut, calls.is_empty()) {
        (true, _) => "max_tokens",
        (false, false) => "tool_use",
        (false, true) => "end_turn",
    };
    frames.extend(end(reason, text.chars().count().div_ceil(4)).map(Frame::other));
    frames
}
