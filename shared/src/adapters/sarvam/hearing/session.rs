//! One session on one of the recogniser sockets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::Events;
use crate::adapters::sarvam::socket::Socket;
use crate::adapters::sarvam::{Avoided, Recogniser, SarvamConfig, failed};
use crate::domain::audio::{Doubler, FRAME_BYTES, SAMPLE_RATE_HZ, bytes, samples};
use crate::domain::language::Language;
use crate::ports::Late;
use crate::ports::speech::{HearingEvent, HearingInput, SpeechError};
use crate::wire::sarvam::hearing::{self as wire, Heard};

/// 60 ms go out together: a third of the messages for 40 ms of latency in partials only.
const GROUP_BYTES: usize = 3 * FRAME_BYTES;
const KEEPALIVE_BYTES: usize = 5 * FRAME_BYTES;
const LAST_FINAL_LIMIT: Duration = Duration::from_secs(2);

/// An open one.
pub(super) struct Session {
    config: Arc<SarvamConfig>,
    recogniser: Recogniser,
    socket: Socket,
    /// What says that this recogniser was of no use.
    way: Arc<Avoided>,
    /// Where the recogniser wants more than the telephone's rate.
    doubler: Option<Doubler>,
    /// Audio waiting to go out together.
    pending: Vec<u8>,
    /// When the finals that were asked for must have come.
    finals_due: VecDeque<Instant>,
    /// Number and text of the last final.
    last_final: Option<(Option<u64>, String)>,
}

impl Session {
    /// Opens one. A language is named where none shall be detected.
    pub(super) async fn begin(
        config: &Arc<SarvamConfig>,
        recogniser: Recogniser,
        language: Option<Language>,
        way: &Arc<Avoided>,
    ) -> Result<Self, SpeechError> {
        let path = match recogniser {
            Recogniser::Realtime => {
                let manual = !config.server_endpointing;
                wire::realtime_path(&config.stt_realtime_model, language, manual, config.stt_rate_hz)
            }
            Recogniser::Socket => wire::socket_path(&config.stt_model, language, config.stt_rate_hz),
        };
        let mut session = Self {
            config: Arc::clone(config),
            recogniser,
            socket: Socket::connect(config, &path).await?,
            way: Arc::clone(way),
            doubler: (config.stt_rate_hz > SAMPLE_RATE_HZ).then(Doubler::default),
            pending: Vec::new(),
            finals_due: VecDeque::new(),
            last_final: None,
        };
        if recogniser == Recogniser::Realtime {
            let begun = timeout(config.limits.begin, session.wait_for_begin()).await;
            begun.map_err(|_| failed(Late("the session did not begin")))??;
        }
        Ok(session)
    }

    async fn wait_for_begin(&mut self) -> Result<(), SpeechError> {
        loop {
            let message = self.socket.recv().await?;
            match self.parse(&message) {
                Heard::Begun => return Ok(()),
                Heard::Error { trouble, .. } => return Err(trouble.into()),
                Heard::Ended => return Err(failed("the session ended before it began")),
                Heard::Partial(_) | Heard::Final { .. } | Heard::Other => {}
            }
        }
    }

    pub(super) async fn run(mut self, mut inputs: mpsc::Receiver<HearingInput>, events: Events) {
        match self.listen(&mut inputs, &events).await {
            Ok(()) => self.end(&events).await,
            Err(error) => {
                tracing::warn!(%error, recogniser = ?self.recogniser, "a Sarvam recogniser was lost");
                drop(inputs);
                // One that never transcribed anything will not do so on the next socket either; one
                // that did was cut, and all other calls need not leave it for that.
                if self.last_final.is_none() {
                    self.way.after(&error, &self.config.limits);
                }
                // A caller that has gone needs no news.
                let _gone = events.send(HearingEvent::Closed(error)).await;
            }
        }
    }

    /// Until the caller ends the stream (`Ok`) or it is lost.
    async fn listen(&mut self, inputs: &mut mpsc::Receiver<HearingInput>, events: &Events) -> Result<(), SpeechError> {
        let mut quiet_due = Instant::now() + self.config.limits.quiet;
        loop {
            let final_due = self.finals_due.front().copied();
            tokio::select! {
                () = events.closed() => return Ok(()),
                message = self.socket.recv() => {
                    let heard = self.parse(&message?);
                    self.tell(heard, events).await?;
                }
                input = inputs.recv() => {
                    let Some(input) = input else { return Ok(()) };
                    if self.take(input).await? {
                        quiet_due = Instant::now() + self.config.limits.quiet;
                    }
                }
                () = sleep_until(final_due.unwrap_or(quiet_due)), if final_due.is_some() => {
                    return Err(failed(Late("the final did not come in time")));
                }
                () = sleep_until(quiet_due) => {
                    self.keep_alive().await?;
                    quiet_due = Instant::now() + self.config.limits.quiet;
                }
            }
        }
    }

