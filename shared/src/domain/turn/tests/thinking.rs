//! A model answers: what of it is said, when, and what happens when it does not.

mod pauses;
mod read_back;

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::dialogue::Promised;
use crate::domain::playbook::Playbook;
use crate::domain::spoken;
use crate::domain::thinking::{Clause, Stopped, ToolCall};

fn purpose(which: usize) -> Option<Purpose> {
    let playbook = Arc::new(Playbook::shipped().expect("usable")[which].clone());
    Some(Purpose { playbook, today: jiff::civil::date(2026, 11, 25), model: true })
}

impl Line {
    /// The bot has greeted and asked who is there.
    fn greeted() -> Self {
        let mut line = Self::on(&beginning(Speculation::LlmTts, purpose(0)));
        line.play_all();
        line
    }
    /// The right person has heard why we call, and the question for an agent.
    fn confirmed() -> Self {
        let mut line = Self::greeted();
        line.hear("yes");
        line.play_all();
        assert!(line.turn.is_confirmed() && line.said.last().is_some_and(|said| said.contains("agent?")));
        line.said.clear();
        line
    }
    /// A confirmed caller asks something only a model can answer.
    fn asking() -> Self {
        let mut line = Self::confirmed();
        line.hear("what happens to my money");
        line
    }
    fn thought(&mut self, thought: Thought) -> Vec<Action> {
        let turn = self.asked;
        self.event(Event::Thought { turn, thought })
    }
    fn clause(&mut self, text: &str) {
        self.thought(Thought::Clause(Clause { text: text.to_owned(), ends_sentence: true }));
    }
    fn calls(&mut self, name: &str, arguments: Value) {
        let call = ToolCall { id: "t1".to_owned(), name: name.to_owned(), arguments, signature: None };
        self.thought(Thought::Tool(call));
    }
    fn answered(&mut self, text: &str) {
        self.clause(text);
        self.thought(Thought::Done);
        self.play_all();
    }
}

#[test]
fn what_the_script_can_not_answer_is_the_models_and_is_said_clause_by_clause() {
    let mut line = Line::asking();
    assert!(line.has(&Action::Think { turn: 1 }) && line.said.is_empty());
    line.clause("Nothing happens to it.");
    assert_eq!(line.said, ["Nothing happens to it."], "the first is said before the second is known");
    line.clause("You can keep it.");
    line.thought(Thought::Done);
    assert_eq!(line.said.len(), 2);
    line.play_all();
    assert!(line.turn.is_listening());
}

#[test]
fn words_from_before_the_end_of_our_question_leave_the_model_its_time_from_there() {
    let mut line = Line::greeted();
    line.hear("yes");
    while line.unplayed.len() > 1 {
        line.play_one();
    }
    line.event(Event::Final { text: "what happens to my money".to_owned(), language: Some(Language::English) });
    line.wait(TUNING.model.answer_within_ms);
    line.play_one();
    line.wait(TUNING.model.first_clause_within_ms / 2);
    line.clause("Nothing happens to it.");
    assert_eq!(line.said.last().map(String::as_str), Some("Nothing happens to it."));
}

/// Asks what only a model can answer, and has fallen silent just now.
fn asking_now(speculation: Speculation) -> Line {
    let mut line = Line::on(&beginning(speculation, purpose(0)));
    line.play_all();
    line.hear("yes");
    line.play_all();
    line.said.clear();
    line.speak("what happens to my money", 700);
    line.wait(RECOGNISER_MS);
    line
}

#[test]
fn the_model_thinks_while_the_caller_might_go_on_and_its_first_words_are_ready_when_the_turn_is_over() {
    let mut line = asking_now(Speculation::LlmTts);
    assert_eq!(line.asked, 1);
    line.clause("Nothing happens to it.");
    line.clause("You can keep it.");
    line.thought(Thought::Done);
    assert!(line.said.is_empty() && line.prepared.len() == 1, "nothing is said into the pause");
    line.wait(TUNING.endpoint.patience_ms);
    assert_eq!(line.said, ["Nothing happens to it.", "You can keep it."]);
    assert!(line.unplayed.contains(&line.prepared_ever[line.prepared_ever.len() - 1]));
    assert_eq!(line.heard().last(), Some(&("what happens to my money", true)));
    line.play_all();
    assert_eq!((line.asked, line.turn.is_listening()), (1, true), "it was asked once");
}

