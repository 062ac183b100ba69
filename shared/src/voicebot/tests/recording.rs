//! The tape of a call is what its line carried, and the waterfall's times are found on it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use tokio::sync::mpsc;

use super::doubles::{Move, World};
use crate::domain::audio::{FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, bytes, samples};
use crate::domain::call::{ConversationResult, Disposition};
use crate::domain::cost::Meters;
use crate::domain::money::Paise;
use crate::domain::session::CallSession;
use crate::domain::settings::{AccountSettings, Prices};
use crate::domain::status::CallStatus;
use crate::domain::transcript::Speaker;
use crate::voicebot::socket::Line;
use crate::wire::exotel::stream::{StreamMessage, StreamStart};

const LOUD: i16 = 6_000;
const ANSWER_AFTER_MS: u64 = 1_500;

enum Item {
    Play(VecDeque<u8>),
    Mark(String),
}

/// What went over a line, frame by frame.
#[derive(Default)]
struct Carried {
    said: Vec<i16>,
    heard: Vec<i16>,
    cleared: usize,
}

/// The caller's end of a line.
struct Phone {
    inbound: mpsc::Sender<StreamMessage>,
    outbound: mpsc::Receiver<String>,
    queue: VecDeque<Item>,
    carried: Carried,
}

impl Phone {
    /// Lives the moves; until the bot closes, or a move hangs up.
    async fn live(mut self, moves: &[Move]) -> Carried {
        let start = StreamStart { stream_sid: "6f04aa".to_owned(), ..Default::default() };
        self.inbound.send(StreamMessage::Start(start)).await.expect("open");
        let mut moves: VecDeque<Move> = moves.iter().copied().collect();
        let (mut silent_ms, mut sounding_ms, mut loud_ms) = (0, 0, 0);
        let mut clock = tokio::time::interval(Duration::from_millis(FRAME_MS));
        clock.tick().await;
        loop {
            // A frame arrives when it is over.
            clock.tick().await;
            let Some(sounds) = self.play().await else { return self.carried };
            (silent_ms, sounding_ms) = if sounds { (0, sounding_ms + FRAME_MS) } else { (silent_ms + FRAME_MS, 0) };
            let due = match moves.front() {
                Some(Move::Answer) => silent_ms >= ANSWER_AFTER_MS,
                Some(Move::Interrupt(ms) | Move::HangUp(ms)) => sounding_ms >= *ms,
                Some(Move::AnswerInTwo(_) | Move::Cough(_) | Move::Key(_) | Move::GoDead) | None => false,
            };
            if due && loud_ms == 0 {
                match moves.pop_front() {
                    Some(Move::HangUp(_)) => return self.carried,
                    _ => loud_ms = 600,
                }
            }
            if loud_ms > 0 {
                silent_ms = 0;
            }
            if !self.say(loud_ms > 0).await {
                return self.carried;
            }
            loud_ms = u64::saturating_sub(loud_ms, FRAME_MS);
        }
    }

    /// 20 ms of the bot, and whether that is a sound; none once the bot has closed.
    async fn play(&mut self) -> Option<bool> {
        loop {
            match self.outbound.try_recv() {
                Ok(text) => self.take(&text),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
            }
        }
        let mut frame = vec![0; FRAME_BYTES];
        if let Some(Item::Play(audio)) = self.queue.front_mut() {
            frame = audio.drain(..FRAME_BYTES).collect();
        }
        while matches!(self.queue.front(), Some(Item::Mark(_))) || self.front_is_over() {
            if let Some(Item::Mark(name)) = self.queue.pop_front() {
                let _ = self.inbound.send(StreamMessage::Mark { name }).await;
            }
        }
        let sounds = frame.iter().any(|byte| *byte != 0);
        self.carried.heard.extend(samples(&frame));
        Some(sounds)
    }

    fn front_is_over(&self) -> bool {
        matches!(self.queue.front(), Some(Item::Play(audio)) if audio.is_empty())
    }

    fn take(&mut self, text: &str) {
        let message: serde_json::Value = serde_json::from_str(text).expect("JSON");
        match message["event"].as_str().expect("an event") {
            "media" => {
                let audio = STANDARD.decode(message["media"]["payload"].as_str().expect("payload")).expect("base64");
                self.queue.push_back(Item::Play(audio.into()));
            }
            "mark" => self.queue.push_back(Item::Mark(message["mark"]["name"].as_str().expect("a name").to_owned())),
            _ => {
                // What is playing is played out.
                self.carried.cleared += 1;
                self.queue.truncate(1);
            }
        }
    }

    async fn say(&mut self, loud: bool) -> bool {
        let height = if loud { LOUD } else { 20 };
        let frame: Vec<i16> = (0..FRAME_SAMPLES).map(|i| if i / 8 % 2 == 0 { height } else { -height }).collect();
        let audio = bytes(&frame);
        self.carried.said.extend(frame);
        self.inbound.send(StreamMessage::Media { audio }).await.is_ok()
    }
}

