//! One live conversation: waits for whatever comes next, lets the turn machine decide, and carries
//! its actions out. Decides nothing itself.

mod acting;
mod ending;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tempfile::TempPath;
use tokio::time::Instant;

use super::Voicebot;
use super::ear::{Ear, Heard};
use super::line_clock::LineClock;
use super::meter::{MeteredVoice, Tokens};
use super::mouth::{Mouth, Spoken};
use super::notes::{Notes, Wishes};
use super::recorder::Recorder;
use super::socket::Line;
use super::spans::TurnSpans;
use super::speaker::Synthesised;
use super::thinker::{self, Thinker};
use super::waterfall::Waterfall;
use crate::domain::audio::LineRate;
use crate::domain::call::ConversationResult;
use crate::domain::session::CallSession;
use crate::domain::transcript;
use crate::domain::turn::{Beginning, EchoGuard, Event, Journal, Thought, Turn};
use crate::domain::vad::{STOP_DELAY_MS, VoiceEvent};
use crate::ports::Fault;
use crate::wire::exotel::stream::{StreamMessage, StreamStart, StreamWriter};

/// Frames come all the time, silence included: without any for this long the line is dead
/// (exotel.md 5.4).
const DEAD_AFTER: Duration = Duration::from_secs(5);

/// From so long a look-up on, the carrier's first groups of audio are there before we are.
const WAITED: Duration = Duration::from_millis(100);

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

/// What a call leaves behind.
pub(super) struct Left {
    pub(super) result: ConversationResult,
    pub(super) recording: Option<TempPath>,
    /// The lines of its journal.
    pub(super) journal: Option<Vec<u8>>,
}

/// A wish for an agent that nobody fulfilled is still in the session, and asks for nothing more.
fn is_untaken(session: &CallSession) -> bool {
    session.hand_over.as_ref().is_some_and(|wish| wish.untaken)
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
    spans: TurnSpans,
    /// None where nobody knows whom we talk with: nothing could be looked for under its name.
    recorder: Option<Recorder>,
    /// Where one is wanted, and as above.
    journal: Option<Journal>,
    /// Characters of what the voice began to speak.
    tts_chars: Arc<AtomicU64>,
    /// By language models, as far as they said.
    tokens: Tokens,
    transcript: Vec<transcript::Line>,
    began: Instant,
    /// By which the caller's pauses are measured.
    clock: LineClock,
    last_inbound: Instant,
    last_words_said: bool,
}

impl Conversation {
    /// Puts the parts together. The call began when its stream did: whoever waits for us while it is looked up
    /// waits in silence, and what they say meanwhile was said then.
    pub(super) fn new(
        bot: Voicebot,
        line: Line,
        start: &StreamStart,
        began: Instant,
        beginning: &Beginning,
        session: Option<&CallSession>,
    ) -> Self {
        let turn = beginning.turn();
        let (language, rate) = (turn.language(), LineRate::of(start.sample_rate));
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
            wishes: session.filter(|session| !is_untaken(session)).map(|session| Wishes::watch(app(), session)),
            turn,
            line: Some(line),
            waterfall: Waterfall::default(),
            spans: TurnSpans::new(),
            recorder: session.map(|_| Recorder::start(rate)),
            journal: session.filter(|_| bot.config().journal).map(|known| Journal::new(known.call_id, beginning)),
            tts_chars,
            tokens: Tokens::default(),
            transcript: Vec::new(),
            began,
            clock: if now - began > WAITED { LineClock::waited_for() } else { LineClock::default() },
            last_inbound: now,
            last_words_said: false,
            bot,
        }
    }

    /// Runs to the end of the call. The line is closed.
    pub(super) async fn run(mut self) -> Left {
        if let Some(notes) = &self.notes {
            notes.in_progress();
        }
        self.step(Event::StreamStarted);
        while !self.turn.is_over() {
            let news = self.next().await;
            self.spans.reply().in_scope(|| {
                self.take(news);
                self.tend();
            });
        }
        self.finish().await
    }

    fn now(&self) -> u64 {
        self.at(Instant::now())
    }

    /// In milliseconds from the start of the stream.
    fn at(&self, instant: Instant) -> u64 {
        u64::try_from((instant - self.began).as_millis()).unwrap_or(u64::MAX)
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
        let language = self.turn.language();
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
            News::Ear(Heard::Broke(fault)) => self.bot.metrics().provider_errors.add("stt", fault),
            News::Ear(Heard::GaveUp(fault)) => {
                self.bot.metrics().provider_errors.add("stt", fault);
                self.step(NOTHING_UNDERSTOOD);
            }
            News::Ear(Heard::Lost(fault)) => {
                self.bot.metrics().provider_errors.add("stt", fault);
                self.step(Event::HearingLost);
            }
            News::Voice(news) => {
                let fault = self.mouth.take(news);
                if let Some(fault) = fault {
                    self.bot.metrics().provider_errors.add("tts", fault);
                }
                if fault == Some(Fault::Quota) {
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
            thinker::News::FirstToken => self.waterfall.first_token(turn, self.now()),
            thinker::News::Fault(fault) => metrics.provider_errors.add("llm", fault),
            thinker::News::Cost(usage) => self.tokens.add(usage, metrics),
            thinker::News::Thought(thought) => {
                let asked_at = self.asked_at.take().filter(|_| thought != Thought::Failed);
                if let Some(asked_at) = asked_at {
                    metrics.thought.observe(self.now().saturating_sub(asked_at));
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
        let ahead = self.waterfall.asked(turn);
        let span = if ahead { self.spans.next() } else { self.spans.reply() };
        span.in_scope(|| self.thinker.ask(turn, request));
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
        let due = self.clock.due(self.now());
        self.step_at(Event::Tick, due);
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
        if let Some(journal) = &mut self.journal {
            journal.event(&event, at);
        }
        let actions = self.turn.step(event, at);
        if let Some(journal) = &mut self.journal {
            journal.actions(&actions, at);
        }
        for action in actions {
            self.carry_out(action, at);
        }
    }
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
