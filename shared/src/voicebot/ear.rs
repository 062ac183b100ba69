//! Caller's audio to the detector and, with its pre-roll, to the recogniser. Never blocks: what
//! the recogniser cannot take yet waits in a bounded queue.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument;

use crate::domain::audio::{FRAME_BYTES, LineRate, duration_ms, samples};
use crate::domain::language::Language;
use crate::domain::vad::{VoiceDetector, VoiceEvent, rms};
use crate::ports::Fault;
use crate::ports::speech::{HearingEvent, HearingInput, HearingStream, SpeechError, SpeechToText};
use crate::ports::voice::{LineMemory, VoiceModel};

/// Frames held back while nobody speaks and sent right after `SpeechStart`: 500 ms. The detector needs
/// 80 ms, under noise up to 350; the rest is the soft beginning of the first word.
const PRE_ROLL_FRAMES: usize = 25;
/// Frames per message to the recogniser: 40 ms. Less is overhead, more is latency.
const GROUP_BYTES: usize = 2 * FRAME_BYTES;
/// Messages that may wait for the recogniser or its transcript: 10 s of audio.
const WAITING: usize = 250;
/// Opening must not take longer: the greeting is over by then.
const OPEN_WITHIN: Duration = Duration::from_secs(4);
/// Streams that may break on one utterance: after that it is the utterance that breaks them.
const TRIES: u32 = 2;
/// Breaks in a row, without a transcript between, after which nothing will be heard any more.
const MOST_BREAKS: u32 = 4;
/// A stream that could not be opened, with all that opening tries, or that refuses us counts for two.
const GRAVE: u32 = 2;
/// Breaks further apart have nothing to do with each other.
const STABLE: Duration = Duration::from_secs(60);

enum Stream {
    Opening(JoinHandle<Result<HearingStream, SpeechError>>),
    Open(HearingStream),
    Lost,
}

/// News from the recogniser.
pub(super) enum Heard {
    Partial(String),
    Final(String, Option<Language>),
    /// The stream broke and is being opened again.
    Broke(Fault),
    /// The same, on an utterance that broke the one before too: it will get no transcript.
    GaveUp(Fault),
    /// It breaks again and again, or cannot be opened.
    Lost(Fault),
}

/// The hearing side of one call.
pub(super) struct Ear {
    stt: Arc<dyn SpeechToText>,
    stream: Stream,
    last_break: Option<Instant>,
    /// Since the last transcript.
    breaks: u32,
    /// Streams that broke while the oldest utterance was with them.
    tries: u32,
    voices: Arc<dyn VoiceModel>,
    memory: LineMemory,
    detector: VoiceDetector,
    /// RMS of the last frame.
    level: f32,
    rate: LineRate,
    /// Bytes of a frame that has not come whole yet.
    rest: Vec<u8>,
    held: VecDeque<Vec<u8>>,
    group: Vec<u8>,
    in_speech: bool,
    waiting: VecDeque<HearingInput>,
    /// What the recogniser has got of utterances it has not transcribed yet: another one gets it
    /// again.
    unanswered: VecDeque<HearingInput>,
    /// What the recogniser has got so far, also what it got twice.
    sent_bytes: usize,
}

impl Ear {
    /// Starts opening a recogniser.
    pub(super) fn open(
        stt: Arc<dyn SpeechToText>,
        voices: Arc<dyn VoiceModel>,
        language: Language,
        rate: LineRate,
    ) -> Self {
        Self {
            stream: Stream::Opening(spawn_open(&stt, language)),
            stt,
            last_break: None,
            breaks: 0,
            tries: 0,
            voices,
            memory: LineMemory::new(),
            detector: VoiceDetector::default(),
            level: 0.0,
            rate,
            rest: Vec::new(),
            held: VecDeque::new(),
            group: Vec::new(),
            in_speech: false,
            waiting: VecDeque::new(),
            unanswered: VecDeque::new(),
            sent_bytes: 0,
        }
    }

