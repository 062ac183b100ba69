//! The Voicebot applet: dials the bot's WebSocket and carries what the line says (exotel.md 5).

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Traffic;
use super::engine::Call;
use super::flow::{Applets, Voicebot};
use super::line::{Cause, Line, Opening, Outcome};
use super::rate::Rate;
use super::socket::{Opened, Socket, open};
use super::truth::StreamTruth;
use crate::domain::audio::FRAME_MS;
use crate::domain::language::Language;
use crate::sim::speech::Spoken;

/// A bot that does not read for so long is dead.
const SEND_LIMIT: Duration = Duration::from_secs(5);
/// How long we wait for the bot to confirm our close.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

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
    /// The flow does not go on.
    pub(super) hangs_up: bool,
    /// The connection went away with the customer on the line.
    lost: bool,
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
            hangs_up: false,
            lost: false,
        }
    }

    fn ended(stream_sid: String, url: String, cause: Cause, duration_ms: u64) -> Self {
        let (status, by) = match cause {
            Cause::BotClosed => ("completed", "bot"),
            Cause::CustomerHungUp => ("cancelled", "user"),
            Cause::StreamTooLong | Cause::CallTooLong => ("completed", "NA"),
            Cause::Cut | Cause::Lost => ("failed", "NA"),
        };
        let error = (status == "failed").then(|| "3011 ws connection lost".to_owned());
        let customer_gone = matches!(cause, Cause::CustomerHungUp | Cause::CallTooLong);
        let lost = matches!(cause, Cause::Cut | Cause::Lost);
        Self { status, by, duration_ms, error, customer_gone, lost, ..Self::failed(stream_sid, url, String::new()) }
    }
}

/// The whole applet: from the address to the report.
pub(super) async fn run(call: &Call, voicebot: &Voicebot, deadline: Instant) -> Report {
    let report = once(call, voicebot, deadline, false).await;
    if report.lost && call.switches().reconnects { once(call, voicebot, deadline, true).await } else { report }
}

async fn once(call: &Call, voicebot: &Voicebot, deadline: Instant, again: bool) -> Report {
    let stream_sid = call.world.hex(16);
    let report = attempt(call, voicebot, stream_sid, (deadline, again)).await;
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

async fn attempt(call: &Call, voicebot: &Voicebot, stream_sid: String, (deadline, again): (Instant, bool)) -> Report {
    let unreachable = |why: &str| format!("3009 failed to establish ws conn: {why}");
    let address = match voicebot {
        Voicebot::Static(url) => Ok(url.clone()),
        Voicebot::Dynamic(url) => Applets::new(call).voicebot_url(url).await,
    };
    let url = match address {
        Ok(url) => url,
        Err(why) => {
            let hangs_up = call.switches().hang_up_without_address;
            return Report { hangs_up, ..Report::failed(stream_sid, String::new(), unreachable(&why)) };
        }
    };
    let Some(_seat) = Seat::take(call) else {
        let report = Report::failed(stream_sid, url, "3010 stream throttled".to_owned());
        return Report { detailed_status: Some("Streaming_call_throttled"), ..report };
    };
    match open(call.switches(), &url).await {
        Err(why) => Report::failed(stream_sid, url, unreachable(&why)),
        Ok(opened) => {
            let sid = call.plan.sid.clone();
            call.world.note(Traffic::StreamOpened { sid, stream_sid: stream_sid.clone() });
            let (status, disconnected_by) = (None, None);
            let begun = StreamTruth { stream_sid: stream_sid.clone(), status, disconnected_by, duration_ms: 0 };
            call.amend(|call| call.stream = Some(begun));
            let rate = Rate::of(call.switches().sample_rate.unwrap_or(opened.sample_rate));
            let mut line = Line::new(call.clone(), Opening { stream_sid: stream_sid.clone(), rate, again });
            let cause = converse(call, &mut line, opened, deadline).await;
            Report::ended(stream_sid, url, cause, line.close(cause))
        }
    }
}

/// A place under the ceiling of streams, free again when dropped.
struct Seat(Call);

impl Seat {
    fn take(call: &Call) -> Option<Self> {
        let ceiling = call.switches().stream_ceiling;
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

/// The conversation, until somebody ends it.
async fn converse(call: &Call, line: &mut Line, opened: Opened, deadline: Instant) -> Cause {
    let (mut sink, mut source) = opened.socket.split();
    let greeting = Outcome { messages: line.greeting(&opened.parameters), ..Outcome::default() };
    let mut cause = send(&mut sink, greeting).await;
    let mut speech: Option<Speech> = None;
    let mut clock = interval(Duration::from_millis(FRAME_MS));
    // After a stall of this machine the line catches up: the stream's time is the clock's.
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while cause.is_none() {
        cause = tokio::select! {
            due = clock.tick() => {
                let mut out = line.tick(due.elapsed() >= Duration::from_millis(FRAME_MS));
                if Instant::now() >= deadline {
                    out.end = out.end.or(Some(Cause::CallTooLong));
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
    let mut cause = cause.unwrap_or(Cause::Lost);
    if cause == Cause::Lost && said_goodbye(&mut source).await {
        cause = Cause::BotClosed;
    }
    hang_up(call, line, cause, sink, source).await;
    cause
}

/// The bot had closed before our last message failed: its close is read only now.
async fn said_goodbye(source: &mut SplitStream<Socket>) -> bool {
    let read = async {
        while let Some(Ok(message)) = source.next().await {
            if matches!(message, Message::Close(_)) {
                return true;
            }
        }
        false
    };
    timeout(CLOSE_LIMIT, read).await.unwrap_or(false)
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
        Cause::CustomerHungUp | Cause::CallTooLong => Some("callended"),
        Cause::StreamTooLong => Some("stopped"),
    };
    let mut last = Vec::new();
    if let Some(reason) = reason {
        last.extend(line.stop(reason).into_iter().map(Message::text));
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