#[test]
fn what_a_model_thought_for_nobody_is_thrown_away() {
    let mut line = asking_now(Speculation::LlmTts);
    line.clause("Nothing happens to it.");
    line.speak("and to my house", 700);
    assert!(line.has(&Action::ThinkNoMore { for_nobody: true }) && line.has(&Action::Forget));
    line.wait(RECOGNISER_MS);
    assert_eq!(line.asked, 2, "asked again, with all of it");
    let told = format!("{:?}", line.turn.model_request(&[]).expect("asked").history);
    assert!(told.contains("what happens to my money and to my house"), "{told}");
    line.wait(TUNING.endpoint.patience_ms);
    line.clause("Nothing happens to either.");
    assert_eq!(line.said, ["Nothing happens to either."]);
}

#[test]
fn a_model_is_asked_ahead_but_nothing_is_spoken_where_only_that_is_wanted_and_neither_where_none() {
    let mut line = asking_now(Speculation::Llm);
    line.clause("Nothing happens to it.");
    assert_eq!((line.asked, line.prepared.len()), (1, 0));
    line.wait(TUNING.endpoint.patience_ms);
    assert_eq!(line.said, ["Nothing happens to it."]);
    let mut line = asking_now(Speculation::Off);
    assert_eq!(line.asked, 0);
    line.wait(TUNING.endpoint.patience_ms);
    assert_eq!(line.asked, 1);
}

#[test]
fn the_script_keeps_what_decides_and_every_answer_to_its_own_questions() {
    for (heard, expected) in [
        ("yes", Disposition::Transferred),
        ("no", Disposition::Informed),
        ("connect me to an agent", Disposition::Transferred),
        ("do not call me again", Disposition::DoNotCall),
        ("wrong number", Disposition::WrongNumber),
    ] {
        let mut line = Line::confirmed();
        line.hear(heard);
        assert_eq!((line.asked, line.disposition()), (0, Some(expected)), "{heard}");
    }
}

#[test]
fn a_late_piece_of_an_older_answer_is_nobodys() {
    let mut line = Line::asking();
    line.wait(TUNING.model.first_clause_within_ms);
    let scripted = line.said.clone();
    assert!(!scripted.is_empty(), "the script has answered");
    line.clause("Nothing happens to it.");
    line.thought(Thought::Done);
    assert_eq!(line.said, scripted);
    let mut line = Line::asking();
    line.speak("and to my house", 700);
    line.wait(TUNING.endpoint.most_ms);
    let old = Thought::Clause(Clause { text: "Nothing happens to it.".to_owned(), ends_sentence: true });
    assert_eq!((line.asked, line.event(Event::Thought { turn: 1, thought: old })), (2, vec![]));
}

#[test]
fn a_model_that_is_late_or_fails_is_answered_for_by_the_script() {
    let mut line = Line::asking();
    let asked_at = line.when(&Action::Think { turn: 1 }).expect("asked");
    line.wait(TUNING.model.first_clause_within_ms);
    // It was asked as soon as there were words.
    let waited = TUNING.hearing.flush_after_ms + RECOGNISER_MS;
    let told = line.actions.iter().find(|(at, action)| *at > asked_at && matches!(action, Action::Say { .. }));
    assert_eq!(told.map(|(at, _)| at - asked_at), Some(TUNING.model.answer_within_ms - waited));
    assert!(line.has(&Action::ThinkNoMore { for_nobody: false }));
    let mut line = Line::asking();
    line.thought(Thought::Failed);
    assert!(line.said[0].contains("did not understand"), "{:?}", line.said);
    let mut line = Line::asking();
    line.clause("Nothing happens to it.");
    line.play_all();
    line.wait(TUNING.model.next_clause_within_ms);
    assert!(line.said[1].contains("agent?"), "it broke off: our question follows: {:?}", line.said);
}

#[test]
fn a_late_yes_to_what_a_model_asked_hands_over_to_nobody() {
    let mut line = Line::asking();
    line.answered("Shall I explain it once more?");
    line.deaf_for = Some(TUNING.hearing.final_wait_ms + 400);
    line.speak("yes", 300);
    line.wait(TUNING.hearing.final_wait_ms + 1_000);
    assert_eq!(line.heard().last(), Some(&("yes", false)), "{:?}", line.heard());
    assert_ne!(line.disposition(), Some(Disposition::Transferred));
    assert!(!line.has(&Action::HangUp), "{:?}", line.said);
}

