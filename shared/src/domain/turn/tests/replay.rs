//! A recorded call with other numbers: what changes, and what comes along.

use super::super::replay;
use super::*;

/// One in which the caller asks something, hears the answer out, and says nothing more.
fn asked() -> Line {
    let mut line = Line::begin();
    line.play_all();
    line.speak("who is this speaking there", 600);
    line.listen(2_000);
    line.play_all();
    line.listen(7_000);
    line
}

fn with(line: &Line, path: &str, value: &str) -> Timeline {
    let recorded = line.recorded();
    let mut tuning = recorded.beginning.tuning;
    tuning.set(path, value).expect("can be set");
    replay(&recorded, tuning)
}

/// What is said, and when.
fn said(timeline: &[(u64, Action)]) -> Vec<(u64, &str)> {
    let mut said = Vec::new();
    for (at, action) in timeline {
        if let Action::Say { sentence, .. } = action {
            said.push((*at, sentence.text.as_str()));
        }
    }
    said
}

fn moved(before: &[(u64, Action)], after: &[(u64, Action)]) -> Vec<i64> {
    let (before, after) = (said(before), said(after));
    let texts = |said: &[(u64, &str)]| said.iter().map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(texts(&before), texts(&after), "the same is said");
    before.iter().zip(&after).map(|((before, _), (after, _))| *after as i64 - *before as i64).collect()
}

#[test]
fn the_answer_and_all_that_follows_from_it_come_as_much_sooner_as_the_patience_is_less() {
    let line = asked();
    let moved = moved(&line.actions, &with(&line, "endpoint.patience_ms", "400"));
    // The greeting; the answer; what is asked into the silence after it was heard out.
    assert_eq!(moved[..2], [0, 0]);
    assert!(moved.len() == 6 && moved[2..].iter().all(|ms| (-400..=-380).contains(ms)), "{moved:?}");
}

#[test]
fn with_more_patience_a_sentence_is_still_heard_to_its_end() {
    let line = asked();
    let moved = moved(&line.actions, &with(&line, "endpoint.patience_ms", "1200"));
    assert!(moved.len() == 6 && moved[2..].iter().all(|ms| (400..=420).contains(ms)), "{moved:?}");
}

#[test]
fn a_number_that_nothing_depended_on_changes_nothing() {
    let line = asked();
    assert_eq!(with(&line, "interruption.alarms_most", "3"), line.actions);
}

#[test]
fn while_the_bot_is_held_for_longer_its_sentence_stands_still() {
    let mut line = Line::told();
    line.wait(300);
    line.sound(300);
    line.listen(2_000);
    line.play_all();
    line.listen(7_000);
    let resumed =
        |timeline: &[(u64, Action)]| timeline.iter().find(|(_, action)| *action == Action::Resume).map(|(at, _)| *at);
    let replayed = with(&line, "interruption.decide_within_ms", "620");
    let later = resumed(&replayed).expect("goes on") - resumed(&line.actions).expect("went on");
    assert!((100..=140).contains(&later), "{later} ms");
    let moved = moved(&line.actions, &replayed);
    assert_eq!(moved.last(), Some(&(later as i64)), "and so is the question into the silence: {moved:?}");
}

#[test]
fn a_sentence_that_was_never_said_takes_its_usual_time() {
    let mut line = Line::begin();
    line.play_all();
    line.listen(5_000);
    line.speak("yes", 600);
    line.listen(12_000);
    let replayed = with(&line, "hearing.nudge_after_ms", "3000");
    let said = said(&replayed);
    let nudge = said.iter().position(|(_, text)| text.contains("did not hear")).expect("asked into the silence");
    assert!(nudge == 2 && said.len() > 4, "{said:?}");
}

#[cfg(feature = "llm")]
#[test]
fn a_model_that_is_asked_later_answers_later() {
    use crate::domain::playbook::Playbook;
    use crate::domain::thinking::Clause;

    let [playbook, _] = Playbook::shipped().expect("usable");
    let purpose = Purpose { playbook: playbook.into(), today: jiff::civil::date(2026, 11, 25), model: true };
    let mut line = Line::on(&beginning(Speculation::LlmTts, Some(purpose)));
    line.play_all();
    line.speak("yes", 600);
    line.listen(1_500);
    line.play_all();
    line.speak("what happens to my money", 700);
    line.listen(400);
    let clause = Clause { text: "Nothing happens to it.".to_owned(), ends_sentence: true };
    let turn = line.asked;
    line.event(Event::Thought { turn, thought: Thought::Clause(clause) });
    line.event(Event::Thought { turn, thought: Thought::Done });
    line.listen(2_000);
    line.play_all();
    let replayed = with(&line, "speculation.mode", "off");
    assert!(replayed.iter().all(|(_, action)| !matches!(action, Action::Prepare { .. })));
    let moved = moved(&line.actions, &replayed);
    // Asked 200 ms after the last sound it took 200 ms; asked at the end of the turn, it still takes them.
    let answer = *moved.last().expect("an answer");
    assert!((180..=220).contains(&answer), "{moved:?}");
}
