//! One live conversation: waits for whatever comes next, lets the turn machine decide, and carries
//! its actions out. Decides nothing itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempPath;
use tokio::time::Instant;

use super::Voicebot;
use super::ear::{Ear, Heard};
use super::line_clock::LineClock;
use super::meter::MeteredVoice;
use super::mouth::{Mouth, Spoken, Trouble};
use super::notes::{Notes, Wishes};
use super::recorder::Recorder;
use super::socket::Line;
use super::speaker::Synthesised;
use super::thinker::{self, Thinker};
use super::waterfall::Waterfall;
use crate::domain::audio::LineRate;
use crate::domain::call::ConversationResult;
use crate::domain::cost::Meters;
use crate::domain::session::CallSession;
use crate::domain::transcript::{self, Speaker, Transcript};
use crate::domain::turn::{Action, EchoGuard, Event, Thought, Turn};
use crate::domain::vad::{STOP_DELAY_MS, VoiceEvent};
use crate::wire::exotel::stream::{StreamMessage, StreamStart, StreamWriter};

/// Frames come all the time, silence included: without any for this long the line is dead
/// (exotel.md 5.4).
const DEAD_AFTER: Duration = Duration::from_secs(5);
/// The hand-over must be written before the flow asks for it; longer, and the caller wonders.
const HAND_OVER_WRITTEN_WITHIN: Duration = Duration::from_secs(3);

/// How long the record waits, after the line is closed, for the words said last.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(3);
/// A second or two of audio are left to write, unless the disk stands still.
const TAPE_WRITTEN_WITHIN: Duration = Duration::from_secs(10);

/// What the turn gets instead of the transcript of an utterance that was given up.
const NOTHING_UNDERSTOOD: Event = Event::Final { text: String::new(), language: None };

/// What the call waits for.
enum News {
    Carrier(Option<StreamMessage>),
    Ear(Heard),
    Voice(Synthesised),
    Mind(u32, thinker::News),
    Wish(Option<()>),
    LastWords,
    Clock,
    Dead,
}

/// A conversation under way.
pub(super) struct Conversation {
    bot: Voicebot,
    /// None once it is closed.
    line: Option<Line>,
    turn: Turn,
    ear: Ear,
    echo: EchoGuard,
    mouth: Mouth,
    thinker: Thinker,
    /// When the model was asked, until its first word.
    asked_at: Option<u64>,
    /// None where nobody knows whom we talk with: then there is nothing to write.
    notes: Option<Notes>,
    wishes: Option<Wishes>,
    waterfall: Waterfall,
    /// None where nobody knows whom we talk with: nothing could be looked for under its name.
    recorder: Option<Recorder>,
    /// Characters ordered from the voice.
    tts_chars: Arc<AtomicU64>,
    transcript: Vec<transcript::Line>,
    began: Instant,
    /// By which the caller's pauses are measured.
    clock: LineClock,
    last_inbound: Instant,
    last_words_said: bool,
}

impl Conversation {
    /// Puts the parts together. `began` is when the stream started.
    pub(super) fn new(
        bot: Voicebot,
        line: Line,
        start: &StreamStart,
        turn: Turn,
        session: Option<&CallSession>,
    ) -> Self {
        let (language, rate) = (turn.outcome().language, LineRate::of(start.sample_rate));
        let app = || bot.app().clone();
        let tts_chars = Arc::<AtomicU64>::default();
        let voice = Arc::new(MeteredVoice::new(bot.tts(), Arc::clone(&tts_chars)));
        let now = Instant::now();
        Self {
            ear: Ear::open(bot.stt(), bot.voices(), language, rate),
            echo: EchoGuard::default(),
            mouth: Mouth::new(voice, StreamWriter::new(&start.stream_sid, rate)),
            thinker: Thinker::new(bot.model()),
            asked_at: None,
            notes: session.map(|session| Notes::start(app(), session.clone())),
            wishes: session.map(|session| Wishes::watch(app(), session)),
            turn,
            line: Some(line),
            waterfall: Waterfall::default(),
            recorder: session.map(|_| Recorder::start(rate)),
            tts_chars,
            transcript: Vec::new(),
            began: now,
            clock: LineClock::default(),
            last_inbound: now,
            last_words_said: false,
            bot,
        }
    }