#[test]
fn a_key_pressed_while_the_model_thinks_is_answered_instead() {
    let mut line = Line::asking();
    line.event(Event::Dtmf { digit: '1' });
    assert!(line.has(&Action::ThinkNoMore { for_nobody: false }), "{:?}", line.actions);
    line.clause("Nothing happens to it.");
    line.play_all();
    assert!(line.turn.hands_over() && line.turn.is_over());
    assert!(!line.said.iter().any(|said| said.contains("Nothing happens")), "{:?}", line.said);
    let mut line = Line::asking();
    line.event(Event::Dtmf { digit: '9' });
    line.clause("Nothing happens to it.");
    line.play_all();
    assert!(line.said.last().is_some_and(|said| said.contains("agent?")), "{:?}", line.said);
    assert!(!line.said.iter().any(|said| said.contains("Nothing happens")), "{:?}", line.said);
}

#[test]
fn an_empty_answer_is_no_answer() {
    let mut line = Line::asking();
    line.thought(Thought::Done);
    assert!(line.said[0].contains("did not understand"), "{:?}", line.said);
}

#[test]
fn a_yes_to_what_the_model_asked_is_the_models_and_no_wish_for_an_agent() {
    let mut line = Line::asking();
    line.answered("Shall I explain it?");
    line.hear("yes");
    assert_eq!((line.asked, line.disposition()), (2, Some(Disposition::HungUp)), "nothing is decided");
    let mut line = Line::asking();
    line.clause("Shall I explain it, or would you rather hear about something else?");
    line.speak("yes explain that to me", 900);
    line.wait(TUNING.endpoint.most_ms + 500);
    assert!(line.has(&Action::StopPlayback));
    assert_eq!((line.asked, line.disposition()), (2, Some(Disposition::HungUp)), "also in the middle of it");
}

#[test]
fn who_goes_on_before_the_first_word_is_answered_once_with_all_of_it() {
    let mut line = Line::asking();
    line.speak("and to my house", 700);
    line.clause("Nothing happens to it.");
    assert!(line.held, "nobody talks over them");
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!((line.asked, line.stopped.len(), line.held), (2, 1, false), "that was never heard");
    line.clause("Nothing happens to either.");
    assert_eq!(line.said.last().map(String::as_str), Some("Nothing happens to either."));
}

#[test]
fn a_cough_before_the_first_word_costs_no_answer() {
    let mut line = Line::asking();
    line.sound(200);
    line.clause("Nothing happens to it.");
    assert!(line.held, "it may be more than a cough");
    line.wait(TUNING.interruption.decide_within_ms);
    assert_eq!((line.asked, line.held, line.stopped.len()), (1, false, 0));
    assert_eq!(line.said, ["Nothing happens to it."]);
}

#[test]
fn a_voice_that_begins_under_the_end_of_a_clause_is_not_talked_over_by_the_next() {
    let mut line = Line::asking();
    line.clause("Nothing happens to it.");
    line.wait(800);
    line.spoken.push("and to my house".to_owned());
    line.wait(START_DELAY_MS);
    line.event(VOICE);
    assert!(line.held);
    // All of it was out when the bot fell silent.
    let id = line.unplayed.remove(0);
    line.event(Event::Played { id });
    line.clause("You can keep it.");
    assert!(line.held, "the next clause waits");
    line.wait(600);
    line.event(Event::VoiceStopped);
    line.wait(TUNING.endpoint.most_ms);
    assert_eq!((line.asked, line.held), (2, false));
    assert_eq!(line.heard().last(), Some(&("and to my house", true)));
}

#[test]
fn a_hold_ends_also_where_a_tool_ends_the_call_meanwhile() {
    for tool in ["end_call", "transfer_to_agent"] {
        let mut line = Line::asking();
        line.clause("Nothing happens to it.");
        line.wait(800);
        line.event(VOICE);
        assert!(line.held, "{tool}");
        line.calls(tool, json!({"reason": "asked"}));
        assert!(!line.held, "{tool}: the last words are said");
        line.event(Event::VoiceStopped);
        line.play_all();
        assert!(line.turn.is_over(), "{tool}");
    }
}