/// A call whose session is found at once: the bot is there from the first frame on.
async fn call(world: &World, moves: &[Move]) -> Carried {
    let customer = world.app.calls.session_customer(world.call).await.expect("read").expect("known");
    let session = CallSession {
        call_id: world.call,
        call_sid: Some(world.sid.clone()),
        customer,
        playbook: None,
        status: CallStatus::InProgress,
        hand_over: None,
        created_at: world.app.clock.now(),
    };
    world.app.sessions.put(&world.sid, &session).await.expect("written");
    hold(world, moves).await
}

/// A call whose session is wherever it is.
async fn hold(world: &World, moves: &[Move]) -> Carried {
    let (inbound, to_bot) = mpsc::channel(1_024);
    let (from_bot, outbound) = mpsc::channel(64);
    let (queue, carried) = Default::default();
    let phone = Phone { inbound, outbound, queue, carried };
    let talk = world
        .bot
        .converse(Line { inbound: to_bot, closed_at: Arc::default(), outbound: from_bot }, Some(world.sid.clone()));
    tokio::join!(phone.live(moves), talk).0
}

/// The tape's two tracks.
fn tracks(wav: &[u8]) -> (Vec<i16>, Vec<i16>) {
    let (header, data) = wav.split_at(44);
    assert_eq!((&header[..4], &header[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let double = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    assert_eq!((word(20), word(22), double(24), double(28)), (1, 2, 8_000, 32_000), "PCM, stereo, 8 kHz");
    assert_eq!((word(32), word(34)), (4, 16));
    assert_eq!((double(4) as usize, double(40) as usize), (wav.len() - 8, data.len()));
    let both = samples(data);
    (both.iter().step_by(2).copied().collect(), both.iter().skip(1).step_by(2).copied().collect())
}

async fn tape(world: &World) -> (Vec<i16>, Vec<i16>) {
    let keys = world.app.calls.recordings(world.call).await.expect("read");
    assert_eq!(keys.len(), 1, "{keys:?}");
    tracks(&world.app.objects.get(&keys[0]).await.expect("read").expect("kept"))
}

async fn left(world: &World) -> ConversationResult {
    world.app.calls.conversation(world.call).await.expect("read").expect("saved")
}

/// Where a track begins and ceases to sound, in milliseconds.
fn edges(track: &[i16], least: i16) -> Vec<u64> {
    let loud: Vec<bool> =
        track.chunks(FRAME_SAMPLES / 4).map(|part| part.iter().any(|s| s.saturating_abs() >= least)).collect();
    (1..loud.len()).filter(|at| loud[*at] != loud[at - 1]).map(|at| at as u64 * FRAME_MS / 4).collect()
}

fn nearest(edges: &[u64], at: u64) -> u64 {
    edges.iter().map(|edge| edge.abs_diff(at)).min().expect("an edge")
}

#[tokio::test(start_paused = true)]
async fn the_tape_is_what_the_line_carried() {
    let world = World::new(&["yes", "no thank you"]).await;
    let line = call(&world, &[Move::Answer, Move::Interrupt(1_500)]).await;
    assert_eq!(line.cleared, 1);
    let (left, right) = tape(&world).await;
    assert!(line.said.len() > 60_000 && left.starts_with(&line.said[..line.said.len() - 2 * FRAME_SAMPLES]));
    let (carried, taped) = (edges(&line.heard, 1), edges(&right, 1));
    assert_eq!(carried.len(), taped.len(), "{carried:?} {taped:?}");
    // A message is on its way for up to a frame.
    let apart = carried.iter().zip(&taped).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(apart <= Some(FRAME_MS), "{carried:?} {taped:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_said_while_the_call_was_looked_up_stands_where_it_was_said() {
    let world = World::new(&["yes", "no thank you"]).await;
    // Not in Redis, which is looked into for 300 ms; then in the records.
    let line = hold(&world, &[Move::Answer, Move::Answer]).await;
    let (left, right) = tape(&world).await;
    assert!(left.starts_with(&line.said[..line.said.len() - 2 * FRAME_SAMPLES]));
    let (carried, taped) = (edges(&line.heard, 1), edges(&right, 1));
    assert!(carried[0] >= 300 && carried[0].abs_diff(taped[0]) <= FRAME_MS, "{carried:?} {taped:?}");
}

#[tokio::test(start_paused = true)]
async fn every_time_of_the_waterfall_is_found_on_the_tape() {
    let world = World::new(&["yes", "bananas", "no thank you"]).await;
    call(&world, &[Move::Answer, Move::Interrupt(900), Move::Answer]).await;
    let (caller, bot) = tape(&world).await;
    let (caller, bot) = (edges(&caller, LOUD), edges(&bot, 1));
    let turns = left(&world).await.timings.turns;
    let cut: Vec<bool> = turns.iter().map(|turn| turn.played_ms.is_none()).collect();
    assert_eq!(cut, [true, false, false], "the first reply was interrupted: {turns:?}");
    for turn in turns {
        let voice_end = turn.voice_end_ms.expect("spoke");
        assert!(nearest(&caller, voice_end) <= FRAME_MS, "{turn:?} {caller:?}");
        let first_audio = turn.first_audio_ms.expect("answered");
        let answered = *bot.iter().find(|at| **at >= voice_end).expect("a sound");
        assert!(answered.abs_diff(first_audio) <= FRAME_MS, "{turn:?} {bot:?}");
        let played = turn.played_ms.unwrap_or(u64::MAX);
        assert!(played == u64::MAX || nearest(&bot, played) <= FRAME_MS, "{turn:?} {bot:?}");
        let times = [turn.flush_ms, turn.final_ms, turn.taken_ms, turn.first_clause_ms];
        let steps: Vec<u64> = [voice_end].into_iter().chain(times.map(|at| at.expect("came"))).collect();
        assert!(steps.is_sorted() && steps[4] <= first_audio && first_audio < played, "{turn:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_in_mid_sentence_has_heard_what_is_on_the_tape() {
    let world = World::new(&[]).await;
    let line = call(&world, &[Move::HangUp(1_000)]).await;
    let (_, right) = tape(&world).await;
    assert!(right.len().abs_diff(line.heard.len()) <= 2 * FRAME_SAMPLES, "{} {}", right.len(), line.heard.len());
    assert!(right.last() != Some(&0), "it ends in the middle of a sound");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_opened_again_has_a_tape_and_words_of_its_own_beside_the_first() {
    let world = World::new(&["do not call me again"]).await;
    call(&world, &[Move::Answer]).await;
    let first = left(&world).await;
    world.parts.clock.advance(SignedDuration::from_secs(4));
    call(&world, &[Move::HangUp(1_000)]).await;
    let keys = world.app.calls.recordings(world.call).await.expect("read");
    let mut lengths = Vec::new();
    for key in &keys {
        assert!(key.starts_with(&format!("recordings/{}/", world.call)) && key.ends_with(".wav"), "{key}");
        lengths.push(tracks(&world.app.objects.get(key).await.expect("read").expect("kept")).0.len());
    }
    assert!(lengths.len() == 2 && lengths[0] > lengths[1] && lengths[1] >= 8_000, "{lengths:?}");
    let both = left(&world).await;
    assert_eq!(both.disposition, Disposition::DoNotCall, "the second conversation came to nothing");
    assert!(both.summary.starts_with(&first.summary) && both.summary.contains("hung up"), "{}", both.summary);
    assert!(both.transcript.lines.len() > first.transcript.lines.len());
    assert!(both.meters.line_ms > first.meters.line_ms && both.meters.tts_chars > first.meters.tts_chars);
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_can_not_be_kept_costs_the_call_nothing() {
    let world = World::new(&["no"]).await;
    world.parts.objects.go_away(true);
    call(&world, &[Move::Answer]).await;
    assert_eq!(left(&world).await.disposition, Disposition::WrongNumber);
    assert_eq!(world.app.calls.recordings(world.call).await.expect("read"), Vec::<String>::new());
}

/// Characters of what the bot said.
fn spoken(left: &ConversationResult) -> u64 {
    let said = left.transcript.lines.iter().filter(|line| line.speaker == Speaker::Bot);
    said.map(|line| line.text.chars().count() as u64).sum()
}

#[tokio::test(start_paused = true)]
async fn an_order_that_fails_before_it_sounds_is_not_in_the_books() {
    let world = World::new(&["no"]).await;
    world.voice.failures.store(1, Ordering::SeqCst);
    call(&world, &[Move::Answer]).await;
    let left = left(&world).await;
    assert!(spoken(&left) > 0);
    assert_eq!(left.meters.tts_chars, spoken(&left), "the order that sounded, and not the one before");
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_prices_of_its_beginning_whatever_becomes_of_the_settings_meanwhile() {
    let world = World::new(&["no"]).await;
    let before = world.app.settings.current().await.expect("read");
    let dearer = Prices { call_minute: Paise(9_900), ..before.prices };
    let change = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let after = AccountSettings { prices: dearer, ..before.clone() };
        world.app.settings.replace(&after, "test", world.app.clock.now()).await.expect("stored");
    };
    tokio::join!(call(&world, &[Move::Answer]), change);
    let left = left(&world).await;
    assert_ne!(left.meters.cost(&before.prices), left.meters.cost(&dearer));
    assert_eq!(left.cost, Some(left.meters.cost(&before.prices)));
}

#[tokio::test(start_paused = true)]
async fn a_call_costs_what_was_ordered_for_it() {
    let world = World::new(&["no"]).await;
    let line = call(&world, &[Move::Answer]).await;
    let left = left(&world).await;
    let sent = world.ear.audio.lock().unwrap().len() as u64 / 16;
    let Meters { line_ms, stt_ms, tts_chars, .. } = left.meters;
    assert_eq!(tts_chars, spoken(&left));
    assert_eq!(stt_ms, sent);
    assert!(line_ms.abs_diff(line.said.len() as u64 / 8) <= 2 * FRAME_MS, "{line_ms}");
    let cost = world.app.calls.find(world.call).await.expect("read").expect("known").cost;
    assert_eq!(cost, Some(left.meters.cost(&Prices::default())));
    assert!(cost.is_some_and(|cost| cost.0 > 60), "{cost:?}");
}
