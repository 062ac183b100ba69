//! The journal of a call: all of it where one is wanted, and nothing where not.

use std::sync::Arc;

use super::doubles::{Move, World};
use super::stories::{lines, said};
use crate::adapters::memory::LoudnessModel;
use crate::domain::transcript::Speaker;
use crate::domain::turn::{Action, Recorded, Tuning, replay};
use crate::voicebot::{Voicebot, VoicebotConfig};

const HEARD: [&str; 2] = ["may I ask who is speaking there", "no"];

#[tokio::test(start_paused = true)]
async fn a_journal_has_every_word_of_the_call_and_no_number() {
    let world = World::new(&HEARD).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let journal = world.journal().await.expect("kept");
    let recorded = Recorded::read(&journal).expect("whole");
    assert_eq!((recorded.call_id, recorded.full), (world.call, false));
    let actions = recorded.timeline();
    let bot =
        |action: &Action| if let Action::Say { sentence, .. } = action { Some(sentence.text.clone()) } else { None };
    let sentences: Vec<String> = actions.iter().filter_map(|(_, action)| bot(action)).collect();
    assert_eq!(said(&lines(&world).await, Speaker::Bot), sentences.join(" | "));
    let text = String::from_utf8_lossy(&journal);
    assert!(HEARD.iter().all(|heard| text.contains(heard)) && !text.contains("98765432"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn where_no_journal_is_wanted_there_is_none() {
    let mut world = World::new(&HEARD).await;
    let (ear, voice) = (Arc::new(Arc::clone(&world.ear)), Arc::new(Arc::clone(&world.voice)));
    world.bot = Voicebot::new(world.app.clone(), ear, Arc::new(LoudnessModel), voice, VoicebotConfig::default());
    world.call(&[Move::Answer, Move::Answer]).await;
    assert!(world.journal().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn with_less_patience_the_same_call_had_been_answered_so_much_sooner() {
    let world = World::new(&HEARD).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let recorded = Recorded::read(&world.journal().await.expect("kept")).expect("whole");
    let mut tuning = Tuning::DEFAULT;
    tuning.endpoint.patience_ms -= 300;
    let answers = |timeline: &[(u64, Action)]| {
        let answered = |(at, action): &(u64, Action)| match action {
            Action::Heard { answered: true, text, .. } => Some((*at, text.clone())),
            _ => None,
        };
        timeline.iter().filter_map(answered).collect::<Vec<_>>()
    };
    let (before, after) = (answers(&recorded.timeline()), answers(&replay(&recorded, tuning)));
    assert_eq!((before.len(), after.len()), (2, 2), "{before:?} {after:?}");
    // The clock of a call ticks with its frames. A plain "no" is answered by another patience.
    assert!((280..=300).contains(&(before[0].0 - after[0].0)), "{before:?} {after:?}");
    assert_eq!(before[1], after[1]);
}