#[test]
fn a_yes_over_the_models_words_does_not_answer_the_question_behind_them() {
    let mut line = Line::greeted();
    line.hear("who gave you this number");
    line.clause("I am an assistant of Asha Finance.");
    line.thought(Thought::Done);
    line.wait(600);
    line.speak("yes but why are you calling", 900);
    line.wait(TUNING.endpoint.most_ms);
    assert!(!line.turn.is_confirmed() && line.has(&Action::StopPlayback));
    assert!(line.said.last().is_some_and(|said| said.contains("speaking with Kavita")), "{:?}", line.said);
    line.play_all();
    line.hear("yes");
    assert!(line.turn.is_confirmed());
}

#[test]
fn what_may_not_be_said_is_replaced_by_the_script() {
    let mut line = Line::asking();
    line.clause("You owe 99,999 rupees.");
    assert!(
        line.has(&Action::Stopped { why: Stopped::Amount }) && line.has(&Action::ThinkNoMore { for_nobody: false })
    );
    assert!(line.said.iter().all(|said| !said.contains("99,999")), "{:?}", line.said);
    assert!(line.said[0].contains("did not understand"), "{:?}", line.said);
    let mut line = Line::asking();
    line.clause("It comes to 15,000 rupees.");
    line.clause("And to 99,999 rupees.");
    assert_eq!(line.said.len(), 2);
    assert!(line.said[1].contains("agent?"), "after a good beginning only our question: {:?}", line.said);
}

#[test]
fn an_answer_that_does_not_stop_is_cut_at_a_sentence() {
    let mut line = Line::asking();
    for _ in 0..40 {
        line.clause("I understand that this is not easy for you.");
    }
    assert!((6..12).contains(&line.said.len()), "{}", line.said.len());
    assert!(line.has(&Action::ThinkNoMore { for_nobody: false }));
    line.play_all();
    assert!(line.turn.is_listening());
}

#[test]
fn before_confirmation_our_own_question_follows_every_answer_and_only_a_yes_to_it_counts() {
    let mut line = Line::greeted();
    line.said.clear();
    line.hear("who gave you this number");
    line.clause("I am an assistant of Asha Finance.");
    line.thought(Thought::Done);
    assert_eq!(line.said, ["I am an assistant of Asha Finance.", "Am I speaking with Kavita?"]);
    line.play_all();
    line.hear("who gave you this number");
    line.clause("May I call you Kavita?");
    assert!(line.has(&Action::Stopped { why: Stopped::Question }));
    line.play_all();
    line.hear("I told you");
    line.calls("confirm_identity", json!({}));
    assert!(!line.turn.is_confirmed(), "the caller's words decide, not the model");
    line.play_all();
    line.hear("yes");
    assert!(line.turn.is_confirmed());
}

#[test]
fn nobody_is_talked_with_for_ever_without_saying_who_they_are() {
    let mut line = Line::greeted();
    for _ in 0..4 {
        line.hear("tell me a story");
        line.answered("I would rather not.");
    }
    assert_eq!(line.asked, 4);
    line.hear("tell me a story");
    assert_eq!(line.asked, 4, "the script takes over");
}

#[test]
fn the_debt_is_not_in_what_the_model_is_told_before_the_right_person_is_confirmed() {
    let mut line = Line::greeted();
    line.hear("who gave you this number");
    let told = format!("{:?}", line.turn.model_request(&[]).expect("asked"));
    for word in ["fifteen", "15000", "4321", "four three", "loan", "due"] {
        assert!(!told.contains(word), "{word} in {told}");
    }
    let line = Line::asking();
    let told = line.turn.model_request(&[]).expect("asked").instructions;
    assert!(told.contains("fifteen thousand rupees") && told.contains("four three two one"), "{told}");
    assert!(told.contains("15000.00"), "for the tools: {told}");
}

#[test]
fn a_promise_is_read_back_and_recorded_only_after_a_yes() {
    let mut line = Line::confirmed();
    line.hear("I will pay tomorrow");
    line.calls("record_promise", json!({"date": "tomorrow", "amount": 15_000}));
    let day = spoken::date(jiff::civil::date(2026, 11, 26), None, Language::English);
    assert_eq!(line.said, [format!("So you will pay fifteen thousand rupees by {day}. Is that right?")]);
    assert_eq!(line.turn.outcome().promise, None);
    line.play_all();
    line.hear("yes");
    let outcome = line.turn.outcome();
    assert_eq!(outcome.disposition, Some(Disposition::PromiseToPay));
    let (date, amount) = (jiff::civil::date(2026, 11, 26), Paise(1_500_000));
    assert_eq!(outcome.promise, Some(Promised { date, amount }));
    assert!(outcome.summary.contains("₹15,000 by 2026-11-26"), "{}", outcome.summary);
}

