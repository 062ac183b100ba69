//! The simulator itself, asked by hand as Sarvam's pages describe it: what it refuses, and when it
//! says what. Our clients ask for less than it does.

mod hearing;
mod spoken;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

/// A socket without any knowledge of what should be said on it.
struct Raw {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Raw {
    /// Opens a path with its query, or tells the HTTP status it is refused with.
    async fn try_open(world: &World, path: &str) -> Result<Self, u16> {
        let mut request = format!("{}{path}", world.sim.ws_url()).into_client_request().expect("an address");
        request.headers_mut().insert("api-subscription-key", HeaderValue::from_static(KEY));
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    async fn open(world: &World, path: &str) -> Self {
        Self::try_open(world, path).await.unwrap_or_else(|status| panic!("{path}: {status}"))
    }

    async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    /// The next message; `{"close": code}` for the end.
    async fn next(&mut self) -> Value {
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a message comes") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).expect("JSON"),
                Some(Ok(Message::Close(frame))) => {
                    return json!({"close": frame.map(|frame| u16::from(frame.code))});
                }
                Some(Ok(_)) => {}
                other => panic!("the socket was cut: {other:?}"),
            }
        }
    }

    /// All messages up to the first of which this is true, and that one.
    async fn until(&mut self, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut seen = vec![self.next().await];
        while !seen.last().is_some_and(&last) {
            let message = self.next().await;
            assert!(message["close"].is_null(), "closed after {seen:?}: {message}");
            seen.push(message);
        }
        seen
    }
}
