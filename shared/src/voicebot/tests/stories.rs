use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::doubles::{Move, World};
use crate::app::converse::open_conversation;
use crate::domain::audio::{FRAME_BYTES, FRAME_MS};
use crate::domain::call::{Call, Disposition};
use crate::domain::feed::FeedEvent;
use crate::domain::id::CallSid;
use crate::domain::money::Paise;
use crate::domain::session::{CallSession, HandOver, SessionCustomer};
use crate::domain::settings::AccountSettings;
use crate::domain::status::CallStatus;
use crate::domain::transcript::{Line, Speaker};
use crate::voicebot::socket;
use crate::wire::exotel::stream::{StreamMessage, StreamStart};

pub(super) async fn lines(world: &World) -> Vec<Line> {
    world.app.calls.transcript(world.call).await.expect("read").expect("saved").lines
}

pub(super) async fn record(world: &World) -> Call {
    world.app.calls.find(world.call).await.expect("read").expect("known")
}

/// What the cache holds of its call.
pub(super) async fn session(world: &World) -> CallSession {
    CallSession {
        call_id: world.call,
        call_sid: Some(world.sid.clone()),
        customer: world.app.calls.session_customer(world.call).await.expect("read").expect("known"),
        playbook: None,
        status: CallStatus::InProgress,
        hand_over: None,
        created_at: world.app.clock.now(),
    }
}