#[test]
fn a_promise_that_was_misheard_is_not_recorded() {
    let mut line = Line::confirmed();
    line.hear("I will pay tomorrow");
    line.calls("record_promise", json!({"date": "today", "amount": 15_000}));
    line.play_all();
    line.hear("no");
    assert_eq!((line.asked, line.turn.outcome().promise), (2, None), "the model asks what is meant");
    line.answered("Then when would it suit you?");
    line.hear("I will pay");
    line.thought(Thought::Failed);
    let outcome = line.turn.outcome();
    assert_ne!(outcome.disposition, Some(Disposition::PromiseToPay), "nothing was agreed to: {}", outcome.summary);
    assert_eq!(outcome.promise, None);
}

#[test]
fn a_bad_call_may_be_corrected_once() {
    let mut line = Line::confirmed();
    line.hear("I will pay soon");
    line.calls("record_promise", json!({"date": "soon", "amount": 15_000}));
    assert_eq!((line.asked, line.said.len()), (2, 0), "it is told what is wrong, and the caller nothing");
    let history = line.turn.model_request(&[]).expect("asked").history;
    assert!(format!("{history:?}").contains("today, tomorrow"), "{history:?}");
    line.calls("record_promise", json!({"date": "later", "amount": 15_000}));
    assert_eq!(line.asked, 2);
    assert!(!line.said.is_empty(), "the script answers");
    let mut line = Line::confirmed();
    line.hear("I will pay soon");
    line.wait(TUNING.model.first_clause_within_ms - 1_000);
    line.calls("record_promise", json!({"date": "soon", "amount": 15_000}));
    line.wait(1_000);
    assert!(!line.said.is_empty(), "the caller does not wait longer for that");
}

#[test]
fn tools_end_the_call_in_the_scripts_words() {
    for (tool, arguments, expected) in [
        ("transfer_to_agent", json!({"reason": "asked"}), Disposition::Transferred),
        ("end_call", json!({}), Disposition::Informed),
        ("mark_wrong_number", json!({}), Disposition::WrongNumber),
        ("request_callback", json!({"day": "tomorrow", "part": "morning"}), Disposition::CallbackRequested),
        ("do_not_call", json!({}), Disposition::DoNotCall),
    ] {
        let mut line = Line::asking();
        line.clause("I see.");
        line.calls(tool, arguments);
        assert_eq!((line.disposition(), line.said[0].as_str()), (Some(expected), "I see."), "{tool}");
        assert_eq!(line.actions.iter().any(|(_, a)| matches!(a, Action::HandOver { .. })), tool == "transfer_to_agent");
        line.play_all();
        assert!(line.turn.is_over(), "{tool}");
    }
}

#[test]
fn another_language_is_spoken_when_the_model_hears_the_wish() {
    let mut line = Line::asking();
    line.calls("set_language", json!({"language": "hi-IN"}));
    assert_eq!(line.turn.outcome().language, Language::Hindi);
    assert!(line.said.last().is_some_and(|said| said.contains("एजेंट")), "{:?}", line.said);
}

#[test]
fn a_playbook_without_a_loan_never_speaks_of_one() {
    let mut line = Line::on(&beginning(Speculation::Off, purpose(1)));
    line.play_all();
    line.said.clear();
    line.hear("yes");
    // The customer of these tests has no date, so there is nothing to remind of.
    assert_eq!(line.said, ["Would you like to speak with an agent?"]);
}

#[test]
fn who_is_asked_when_they_will_pay_may_pause_between_the_day_and_the_month() {
    let quiet_after = |question: &str| {
        let mut line = Line::asking();
        line.thought(Thought::Clause(Clause { text: question.to_owned(), ends_sentence: true }));
        line.thought(Thought::Done);
        line.play_all();
        line.speak("on the 25", 600);
        let last_sound = line.at - STOP_DELAY_MS;
        line.wait(TUNING.endpoint.most_ms);
        let heard =
            line.actions.iter().rev().find(|(_, action)| matches!(action, Action::Heard { answered: true, .. }));
        heard.expect("heard").0 - last_sound
    };
    assert_eq!(quiet_after("When can you pay?"), TUNING.endpoint.dictation_ms);
    assert_eq!(quiet_after("Can I help you with it?"), TUNING.endpoint.patience_ms);
}
