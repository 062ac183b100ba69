//! Calls in which a model talks.

use jiff::civil::date;
use serde_json::json;

use super::doubles::{Move, World};
use super::scripted_model::{Beat, ScriptedModel, USAGE};
use super::stories::{lines, record, said, session};
use crate::domain::call::Disposition;
use crate::domain::cost::Meters;
use crate::domain::money::Paise;
use crate::domain::session::{CallSession, SessionCustomer};
use crate::domain::settings::Prices;
use crate::domain::thinking::Said;
use crate::domain::transcript::Speaker;

fn says(text: &'static str) -> Vec<Beat> {
    vec![Beat::Wait(600), Beat::Say(text), Beat::Done]
}

#[tokio::test(start_paused = true)]
async fn a_free_question_is_answered_by_the_model_and_the_record_has_all_of_it() {
    let answer = vec![
        Beat::Wait(600),
        Beat::Say("Nothing happens"),
        Beat::Say(" to it. You can "),
        Beat::Say("keep it all."),
        Beat::Done,
    ];
    let model = ScriptedModel::new(vec![answer, vec![Beat::Call("end_call", json!({})), Beat::Done]]);
    let world = World::with_model(&["yes", "what happens to my money", "that is all"], &model).await;
    let seen = world.call(&[Move::Answer, Move::Answer, Move::Answer]).await;
    let lines = lines(&world).await;
    let bot = said(&lines, Speaker::Bot);
    assert!(bot.contains("Nothing happens to it. | You can keep it all."), "{bot}");
    assert!(bot.ends_with("Thank you, goodbye."), "the goodbye is ours: {bot}");
    assert_eq!(record(&world).await.disposition, Some(Disposition::Informed));
    assert!(seen.pauses_ms.iter().all(|ms| *ms < 3_000), "{:?}", seen.pauses_ms);
    let asked = model.asked.lock().unwrap();
    let last = asked[1].history.iter().rev().take(2).collect::<Vec<_>>();
    assert_eq!(last[0], &Said::Caller("that is all".to_owned()));
    assert!(matches!(last[1], Said::Bot { text, .. } if text.ends_with("You can keep it all.")), "{last:?}");
}

