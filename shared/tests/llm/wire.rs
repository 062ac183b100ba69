//! The clients against servers that send bytes from the reference page, written by hand: a
//! simulator of ours may repeat our mistakes.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{HAIKU, ask, bedrock, gemini, listener, request};
use shared::ports::language_model::{LanguageModel, Stop};
use shared::sim::bedrock::frame;

/// `messageStart`, verified against the real SDK (speech-and-llm.md B5).
const MESSAGE_START: &str = "00000076 00000052 96d5fade 0b3a6576656e742d74797065 07 000c 6d6573736167655374617274 \
    0d3a636f6e74656e742d74797065 07 0010 6170706c69636174696f6e2f6a736f6e 0d3a6d6573736167652d74797065 07 0005 \
    6576656e74 7b22726f6c65223a22617373697374616e74227d 6fa8c599";

fn page_frame() -> Vec<u8> {
    let digits: Vec<u8> = MESSAGE_START.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    digits.chunks(2).map(byte).collect()
}

/// CRC-32/ISO-HDLC, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// The page's layout: lengths, their checksum, headers, payload, checksum of everything.
fn by_hand(headers: &[(&str, &str)], payload: &str) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).expect("short"));
        head.extend_from_slice(name.as_bytes());
        head.push(7);
        head.extend_from_slice(&u16::try_from(value.len()).expect("short").to_be_bytes());
        head.extend_from_slice(value.as_bytes());
    }
    let total = u32::try_from(16 + head.len() + payload.len()).expect("short");
    let mut frame = total.to_be_bytes().to_vec();
    frame.extend_from_slice(&u32::try_from(head.len()).expect("short").to_be_bytes());
    frame.extend_from_slice(&crc(&frame).to_be_bytes());
    frame.extend_from_slice(&head);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&crc(&frame).to_be_bytes());
    frame
}

fn event(name: &str, payload: &str) -> Vec<u8> {
    let headers = [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")];
    by_hand(&headers, payload)
}

/// Answers one request with these pieces, each in a write of its own, and gives the request back.
async fn serve_once(content_type: &'static str, pieces: Vec<Vec<u8>>) -> (String, tokio::task::JoinHandle<String>) {
    let listener = listener().await;
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a client");
        socket.set_nodelay(true).expect("set");
        let mut asked = Vec::new();
        let mut buffer = [0; 16_384];
        loop {
            let read = socket.read(&mut buffer).await.expect("a request");
            asked.extend_from_slice(&buffer[..read]);
            if is_whole(&asked) {
                break;
            }
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("written");
        for piece in pieces {
            socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await.expect("written");
            socket.write_all(&piece).await.expect("written");
            socket.write_all(b"\r\n").await.expect("written");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        socket.write_all(b"0\r\n\r\n").await.expect("written");
        String::from_utf8_lossy(&asked).into_owned()
    });
    (address, served)
}

/// Headers, and as many bytes of body as they say.
fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_none_or(|length| body.len() >= length)
}

