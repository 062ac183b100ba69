//! The line between one caller and the bot: what crosses it every 20 ms, and what the bot's
//! messages do. Owns no socket.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::caller::{Act, Caller, Moment};
use super::choices::MediaFormat;
use super::delay::uniform;
use super::ear::Ear;
use super::echo::EchoPath;
use super::engine::Call;
use super::mouth::Mouth;
use super::outbox::Outbox;
use super::playback::{Playback, at_ms};
use super::rate::Rate;
use super::silence::{Silence, Sounds};
use super::{HeardUtterance, SaidUtterance, Traffic};
use crate::domain::audio::FRAME_MS;
use crate::domain::language::Language;

/// A media message above this is refused where the switch says so.
const LARGEST_MESSAGE_BYTES: usize = 100_000;
/// A flooded stream is cut so long after the flood began.
const FLOOD_PATIENCE_MS: u64 = 4_000;

/// Why a stream ends, apart from the bot closing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    CustomerHungUp,
    /// The longest stream: the flow goes on.
    StreamTooLong,
    /// The call's own limit: nothing goes on.
    CallTooLong,
    /// Our end drops the connection: a fault, or a punished habit.
    Cut,
    /// The connection is gone.
    Lost,
    BotClosed,
}

/// What 20 ms, or a message of the bot, lead to.
#[derive(Default)]
pub(super) struct Outcome {
    /// To the bot, in order.
    pub(super) messages: Vec<String>,
    /// The caller opens their mouth.
    pub(super) speak: Option<(&'static str, Language)>,
    /// The stream ends.
    pub(super) end: Option<Cause>,
}

/// A stream to be.
pub(super) struct Opening {
    pub(super) stream_sid: String,
    pub(super) rate: Rate,
    /// Opened again after its connection was lost.
    pub(super) again: bool,
}

/// One stream.
pub(super) struct Line {
    call: Call,
    opening: Opening,
    /// Of the call's streams before this one.
    earlier: (Vec<HeardUtterance>, Vec<SaidUtterance>),
    step: u64,
    sequence: u64,
    chunk: u64,
    playback: Playback,
    ear: Ear,
    mouth: Mouth,
    caller: Caller,
    echo: Option<EchoPath>,
    /// The caller's next sentence is being voiced.
    thinking: bool,
    batch: Vec<u8>,
    outbox: Outbox,
    flooded_since: Option<u64>,
    silence: Silence,
}

impl Line {
    pub(super) fn new(call: Call, opening: Opening) -> Self {
        let switches = call.switches();
        let outbox = Outbox::new(switches.stall);
        let mut earlier = (Vec::new(), Vec::new());
        call.amend(|truth| earlier = (truth.heard.clone(), truth.said.clone()));
        let caller = Caller::new(call.plan.part.persona, switches.reply_pause_ms, switches.patience_ms);
        let mouth = Mouth::new(switches.line_noise);
        let echo = switches.echo.map(EchoPath::new);
        let ear = Ear::new(call.world.config.lexicon.clone());
        Self {
            call,
            opening,
            earlier,
            step: 0,
            sequence: 0,
            chunk: 0,
            playback: Playback::default(),
            ear,
            mouth,
            caller,
            echo,
            thinking: false,
            batch: Vec::new(),
            outbox,
            flooded_since: None,
            silence: Silence::default(),
        }
    }

    /// `connected` and `start`.
    pub(super) fn greeting(&mut self, custom_parameters: &[(String, String)]) -> Vec<String> {
        let (from, to) = self.call.ends();
        let parameters: serde_json::Map<String, Value> =
            custom_parameters.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let mut start = json!({
            "stream_sid": self.opening.stream_sid,
            "call_sid": self.call.plan.sid,
            "account_sid": self.call.world.config.account_sid,
            "from": from,
            "to": to,
            "custom_parameters": parameters,
        });
        if let Some(format) = self.media_format() {
            start["media_format"] = format;
        }
        vec![json!({"event": "connected"}).to_string(), self.message("start", start)]
    }

