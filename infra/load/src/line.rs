//! The carrier's end of one call: the WebSocket, frames without a break, marks that come back when
//! they are reached. Decides nothing.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use shared::domain::audio::{FRAME_BYTES, samples};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::READ_BUFFER;
use crate::callers::Callers;
use crate::conversation::{Conversation, Frame};
use crate::script::{Script, Turn};

/// The carrier gives up on a handshake after this.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A socket that takes nothing for so long is dead.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// No script is longer: whatever hangs ends here.
const LONGEST_CALL: Duration = Duration::from_secs(300);
/// The last messages get so long after `stop`.
const CLOSE_WITHIN: Duration = Duration::from_millis(500);
/// A frame whose loudest sample is below this is no sound.
const SOUND: u16 = 300;
/// Below it the carrier's page promises jitter.
const SMALLEST_BYTES: usize = 3_200;
const BYTES_A_MS: f64 = 16.0;

/// What every call of a level shares.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) script: Arc<Script>,
    pub(crate) callers: Arc<Callers>,
}

/// One call to be made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) number: usize,
    pub(crate) sid: String,
    pub(crate) address: String,
}

/// What one call left.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) number: usize,
    pub(crate) turns: Vec<Turn>,
    pub(crate) trouble: Option<String>,
    pub(crate) duration: Duration,
    /// How much later than due each frame went out, in milliseconds.
    pub(crate) late_ms: Vec<f64>,
    pub(crate) frames_in: usize,
    /// Of them: smaller than the carrier's page asks for, and no multiple of its frame.
    pub(crate) small: usize,
    pub(crate) odd: usize,
    /// Sounding frames that belong to no answer.
    pub(crate) stray: usize,
}

/// What a bot says.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    media: Option<Media<'a>>,
    #[serde(borrow)]
    mark: Option<Mark<'a>>,
}

#[derive(Deserialize)]
struct Media<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Mark<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Line<'a> {
    socket: Socket,
    shared: &'a Shared,
    call: &'a Call,
    conversation: Conversation,
    began: Instant,
    sequence: u64,
    chunk: u64,
    /// Marks on their way back, and when.
    marks: VecDeque<(f64, String)>,
    held: Held,
}

/// Makes one call from its first message to its last.
pub(crate) async fn hold(shared: &Shared, call: &Call) -> Held {
    let began = Instant::now();
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let connecting = connect_async_with_config(call.address.as_str(), Some(config), true);
    let socket = match timeout(CONNECT_WITHIN, connecting).await {
        Ok(Ok((socket, _))) => socket,
        Ok(Err(error)) => return refused(shared, call, format!("not connected: {error}")),
        Err(_) => return refused(shared, call, "not connected in time".to_owned()),
    };
    let conversation = conversation(shared, call);
    let held = Held { number: call.number, ..Held::default() };
    let mut line =
        Line { socket, shared, call, conversation, began, sequence: 0, chunk: 0, marks: VecDeque::new(), held };
    let trouble = timeout(LONGEST_CALL, line.run()).await.unwrap_or_else(|_| Err("the call did not end".to_owned()));
    line.held.trouble = trouble.err();
    line.hang_up().await;
    line.held.duration = began.elapsed();
    line.held.stray = line.conversation.stray;
    if line.conversation.no_greeting {
        line.held.trouble.get_or_insert("no greeting".to_owned());
    }
    line.held.turns = line.conversation.finish();
    line.held
}

fn conversation(shared: &Shared, call: &Call) -> Conversation {
    Conversation::new(Arc::clone(&shared.script), u32::try_from(call.number).unwrap_or(u32::MAX))
}

fn refused(shared: &Shared, call: &Call, trouble: String) -> Held {
    let turns = conversation(shared, call).finish();
    Held { number: call.number, turns, trouble: Some(trouble), ..Held::default() }
}

