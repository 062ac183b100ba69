//! Every word of the caller reaches the record: pauses, stalls, words into what the bot says.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::sync::mpsc;

use super::doubles::World;
use crate::adapters::memory::LoudnessModel;
use crate::domain::audio::{FRAME_BYTES, duration_ms};
use crate::domain::language::Language;
use crate::domain::transcript::Speaker;
use crate::ports::speech::{HearingEvent, HearingInput, HearingStream, SpeechError, SpeechToText};
use crate::sim::speech::{Lexicon, Voice};
use crate::voicebot::socket::Line;
use crate::voicebot::{Voicebot, VoicebotConfig};
use crate::wire::exotel::stream::{StreamMessage, StreamStart};

/// Hears the words whose audio lies between `SpeechStart` and `SpeechEnd`, and nothing else.
struct StrictEar {
    lexicon: Lexicon,
    /// From the end of an utterance to its transcript.
    delay: Duration,
    /// Every frame heard, to find what was sent twice.
    frames: Arc<Mutex<Vec<(u32, u16, u16)>>>,
    /// What becomes of its first streams, one after the other.
    fates: Arc<Mutex<VecDeque<Fate>>>,
}

/// How a stream ends before its time.
#[derive(Clone, Copy)]
enum Fate {
    /// It is cut after so many frames with words.
    CutAfter(usize),
    /// It never answers, and is given up after so many milliseconds.
    MuteFor(u64),
}

impl StrictEar {
    fn new(lexicon: &Lexicon, fates: &[Fate]) -> Self {
        let delay = Duration::from_millis(250);
        let fates = Arc::new(Mutex::new(fates.iter().copied().collect()));
        Self { lexicon: lexicon.clone(), delay, frames: Arc::default(), fates }
    }
}

async fn lost(outbox: &mpsc::Sender<HearingEvent>) {
    let _ = outbox.send(HearingEvent::Closed(SpeechError::Failed("lost".into()))).await;
}

#[derive(Default)]
struct Utterance {
    open: bool,
    order: Vec<(u32, u16)>,
    words: HashMap<(u32, u16), (String, BTreeSet<u16>, usize)>,
}

impl Utterance {
    fn hear(&mut self, frame: &[u8], ear: &StrictEar) {
        let Some(mark) = ear.lexicon.read(frame).filter(|_| self.open) else { return };
        ear.frames.lock().unwrap().push((mark.clip, mark.word, mark.frame));
        let key = (mark.clip, mark.word);
        let (text, ..) = ear.lexicon.word(mark).expect("known");
        let needed = ear.lexicon.frames(mark).expect("known").div_ceil(2);
        if !self.order.contains(&key) {
            self.order.push(key);
        }
        self.words.entry(key).or_insert((text, BTreeSet::new(), needed)).1.insert(mark.frame);
    }
    fn take(&mut self) -> String {
        let words = std::mem::take(&mut self.words);
        let order = std::mem::take(&mut self.order);
        self.open = false;
        let heard = |key| words.get(&key).filter(|(_, f, needed)| f.len() >= *needed).map(|w| w.0.clone());
        order.into_iter().filter_map(heard).collect::<Vec<String>>().join(" ")
    }
}

#[async_trait]
impl SpeechToText for StrictEar {
    async fn open(&self, _: Language) -> Result<HearingStream, SpeechError> {
        let (input, mut inputs) = mpsc::channel(64);
        let (outbox, events) = mpsc::channel(64);
        let fate = self.fates.lock().unwrap().pop_front();
        let ear = Self {
            lexicon: self.lexicon.clone(),
            delay: self.delay,
            frames: Arc::clone(&self.frames),
            fates: Arc::default(),
        };
        tokio::spawn(async move {
            let mut utterance = Utterance::default();
            while let Some(input) = inputs.recv().await {
                match input {
                    HearingInput::Audio(audio) => {
                        audio.chunks_exact(FRAME_BYTES).for_each(|frame| utterance.hear(frame, &ear));
                        let heard = utterance.words.values().map(|(_, frames, _)| frames.len()).sum::<usize>();
                        if matches!(fate, Some(Fate::CutAfter(frames)) if heard >= frames) {
                            return lost(&outbox).await;
                        }
                    }
                    HearingInput::SpeechStart => utterance.open = true,
                    HearingInput::SpeechEnd if let Some(Fate::MuteFor(ms)) = fate => {
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                        return lost(&outbox).await;
                    }
                    HearingInput::SpeechEnd => {
                        let (text, outbox, delay) = (utterance.take(), outbox.clone(), ear.delay);
                        tokio::spawn(async move {
                            tokio::time::sleep(delay).await;
                            let language = Some(Language::English);
                            // The call may be over.
                            let _ = outbox.send(HearingEvent::Final { text, language }).await;
                        });
                    }
                }
            }
        });
        Ok(HearingStream { input, events })
    }
}