    /// Runs to the end of the call; answers what it leaves behind, and its recording where there is
    /// one. The line is closed.
    pub(super) async fn run(mut self) -> (ConversationResult, Option<TempPath>) {
        if let Some(notes) = &self.notes {
            notes.in_progress();
        }
        self.step(Event::StreamStarted);
        while !self.turn.is_over() {
            let news = self.next().await;
            self.take(news);
            self.tend();
        }
        self.finish().await
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn next(&mut self) -> News {
        let deadline = self.turn.deadline().filter(|at| self.clock.reaches(*at));
        let wake = [deadline, self.mouth.wake_at(self.turn.owes_sound_since())].into_iter().flatten().min();
        let began = self.began;
        let clock = async move {
            match wake {
                Some(at) => tokio::time::sleep_until(began + Duration::from_millis(at)).await,
                None => std::future::pending().await,
            }
        };
        let language = self.turn.outcome().language;
        let bot = &self.bot;
        let last_words_said = self.last_words_said;
        tokio::select! {
            // What has arrived comes before what a clock says of it: after a stall both are due.
            biased;
            message = inbound(&mut self.line) => News::Carrier(message),
            heard = self.ear.next(language) => News::Ear(heard),
            spoken = self.mouth.next() => News::Voice(spoken),
            (turn, news) = self.thinker.next() => News::Mind(turn, news),
            wish = wish(&mut self.wishes) => News::Wish(wish),
            () = bot.drain().last_words(), if !last_words_said => News::LastWords,
            () = clock => News::Clock,
            () = tokio::time::sleep_until(self.last_inbound + DEAD_AFTER) => News::Dead,
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Carrier(Some(message)) => self.carrier(message),
            News::Carrier(None) => self.step(Event::Closed),
            News::Dead => {
                tracing::warn!("no audio from the carrier for 5 s; the line counts as dead");
                self.step(Event::Closed);
            }
            News::Ear(Heard::Partial(text)) => self.step(Event::Partial { text }),
            News::Ear(Heard::Final(text, language)) => {
                self.waterfall.transcript(self.now(), self.bot.metrics());
                self.step(Event::Final { text, language });
            }
            News::Ear(Heard::Broke) => self.bot.metrics().provider_errors.add("stt"),
            News::Ear(Heard::GaveUp) => {
                self.bot.metrics().provider_errors.add("stt");
                self.step(NOTHING_UNDERSTOOD);
            }
            News::Ear(Heard::Lost) => {
                self.bot.metrics().provider_errors.add("stt");
                self.step(Event::HearingLost);
            }
            News::Voice(news) => {
                let trouble = self.mouth.take(news);
                if trouble.is_some() {
                    self.bot.metrics().provider_errors.add("tts");
                }
                if trouble == Some(Trouble::OverQuota) {
                    self.step(Event::OverQuota);
                }
            }
            News::Mind(turn, news) => self.mind(turn, news),
            News::Wish(wish) => {
                self.wishes = None;
                if wish.is_some() {
                    self.step(Event::HandOverRequested);
                }
            }
            News::LastWords => {
                self.last_words_said = true;
                self.step(Event::ShuttingDown);
            }
            News::Clock => {}
        }
    }

    fn mind(&mut self, turn: u32, news: thinker::News) {
        let metrics = self.bot.metrics();
        match news {
            thinker::News::Cost(usage) => {
                count(&metrics.tokens_read, u64::from(usage.input_tokens));
                count(&metrics.tokens_written, u64::from(usage.output_tokens));
            }
            thinker::News::Thought(thought) => {
                match (&thought, self.asked_at.take()) {
                    (Thought::Failed, _) => metrics.provider_errors.add("llm"),
                    (_, Some(asked_at)) => metrics.thought.observe(self.now().saturating_sub(asked_at)),
                    (_, None) => {}
                }
                self.step(Event::Thought { turn, thought });
            }
        }
    }

    /// The answer to what was heard so far; only what was really heard is told.
    fn ask_model(&mut self, turn: u32) {
        let mut heard = self.transcript.clone();
        heard.sort_by_key(|line| line.end_ms);
        let Some(request) = self.turn.model_request(&heard) else { return };
        self.asked_at = Some(self.now());
        self.thinker.ask(turn, request);
    }

    fn carrier(&mut self, message: StreamMessage) {
        self.last_inbound = Instant::now();
        match message {
            StreamMessage::Media { audio } => {
                self.ear.take(&audio);
                while let Some(event) = self.ear.next_frame() {
                    self.frame(event);
                }
                if let Some(recorder) = &mut self.recorder {
                    recorder.caller(&audio, self.clock.heard());
                }
            }
            StreamMessage::Dtmf { digit } => self.step(Event::Dtmf { digit }),
            StreamMessage::Mark { name } => {
                let over = self.mouth.mark(&name);
                self.spoken(over);
            }
            StreamMessage::Stop { reason } => {
                tracing::info!(reason, "the carrier ended the stream");
                self.step(Event::Closed);
            }
            StreamMessage::Ignored { why } => tracing::debug!(why, "a message of the carrier was skipped"),
            StreamMessage::Connected | StreamMessage::Start(_) | StreamMessage::Clear => {}
        }
    }

    /// Each frame at its own time: a burst holds pauses too.
    fn frame(&mut self, event: Option<VoiceEvent>) {
        let at = self.clock.frame(self.now());
        let event = self.echo.frame(self.ear.level(), self.mouth.level(at), event).unwrap_or(Event::Tick);
        if event == Event::VoiceStopped {
            let heard = self.clock.heard().unwrap_or(at);
            self.waterfall.voice_end(heard.saturating_sub(STOP_DELAY_MS));
        }
        self.step_at(event, at);
    }

    /// What is due by the clock.
    fn tend(&mut self) {
        self.step(Event::Tick);
        let over = self.mouth.over(self.now());
        self.spoken(over);
        for message in self.mouth.due(self.now(), self.turn.owes_sound_since()) {
            self.send(message);
        }
        for piece in self.mouth.take_sent() {
            self.waterfall.sent(&piece, self.bot.metrics());
            if let Some(id) = piece.sentence.filter(|_| piece.begins) {
                self.step(Event::Sounds { id, from: piece.start_ms });
            }
            if let Some(recorder) = &mut self.recorder {
                recorder.bot(&piece.audio, piece.start_ms);
            }
        }
    }

    fn spoken(&mut self, over: Vec<Spoken>) {
        for spoken in over {
            match spoken {
                Spoken::Played(id, line) => {
                    self.waterfall.played(id);
                    self.keep(line);
                    self.step(Event::Played { id });
                }
                Spoken::Failed(id) => self.step(Event::SpeechFailed { id }),
            }
        }
    }

    fn step(&mut self, event: Event) {
        let at = self.clock.now(self.now());
        self.step_at(event, at);
    }

    fn step_at(&mut self, event: Event, at: u64) {
        for action in self.turn.step(event, at) {
            self.carry_out(action, at);
        }
    }

    fn carry_out(&mut self, action: Action, at: u64) {
        match action {
            Action::Say { id, sentence } => {
                self.waterfall.clause(at);
                self.mouth.say(id, sentence);
            }
            Action::Prepare { id, sentence } => {
                count(&self.bot.metrics().prepared, 1);
                self.mouth.prepare(id, sentence);
            }
            Action::Forget => {
                count(&self.bot.metrics().forgotten, 1);
                count(&self.bot.metrics().forgotten_characters, self.mouth.forget() as u64);
            }
            Action::Hold => {
                let now = self.now();
                let clear = self.mouth.hold(now);
                self.send(clear);
                self.cleared(now);
            }
            Action::Resume => {
                count(&self.bot.metrics().resumed, 1);
                self.mouth.resume();
            }
            Action::StopPlayback => {
                count(&self.bot.metrics().interruptions, 1);
                let now = self.now();
                let (clear, heard) = self.mouth.stop(now);
                if let Some(clear) = clear {
                    self.send(clear);
                    self.cleared(now);
                }
                heard.into_iter().for_each(|line| self.keep(line));
            }
            Action::SpeechStart => self.ear.speech_start(),
            Action::SpeechEnd => {
                self.waterfall.flushed(at);
                self.ear.speech_end();
            }
            Action::Heard { text, language, start_ms, end_ms, answered } => {
                if answered {
                    count(&self.bot.metrics().turns, 1);
                    self.waterfall.taken(at);
                }
                let (speaker, interrupted, estimated) = (Speaker::Caller, false, false);
                self.keep(transcript::Line { speaker, text, language, start_ms, end_ms, interrupted, estimated });
            }
            Action::Think { turn } => self.ask_model(turn),
            Action::ThinkNoMore { for_nobody } => {
                count(&self.bot.metrics().thought_for_nobody, u64::from(for_nobody));
                self.thinker.stop();
            }
            Action::Stopped { why } => {
                tracing::warn!(why = why.as_str(), "the model said what may not be said; the script spoke instead");
                self.bot.metrics().stopped.add(why.as_str());
            }
            Action::HandOver { reason } => {
                if let Some(notes) = &self.notes {
                    notes.hand_over(reason, self.turn.outcome().language);
                }
            }
            // The turn is over by that, and so is the call.
            Action::HangUp => {}
        }
    }

    /// The carrier was told to forget what waits: the recording forgets it too.
    fn cleared(&mut self, now: u64) {
        if let Some(recorder) = &mut self.recorder {
            recorder.cleared(now);
        }
    }

    fn keep(&mut self, line: transcript::Line) {
        if let Some(notes) = &self.notes {
            notes.line(line.clone());
        }
        self.transcript.push(line);
    }

    fn send(&mut self, message: String) {
        // A full queue is a line that took nothing for ten seconds; a closed one is gone.
        let taken = self.line.as_ref().is_some_and(|line| line.outbound.try_send(message).is_ok());
        if !taken && !self.turn.is_over() {
            tracing::warn!("the carrier does not take our audio; the line counts as dead");
            self.step(Event::Closed);
        }
    }

    /// Transcripts of what was said before the line closed.
    async fn last_words(&mut self) {
        let language = self.turn.outcome().language;
        let listen = async {
            while self.turn.awaits_words() {
                match self.ear.next(language).await {
                    Heard::Final(text, language) => self.step(Event::Final { text, language }),
                    Heard::GaveUp => self.step(NOTHING_UNDERSTOOD),
                    Heard::Partial(_) | Heard::Broke => {}
                    Heard::Lost => return,
                }
            }
        };
        if tokio::time::timeout(LAST_WORDS_WITHIN, listen).await.is_err() {
            tracing::warn!("the caller's last words were not transcribed in time");
        }
    }

    async fn finish(mut self) -> (ConversationResult, Option<TempPath>) {
        let now = self.now();
        // After the last word nothing is left; else it broke off, and so far it was heard.
        for line in self.mouth.heard_by(now) {
            self.keep(line);
        }
        if self.turn.hands_over()
            && let Some(notes) = &self.notes
            && !notes.flush(HAND_OVER_WRITTEN_WITHIN).await
        {
            tracing::error!("the hand-over was not written in time; the flow may hang up");
        }
        // Closes the socket cleanly, after everything sent.
        self.line = None;
        self.last_words().await;
        let recording = match self.recorder.take() {
            Some(recorder) => tokio::time::timeout(TAPE_WRITTEN_WITHIN, recorder.finish(now)).await.ok().flatten(),
            None => None,
        };
        self.transcript.sort_by_key(|line| line.start_ms);
        let outcome = self.turn.outcome();
        let disposition = outcome.disposition.unwrap_or(crate::domain::call::Disposition::Broken);
        self.bot.metrics().calls.add(disposition.as_str());
        let tts_chars = self.tts_chars.load(Ordering::Relaxed);
        let result = ConversationResult {
            transcript: Transcript { lines: self.transcript },
            disposition,
            intent: outcome.intent.map(|intent| intent.as_str().to_owned()),
            promise: outcome.promise,
            language: outcome.language,
            summary: outcome.summary,
            duration_s: i32::try_from(now.div_ceil(1_000)).unwrap_or(i32::MAX),
            timings: self.waterfall.into_timings(),
            meters: Meters { line_ms: now, stt_ms: self.ear.sent_ms(), tts_chars },
            cost: None,
        };
        (result, recording)
    }
}

fn count(meter: &AtomicU64, more: u64) {
    meter.fetch_add(more, Ordering::Relaxed);
}

async fn inbound(line: &mut Option<Line>) -> Option<StreamMessage> {
    line.as_mut()?.inbound.recv().await
}

async fn wish(wishes: &mut Option<Wishes>) -> Option<()> {
    match wishes {
        Some(wishes) => wishes.news.recv().await,
        None => std::future::pending().await,
    }
}