impl Line<'_> {
    async fn run(&mut self) -> Result<(), String> {
        self.send(json!({"event": "connected"}).to_string()).await?;
        let start = json!({"stream_sid": self.call.sid, "call_sid": self.call.sid, "account_sid": "load",
            "from": "09999900000", "to": "08088800000", "custom_parameters": {},
            "media_format": {"encoding": "raw", "sample_rate": "8000", "bit_rate": "128"}});
        self.tell("start", &start).await?;
        let frame = Duration::from_secs_f64(self.shared.script.frame_ms / 1_000.0);
        let mut due = Instant::now() + frame;
        loop {
            let mark = self.marks.front().map(|(at, _)| self.began + Duration::from_secs_f64(at.max(0.0) / 1_000.0));
            tokio::select! {
                () = sleep_until(due) => {
                    self.held.late_ms.push(due.elapsed().as_secs_f64() * 1_000.0);
                    if !self.frame().await? {
                        return Ok(());
                    }
                    due += frame;
                }
                () = sleep_until(mark.unwrap_or(due)), if mark.is_some() => {
                    if let Some((_, name)) = self.marks.pop_front() {
                        self.tell("mark", &json!({"name": name})).await?;
                    }
                }
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.told(&text)?,
                    Some(Ok(Message::Close(_))) | None => return Err("the bot hung up".to_owned()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(format!("the socket broke: {error}")),
                },
            }
        }
    }

    /// The caller's next frame; whether there was one.
    async fn frame(&mut self) -> Result<bool, String> {
        let callers = Arc::clone(&self.shared.callers);
        let payload = match self.conversation.tick(self.now()) {
            Frame::End => return Ok(false),
            Frame::Quiet => callers.quiet(self.call.number + self.held.late_ms.len()),
            Frame::Speech { clip, frame } => callers.speech(clip, frame),
        };
        self.sequence += 1;
        self.chunk += 1;
        let timestamp = (self.chunk - 1) as f64 * self.shared.script.frame_ms;
        // Written out: this is most of what a generator does.
        let text = format!(
            r#"{{"event":"media","sequence_number":"{}","stream_sid":"{}","media":{{"chunk":"{}","timestamp":"{timestamp}","payload":"{payload}"}}}}"#,
            self.sequence, self.call.sid, self.chunk,
        );
        self.send(text).await?;
        Ok(true)
    }

    fn told(&mut self, text: &str) -> Result<(), String> {
        let now = self.now();
        let told: Told<'_> = serde_json::from_str(text).map_err(|error| format!("the bot sent no JSON: {error}"))?;
        match (&*told.event, told.media, told.mark) {
            ("media", Some(media), _) => {
                let audio = STANDARD.decode(media.payload.as_bytes());
                let audio = audio.map_err(|error| format!("the bot sent no base64: {error}"))?;
                self.held.frames_in += 1;
                self.held.small += usize::from(audio.len() < SMALLEST_BYTES);
                self.held.odd += usize::from(audio.len() % FRAME_BYTES != 0);
                let sounds = samples(&audio).iter().any(|sample| sample.unsigned_abs() > SOUND);
                self.conversation.media(now, audio.len() as f64 / BYTES_A_MS, sounds);
            }
            ("clear", ..) => {
                self.conversation.clear(now);
                // What becomes of marks then is not documented: they do not come back.
                self.marks.clear();
            }
            ("mark", _, Some(mark)) => {
                self.marks.push_back((self.conversation.plays_until().max(now), mark.name.into_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    async fn hang_up(&mut self) {
        let stop = json!({"call_sid": self.call.sid, "account_sid": "load", "reason": "callended"});
        // The bot may be gone already; there is nobody left to tell.
        if self.tell("stop", &stop).await.is_ok() {
            let _gone = timeout(CLOSE_WITHIN, self.socket.close(None)).await;
        }
    }

    async fn tell(&mut self, event: &str, body: &serde_json::Value) -> Result<(), String> {
        self.sequence += 1;
        let sequence = self.sequence.to_string();
        let message = json!({"event": event, "sequence_number": sequence, "stream_sid": self.call.sid, event: body});
        self.send(message.to_string()).await
    }

    async fn send(&mut self, text: String) -> Result<(), String> {
        let sending = self.socket.send(Message::text(text));
        let sent = timeout(SEND_WITHIN, sending).await.map_err(|_| "the bot takes nothing any more".to_owned())?;
        sent.map_err(|error| format!("the socket broke: {error}"))
    }

    fn now(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use shared::sim::speech::{Lexicon, Voice};
    use tokio::net::TcpListener;

    use super::*;
    use crate::callers::{Manner, turns};
    use crate::null_bot;
    use crate::providers::ANSWER_MS;

    #[test]
    fn what_bots_send_is_read_with_and_without_numbers_and_escapes() {
        let ours = r#"{"event":"media","sequence_number":"3","stream_sid":"s","media":{"chunk":"1","payload":"AAEC"}}"#;
        let told: Told<'_> = serde_json::from_str(ours).expect("JSON");
        assert_eq!(told.media.expect("media").payload, "AAEC");
        let escaped = r#"{"event":"media","stream_sid":"s","media":{"payload":"AA\/C"}}"#;
        let told: Told<'_> = serde_json::from_str(escaped).expect("JSON");
        assert_eq!(told.media.expect("media").payload, "AA/C");
        let mark: Told<'_> = serde_json::from_str(r#"{"event":"mark","mark":{"name":"s1"}}"#).expect("JSON");
        assert_eq!(mark.mark.expect("a mark").name, "s1");
    }

    #[tokio::test]
    async fn a_short_call_with_the_bot_that_does_nothing_is_measured() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = format!("ws://{}/ws/voicebot/load1", listener.local_addr().expect("bound"));
        let bot = tokio::spawn(null_bot::serve_at(listener));
        let manner = Manner { frame_ms: 20, noise_dbfs: -69.0, pauses: false, uneven: false };
        let callers = Arc::new(Callers::new(&Lexicon::new(Voice::Made), manner).await);
        let lengths = callers.lengths();
        let script = Script { frame_ms: 20.0, greets: false, turns: turns(false, true), lengths, answer_ms: ANSWER_MS };
        let shared = Shared { script: Arc::new(script), callers };
        let held = hold(&shared, &Call { number: 0, sid: "load1".to_owned(), address }).await;
        bot.abort();
        assert_eq!((held.trouble, held.stray, held.turns.len()), (None, 0, 1));
        let turn = &held.turns[0];
        assert_eq!((turn.failed, turn.talked_over), (None, false), "{turn:?}");
        // 200 ms of quiet and as long as providers take; a busy machine takes longer.
        assert!(turn.waited_ms().is_some_and(|waited| (900.0..2_500.0).contains(&waited)), "{turn:?}");
        assert!(held.frames_in >= 50 && held.odd == 0);
    }
}