/// What the caller does, one after the other.
#[derive(Clone, Copy)]
enum Part {
    /// Waits until the bot was silent for a second and a half.
    BotDone,
    /// Waits until the bot has sounded so long.
    Into(u64),
    Say(&'static str),
    Pause(u64),
    /// From now on nothing arrives for so long, and then everything at once.
    Stall(u64),
    HangUp,
}

struct Caller {
    lexicon: Lexicon,
    inbound: mpsc::Sender<StreamMessage>,
    outbound: mpsc::Receiver<String>,
    held: Vec<StreamMessage>,
    stalled_until: u64,
    bot_until: u64,
    sounding_since: u64,
    marks: Vec<(u64, String)>,
    at: u64,
}

impl Caller {
    /// One frame of 20 ms; false once the bot has closed.
    async fn frame(&mut self, audio: Vec<u8>) -> bool {
        loop {
            match self.outbound.try_recv() {
                Ok(text) => self.bot(&text),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
        self.held.push(StreamMessage::Media { audio });
        while self.marks.first().is_some_and(|(due, _)| *due <= self.at) {
            let (_, name) = self.marks.remove(0);
            self.held.push(StreamMessage::Mark { name });
        }
        if self.at >= self.stalled_until {
            for message in self.held.drain(..) {
                let _ = self.inbound.send(message).await;
            }
        }
        self.at += 20;
        tokio::time::sleep(Duration::from_millis(20)).await;
        true
    }
    fn bot(&mut self, text: &str) {
        let message: serde_json::Value = serde_json::from_str(text).expect("JSON");
        match message["event"].as_str().expect("an event") {
            "media" => {
                let audio = STANDARD.decode(message["media"]["payload"].as_str().expect("payload")).expect("base64");
                if self.bot_until <= self.at {
                    (self.bot_until, self.sounding_since) = (self.at, self.at);
                }
                self.bot_until += duration_ms(audio.len());
            }
            "mark" => self.marks.push((self.bot_until, message["mark"]["name"].as_str().expect("name").to_owned())),
            _ => {
                self.bot_until = self.bot_until.min(self.at + 200);
                self.marks.clear();
            }
        }
    }
    async fn quiet(&mut self) -> bool {
        self.frame(vec![0; FRAME_BYTES]).await
    }
    /// False once the bot has closed.
    async fn play(&mut self, part: Part) -> bool {
        match part {
            Part::BotDone => {
                while self.bot_until == 0 || self.at < self.bot_until + 1_500 {
                    if !self.quiet().await {
                        return false;
                    }
                }
            }
            Part::Into(ms) => {
                while self.at >= self.bot_until || self.at < self.sounding_since + ms {
                    if !self.quiet().await {
                        return false;
                    }
                }
            }
            Part::Pause(ms) => {
                for _ in 0..ms / 20 {
                    if !self.quiet().await {
                        return false;
                    }
                }
            }
            Part::Say(text) => {
                let audio = self.lexicon.speak(text, Language::English).await.audio;
                for frame in audio.chunks_exact(FRAME_BYTES) {
                    if !self.frame(frame.to_vec()).await {
                        return false;
                    }
                }
            }
            Part::Stall(ms) => self.stalled_until = self.at + ms,
            Part::HangUp => return false,
        }
        true
    }
}

/// Has the call; answers the caller's lines, after checking that no frame was heard twice.
async fn record_of(parts: &[Part]) -> Vec<String> {
    let lexicon = Lexicon::new(Voice::Made);
    let ear = StrictEar::new(&lexicon, &[]);
    let frames = Arc::clone(&ear.frames);
    let (lines, _) = lines_of(ear, lexicon, parts).await;
    let heard = std::mem::take(&mut *frames.lock().unwrap());
    assert_eq!(heard.iter().collect::<BTreeSet<_>>().len(), heard.len(), "a frame was heard twice");
    lines
}

/// The lines of a call whose first recognisers fail: the caller's and the bot's.
async fn lines_with(fates: &[Fate], parts: &[Part]) -> (Vec<String>, Vec<String>) {
    let lexicon = Lexicon::new(Voice::Made);
    lines_of(StrictEar::new(&lexicon, fates), lexicon, parts).await
}

async fn lines_of(ear: StrictEar, lexicon: Lexicon, parts: &[Part]) -> (Vec<String>, Vec<String>) {
    let world = World::new(&[]).await;
    let voice = Arc::new(Arc::clone(&world.voice));
    let bot =
        Voicebot::new(world.app.clone(), Arc::new(ear), Arc::new(LoudnessModel), voice, VoicebotConfig::default());
    let (inbound, to_bot) = mpsc::channel(4_096);
    let (from_bot, outbound) = mpsc::channel(64);
    let talk =
        bot.converse(Line { inbound: to_bot, closed_at: Arc::default(), outbound: from_bot }, Some(world.sid.clone()));
    let live = async move {
        let start = StreamStart { stream_sid: "6f04aa".to_owned(), ..Default::default() };
        inbound.send(StreamMessage::Start(start)).await.expect("open");
        let (held, marks) = (Vec::new(), Vec::new());
        let mut caller = Caller {
            lexicon,
            inbound,
            outbound,
            held,
            marks,
            stalled_until: 0,
            bot_until: 0,
            sounding_since: 0,
            at: 0,
        };
        for part in parts {
            if !caller.play(*part).await {
                return;
            }
        }
        while caller.quiet().await {}
    };
    tokio::join!(talk, live);
    let lines = world.app.calls.transcript(world.call).await.expect("read").expect("saved").lines;
    let (caller, bot): (Vec<_>, Vec<_>) = lines.into_iter().partition(|l| l.speaker == Speaker::Caller);
    let texts = |lines: Vec<crate::domain::transcript::Line>| lines.into_iter().map(|l| l.text).collect();
    (texts(caller), texts(bot))
}

#[tokio::test(start_paused = true)]
async fn a_pause_inside_an_answer_loses_no_word() {
    for pause in [100, 200, 260, 300, 340, 400, 600] {
        let said = [Part::BotDone, Part::Say("yes,"), Part::Pause(pause), Part::Say("speaking please"), Part::BotDone];
        assert_eq!(
            record_of(&[&said[..], &[Part::HangUp]].concat()).await.join(" "),
            "yes, speaking please",
            "{pause} ms"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_stall_and_its_burst_change_nothing() {
    for stall in [300, 800, 1_500, 3_000] {
        let said = [
            Part::BotDone,
            Part::Say("well"),
            // Quiet has begun when the line stalls: it must not count as the caller's silence.
            Part::Pause(160),
            Part::Stall(stall),
            Part::Pause(100),
            Part::Say("I am the one you want"),
            Part::Pause(4_000),
            Part::HangUp,
        ];
        let lines = record_of(&said).await;
        assert_eq!(lines.join(" "), "well I am the one you want", "{stall} ms");
        // A burst longer than the recogniser's time limits may make two turns of it.
        assert!(lines.len() == 1 || stall > 1_500, "{stall} ms: {lines:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_short_word_after_the_answer_is_taken_is_kept() {
    let said = [Part::BotDone, Part::Say("no"), Part::Pause(700), Part::Say("ok"), Part::BotDone, Part::HangUp];
    assert_eq!(record_of(&said).await.join(" "), "no ok");
}

#[tokio::test(start_paused = true)]
async fn words_into_the_goodbye_are_kept_up_to_the_last() {
    for ms in [200, 600, 1_000] {
        let said = [Part::BotDone, Part::Say("wrong number"), Part::Into(ms), Part::Say("thank you and goodbye")];
        assert_eq!(record_of(&said).await.join(" "), "wrong number thank you and goodbye", "{ms} ms into it");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_words_before_the_caller_hangs_up_are_kept() {
    let said = [Part::BotDone, Part::Say("call me some other time"), Part::HangUp];
    assert_eq!(record_of(&said).await, ["call me some other time"]);
}

#[tokio::test(start_paused = true)]
async fn a_hm_into_the_reason_for_the_call_is_kept_and_answers_nothing() {
    let said =
        [Part::BotDone, Part::Say("yes speaking"), Part::Into(800), Part::Say("hm"), Part::BotDone, Part::HangUp];
    assert_eq!(record_of(&said).await, ["yes speaking", "hm"]);
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_lost_in_mid_sentence_costs_no_word_and_no_answer() {
    for frames in [1, 20, 40] {
        let said = [Part::BotDone, Part::Say("yes I am speaking"), Part::Pause(3_000), Part::BotDone, Part::HangUp];
        let (caller, bot) = lines_with(&[Fate::CutAfter(frames)], &said).await;
        assert_eq!(caller, ["yes I am speaking"], "cut after {frames} frames");
        assert!(bot.iter().any(|line| line.contains("loan")), "the answer was answered: {bot:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_that_never_answers_is_replaced_and_its_words_reach_the_record() {
    let said = [
        Part::BotDone,
        Part::Say("yes speaking"),
        Part::Pause(3_000),
        Part::BotDone,
        Part::Say("yes"),
        Part::Pause(3_000),
        Part::BotDone,
        Part::HangUp,
    ];
    let (caller, bot) = lines_with(&[Fate::MuteFor(3_000)], &said).await;
    assert_eq!(caller, ["yes speaking", "yes"]);
    // Asked again in time, and then answered.
    assert!(bot.len() > 2 && bot.iter().any(|line| line.contains("loan")), "{bot:?}");
}

#[tokio::test(start_paused = true)]
async fn a_recogniser_lost_as_the_caller_hangs_up_still_gets_the_last_words() {
    let said = [Part::BotDone, Part::Say("call me some other time"), Part::HangUp];
    assert_eq!(lines_with(&[Fate::CutAfter(45)], &said).await.0, ["call me some other time"]);
}

#[tokio::test(start_paused = true)]
async fn an_utterance_that_breaks_two_recognisers_is_given_up_and_the_call_goes_on_hearing() {
    let said = [
        Part::BotDone,
        Part::Say("yes speaking"),
        Part::Pause(8_000),
        Part::BotDone,
        Part::Say("yes"),
        Part::Pause(3_000),
        Part::BotDone,
        Part::HangUp,
    ];
    let (caller, bot) = lines_with(&[Fate::MuteFor(3_000), Fate::MuteFor(3_000)], &said).await;
    assert_eq!(caller, ["yes"]);
    assert!(bot.iter().any(|line| line.contains("loan")), "the second answer was answered: {bot:?}");
    assert!(!bot.iter().any(|line| line.contains("cannot hear you")), "nobody is deaf: {bot:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sentence_cut_twice_is_heard_from_there_on() {
    let said = [Part::BotDone, Part::Say("yes I am speaking"), Part::Pause(3_000), Part::BotDone, Part::HangUp];
    let (caller, _) = lines_with(&[Fate::CutAfter(20), Fate::CutAfter(20)], &said).await;
    let heard = caller.join(" ");
    assert!(heard.ends_with("speaking") && heard != "yes I am speaking", "{heard}");
}

#[tokio::test(start_paused = true)]
async fn recognisers_that_break_on_everything_are_the_end_of_hearing() {
    let said = [
        Part::BotDone,
        Part::Say("yes speaking"),
        Part::Pause(8_000),
        Part::BotDone,
        Part::Say("yes"),
        Part::Pause(8_000),
        Part::BotDone,
        Part::HangUp,
    ];
    let (caller, bot) = lines_with(&[Fate::MuteFor(3_000); 4], &said).await;
    assert!(caller.is_empty(), "{caller:?}");
    assert!(bot.iter().any(|line| line.contains("cannot hear you")), "the caller is told of the key: {bot:?}");
}