    /// Whether anything was sent.
    async fn take(&mut self, input: HearingInput) -> Result<bool, SpeechError> {
        let manual = self.recogniser == Recogniser::Realtime && !self.config.server_endpointing;
        match input {
            HearingInput::Audio(pcm) => {
                self.pending.extend_from_slice(&pcm);
                if self.pending.len() < GROUP_BYTES {
                    return Ok(false);
                }
                self.send_pending().await?;
            }
            HearingInput::SpeechStart if manual => {
                self.send_pending().await?;
                self.socket.send(wire::REALTIME_SPEECH_START.to_owned()).await?;
            }
            HearingInput::SpeechEnd if manual || self.recogniser == Recogniser::Socket => {
                self.send_pending().await?;
                let message = if manual { wire::REALTIME_SPEECH_END } else { wire::SOCKET_FLUSH };
                self.socket.send(message.to_owned()).await?;
                self.finals_due.push_back(Instant::now() + self.config.limits.final_text);
            }
            HearingInput::SpeechStart | HearingInput::SpeechEnd => return Ok(false),
        }
        Ok(true)
    }

    async fn send_pending(&mut self) -> Result<(), SpeechError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pcm = std::mem::take(&mut self.pending);
        self.send_audio(&pcm).await
    }

    async fn send_audio(&mut self, pcm: &[u8]) -> Result<(), SpeechError> {
        let doubled = self.doubler.as_mut().map(|doubler| bytes(&doubler.take(&samples(pcm))));
        let pcm = doubled.as_deref().unwrap_or(pcm);
        let message = match self.recogniser {
            Recogniser::Realtime => wire::realtime_audio(pcm),
            Recogniser::Socket => wire::socket_audio(pcm, self.config.stt_rate_hz),
        };
        self.socket.send(message).await
    }

    /// Both sockets are closed on clients that say nothing.
    async fn keep_alive(&mut self) -> Result<(), SpeechError> {
        self.send_pending().await?;
        if self.recogniser == Recogniser::Realtime {
            self.socket.send(wire::REALTIME_PING.to_owned()).await?;
        }
        self.send_audio(&[0; KEEPALIVE_BYTES]).await
    }

    async fn tell(&mut self, heard: Heard, events: &Events) -> Result<(), SpeechError> {
        let event = match heard {
            Heard::Partial(text) => {
                // A partial nobody has room for is outdated by the next.
                let _full = events.try_send(HearingEvent::Partial { text });
                return Ok(());
            }
            Heard::Final { text, utterance, .. } if self.is_repeated(&text, utterance) => {
                tracing::debug!("a Sarvam recogniser sent a final twice");
                return Ok(());
            }
            Heard::Final { text, language, utterance } => {
                self.finals_due.pop_front();
                self.last_final = Some((utterance, text.clone()));
                HearingEvent::Final { text, language }
            }
            Heard::Error { trouble, fatal: true } => return Err(trouble.into()),
            Heard::Error { trouble, fatal: false } => {
                tracing::warn!(?trouble, "a Sarvam recogniser complained");
                return Ok(());
            }
            Heard::Ended => return Err(failed("the session ended")),
            Heard::Begun | Heard::Other => return Ok(()),
        };
        // A caller that has gone is noticed by `listen`; one that does not read must not hold us
        // up, because it may be waiting for us to take its audio.
        let told = timeout(self.config.limits.send, events.send(event)).await;
        told.map(|_| ()).map_err(|_| failed("nobody reads what was heard"))
    }

    /// The same final once more would be answered as if the caller had said it again. Without a
    /// number only one that nobody asked for can be told from a caller who repeats himself.
    fn is_repeated(&self, text: &str, utterance: Option<u64>) -> bool {
        let same = self.last_final.as_ref().is_some_and(|(number, last)| *number == utterance && last == text);
        same && (utterance.is_some() || self.finals_due.is_empty())
    }

    fn parse(&self, message: &str) -> Heard {
        let parsed = match self.recogniser {
            Recogniser::Realtime => wire::parse_realtime(message),
            Recogniser::Socket => wire::parse_socket(message),
        };
        parsed.unwrap_or_else(|error| {
            tracing::warn!(%error, "a message of a Sarvam recogniser was no JSON");
            Heard::Other
        })
    }

    /// Ends in order; a final that is on its way still reaches a caller who listens.
    async fn end(mut self, events: &Events) {
        if self.recogniser == Recogniser::Realtime {
            let last = async {
                self.socket.send(wire::REALTIME_END.to_owned()).await?;
                loop {
                    let message = self.socket.recv().await?;
                    let heard = self.parse(&message);
                    self.tell(heard, events).await?;
                }
            };
            let ended: Result<Result<(), SpeechError>, _> = timeout(LAST_FINAL_LIMIT, last).await;
            tracing::debug!(?ended, "a Sarvam recogniser was ended");
        }
        self.socket.close().await;
    }
}
