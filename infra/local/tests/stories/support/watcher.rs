//! Somebody at the dashboard, and somebody who sends a file to an address of its own.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::World;

/// Nothing that is watched for takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to `/ws/dashboard`.
pub(crate) struct Watcher(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl World {
    /// Opens the dashboard's socket and waits for its snapshot.
    pub(crate) async fn watch(&self) -> Watcher {
        let address = format!("{}/ws/dashboard", self.product.base_url.replacen("http", "ws", 1));
        let (mut socket, _) = connect_async(address).await.expect("connected");
        let auth = json!({"action": "auth", "key": self.product.api_key});
        socket.send(Message::text(auth.to_string())).await.expect("sent");
        let mut watcher = Watcher(socket);
        while watcher.next().await["type"] != "snapshot" {}
        watcher
    }

    /// One GET of an address that was given out; answers status and body.
    pub(crate) async fn get(&self, url: &str) -> (u16, Vec<u8>) {
        let answer = reqwest::get(url).await.expect("an answer");
        (answer.status().as_u16(), answer.bytes().await.expect("a body").to_vec())
    }

    /// One PUT to an address that was given out; answers the status.
    pub(crate) async fn put(&self, url: &str, body: String) -> u16 {
        reqwest::Client::new().put(url).body(body).send().await.expect("an answer").status().as_u16()
    }
}

impl Watcher {
    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("news in time");
            if let Message::Text(text) = message.expect("open").expect("readable") {
                return serde_json::from_str(&text).expect("JSON");
            }
        }
    }
}