    fn media_format(&self) -> Option<Value> {
        let hz = self.opening.rate.hz();
        let (encoding, rate, bits) = match self.call.switches().media_format {
            MediaFormat::Raw => ("raw", self.number(hz.into()), self.number(128)),
            MediaFormat::Bits16 => ("audio/x-raw", self.number(hz.into()), self.number(16)),
            MediaFormat::WithUnits => ("audio/x-raw", json!(format!("{hz}Hz")), json!("128kbps")),
            MediaFormat::Base64 => ("base64", self.number(hz.into()), self.number(128)),
            MediaFormat::Blank => ("", json!(""), json!("")),
            MediaFormat::Absent => return None,
        };
        Some(json!({"encoding": encoding, "sample_rate": rate, "bit_rate": bits}))
    }

    /// Whatever is still on its way, and `stop`.
    pub(super) fn stop(&mut self, reason: &str) -> Vec<String> {
        let account = self.call.world.config.account_sid.clone();
        let body = json!({"call_sid": self.call.plan.sid, "account_sid": account, "reason": reason});
        let mut last = self.outbox.rest();
        last.push(self.message("stop", body));
        last
    }

    /// The next 20 ms; whether this machine is `late` with them.
    pub(super) fn tick(&mut self, late: bool) -> Outcome {
        let mut out = Outcome::default();
        let now = at_ms(self.step);
        let played = self.playback.step();
        for name in played.echoes {
            out.messages.push(self.message("mark", json!({"name": name})));
        }
        let bot_sounds = played.frame.as_ref().is_some_and(|frame| self.hear(frame, now));
        let speaking = self.thinking || self.mouth.speaks();
        let thanked = self.ear.thanked();
        if let Some(act) = self.caller.step(Moment { at_ms: now, bot_sounds, speaking, thanked }) {
            self.act(act, now, &mut out);
        }
        let caller = self.mouth.speaks();
        let words_end = self.speak(played.frame.as_deref(), &mut out);
        let unfair = late || self.call.switches().stall.is_some_and(|stall| stall.holds(now));
        self.silence.step(Sounds { bot: bot_sounds, caller, words_end, unfair });
        out.end = out.end.or_else(|| self.fault(now));
        self.step += 1;
        for message in std::mem::take(&mut out.messages) {
            self.outbox.put(message, now, self.jitter());
        }
        out.messages = self.outbox.due(now);
        out
    }

    fn hear(&mut self, frame: &[u8], now: u64) -> bool {
        let impression = self.ear.frame(frame, now);
        if impression.news {
            self.publish();
        }
        impression.sounds
    }

    fn act(&mut self, act: Act, at_ms: u64, out: &mut Outcome) {
        let sid = self.call.plan.sid.clone();
        match act {
            Act::Say(phrase) => {
                let language = self.language();
                out.speak = Some((phrase.text(language), language));
                self.thinking = true;
            }
            Act::SayInAnother(phrase) => {
                let language = another(self.language());
                out.speak = Some((phrase.text(language), language));
                self.thinking = true;
            }
            Act::Cough => {
                self.mouth.cough();
                self.call.world.note(Traffic::Coughed { sid, at_ms });
            }
            Act::Press(digit) => {
                let duration = self.number(120);
                out.messages.push(self.message("dtmf", json!({"digit": digit, "duration": duration})));
                self.call.amend(|truth| truth.pressed.push(digit));
                self.call.world.note(Traffic::Pressed { sid, digit, at_ms });
            }
            Act::HangUp => out.end = Some(Cause::CustomerHungUp),
        }
    }

    /// What the caller speaks: as told, else as spoken to.
    fn language(&self) -> Language {
        self.call.plan.part.language.or(self.ear.language()).unwrap_or(self.call.world.config.default_language)
    }

    /// The voiced sentence is here.
    pub(super) fn begin_speech(&mut self, text: &str, language: Language, audio: &[u8]) {
        self.thinking = false;
        self.mouth.begin(text, language, audio, self.step);
        self.publish();
        let (sid, at_ms) = (self.call.plan.sid.clone(), at_ms(self.step));
        self.call.world.note(Traffic::Said { sid, text: text.to_owned(), at_ms });
    }

    /// One frame of the caller's side, sent when a message of it is full. Whether it completes a sentence.
    fn speak(&mut self, played: Option<&[u8]>, out: &mut Outcome) -> bool {
        let (mut frame, completed) = self.mouth.frame(self.step);
        if let Some(echo) = &mut self.echo {
            frame = echo.mix(played, frame, &self.call.world.config.lexicon);
        }
        if completed {
            self.publish();
        }
        self.batch.extend(self.opening.rate.stretch(&frame));
        let frames = self.call.switches().media_ms.div_ceil(FRAME_MS).max(1);
        if (self.step + 1).is_multiple_of(frames) {
            self.chunk += 1;
            let payload = STANDARD.encode(std::mem::take(&mut self.batch));
            let (chunk, timestamp) = (self.number(self.chunk), self.number(at_ms(self.step + 1)));
            let media = json!({"chunk": chunk, "timestamp": timestamp, "payload": payload});
            out.messages.push(self.message("media", media));
        }
        completed
    }

