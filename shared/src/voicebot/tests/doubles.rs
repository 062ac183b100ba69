//! A carrier with a caller, a recogniser and a voice, all scripted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::scripted_model::ScriptedModel;
use crate::adapters::memory::LoudnessModel;
use crate::app::App;
use crate::domain::audio::{self, FRAME_BYTES, FRAME_SAMPLES, duration_ms};
use crate::domain::call::NewOrder;
use crate::domain::customer::CustomerDetails;
use crate::domain::id::{CallId, CallSid, UploadId};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::phone::PhoneNumber;
use crate::domain::settings::AccountSettings;
use crate::domain::turn::{Recorded, replay};
use crate::ports::calls::DialOutcome;
use crate::ports::language_model::LanguageModel;
use crate::ports::speech::{HearingEvent, HearingInput, HearingStream, SpeechError, SpeechToText, TextToSpeech};
use crate::voicebot::socket::Line;
use crate::voicebot::{Mind, Voicebot, VoicebotConfig};
use crate::wire::exotel::stream::{StreamMessage, StreamStart};
use crate::wiring::{MemoryParts, memory_app};

/// Answers each flushed utterance with the next text of its script.
#[derive(Default)]
pub(super) struct ScriptedEar {
    pub(super) answers: Mutex<VecDeque<(&'static str, Language)>>,
    pub(super) audio: Arc<Mutex<Vec<u8>>>,
    /// Opens that fail first.
    pub(super) failures: AtomicUsize,
}

#[async_trait]
impl SpeechToText for Arc<ScriptedEar> {
    async fn open(&self, _: Language) -> Result<HearingStream, SpeechError> {
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            return Err(SpeechError::Busy);
        }
        let (input, mut inputs) = mpsc::channel(64);
        let (outbox, events) = mpsc::channel(64);
        let ear = Arc::clone(self);
        tokio::spawn(async move {
            while let Some(input) = inputs.recv().await {
                match input {
                    HearingInput::Audio(audio) => ear.audio.lock().unwrap().extend_from_slice(&audio),
                    HearingInput::SpeechStart => {}
                    HearingInput::SpeechEnd => {
                        tokio::time::sleep(Duration::from_millis(150)).await;
                        let next = ear.answers.lock().unwrap().pop_front();
                        let (text, language) = next.map_or(("", None), |(text, language)| (text, Some(language)));
                        if outbox.send(HearingEvent::Final { text: text.to_owned(), language }).await.is_err() {
                            return;
                        }
                    }
                }
            }
        });
        Ok(HearingStream { input, events })
    }
}

/// Speaks 60 ms per character, at once.
#[derive(Default)]
pub(super) struct ScriptedVoice {
    /// Sentences that fail first.
    pub(super) failures: AtomicUsize,
    /// Sentences after those that take 3.5 s to sound.
    pub(super) slow: AtomicUsize,
    /// Sentences after those that break off after two chunks.
    pub(super) broken: AtomicUsize,
    /// Milliseconds until any sentence sounds.
    pub(super) delay_ms: AtomicU64,
}

#[async_trait]
impl TextToSpeech for Arc<ScriptedVoice> {
    async fn speak(&self, text: &str, _: Language) -> Result<mpsc::Receiver<Result<Bytes, SpeechError>>, SpeechError> {
        tracing::info!("a voice is asked");
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            // Through the channel, as Sarvam's.
            let (outbox, chunks) = mpsc::channel(1);
            outbox.send(Err(SpeechError::Busy)).await.expect("open");
            return Ok(chunks);
        }
        if self.slow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            tokio::time::sleep(Duration::from_millis(3_500)).await;
        }
        tokio::time::sleep(Duration::from_millis(self.delay_ms.load(Ordering::SeqCst))).await;
        let bytes = vec![1_u8; text.chars().count() * 960 + 7];
        let breaks = self.broken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        let (outbox, chunks) = mpsc::channel(4);
        tokio::spawn(async move {
            for (number, chunk) in bytes.chunks(4_001).enumerate() {
                if breaks && number == 2 {
                    let _ = outbox.send(Err(SpeechError::Busy)).await;
                    return;
                }
                if outbox.send(Ok(Bytes::copy_from_slice(chunk))).await.is_err() {
                    return;
                }
            }
        });
        Ok(chunks)
    }
}

/// Longer than the bot takes to answer: a caller who answers earlier speaks into its thinking.
const ANSWER_AFTER_MS: u64 = 1_500;

/// When the caller speaks next (for 600 ms).
#[derive(Clone, Copy)]
pub(super) enum Move {
    /// After the bot was silent for a while.
    Answer,
    /// The same in two parts with so many milliseconds between them.
    AnswerInTwo(u64),
    /// So many milliseconds into the bot's next speech.
    Interrupt(u64),
    /// The same for 300 ms.
    Cough(u64),
    /// A key, after such a silence.
    Key(char),
    /// Hangs up so many milliseconds into the bot's speech.
    HangUp(u64),
    /// Sends nothing any more.
    GoDead,
}