pub(super) fn said(lines: &[Line], speaker: Speaker) -> String {
    lines.iter().filter(|l| l.speaker == speaker).map(|l| l.text.as_str()).collect::<Vec<_>>().join(" | ")
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_customer_is_handed_to_an_agent() {
    let world = World::new(&["yes, speaking", "connect me to an agent"]).await;
    let seen = world.call(&[Move::Answer, Move::Answer]).await;
    let lines = lines(&world).await;
    assert_eq!(said(&lines, Speaker::Caller), "yes, speaking | connect me to an agent");
    let bot = said(&lines, Speaker::Bot);
    assert!(bot.contains("four three two one") && bot.contains("fifteen thousand rupees"), "{bot}");
    assert!(bot.ends_with("connecting you to an agent."), "the hold line is heard before the line closes: {bot}");
    assert!(lines.iter().all(|l| !l.interrupted), "{lines:?}");
    assert!(lines.windows(2).all(|w| w[0].end_ms <= w[1].start_ms + 20), "{lines:?}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::Transferred));
    assert_eq!(record(&world).await.status, CallStatus::AgentTransfer);
    let session = world.parts.app().sessions.get(&world.sid).await.expect("read").expect("written anew");
    assert!(session.hand_over.is_some(), "the flow's next step finds the wish");
    assert!(seen.longest_queue_ms <= 600, "{} ms queued at the carrier", seen.longest_queue_ms);
    assert!(seen.pauses_ms.iter().all(|ms| *ms < 3_000), "{:?}", seen.pauses_ms);
    let published = world.parts.feed.events().into_iter().filter(|e| matches!(e, FeedEvent::Transcript { .. })).count();
    assert_eq!(published, lines.len());
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_sentence_is_kept_as_far_as_it_was_heard() {
    let world = World::new(&["yes", "no thank you"]).await;
    let seen = world.call(&[Move::Answer, Move::Interrupt(1_500)]).await;
    assert_eq!(seen.clears, 1);
    let lines = lines(&world).await;
    let cut: Vec<&Line> = lines.iter().filter(|l| l.interrupted).collect();
    assert_eq!(cut.len(), 1, "{lines:?}");
    let whole = "Thank you. I am calling about your loan ending in four three two one.";
    assert!(cut[0].estimated && whole.starts_with(&cut[0].text) && cut[0].text.len() < whole.len(), "{:?}", cut[0]);
    // 60 ms a character, and 1.5 s plus the time to notice: between 24 and 38 characters.
    assert!((20..=42).contains(&cut[0].text.len()), "{:?}", cut[0]);
    assert_eq!(record(&world).await.disposition, Some(Disposition::Informed));
}

#[tokio::test(start_paused = true)]
async fn a_stranger_hears_nothing_about_the_debt() {
    let world = World::new(&["no, wrong number"]).await;
    world.call(&[Move::Answer]).await;
    let bot = said(&lines(&world).await, Speaker::Bot);
    assert!(!bot.contains("loan") && !bot.contains("rupees"), "{bot}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::WrongNumber));
}

#[tokio::test(start_paused = true)]
async fn who_asks_not_to_be_called_is_on_the_list_afterwards() {
    let world = World::new(&["do not call me again"]).await;
    world.call(&[Move::Answer]).await;
    assert!(world.app.do_not_call.contains(&world.phone).await.expect("read"));
    assert_eq!(record(&world).await.disposition, Some(Disposition::DoNotCall));
}

/// The script reads no day back, and the loan's own is over.
#[tokio::test(start_paused = true)]
async fn a_promise_of_an_overdue_loan_is_stored_with_what_is_due_and_without_a_day_nobody_named() {
    let world = World::new(&["yes", "I will pay tomorrow"]).await;
    let overdue = world.app.clock.now().to_zoned(TimeZone::UTC).date().yesterday().expect("a day");
    let session = session(&world).await;
    let customer = SessionCustomer { due_date: Some(overdue), ..session.customer };
    world.app.sessions.put(&world.sid, &CallSession { customer, ..session }).await.expect("written");
    world.call(&[Move::Answer, Move::Answer]).await;
    let promises = world.app.promises.of_customer(record(&world).await.customer_id).await.expect("read");
    assert_eq!(promises.len(), 1);
    assert_eq!(promises[0].call_id, world.call);
    assert_eq!((promises[0].amount, promises[0].due_date), (Some(Paise(1_500_000)), None));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_a_goodbye_after_two_nudges() {
    let world = World::new(&[]).await;
    world.call(&[]).await;
    let bot = said(&lines(&world).await, Speaker::Bot);
    assert_eq!(bot.matches("did not hear").count(), 2, "{bot}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::NoResponse));
}

#[tokio::test(start_paused = true)]
async fn the_goodbye_of_the_longest_call_begins_before_the_carrier_would_cut_it() {
    let world = World::new(&[]).await;
    for (call_limit_s, longest_ms) in [(60, 40_000), (90, 70_000), (900, 880_000)] {
        let settings = AccountSettings { call_limit_s, ..AccountSettings::default() };
        world.app.settings.replace(&settings, "test", world.app.clock.now()).await.expect("stored");
        let opened = open_conversation(&world.app, Some(&world.sid), None).await.expect("known");
        assert_eq!(world.bot.beginning(Some(&opened)).longest_ms, longest_ms, "of {call_limit_s} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_nobody_knows_ends_with_an_apology() {
    let world = World::new(&[]).await;
    let stranger = CallSid::parse("ffffffffffffffffffffffffffffffff").expect("valid");
    let seen = world.call_as(Some(stranger), &[]).await;
    assert_eq!(seen.marks.len(), 1, "one sentence, heard to its end");
    assert!(world.app.calls.transcript(world.call).await.expect("read").is_none());
}

#[tokio::test(start_paused = true)]
async fn without_a_recogniser_the_key_still_leads_to_an_agent() {
    let world = World::new(&[]).await;
    world.ear.failures.store(9, Ordering::SeqCst);
    world.call(&[Move::Key('1')]).await;
    let bot = said(&lines(&world).await, Speaker::Bot);
    assert!(bot.contains("press 1"), "{bot}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::Transferred));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_fails_once_is_asked_again() {
    let world = World::new(&["no"]).await;
    world.voice.failures.store(1, Ordering::SeqCst);
    world.call(&[Move::Answer]).await;
    assert!(said(&lines(&world).await, Speaker::Bot).starts_with("Hello"));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_fails_and_is_slow_then_leaves_no_three_seconds_of_silence() {
    for (failures, slow) in [(1, 1), (0, 2), (0, 3)] {
        let world = World::new(&[]).await;
        world.voice.failures.store(failures, Ordering::SeqCst);
        world.voice.slow.store(slow, Ordering::SeqCst);
        let seen = world.call(&[]).await;
        // The tone, and then the greeting.
        assert!(seen.pauses_ms[..2].iter().all(|ms| (500..3_000).contains(ms)), "{:?}", seen.pauses_ms);
        assert!(said(&lines(&world).await, Speaker::Bot).starts_with("Hello"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_sentence_that_breaks_off_is_finished_by_a_second_order() {
    let world = World::new(&["no"]).await;
    world.voice.broken.store(1, Ordering::SeqCst);
    world.call(&[Move::Answer]).await;
    let broken = lines(&world).await;
    let whole = World::new(&["no"]).await;
    whole.call(&[Move::Answer]).await;
    let unbroken = lines(&whole).await;
    let said = |lines: &[Line]| lines.iter().map(|l| (l.text.clone(), l.end_ms - l.start_ms)).collect::<Vec<_>>();
    assert_eq!(said(&broken)[0], said(&unbroken)[0], "as long as if nothing had happened");
    assert_eq!(record(&world).await.disposition, record(&whole).await.disposition);
}

#[tokio::test(start_paused = true)]
async fn a_sentence_that_breaks_off_twice_ends_the_call() {
    let world = World::new(&[]).await;
    world.voice.broken.store(2, Ordering::SeqCst);
    world.call(&[]).await;
    assert_eq!(record(&world).await.disposition, Some(Disposition::Broken));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_stays_away_ends_the_call() {
    let world = World::new(&[]).await;
    world.voice.failures.store(9, Ordering::SeqCst);
    world.call(&[]).await;
    assert_eq!(record(&world).await.disposition, Some(Disposition::Broken));
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_in_mid_sentence_leaves_what_was_heard() {
    let world = World::new(&[]).await;
    world.call(&[Move::HangUp(1_000)]).await;
    let lines = lines(&world).await;
    assert_eq!(lines.len(), 1);
    assert!(lines[0].interrupted && lines[0].text.starts_with("Hello"), "{lines:?}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::HungUp));
}

/// The carrier ends a line in its first second; a busy process takes notice a second and a half later.
#[tokio::test(start_paused = true)]
async fn what_would_have_sounded_after_the_end_of_the_line_was_not_heard() {
    let mut heard = Vec::new();
    for late_ms in [0, 1_500] {
        let world = World::new(&[]).await;
        let (to_bot, inbound) = mpsc::channel(1_024);
        let (outbound, _from_bot) = mpsc::channel(64);
        let closed_at = Arc::<OnceLock<Instant>>::default();
        let line = socket::Line { inbound, closed_at: Arc::clone(&closed_at), outbound };
        let carrier = async move {
            to_bot.send(StreamMessage::Start(StreamStart::default())).await.expect("open");
            for _ in 0..50 {
                to_bot.send(StreamMessage::Media { audio: vec![0; FRAME_BYTES] }).await.expect("open");
                tokio::time::sleep(Duration::from_millis(FRAME_MS)).await;
            }
            closed_at.set(Instant::now()).expect("once");
            tokio::time::sleep(Duration::from_millis(late_ms)).await;
        };
        tokio::join!(world.bot.converse(line, Some(world.sid.clone())), carrier);
        heard.push(lines(&world).await);
    }
    assert!(!heard[0].is_empty() && heard[0] == heard[1], "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_without_audio_is_dead_after_five_seconds() {
    let world = World::new(&[]).await;
    world.call(&[Move::GoDead]).await;
    assert_eq!(record(&world).await.disposition, Some(Disposition::HungUp));
}

#[tokio::test(start_paused = true)]
async fn a_wish_from_the_dashboard_reaches_the_live_conversation() {
    let world = World::new(&[]).await;
    let now = world.app.clock.now();
    world.app.sessions.put(&world.sid, &session(&world).await).await.expect("written");
    let asked = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let wish = HandOver {
            reason: "asked for".to_owned(),
            language: crate::domain::language::Language::English,
            requested_at: now,
            untaken: false,
        };
        world.app.sessions.request_hand_over(&world.sid, &wish).await.expect("written");
    };
    let (_, _) = tokio::join!(world.call(&[]), asked);
    assert_eq!(record(&world).await.disposition, Some(Disposition::Transferred));
}

#[tokio::test(start_paused = true)]
async fn when_no_agent_took_the_call_the_bot_says_so_and_nothing_else() {
    let world = World::new(&["yes, speaking", "connect me to an agent"]).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let before = lines(&world).await.len();
    let wish = world.app.sessions.get(&world.sid).await.expect("read").and_then(|s| s.hand_over).expect("asked for");
    let untaken = HandOver { untaken: true, language: crate::domain::language::Language::Tamil, ..wish };
    world.app.sessions.request_hand_over(&world.sid, &untaken).await.expect("written");
    // Neither a key nor the old wish leads to the agents again.
    let seen = world.call(&[Move::Key('1')]).await;
    let heard = lines(&world).await.split_off(before);
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].text.contains("ஏஜென்ட்") && !heard[0].interrupted, "in the language they spoke: {heard:?}");
    assert!(seen.pauses_ms.iter().all(|ms| *ms < 3_000), "{:?}", seen.pauses_ms);
    assert_eq!(record(&world).await.disposition, Some(Disposition::CallbackRequested));
}

#[tokio::test(start_paused = true)]
async fn when_no_agent_took_the_call_and_nobody_noted_it_the_bot_knows_by_the_status() {
    let world = World::new(&["yes, speaking", "connect me to an agent", "yes, speaking"]).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let before = lines(&world).await.len();
    world.call(&[Move::Answer]).await;
    let heard = lines(&world).await.split_off(before);
    assert_eq!(heard.len(), 1, "an apology, and no conversation: {heard:?}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::CallbackRequested));
}

#[tokio::test(start_paused = true)]
async fn the_recogniser_gets_every_frame_once_unchanged_and_in_order() {
    let world = World::new(&["hm", "what", "no"]).await;
    let seen = world.call(&[Move::Answer, Move::Answer, Move::Answer]).await;
    let heard = world.ear.audio.lock().unwrap();
    assert!(heard.len() > 300_000 && heard.len() % 320 == 0, "{}", heard.len());
    assert!(seen.sent.starts_with(&heard), "the recogniser's audio is the caller's, from the first frame on");
}

#[tokio::test(start_paused = true)]
async fn leaving_for_a_new_release_says_goodbye() {
    let world = World::new(&[]).await;
    let drain = world.bot.drain().clone();
    let live = drain.enter(usize::MAX).expect("open");
    let leave = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        drain.finish(std::time::Duration::from_secs(1)).await
    };
    let talk = async {
        world.call(&[]).await;
        drop(live);
    };
    let (left, ()) = tokio::join!(leave, talk);
    assert_eq!(left, 0);
    assert!(said(&lines(&world).await, Speaker::Bot).contains("technical problem"));
}