    /// Milliseconds of audio the recogniser has got, also what it got twice.
    pub(super) fn sent_ms(&self) -> u64 {
        duration_ms(self.sent_bytes)
    }

    /// The next whole frame of what has arrived, with what the detector says of it. Call until
    /// `None`; act on each event before the next frame.
    pub(super) fn next_frame(&mut self) -> Option<Option<VoiceEvent>> {
        if self.rest.len() < self.rate.frame_bytes() {
            return None;
        }
        let frame = self.rate.heard(&self.rest[..self.rate.frame_bytes()]);
        self.rest.drain(..self.rate.frame_bytes());
        let samples = samples(&frame);
        self.level = rms(&samples);
        let (voices, memory) = (&self.voices, &mut self.memory);
        let event = self.detector.frame(&samples, |window| voices.likelihood(window, memory));
        self.held.push_back(frame);
        let keep = if self.in_speech { 0 } else { PRE_ROLL_FRAMES };
        self.release_down_to(keep);
        Some(event)
    }

    /// How loud the last frame was (RMS of 16-bit samples).
    pub(super) fn level(&self) -> f32 {
        self.level
    }

    /// Takes audio as it comes, whatever its length. Half a sample is dropped: kept, it would turn
    /// all that follows into noise.
    pub(super) fn take(&mut self, audio: &[u8]) {
        self.rest.extend_from_slice(&audio[..audio.len() & !1]);
    }

    /// An utterance begins with what was held back.
    pub(super) fn speech_start(&mut self) {
        self.in_speech = true;
        self.send_group();
        self.queue(HearingInput::SpeechStart);
        self.release_down_to(0);
    }

    /// The utterance is over.
    pub(super) fn speech_end(&mut self) {
        self.in_speech = false;
        self.send_group();
        self.queue(HearingInput::SpeechEnd);
        self.pump();
    }

    fn release_down_to(&mut self, keep: usize) {
        while self.held.len() > keep {
            let Some(frame) = self.held.pop_front() else { break };
            self.group.extend_from_slice(&frame);
            if self.group.len() >= GROUP_BYTES {
                self.send_group();
            }
        }
        self.pump();
    }

    fn send_group(&mut self) {
        if !self.group.is_empty() {
            let audio = Bytes::from(std::mem::take(&mut self.group));
            self.queue(HearingInput::Audio(audio));
        }
    }

    fn queue(&mut self, input: HearingInput) {
        if matches!(self.stream, Stream::Lost) {
            return;
        }
        push_bounded(&mut self.waiting, input);
    }

    fn pump(&mut self) {
        let Stream::Open(stream) = &self.stream else { return };
        while let Some(input) = self.waiting.pop_front() {
            match stream.input.try_send(input.clone()) {
                Ok(()) => {
                    self.sent_bytes += if let HearingInput::Audio(audio) = &input { audio.len() } else { 0 };
                    remember(&mut self.unanswered, input);
                }
                // A closed stream says so in its events.
                Err(TrySendError::Full(_) | TrySendError::Closed(_)) => {
                    self.waiting.push_front(input);
                    return;
                }
            }
        }
    }

    /// The oldest utterance is transcribed; one that still goes on is so up to here.
    fn answered(&mut self) {
        (self.breaks, self.tries) = (0, 0);
        self.let_go_of_oldest();
    }

    /// Keeps nothing of the oldest utterance but that it goes on, where it does; true where it was over.
    fn let_go_of_oldest(&mut self) -> bool {
        let end = self.unanswered.iter().position(|input| *input == HearingInput::SpeechEnd);
        match end {
            Some(end) => drop(self.unanswered.drain(..=end)),
            None => self.unanswered.truncate(1),
        }
        end.is_some()
    }