#[test]
fn our_simulator_writes_the_pages_own_frame() {
    assert_eq!(frame("event", "messageStart", &json!({"role": "assistant"})), page_frame());
    assert_eq!(event("messageStart", r#"{"role":"assistant"}"#), page_frame());
}

#[tokio::test]
async fn bedrocks_frames_from_the_page_are_read_word_by_word() {
    let frames = [
        page_frame(),
        event("contentBlockDelta", r#"{"delta":{"text":"Namaste"},"contentBlockIndex":0,"p":"abc"}"#),
        event("contentBlockDelta", r#"{"delta":{"text":" ji."},"contentBlockIndex":0}"#),
        event("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        event(
            "contentBlockStart",
            r#"{"start":{"toolUse":{"toolUseId":"tooluse_A1b2","name":"transfer_to_agent"}},"contentBlockIndex":1}"#,
        ),
        event("contentBlockDelta", r#"{"delta":{"toolUse":{"input":""}},"contentBlockIndex":1}"#),
        event("contentBlockDelta", r#"{"delta":{"toolUse":{"input":"{\"reas"}},"contentBlockIndex":1}"#),
        event("contentBlockDelta", r#"{"delta":{"toolUse":{"input":"on\":\"asked\"}"}},"contentBlockIndex":1}"#),
        event("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        event("messageStop", r#"{"stopReason":"tool_use"}"#),
        event(
            "metadata",
            r#"{"usage":{"inputTokens":30,"outputTokens":12,"totalTokens":42,"cacheReadInputTokens":5,"cacheWriteInputTokens":0},"metrics":{"latencyMs":1033}}"#,
        ),
    ];
    // Cut anywhere: seven bytes to a write.
    let pieces = frames.concat().chunks(7).map(<[u8]>::to_vec).collect();
    let (address, served) = serve_once("application/vnd.amazon.eventstream", pieces).await;
    let told = ask(&bedrock(&address, HAIKU).await, "agent").await;
    assert_eq!((told.text.as_str(), told.pieces), ("Namaste ji.", 2));
    assert_eq!((told.calls[0].id.as_str(), told.calls[0].name.as_str()), ("tooluse_A1b2", "transfer_to_agent"));
    assert_eq!(told.calls[0].arguments, json!({"reason": "asked"}));
    let (stop, usage) = told.done.expect("it ended");
    assert_eq!((stop, usage.input_tokens, usage.output_tokens), (Stop::Finished, 35, 12));
    let asked = served.await.expect("served");
    assert!(asked.starts_with(&format!("POST /model/{}/converse-stream", HAIKU.replace(':', "%3A"))), "{asked}");
    assert!(asked.contains("/ap-south-1/bedrock/aws4_request"), "{asked}");
}

#[tokio::test]
async fn what_bedrock_is_asked_is_the_pages_request() {
    let (address, served) = serve_once("application/vnd.amazon.eventstream", vec![page_frame()]).await;
    let _ended_early = bedrock(&address, HAIKU).await.reply(&request("hello")).await;
    let asked = served.await.expect("served");
    let body: serde_json::Value = serde_json::from_str(asked.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    assert_eq!(body["messages"][0], json!({"role": "user", "content": [{"text": "hello"}]}));
    assert_eq!(body["inferenceConfig"]["maxTokens"], 200);
    let temperature = body["inferenceConfig"]["temperature"].as_f64().expect("one is sent");
    assert!((temperature - 0.3).abs() < 1e-6, "as f32 wrote it: {temperature}");
    let tool = &body["toolConfig"]["tools"][0]["toolSpec"];
    assert_eq!(tool["name"], "transfer_to_agent");
    assert_eq!(tool["inputSchema"]["json"]["properties"]["reason"]["type"], "string");
}

#[tokio::test]
async fn geminis_records_from_the_page_are_read_wherever_they_are_cut() {
    let stream = "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"नमस्ते\"}]},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":41,\"totalTokenCount\":41},\"modelVersion\":\"gemini-3.5-flash-lite\",\"responseId\":\"abc\"}\r\n\r\n\
        data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\", kaise madad karun?\"}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":41,\"candidatesTokenCount\":9,\"totalTokenCount\":50}}";
    let pieces = stream.as_bytes().chunks(11).map(<[u8]>::to_vec).collect();
    let (address, served) = serve_once("text/event-stream", pieces).await;
    let told = ask(&gemini(&address), "hello").await;
    assert_eq!((told.text.as_str(), told.pieces), ("नमस्ते, kaise madad karun?", 2));
    let (stop, usage) = told.done.expect("it ended");
    assert_eq!((stop, usage.input_tokens, usage.output_tokens), (Stop::Finished, 41, 9));
    let asked = served.await.expect("served");
    let line = "POST /v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse";
    assert!(asked.starts_with(line) && asked.contains("x-goog-api-key: AKIDTEST"), "{asked}");
    assert!(!asked.contains("key=AKIDTEST"), "the key stays out of the address");
}
