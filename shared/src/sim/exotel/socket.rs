//! Opening the bot's WebSocket (exotel.md 5.1).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::switches::Switches;
use crate::domain::audio::SAMPLE_RATE_HZ;

/// Documented limits of custom parameters.
const MOST_PARAMETERS: usize = 3;
const LONGEST_PARAMETERS: usize = 256;
/// Documented length of an address, exclusively.
const LONGEST_ADDRESS: usize = 600;
/// Every read clears the whole of it first, and a demo has hundreds of sockets.
const READ_BUFFER: usize = 4 << 10;

/// The way to the bot.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<Wire>>;

/// A socket that stands.
pub(super) struct Opened {
    pub(super) socket: Socket,
    /// The query's custom parameters.
    pub(super) parameters: Vec<(String, String)>,
    /// What the address asks for.
    pub(super) sample_rate: u32,
}

/// Connects, again where that fails and the switches say so.
pub(super) async fn open(switches: &Switches, url: &str) -> Result<Opened, String> {
    if switches.refuse_stream {
        return Err("refused".to_owned());
    }
    let made = handshake(url, switches.sample_rate_is_parameter)?;
    let limit = Duration::from_millis(switches.handshake_ms);
    let mut why = String::new();
    for tried in 0..=switches.handshake_retries {
        match timeout(limit, connect(made.request.clone(), switches.answers_pings)).await {
            Ok(Ok(_)) if tried < switches.lost_handshakes => why = "timeout".to_owned(),
            Ok(Ok(socket)) => {
                return Ok(Opened { socket, parameters: made.parameters, sample_rate: made.sample_rate });
            }
            Ok(Err(error)) => why = error,
            Err(_) => why = "timeout".to_owned(),
        }
    }
    Err(why)
}

async fn connect(request: Request, answers_pings: bool) -> Result<Socket, String> {
    let uri = request.uri();
    let host = uri.host().ok_or("an address without a host")?.trim_matches(['[', ']']).to_owned();
    let encrypted = uri.scheme_str() == Some("wss");
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let tcp = TcpStream::connect((host, port)).await.map_err(|e| e.to_string())?;
    tcp.set_nodelay(true).map_err(|e| e.to_string())?;
    if encrypted && !answers_pings {
        return Err("pings can be left unanswered on ws:// only".to_owned());
    }
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let wire = Wire { tcp, pings: (!answers_pings).then(Pings::default) };
    let connected = client_async_tls_with_config(request, wire, Some(config), None).await;
    connected.map(|(socket, _)| socket).map_err(|e| e.to_string())
}

struct Handshake {
    request: Request,
    parameters: Vec<(String, String)>,
    sample_rate: u32,
}

/// The upgrade request, credentials moved from the address to a header, and the custom
/// parameters of the query.
fn handshake(url: &str, rate_is_parameter: bool) -> Result<Handshake, String> {
    if url.len() >= LONGEST_ADDRESS {
        return Err(format!("the address has {LONGEST_ADDRESS} characters or more"));
    }
    let mut url = Url::parse(url).map_err(|e| e.to_string())?;
    let credentials = (!url.username().is_empty()).then(|| {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", url.username(), url.password().unwrap_or_default())))
    });
    if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
        return Err("not a WebSocket address".to_owned());
    }
    let is_rate = |key: &str| matches!(key, "sample-rate" | "sample_rate");
    let sample_rate = url.query_pairs().find(|(key, _)| is_rate(key)).and_then(|(_, rate)| rate.parse().ok());
    let is_parameter = |key: &str| rate_is_parameter || !is_rate(key);
    let parameters: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(key, _)| is_parameter(key)).collect();
    let length: usize = parameters.iter().map(|(key, value)| key.len() + value.len() + 2).sum();
    if parameters.len() > MOST_PARAMETERS || length > LONGEST_PARAMETERS {
        return Err("more than 3 custom parameters, or more than 256 characters of them".to_owned());
    }
    let mut request = url.as_str().into_client_request().map_err(|e| e.to_string())?;
    if let Some(credentials) = credentials {
        let value = HeaderValue::from_str(&credentials).map_err(|e| e.to_string())?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Ok(Handshake { request, parameters, sample_rate: sample_rate.unwrap_or(SAMPLE_RATE_HZ) })
}