    /// The recogniser's next news. Safe to drop and call again.
    pub(super) async fn next(&mut self, language: Language) -> Heard {
        loop {
            match &mut self.stream {
                Stream::Opening(opening) => {
                    let opened = opening.await;
                    match opened {
                        Ok(Ok(stream)) => {
                            self.stream = Stream::Open(stream);
                            self.pump();
                        }
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "the recogniser could not be opened");
                            return self.broke(language, GRAVE, error.fault());
                        }
                        Err(error) => {
                            tracing::error!(%error, "opening the recogniser panicked");
                            return self.broke(language, GRAVE, Fault::Broken);
                        }
                    }
                }
                Stream::Open(stream) => match stream.events.recv().await {
                    Some(HearingEvent::Partial { text }) => return Heard::Partial(text),
                    Some(HearingEvent::Final { text, language }) => {
                        self.answered();
                        return Heard::Final(text, language);
                    }
                    Some(HearingEvent::Closed(error)) => {
                        tracing::warn!(%error, "the recogniser's stream broke");
                        self.tries += u32::from(!self.unanswered.is_empty());
                        let weight = if matches!(error, SpeechError::Refused(_)) { GRAVE } else { 1 };
                        return self.broke(language, weight, error.fault());
                    }
                    None => return self.broke(language, 1, Fault::Broken),
                },
                Stream::Lost => std::future::pending::<()>().await,
            }
        }
    }

    /// Opens another stream, which gets all that has no transcript yet; `weight` as in [`GRAVE`].
    fn broke(&mut self, language: Language, weight: u32, fault: Fault) -> Heard {
        if self.last_break.is_some_and(|at| at.elapsed() > STABLE) {
            self.breaks = 0;
        }
        self.last_break = Some(Instant::now());
        self.breaks += weight;
        if self.breaks >= MOST_BREAKS {
            self.stream = Stream::Lost;
            self.waiting.clear();
            self.unanswered.clear();
            return Heard::Lost(fault);
        }
        let gave_up = self.tries >= TRIES && self.give_up();
        let not_sent = std::mem::take(&mut self.waiting);
        self.waiting = std::mem::take(&mut self.unanswered);
        not_sent.into_iter().for_each(|input| push_bounded(&mut self.waiting, input));
        self.stream = Stream::Opening(spawn_open(&self.stt, language));
        if gave_up { Heard::GaveUp(fault) } else { Heard::Broke(fault) }
    }

    /// Lets go of what no recogniser survives; true where a transcript was owed for it. Of an utterance that
    /// still goes on, the rest may be heard.
    fn give_up(&mut self) -> bool {
        tracing::warn!("an utterance broke the recogniser twice; the call goes on without it");
        self.tries = 0;
        self.let_go_of_oldest()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if let Stream::Opening(opening) = &self.stream {
            opening.abort();
        }
    }
}

/// Keeps what belongs to an utterance. What is sent between two brings no words.
fn remember(unanswered: &mut VecDeque<HearingInput>, input: HearingInput) {
    let open = unanswered.back().is_some_and(|last| *last != HearingInput::SpeechEnd);
    if open || input == HearingInput::SpeechStart {
        push_bounded(unanswered, input);
    }
}

/// The oldest sound is worth least; what frames an utterance is kept.
fn push_bounded(inputs: &mut VecDeque<HearingInput>, input: HearingInput) {
    inputs.push_back(input);
    if inputs.len() > WAITING {
        let oldest = inputs.iter().position(|input| matches!(input, HearingInput::Audio(_))).unwrap_or(0);
        inputs.remove(oldest);
    }
}

fn spawn_open(stt: &Arc<dyn SpeechToText>, language: Language) -> JoinHandle<Result<HearingStream, SpeechError>> {
    let stt = Arc::clone(stt);
    let open = async move {
        match tokio::time::timeout(OPEN_WITHIN, stt.open(language)).await {
            Ok(opened) => opened,
            Err(late) => Err(SpeechError::Failed(Box::new(late))),
        }
    };
    tokio::spawn(open.in_current_span())
}