/// What the caller's side saw.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) clears: usize,
    pub(super) marks: Vec<String>,
    pub(super) longest_queue_ms: u64,
    pub(super) sent: Vec<u8>,
    /// Milliseconds of silence before each of the bot's speeches.
    pub(super) pauses_ms: Vec<u64>,
    /// Milliseconds the bot sounded, all together.
    pub(super) sounded_ms: u64,
    /// From the caller's first sound over the bot until it was silent.
    pub(super) silenced_ms: Vec<u64>,
}

enum Item {
    Play(u64),
    Mark(String),
}

fn frame(loud: bool, n: usize) -> Vec<u8> {
    let height = if loud { 6_000 } else { 20 };
    let sample = |i: usize| if (i / 8).is_multiple_of(2) { height + (n % 7) as i16 } else { -height };
    audio::bytes(&(0..FRAME_SAMPLES).map(sample).collect::<Vec<i16>>())
}

/// Plays what comes, echoes marks and lets the caller act. Ends when the bot closes.
/// The caller's audio comes in messages of `group` frames.
pub(super) async fn carry(
    start: StreamStart,
    moves: &[Move],
    group: usize,
    inbound: mpsc::Sender<StreamMessage>,
    mut outbound: mpsc::Receiver<String>,
) -> Seen {
    let mut seen = Seen::default();
    let mut queue: VecDeque<Item> = VecDeque::new();
    let mut moves: VecDeque<Move> = moves.iter().copied().collect();
    let (mut silent, mut sounding, mut loud_for, mut n) = (0, 0, 0, 0);
    let mut grouped = Vec::new();
    let (mut second_part, mut over_bot_since): (Option<u64>, Option<usize>) = (None, None);
    inbound.send(StreamMessage::Connected).await.unwrap();
    inbound.send(StreamMessage::Start(start)).await.unwrap();
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    loop {
        clock.tick().await;
        loop {
            match outbound.try_recv() {
                Ok(text) => take(&text, &mut queue, &mut seen),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => return seen,
            }
        }
        let queued = queue.iter().map(|item| if let Item::Play(ms) = item { *ms } else { 0 }).sum();
        seen.longest_queue_ms = seen.longest_queue_ms.max(queued);
        if let Some(Item::Play(left)) = queue.front_mut() {
            *left = left.saturating_sub(20);
            if sounding == 0 {
                seen.pauses_ms.push(silent);
            }
            (silent, sounding) = (0, sounding + 20);
            seen.sounded_ms += 20;
        } else {
            seen.silenced_ms.extend(over_bot_since.take().map(|since| (n - since) as u64 * 20));
            (silent, sounding) = (silent + 20, 0);
        }
        while matches!(queue.front(), Some(Item::Play(0) | Item::Mark(_))) {
            if let Some(Item::Mark(name)) = queue.pop_front() {
                let _ = inbound.send(StreamMessage::Mark { name }).await;
            }
        }
        let due = match moves.front() {
            Some(Move::Answer | Move::AnswerInTwo(_) | Move::Key(_)) => silent >= ANSWER_AFTER_MS && loud_for == 0,
            Some(Move::Interrupt(ms) | Move::Cough(ms) | Move::HangUp(ms)) => sounding >= *ms && loud_for == 0,
            Some(Move::GoDead) => silent >= ANSWER_AFTER_MS,
            None => false,
        };
        if due {
            silent = 0;
            match moves.pop_front() {
                Some(Move::Answer) => loud_for = 600,
                Some(Move::AnswerInTwo(gap)) => (loud_for, second_part) = (600, Some(gap)),
                Some(Move::Interrupt(_)) => (loud_for, over_bot_since) = (600, Some(n)),
                Some(Move::Cough(_)) => (loud_for, over_bot_since) = (300, Some(n)),
                Some(Move::Key(digit)) => inbound.send(StreamMessage::Dtmf { digit }).await.unwrap(),
                Some(Move::HangUp(_)) => return seen,
                Some(Move::GoDead) => {
                    while outbound.recv().await.is_some() {}
                    return seen;
                }
                None => {}
            }
        }
        let audio = frame(loud_for > 0, n);
        n += 1;
        if loud_for > 0 {
            silent = 0;
        }
        loud_for = u64::saturating_sub(loud_for, 20);
        if loud_for == 0
            && let Some(gap) = second_part
        {
            second_part = gap.checked_sub(20);
            loud_for = if second_part.is_none() { 600 } else { 0 };
        }
        seen.sent.extend_from_slice(&audio);
        grouped.extend(audio);
        if !n.is_multiple_of(group) {
            continue;
        }
        let audio = std::mem::take(&mut grouped);
        if inbound.send(StreamMessage::Media { audio }).await.is_err() {
            return seen;
        }
    }
}