    fn jitter(&self) -> u64 {
        match self.call.switches().jitter_ms {
            0 => 0,
            most => (uniform(&*self.call.world.config.random) * most as f64) as u64,
        }
    }

    fn fault(&mut self, now: u64) -> Option<Cause> {
        let switches = self.call.switches();
        if Duration::from_millis(now) >= switches.wait(switches.stream_limit_ms) {
            return Some(Cause::StreamTooLong);
        }
        if !self.opening.again && switches.cut_stream_after_ms.is_some_and(|after| now >= after) {
            return Some(Cause::Cut);
        }
        if switches.drop_flooded && self.playback.is_flooded() {
            let since = *self.flooded_since.get_or_insert(now);
            return (now - since >= FLOOD_PATIENCE_MS).then_some(Cause::Cut);
        }
        self.flooded_since = None;
        None
    }

    /// A text message of the bot.
    pub(super) fn take(&mut self, text: &str) -> Outcome {
        let mut out = Outcome::default();
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            self.playback.warnings.unreadable += 1;
            return out;
        };
        let named = message["stream_sid"].as_str().or(message["streamSid"].as_str());
        self.playback.warnings.foreign_stream += u32::from(named.is_some_and(|sid| sid != self.opening.stream_sid));
        match message["event"].as_str() {
            Some("media") => out.end = self.take_media(&message),
            Some("mark") => match message["mark"]["name"].as_str() {
                Some(name) => self.playback.push_mark(name.to_owned()),
                None => self.playback.warnings.unreadable += 1,
            },
            Some("clear") => {
                let marks = self.playback.clear();
                if self.call.switches().return_cleared_marks {
                    for name in marks {
                        out.messages.push(self.message("mark", json!({"name": name})));
                    }
                }
                let (sid, at_ms) = (self.call.plan.sid.clone(), at_ms(self.step));
                self.call.world.note(Traffic::Cleared { sid, at_ms });
            }
            _ => self.playback.warnings.unreadable += 1,
        }
        out
    }

    fn take_media(&mut self, message: &Value) -> Option<Cause> {
        let audio = message["media"]["payload"].as_str().and_then(|payload| STANDARD.decode(payload).ok());
        let Some(audio) = audio else {
            self.playback.warnings.unreadable += 1;
            return None;
        };
        let oversized = audio.len() > LARGEST_MESSAGE_BYTES;
        self.playback.push_media(audio.len(), self.opening.rate.thin(&audio));
        (oversized && self.call.switches().drop_oversized).then_some(Cause::Cut)
    }

    /// The stream is over: writes the last words into the truth. Answers its length in ms.
    pub(super) fn close(&mut self, cause: Cause) -> u64 {
        if cause == Cause::BotClosed {
            self.playback.warnings.cut_at_close_ms = self.playback.queued_ms();
        }
        self.publish();
        at_ms(self.step)
    }

    /// The truth follows what was heard and said.
    fn publish(&self) {
        let (heard, said) = (
            [self.earlier.0.as_slice(), self.ear.heard()].concat(),
            [self.earlier.1.as_slice(), self.mouth.said()].concat(),
        );
        let (warnings, silence_ms) = (self.playback.warnings, self.silence.longest_ms());
        self.call.amend(|truth| {
            (truth.heard, truth.said, truth.warnings) = (heard, said, warnings);
            truth.longest_silence_ms = truth.longest_silence_ms.max(silence_ms);
        });
    }

    fn number(&self, value: u64) -> Value {
        if self.call.switches().integers { json!(value) } else { json!(value.to_string()) }
    }

    fn message(&mut self, event: &str, body: Value) -> String {
        self.sequence += 1;
        let sequence = self.number(self.sequence);
        json!({"event": event, "sequence_number": sequence, "stream_sid": self.opening.stream_sid, event: body})
            .to_string()
    }
}

/// A language the other side does not expect.
fn another(spoken: Language) -> Language {
    if spoken == Language::Hindi { Language::Tamil } else { Language::Hindi }
}