/// A connection on which the library below can be kept from seeing, and so answering, pings: it
/// has no switch for that.
pub(super) struct Wire {
    tcp: TcpStream,
    pings: Option<Pings>,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(cx, buf);
        if let Some(pings) = &mut self.pings {
            pings.hide(&mut buf.filled_mut()[before..]);
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// Follows a server's bytes and makes every ping a pong, which nobody answers.
#[derive(Debug, Default)]
struct Pings {
    at: Place,
    /// Of the answer to the handshake: how much of the empty line that ends it was seen.
    blank: usize,
    /// Bytes of the length that are still to come.
    length_bytes: u8,
    /// Of the payload.
    left: u64,
}

#[derive(Debug, Default, Clone, Copy)]
enum Place {
    #[default]
    Handshake,
    First,
    Length,
    LongLength,
    Payload,
}

impl Pings {
    fn hide(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.follow(byte);
        }
    }

    fn follow(&mut self, byte: &mut u8) {
        match self.at {
            Place::Handshake => {
                self.blank =
                    if *byte == b"\r\n\r\n"[self.blank] { self.blank + 1 } else { usize::from(*byte == b'\r') };
                if self.blank == 4 {
                    self.at = Place::First;
                }
            }
            Place::First => {
                if *byte & 0x0F == 0x9 {
                    *byte += 1;
                }
                self.at = Place::Length;
            }
            Place::Length => {
                (self.length_bytes, self.left) = match *byte & 0x7F {
                    126 => (2, 0),
                    127 => (8, 0),
                    short => (0, short.into()),
                };
                self.at = if self.length_bytes > 0 { Place::LongLength } else { self.payload() };
            }
            Place::LongLength => {
                self.left = self.left << 8 | u64::from(*byte);
                self.length_bytes -= 1;
                if self.length_bytes == 0 {
                    self.at = self.payload();
                }
            }
            Place::Payload => {
                self.left -= 1;
                self.at = self.payload();
            }
        }
    }

    fn payload(&self) -> Place {
        if self.left > 0 { Place::Payload } else { Place::First }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_the_address_become_a_header() {
        let made = handshake("ws://user:pass@bot.test/ws/1?t=abc&sample-rate=16000", false).unwrap();
        assert_eq!(made.request.uri().to_string(), "ws://bot.test/ws/1?t=abc&sample-rate=16000");
        assert_eq!(made.request.headers()[AUTHORIZATION], "Basic dXNlcjpwYXNz");
        assert_eq!((made.parameters, made.sample_rate), (vec![("t".to_owned(), "abc".to_owned())], 16_000));
    }

    #[test]
    fn four_custom_parameters_are_too_many_and_the_sample_rate_may_be_one() {
        assert!(handshake("ws://bot.test/?a=1&b=2&c=3&d=4", false).is_err());
        assert!(handshake("ws://bot.test/?a=1&b=2&c=3&sample-rate=8000", false).is_ok());
        assert!(handshake("ws://bot.test/?a=1&b=2&c=3&sample-rate=8000", true).is_err());
    }

    #[test]
    fn an_address_of_six_hundred_characters_is_too_long() {
        let address = |length: usize| format!("ws://bot.test/{}", "a".repeat(length - 14));
        assert!(handshake(&address(599), false).is_ok());
        assert!(handshake(&address(600), false).is_err());
    }

    #[tokio::test]
    async fn a_lost_handshake_is_made_up_for_where_another_may_be_tried() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("ws://{}/bot", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio_tungstenite::accept_async(tcp).await.unwrap();
            }
        });
        for (handshake_retries, opens) in [(1, true), (0, false)] {
            let switches = Switches { handshake_retries, lost_handshakes: 1, ..Switches::default() };
            assert_eq!(open(&switches, &url).await.map(|_| ()), if opens { Ok(()) } else { Err("timeout".to_owned()) });
        }
    }

    #[test]
    fn a_ping_is_made_a_pong_wherever_the_bytes_are_cut() {
        let long = [&[0x81, 126, 0, 200][..], &[0x89; 200]].concat();
        let all = [&b"HTTP/1.1 101 ok\r\n\r\n"[..], &[0x89, 1, 0x89], &long, &[0x81, 1, b'x', 0x89, 0]].concat();
        for cut in 0..all.len() {
            let (mut pings, mut bytes) = (Pings::default(), all.clone());
            let (head, tail) = bytes.split_at_mut(cut);
            pings.hide(head);
            pings.hide(tail);
            let changed: Vec<usize> = (0..all.len()).filter(|at| bytes[*at] != all[*at]).collect();
            assert_eq!(changed, [19, all.len() - 2], "cut at {cut}");
            assert_eq!((bytes[19], bytes[all.len() - 2]), (0x8A, 0x8A));
        }
    }
}
