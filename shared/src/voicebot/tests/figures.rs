//! What `/metrics` tells after calls.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::doubles::{Move, World};
use super::scripted_model::{Beat, ScriptedModel};

fn figures(world: &World) -> String {
    world.bot.metrics().render(0, 0)
}

#[tokio::test(start_paused = true)]
async fn each_stage_of_a_reply_is_measured() {
    let answer =
        vec![Beat::Wait(700), Beat::Say("Nothing happens"), Beat::Wait(500), Beat::Say(" to it. Good."), Beat::Done];
    let model = ScriptedModel::new(vec![answer]);
    let world = World::with_model(&["yes", "what happens to my money"], &model).await;
    world.voice.delay_ms.store(300, Ordering::SeqCst);
    world.call(&[Move::Answer, Move::Answer]).await;
    let turns = world.app.calls.conversation(world.call).await.expect("read").expect("saved").timings.turns;
    let sounded =
        |turn: &crate::domain::timings::TurnTimes| turn.first_audio_ms.unwrap() - turn.first_clause_ms.unwrap();
    let (replies, all) = (turns.len(), turns.iter().map(sounded).sum::<u64>() as f64 / 1_000.0);
    let figures = figures(&world);
    for line in [
        "voicebot_transcript_seconds_bucket{le=\"0.2\"} 2".to_owned(),
        "voicebot_first_token_seconds_sum 0.7".to_owned(),
        "voicebot_first_token_seconds_count 1".to_owned(),
        "voicebot_first_clause_seconds_sum 0.5".to_owned(),
        format!("voicebot_first_audio_seconds_sum {all}"),
        format!("voicebot_first_audio_seconds_count {replies}"),
    ] {
        assert!(figures.lines().any(|told| told == line), "{line} in {figures}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_failures_of_providers_are_told_by_whose_and_of_which_kind() {
    let model = ScriptedModel::new(vec![vec![Beat::Wait(300), Beat::Fail]]);
    let world = World::with_model(&["yes", "what happens to my money"], &model).await;
    world.ear.failures.store(1, Ordering::SeqCst);
    world.voice.failures.store(1, Ordering::SeqCst);
    world.call(&[Move::Answer, Move::Answer]).await;
    let slow = World::new(&[]).await;
    slow.voice.slow.store(1, Ordering::SeqCst);
    slow.call(&[]).await;
    let figures = figures(&world) + &figures(&slow);
    for (provider, kind) in [("stt", "quota"), ("tts", "quota"), ("tts", "timeout"), ("llm", "quota")] {
        let line = format!("voicebot_provider_errors_total{{provider=\"{provider}\",kind=\"{kind}\"}} 1");
        assert!(figures.lines().any(|told| told == line), "{line} in {figures}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_comes_late_to_its_work_says_so() {
    let world = World::new(&[]).await;
    let _bot = world.bot.clone().measured();
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_millis(350)).await;
    tokio::task::yield_now().await;
    let figures = figures(&world);
    let bucket = |le: &str| format!("voicebot_event_loop_lag_seconds_bucket{{le=\"{le}\"}}");
    for line in [format!("{} 0", bucket("0.2")), format!("{} 1", bucket("0.5"))] {
        assert!(figures.lines().any(|told| told == line), "{line} in {figures}");
    }
}
