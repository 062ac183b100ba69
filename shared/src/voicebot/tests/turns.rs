//! Turns as the line and the providers see them: what is prepared, held, gone on with.

use std::sync::atomic::Ordering;

use super::doubles::{Move, World};
use super::stories::{lines, said};
use crate::domain::transcript::Speaker;

const REASON: &str = "Thank you. I am calling about your loan ending in four three two one.";

#[tokio::test(start_paused = true)]
async fn after_a_cough_the_sentence_goes_on_and_none_of_it_is_lost_or_said_twice() {
    // So near its beginning it begins again; further on, with the piece that may not have begun.
    for (into, again) in [(300, 400), (1_500, 100), (2_950, 100)] {
        let world = World::new(&["yes", "", "no thank you"]).await;
        let seen = world.call(&[Move::Answer, Move::Cough(into), Move::Answer]).await;
        let undisturbed = World::new(&["yes", "no thank you"]).await.call(&[Move::Answer, Move::Answer]).await;
        assert_eq!(seen.clears, 1, "{into}");
        let (sounded, whole) = (seen.sounded_ms, undisturbed.sounded_ms);
        assert!((whole..=whole + again).contains(&sounded), "{sounded} of {whole} ms, cut after {into}");
        let lines = lines(&world).await;
        assert!(lines.iter().all(|line| !line.interrupted), "{lines:?}");
        let bot = said(&lines, Speaker::Bot);
        assert_eq!(bot.matches(REASON).count(), 1, "{bot}");
        assert_eq!(said(&lines, Speaker::Caller), "yes | no thank you");
    }
}

/// From the first sound over the bot until it is silent, in order, wherever in a piece it begins.
async fn silenced_ms(group: usize) -> Vec<u64> {
    let mut all = Vec::new();
    for into in (1_000..1_200).step_by(20) {
        let mut world = World::new(&["yes", "no thank you"]).await;
        world.group = group;
        all.extend(world.call(&[Move::Answer, Move::Interrupt(into)]).await.silenced_ms);
    }
    all.sort_unstable();
    all
}

#[tokio::test(start_paused = true)]
async fn the_bot_is_silent_soon_after_a_voice_also_where_frames_come_five_at_once() {
    let (single, five) = (silenced_ms(1).await, silenced_ms(5).await);
    assert!(single.len() == 10 && single[9] <= 200, "{single:?}");
    assert!(five.len() == 10 && five[4] <= 200 && five[9] <= 300, "{five:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_sentence_of_an_answer_is_made_while_the_caller_might_go_on() {
    let pause = async |delay_ms| {
        let world = World::new(&["may I ask who is speaking there", "no"]).await;
        world.voice.delay_ms.store(delay_ms, Ordering::SeqCst);
        let seen = world.call(&[Move::Answer, Move::Answer]).await;
        // Before the greeting, and before what follows the first answer.
        seen.pauses_ms[1]
    };
    let (at_once, later) = (pause(0).await, pause(300).await);
    assert!(later <= at_once + 20, "300 ms of synthesis cost {} ms", later - at_once);
}

#[tokio::test(start_paused = true)]
async fn what_is_made_for_nobody_is_counted_and_never_heard() {
    let world = World::new(&["I would like", "to know who is speaking", "no"]).await;
    let seen = world.call(&[Move::AnswerInTwo(500), Move::Answer]).await;
    assert_eq!(said(&lines(&world).await, Speaker::Caller), "I would like to know who is speaking | no");
    assert_eq!(seen.pauses_ms.len(), 3, "greeting, answer, goodbye: {:?}", seen.pauses_ms);
    let text = world.bot.metrics().render(0, 0);
    assert!(text.contains("voicebot_prepared_total 3\n") && text.contains("voicebot_forgotten_total 1\n"), "{text}");
    assert!(!text.contains("voicebot_forgotten_characters_total 0\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn little_is_queued_at_the_carrier_and_never_more() {
    let world = World::new(&["yes", "no"]).await;
    let seen = world.call(&[Move::Answer, Move::Answer]).await;
    // And the frame that is about to sound.
    assert!((200..=420).contains(&seen.longest_queue_ms), "{} ms", seen.longest_queue_ms);
}