/// Two calls of one voicebot are for different things.
#[tokio::test(start_paused = true)]
async fn a_call_is_talked_by_the_playbook_of_its_order() {
    for (named, word) in [(None, "loan"), (Some("appointment_reminder"), "appointment"), (Some("poem"), "loan")] {
        let model = ScriptedModel::new(Vec::new());
        let world = World::with_model(&["yes"], &model).await;
        let known = session(&world).await;
        let customer = SessionCustomer { due_date: Some(date(2026, 12, 1)), ..known.customer };
        let session = CallSession { customer, playbook: named.map(str::to_owned), ..known };
        world.app.sessions.put(&world.sid, &session).await.expect("written");
        world.call(&[Move::Answer]).await;
        let bot = said(&lines(&world).await, Speaker::Bot);
        assert!(bot.contains(word), "{named:?}: {bot}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_waterfall_tells_when_the_models_first_word_came_and_when_its_first_clause() {
    let answer = vec![
        Beat::Wait(700),
        Beat::Say("Nothing happens"),
        Beat::Wait(400),
        Beat::Say(" to it. All is well."),
        Beat::Done,
    ];
    let model = ScriptedModel::new(vec![answer]);
    let world = World::with_model(&["yes", "what happens to my money"], &model).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let conversation = world.app.calls.conversation(world.call).await.expect("read").expect("saved");
    let [script, thought] = conversation.timings.turns[..] else { panic!("{:?}", conversation.timings) };
    assert_eq!(script.first_token_ms, None, "nobody was asked");
    let asked = thought.final_ms.expect("transcribed");
    assert_eq!((thought.first_token_ms, thought.first_clause_ms), (Some(asked + 700), Some(asked + 1_100)));
}

#[tokio::test(start_paused = true)]
async fn no_model_is_asked_for_a_machine_that_takes_the_call() {
    for heard in [
        &["Please leave a message after the tone."][..],
        &["Hi, please state your name and why you are calling.", "Please stay on the line.", "Thank you."],
    ] {
        let model = ScriptedModel::new(vec![says("Nothing happens to it.")]);
        let world = World::with_model(heard, &model).await;
        world.call(&[Move::Answer; 3][..heard.len()]).await;
        assert_eq!(record(&world).await.disposition, Some(Disposition::Voicemail), "{heard:?}");
        assert!(model.asked.lock().unwrap().is_empty(), "{heard:?}");
        let meters = world.app.calls.conversation(world.call).await.expect("read").expect("saved").meters;
        assert_eq!((meters.llm_tokens_read, meters.llm_tokens_written), (0, 0), "{heard:?}");
        let metrics = world.bot.metrics().render(0, 0);
        assert!(metrics.contains("voicebot_tokens_read_total 0\n"), "{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_model_read_and_wrote_is_part_of_what_the_call_costs() {
    let model =
        ScriptedModel::new(vec![says("Nothing happens to it."), vec![Beat::Call("end_call", json!({})), Beat::Done]]);
    let world = World::with_model(&["yes", "what happens to my money", "that is all"], &model).await;
    world.call(&[Move::Answer, Move::Answer, Move::Answer]).await;
    let left = world.app.calls.conversation(world.call).await.expect("read").expect("saved");
    let (read, written) = (u64::from(USAGE.input_tokens), u64::from(USAGE.output_tokens));
    assert_eq!((left.meters.llm_tokens_read, left.meters.llm_tokens_written), (2 * read, 2 * written));
    let without = Meters { llm_tokens_read: 0, llm_tokens_written: 0, ..left.meters };
    let (cost, rest) = (left.cost.expect("priced"), without.cost(&Prices::default()));
    assert!(cost > rest, "{cost:?} {rest:?}");
    let metrics = world.bot.metrics().render(0, 0);
    assert!(metrics.contains(&format!("voicebot_tokens_read_total {}\n", 2 * read)), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_or_breaks_costs_the_caller_no_three_seconds_of_silence() {
    let hangs = vec![Beat::Wait(60_000), Beat::Say("Too late."), Beat::Done];
    let breaks = vec![Beat::Fail];
    for answer in [hangs, breaks] {
        let model = ScriptedModel::new(vec![answer]);
        let world = World::with_model(&["yes", "what happens to my money"], &model).await;
        let seen = world.call(&[Move::Answer, Move::Answer]).await;
        // The greeting, the reason, and what answers the question; then the caller says nothing more.
        assert!(seen.pauses_ms[..3].iter().all(|ms| *ms < 3_000), "{:?}", seen.pauses_ms);
        let bot = said(&lines(&world).await, Speaker::Bot);
        assert!(bot.contains("did not understand") && !bot.contains("Too late"), "{bot}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_model_is_told_only_what_was_heard_of_an_interrupted_answer() {
    let long = "Nothing at all happens to the money that you have paid to us in all these years.";
    let model = ScriptedModel::new(vec![says(long), vec![Beat::Call("end_call", json!({})), Beat::Done]]);
    let heard = ["yes", "what happens to my money", "I meant the house"];
    let world = World::with_model(&heard, &model).await;
    world.call(&[Move::Answer, Move::Answer, Move::Interrupt(2_000)]).await;
    let history = model.asked.lock().unwrap().last().expect("asked").history.clone();
    let Some(Said::Bot { text, .. }) = history.iter().rev().nth(1) else { panic!("{history:?}") };
    let told = text.rsplit_once("agent? ").map_or(text.as_str(), |(_, told)| told);
    assert!(long.starts_with(told) && told.len() < long.len() && !told.is_empty(), "{told}");
    let kept = lines(&world).await;
    assert!(kept.iter().any(|line| line.interrupted && line.text == told), "as the record has it: {kept:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_grows_too_long_is_said_as_far_as_its_sentences_go() {
    let model = ScriptedModel::new(vec![vec![Beat::Say("Nothing happens to it. And then the"), Beat::CutOff]]);
    let world = World::with_model(&["yes", "what happens to my money"], &model).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let bot = said(&lines(&world).await, Speaker::Bot);
    assert!(bot.contains("Nothing happens to it.") && !bot.contains("And then"), "{bot}");
}

#[tokio::test(start_paused = true)]
async fn a_wish_for_an_agent_that_only_the_model_understood_is_written_before_the_line_closes() {
    let transfer =
        vec![Beat::Say("Of course."), Beat::Call("transfer_to_agent", json!({"reason": "disputes a fee"})), Beat::Done];
    let model = ScriptedModel::new(vec![transfer]);
    let world = World::with_model(&["yes", "let me have a word with your boss"], &model).await;
    world.call(&[Move::Answer, Move::Answer]).await;
    let bot = said(&lines(&world).await, Speaker::Bot);
    assert!(bot.contains("Of course. | Please wait"), "{bot}");
    let session = world.parts.app().sessions.get(&world.sid).await.expect("read").expect("written");
    assert_eq!(session.hand_over.expect("wished").reason, "disputes a fee", "as the agent is told");
    assert_eq!(record(&world).await.disposition, Some(Disposition::Transferred));
}

#[tokio::test(start_paused = true)]
async fn an_agent_is_told_no_reason_of_somebody_who_may_be_anybody() {
    let transfer = vec![Beat::Call("transfer_to_agent", json!({"reason": "disputes a fee"})), Beat::Done];
    let model = ScriptedModel::new(vec![transfer]);
    let world = World::with_model(&["let me have a word with your boss"], &model).await;
    world.call(&[Move::Answer]).await;
    let session = world.parts.app().sessions.get(&world.sid).await.expect("read").expect("written");
    assert_eq!(session.hand_over.expect("wished").reason, "the caller asked for an agent");
}

#[tokio::test(start_paused = true)]
async fn a_promise_that_was_agreed_to_is_recorded_as_it_was_read_back() {
    let promise = vec![Beat::Call("record_promise", json!({"date": "2026-11-27", "amount": 4_000})), Beat::Done];
    let model = ScriptedModel::new(vec![promise]);
    let world = World::with_model(&["yes", "I will pay four thousand on friday", "yes"], &model).await;
    world.call(&[Move::Answer, Move::Answer, Move::Answer]).await;
    let customer = world.app.customers.by_phone(&world.phone).await.expect("read")[0].id;
    let promises = world.app.promises.of_customer(customer).await.expect("read");
    assert_eq!(promises.len(), 1);
    assert_eq!(
        (promises[0].amount, promises[0].due_date),
        (Some(Paise(400_000)), Some(jiff::civil::date(2026, 11, 27)))
    );
    let bot = said(&lines(&world).await, Speaker::Bot);
    assert!(bot.contains("So you will pay four thousand rupees by "), "{bot}");
}

#[tokio::test(start_paused = true)]
async fn what_a_model_lets_out_before_confirmation_is_never_spoken() {
    let model = ScriptedModel::new(vec![says("Your loan of 15,000 rupees is overdue."), says("You owe us money.")]);
    let world = World::with_model(&["tell me a story", "go on", "no"], &model).await;
    world.call(&[Move::Answer, Move::Answer, Move::Answer]).await;
    let bot = said(&lines(&world).await, Speaker::Bot);
    for word in ["loan", "fifteen", "15,000", "owe", "money"] {
        assert!(!bot.contains(word), "{word} in {bot}");
    }
    assert_eq!(record(&world).await.disposition, Some(Disposition::WrongNumber));
    let metrics = world.bot.metrics().render(0, 0);
    assert!(metrics.contains("voicebot_stopped_total{why=\"debt\"} 2"), "{metrics}");
}
