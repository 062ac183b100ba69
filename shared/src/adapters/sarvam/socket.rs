//! A WebSocket to Sarvam with a limit on every wait.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::{SarvamConfig, failed};
use crate::domain::audio::SAMPLE_RATE_HZ;
use crate::ports::Late;
use crate::ports::speech::SpeechError;
use crate::wire::sarvam::KEY_HEADER;
use crate::wire::sarvam::trouble::Trouble;

/// Far more than any message of theirs; less than an attack would want.
const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// Room for half a second of speech in base64. Every read clears the whole of it first, and every call keeps two
/// or three of them.
const READ_BUFFER_BYTES: usize = 12 << 10;
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// An open socket.
pub(super) struct Socket {
    inner: WebSocketStream<MaybeTlsStream<TcpStream>>,
    send_limit: Duration,
    /// Rate of what is spoken on it, as the last header told: it may stand before the first sentence only.
    pub(super) spoken_hz: u32,
}

impl Socket {
    /// Opens `path` (with its query) under the configured address and key.
    pub(super) async fn connect(config: &SarvamConfig, path: &str) -> Result<Self, SpeechError> {
        let address = format!("{}{path}", config.ws_url);
        let mut request = address.into_client_request().map_err(|error| SpeechError::Refused(error.to_string()))?;
        let mut key = HeaderValue::from_str(config.key.expose_secret())
            .map_err(|_| SpeechError::Refused("the key can not be a header".to_owned()))?;
        key.set_sensitive(true);
        request.headers_mut().insert(KEY_HEADER, key);
        let limits = WebSocketConfig::default();
        let limits = limits.max_message_size(Some(MAX_MESSAGE_BYTES)).read_buffer_size(READ_BUFFER_BYTES);
        let connecting = connect_async_with_config(request, Some(limits), true);
        let opened = timeout(config.limits.connect, connecting).await;
        let (inner, _) = opened.map_err(|_| failed(Late("connecting took too long")))?.map_err(judge)?;
        Ok(Self { inner, send_limit: config.limits.send, spoken_hz: SAMPLE_RATE_HZ })
    }

    /// Writes one text message.
    pub(super) async fn send(&mut self, text: String) -> Result<(), SpeechError> {
        let sending = self.inner.send(Message::text(text));
        timeout(self.send_limit, sending).await.map_err(|_| failed(Late("sending took too long")))?.map_err(judge)
    }

    /// The next text message. Waits without a limit; safe to drop while waiting.
    pub(super) async fn recv(&mut self) -> Result<String, SpeechError> {
        loop {
            match self.inner.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Trouble::of_close(frame.code.into(), &frame.reason).into());
                }
                Some(Ok(Message::Close(None))) | None => return Err(failed("the socket ended")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(judge(error)),
            }
        }
    }

    /// Says goodbye; a socket that is dropped instead is cut.
    pub(super) async fn close(mut self) {
        if timeout(CLOSE_LIMIT, self.inner.close(None)).await.is_err() {
            tracing::debug!("closing a Sarvam socket took too long");
        }
    }
}

fn judge(error: tungstenite::Error) -> SpeechError {
    match error {
        tungstenite::Error::Http(answer) => {
            let body = answer.body().as_deref().unwrap_or_default();
            Trouble::of_http(answer.status().as_u16(), body).into()
        }
        other => failed(other),
    }
}
