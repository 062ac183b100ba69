//! The Voicebot applet: dials the bot's WebSocket and carries what the line says (exotel.md 5).

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::Traffic;
use super::engine::Call;
use super::flow::{Applets, Voicebot};
use super::line::{Cause, Line, Outcome};
use super::truth::StreamTruth;
use crate::domain::audio::FRAME_MS;
use crate::domain::language::Language;
use crate::sim::speech::Spoken;

/// A bot that does not read for so long is dead.
const SEND_LIMIT: Duration = Duration::from_secs(5);
/// How long we wait for the bot to confirm our close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// Documented limits of custom parameters.
const MOST_PARAMETERS: usize = 3;
const LONGEST_PARAMETERS: usize = 256;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Speech = Pin<Box<dyn Future<Output = (&'static str, Language, Spoken)> + Send>>;

/// What the Passthru after the Voicebot reports.
pub(super) struct Report {
    pub(super) stream_sid: String,
    pub(super) url: String,
    pub(super) status: &'static str,
    pub(super) by: &'static str,
    pub(super) duration_ms: u64,
    pub(super) error: Option<String>,
    pub(super) detailed_status: Option<&'static str>,
    pub(super) customer_gone: bool,
}

impl Report {
    fn failed(stream_sid: String, url: String, error: String) -> Self {
        Self {
            stream_sid,
            url,
            status: "failed",
            by: "NA",
            duration_ms: 0,
            error: Some(error),
            detailed_status: None,
            customer_gone: false,
        }
    }

    fn ended(stream_sid: String, url: String, cause: Cause, duration_ms: u64) -> Self {
        let (status, by) = match cause {
            Cause::BotClosed => ("completed", "bot"),
            Cause::CustomerHungUp => ("cancelled", "user"),
            Cause::TimeIsUp => ("completed", "NA"),
            Cause::Cut | Cause::Lost => ("failed", "NA"),
        };
        let error = (status == "failed").then(|| "3011 ws connection lost".to_owned());
        let customer_gone = cause == Cause::CustomerHungUp;
        Self { status, by, duration_ms, error, customer_gone, ..Self::failed(stream_sid, url, String::new()) }
    }
}

/// The whole applet: from the address to the report.
pub(super) async fn run(call: &Call, voicebot: &Voicebot, deadline: Instant) -> Report {
    let stream_sid = call.world.hex(16);
    let report = attempt(call, voicebot, stream_sid, deadline).await;
    let truth = StreamTruth {
        stream_sid: report.stream_sid.clone(),
        status: Some(report.status.to_owned()),
        disconnected_by: Some(report.by.to_owned()),
        duration_ms: report.duration_ms,
    };
    call.amend(|call| call.stream = Some(truth));
    call.world.note(Traffic::StreamClosed {
        sid: call.plan.sid.clone(),
        stream_sid: report.stream_sid.clone(),
        status: report.status.to_owned(),
        by: report.by.to_owned(),
    });
    report
}

async fn attempt(call: &Call, voicebot: &Voicebot, stream_sid: String, deadline: Instant) -> Report {
    let unreachable = |why: &str| format!("3009 failed to establish ws conn: {why}");
    let address = match voicebot {
        Voicebot::Static(url) => Ok(url.clone()),
        Voicebot::Dynamic(url) => Applets::new(call).voicebot_url(url).await,
    };
    let url = match address {
        Ok(url) => url,
        Err(why) => return Report::failed(stream_sid, String::new(), unreachable(&why)),
    };
    let Some(_seat) = Seat::take(call) else {
        let report = Report::failed(stream_sid, url, "3010 stream throttled".to_owned());
        return Report { detailed_status: Some("Streaming_call_throttled"), ..report };
    };
    match open(call, &url).await {
        Err(why) => Report::failed(stream_sid, url, unreachable(&why)),
        Ok((socket, parameters)) => {
            let sid = call.plan.sid.clone();
            call.world.note(Traffic::StreamOpened { sid, stream_sid: stream_sid.clone() });
            let opened =
                StreamTruth { stream_sid: stream_sid.clone(), status: None, disconnected_by: None, duration_ms: 0 };
            call.amend(|call| call.stream = Some(opened));
            let mut line = Line::new(call.clone(), stream_sid.clone());
            let cause = converse(call, &mut line, socket, &parameters, deadline).await;
            Report::ended(stream_sid, url, cause, line.close(cause))
        }
    }
}

/// A place under the ceiling of streams, free again when dropped.
struct Seat(Call);

impl Seat {
    fn take(call: &Call) -> Option<Self> {
        let ceiling = call.world.config.stream_ceiling;
        let free = |open: usize| (open < ceiling).then_some(open + 1);
        call.world.open_streams.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).ok()?;
        Some(Self(call.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.world.open_streams.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn open(call: &Call, url: &str) -> Result<(Socket, Vec<(String, String)>), String> {
    if call.switches().refuse_stream {
        return Err("refused".to_owned());
    }
    let (request, parameters) = handshake(url, call.switches().sample_rate_is_parameter)?;
    let limit = Duration::from_millis(call.switches().handshake_ms);
    let mut why = String::new();
    for _ in 0..=call.switches().handshake_retries {
        match timeout(limit, connect_async_with_config(request.clone(), None, true)).await {
            Ok(Ok((socket, _))) => return Ok((socket, parameters)),
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = "timeout".to_owned(),
        }
    }
    Err(why)
}

/// The upgrade request, credentials moved from the address to a header, and the custom
/// parameters of the query.
fn handshake(url: &str, rate_is_parameter: bool) -> Result<(Request, Vec<(String, String)>), String> {
    let mut url = Url::parse(url).map_err(|e| e.to_string())?;
    let credentials = (!url.username().is_empty()).then(|| {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", url.username(), url.password().unwrap_or_default())))
    });
    if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
        return Err("not a WebSocket address".to_owned());
    }
    let is_parameter = |key: &str| rate_is_parameter || !matches!(key, "sample-rate" | "sample_rate");
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
    Ok((request, parameters))
}

/// The conversation, until somebody ends it.
async fn converse(
    call: &Call,
    line: &mut Line,
    socket: Socket,
    parameters: &[(String, String)],
    deadline: Instant,
) -> Cause {
    let (mut sink, mut source) = socket.split();
    let greeting = Outcome { messages: line.greeting(parameters), ..Outcome::default() };
    let mut cause = send(&mut sink, greeting).await;
    let mut speech: Option<Speech> = None;
    let mut clock = interval(Duration::from_millis(FRAME_MS));
    // After a stall of this machine the line catches up: the stream's time is the clock's.
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while cause.is_none() {
        cause = tokio::select! {
            _ = clock.tick() => {
                let mut out = line.tick();
                if Instant::now() >= deadline {
                    out.end = out.end.or(Some(Cause::TimeIsUp));
                }
                if let Some((text, language)) = out.speak {
                    let lexicon = call.world.config.lexicon.clone();
                    speech = Some(Box::pin(async move { (text, language, lexicon.speak(text, language).await) }));
                }
                send(&mut sink, out).await
            }
            message = source.next() => match message {
                Some(Ok(Message::Text(text))) => send(&mut sink, line.take(&text)).await,
                Some(Ok(Message::Close(_))) => Some(Cause::BotClosed),
                Some(Ok(_)) => None,
                Some(Err(_)) | None => Some(Cause::Lost),
            },
            (text, language, spoken) = voiced(&mut speech) => {
                speech = None;
                line.begin_speech(text, language, &spoken.audio);
                None
            }
        };
    }
    let cause = cause.unwrap_or(Cause::Lost);
    hang_up(call, line, cause, sink, source).await;
    cause
}

async fn voiced(speech: &mut Option<Speech>) -> (&'static str, Language, Spoken) {
    match speech {
        Some(speech) => speech.await,
        None => pending().await,
    }
}

/// Sends all messages; answers why the stream ends, if it does.
async fn send(sink: &mut SplitSink<Socket, Message>, out: Outcome) -> Option<Cause> {
    for message in out.messages {
        match timeout(SEND_LIMIT, sink.send(Message::text(message))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Some(Cause::Lost),
        }
    }
    out.end
}

/// Ends the socket the way the cause asks for.
async fn hang_up(
    call: &Call,
    line: &mut Line,
    cause: Cause,
    mut sink: SplitSink<Socket, Message>,
    mut source: SplitStream<Socket>,
) {
    let reason = match cause {
        Cause::CustomerHungUp if call.switches().cut_on_hang_up => return,
        Cause::Cut | Cause::Lost => return,
        Cause::BotClosed => None,
        Cause::CustomerHungUp => Some("callended"),
        Cause::TimeIsUp => Some("stopped"),
    };
    let mut last = Vec::new();
    if let Some(reason) = reason {
        last.push(Message::text(line.stop(reason)));
        last.push(Message::Close(Some(CloseFrame {
            code: CloseCode::from(call.switches().hang_up_code),
            reason: "".into(),
        })));
    }
    // Whatever goes wrong now: the stream is over either way.
    let _ = timeout(CLOSE_LIMIT, async {
        for message in last {
            sink.send(message).await?;
        }
        sink.close().await?;
        while let Some(Ok(_)) = source.next().await {}
        Ok::<(), tokio_tungstenite::tungstenite::Error>(())
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_the_address_become_a_header() {
        let (request, parameters) = handshake("ws://user:pass@bot.test/ws/1?t=abc&sample-rate=8000", false).unwrap();
        assert_eq!(request.uri().to_string(), "ws://bot.test/ws/1?t=abc&sample-rate=8000");
        assert_eq!(request.headers()[AUTHORIZATION], "Basic dXNlcjpwYXNz");
        assert_eq!(parameters, [("t".to_owned(), "abc".to_owned())]);
    }

    #[test]
    fn four_custom_parameters_are_too_many_and_the_sample_rate_may_be_one() {
        assert!(handshake("ws://bot.test/?a=1&b=2&c=3&d=4", false).is_err());
        assert!(handshake("ws://bot.test/?a=1&b=2&c=3&sample-rate=8000", false).is_ok());
        assert!(handshake("ws://bot.test/?a=1&b=2&c=3&sample-rate=8000", true).is_err());
    }
}