fn take(text: &str, queue: &mut VecDeque<Item>, seen: &mut Seen) {
    let message: serde_json::Value = serde_json::from_str(text).expect("JSON");
    match message["event"].as_str().expect("an event") {
        "media" => {
            let audio = STANDARD.decode(message["media"]["payload"].as_str().expect("payload")).expect("base64");
            assert!(audio.len() <= 3_200 && audio.len().is_multiple_of(FRAME_BYTES), "{} bytes", audio.len());
            queue.push_back(Item::Play(duration_ms(audio.len())));
        }
        "mark" => {
            let name = message["mark"]["name"].as_str().expect("a name").to_owned();
            seen.marks.push(name.clone());
            queue.push_back(Item::Mark(name));
        }
        "clear" => {
            seen.clears += 1;
            queue.truncate(1);
        }
        other => panic!("unknown message {other}"),
    }
}

/// A world with one dialled call.
pub(super) struct World {
    pub(super) app: App,
    pub(super) parts: MemoryParts,
    pub(super) call: CallId,
    pub(super) sid: CallSid,
    pub(super) phone: PhoneNumber,
    pub(super) ear: Arc<ScriptedEar>,
    pub(super) voice: Arc<ScriptedVoice>,
    pub(super) bot: Voicebot,
    /// Frames per message from the carrier.
    pub(super) group: usize,
}

impl World {
    pub(super) async fn new(answers: &[&'static str]) -> Self {
        let (app, parts) = memory_app();
        let now = app.clock.now();
        let phone = PhoneNumber::parse("9876543210").expect("valid");
        let details = CustomerDetails {
            name: "Kavita".to_owned(),
            phone: phone.clone(),
            state: None,
            loan_id: Some("LN-004321".to_owned()),
            amount: Some(Paise(1_500_000)),
            due_date: None,
            language: Language::English,
            attributes: std::collections::BTreeMap::new(),
        };
        let mut import = app.customers.import(UploadId::new(now, [1; 10])).await.expect("open");
        import.add(vec![details]).await.expect("added");
        import.finish().await.expect("stored");
        let customer_id = app.customers.by_phone(&phone).await.expect("read")[0].id;
        let settings = AccountSettings { agent_numbers: vec!["9876543299".to_owned()], ..Default::default() };
        app.settings.replace(&settings, "test", now).await.expect("stored");
        let call = CallId::new(now, [2; 10]);
        let order = NewOrder::single(call, customer_id, now);
        app.calls.place(&[order]).await.expect("placed");
        app.calls.claim(call, Some(&settings), now).await.expect("claimed");
        let sid = CallSid::parse("3f9c1e2ab47d4c55a0de71b2c6f81a2b").expect("valid");
        app.calls.record_dial(call, &DialOutcome::Accepted(sid.clone()), now).await.expect("recorded");
        let ear = Arc::new(ScriptedEar::default());
        ear.answers.lock().unwrap().extend(answers.iter().map(|text| (*text, Language::English)));
        let voice = Arc::new(ScriptedVoice::default());
        let bot = Voicebot::new(
            app.clone(),
            Arc::new(Arc::clone(&ear)),
            Arc::new(LoudnessModel),
            Arc::new(Arc::clone(&voice)),
            VoicebotConfig { journal: true, ..VoicebotConfig::default() },
        );
        Self { app, parts, call, sid, phone, ear, voice, bot, group: 1 }
    }

    /// The same with a model.
    pub(super) async fn with_model(answers: &[&'static str], model: &Arc<ScriptedModel>) -> Self {
        let mut world = Self::new(answers).await;
        let playbooks = Arc::clone(&world.app.playbooks);
        let mind = Mind { playbooks, model: Some(Arc::clone(model) as Arc<dyn LanguageModel>) };
        world.bot = world.bot.with_mind(mind);
        world
    }

    /// Holds the call; answers what the caller's side saw.
    pub(super) async fn call(&self, moves: &[Move]) -> Seen {
        self.call_as(Some(self.sid.clone()), moves).await
    }

    /// The journal of the call that was held last.
    pub(super) async fn journal(&self) -> Option<Bytes> {
        let key = format!("journals/{}/{}.journal.jsonl", self.call, self.app.clock.now().as_millisecond());
        self.app.objects.get(&key).await.expect("read")
    }

    pub(super) async fn call_as(&self, sid: Option<CallSid>, moves: &[Move]) -> Seen {
        let (to_bot, inbound) = mpsc::channel(1_024);
        let (outbound, from_bot) = mpsc::channel(64);
        let start = StreamStart { stream_sid: "6f04aa".to_owned(), ..Default::default() };
        let line = Line { inbound, closed_at: Arc::default(), outbound };
        let (_, seen) = tokio::join!(self.bot.converse(line, sid), carry(start, moves, self.group, to_bot, from_bot));
        if let Some(journal) = self.journal().await {
            // Whatever these tests let happen comes to the same once more.
            let recorded = Recorded::read(&journal).expect("as it was written");
            assert_eq!(replay(&recorded, recorded.beginning.tuning), recorded.timeline());
        }
        seen
    }
}
