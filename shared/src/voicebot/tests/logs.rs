//! What is logged during a call, and under which spans.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::doubles::{Move, World};
use super::scripted_model::{Beat, ScriptedModel};

/// Keeps what is written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn lines(&self) -> Vec<Value> {
        let written = self.0.lock().unwrap();
        written
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).expect("JSON"))
            .collect()
    }

    /// The turns that the lines with this message belong to, each also with its call.
    fn turns(&self, message: &str, call: &str) -> Vec<u64> {
        let lines = self.lines();
        let turn = |line: &Value| {
            let spans = line["spans"].as_array().expect("spans");
            assert_eq!(spans[0]["call.id"], call, "{line}");
            spans.iter().find_map(|span| span["turn"].as_u64()).expect("a turn")
        };
        lines.iter().filter(|line| line["message"] == message).map(turn).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_providers_log_is_found_by_call_and_turn_and_the_spans_tell_nothing_personal() {
    let paper = Paper::default();
    let writer = paper.clone();
    // As the deployed program writes them.
    let logs = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(logs.finish());
    // Where there is one subscriber alone, whatever a test beside this one logs first asks that test's thread
    // whether anybody listens, and is told no for all.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let answer = vec![Beat::Wait(600), Beat::Say("Nothing happens to it."), Beat::Done];
    // The second question is put twice: the caller goes on after the first half.
    let model = ScriptedModel::new(vec![answer, vec![Beat::Wait(600), Beat::Fail], vec![Beat::Wait(600), Beat::Fail]]);
    let heard = ["yes", "what happens to my money", "I would like", "to know about the house"];
    let world = World::with_model(&heard, &model).await;
    // And it may have asked before.
    tracing::callsite::rebuild_interest_cache();
    world.call(&[Move::Answer, Move::Answer, Move::AnswerInTwo(500)]).await;
    let call = world.call.to_string();
    assert_eq!(paper.turns("a model is asked", &call), [2, 3, 3]);
    let spoken = paper.turns("a voice is asked", &call);
    assert!(spoken[0] == 0 && spoken.is_sorted() && spoken.contains(&1) && spoken.contains(&2), "{spoken:?}");
    assert_eq!(paper.turns("no model answered; the script does", &call), [3]);
    for line in paper.lines() {
        let spans = line["spans"].to_string();
        for personal in ["Kavita", "43210", "money", "LN-00"] {
            assert!(!spans.contains(personal), "{line}");
        }
    }
}
