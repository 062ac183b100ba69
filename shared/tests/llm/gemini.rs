//! Gemini's client under everything that can go wrong (speech-and-llm.md C3, C4).

use std::time::Duration;

use shared::domain::thinking::{Said, ToolResult};
use shared::ports::language_model::{LanguageModel, ModelError, Stop};
use shared::sim::model::{Behaviour, End, Faults, InStream, Plan};
use shared::sim::sarvam::{Delay, Hits};
use tokio::time::Instant;

use super::{ask, gemini, gemini_section, gemini_sim, gemini_with, kind, read, request};

#[tokio::test]
async fn it_tells_the_amount_and_hands_over_when_asked() {
    let sim = gemini_sim(|switches| {
        (switches.novelties, switches.thoughts, switches.odd_line_ends) = (true, true, true);
    })
    .await;
    let told = ask(&gemini(&sim.url()), "how much is it?").await;
    assert_eq!(told.text, "It comes to 15,000 rupees.");
    assert!(told.pieces > 2, "it comes in pieces");
    assert_eq!(ask(&gemini(&sim.url()), "I want an agent").await.calls[0].name, "transfer_to_agent");
}

#[tokio::test]
async fn an_answer_in_small_or_large_writes_is_the_same_answer() {
    for (chop, together) in [(Some(3), None), (None, Some(3)), (Some(100), Some(100))] {
        let sim = gemini_sim(|switches| {
            (switches.chop, switches.together, switches.odd_line_ends) = (chop, together, true);
        })
        .await;
        assert_eq!(ask(&gemini(&sim.url()), "how much?").await.text, "It comes to 15,000 rupees.");
    }
}

#[tokio::test]
async fn a_question_that_is_blocked_or_whose_answer_is_filtered_away_is_not_put_again() {
    for faults in [
        Faults { blocked: Some("SAFETY".to_owned()), ..Faults::default() },
        Faults { in_stream: Some((0, InStream::Filtered)), ..Faults::default() },
    ] {
        let sim = gemini_sim(|switches| switches.faults = faults.clone()).await;
        let told = ask(&gemini(&sim.url()), "how much?").await;
        assert_eq!((told.kind(), sim.control.visits().len()), ("question", 1), "{faults:?}: {:?}", told.error);
    }
}

#[tokio::test]
async fn an_answer_that_a_filter_or_its_length_cut_says_so_after_the_words_that_came() {
    let sim = gemini_sim(|switches| switches.faults.in_stream = Some((2, InStream::Filtered))).await;
    let told = ask(&gemini(&sim.url()), "how much?").await;
    assert_eq!((told.pieces, told.done.map(|(stop, _)| stop)), (2, Some(Stop::Filtered)), "{:?}", told.error);
    sim.control.set(|switches| (switches.faults, switches.behaviour) = (Faults::default(), Behaviour::NeverStops));
    let told = ask(&gemini(&sim.url()), "hello").await;
    assert_eq!((told.text.chars().count(), told.done.map(|(stop, _)| stop)), (800, Some(Stop::Length)));
}

#[tokio::test]
async fn each_refusal_says_what_can_be_done_about_it_and_how_often_it_was_tried() {
    let cases = [
        (429, "RESOURCE_EXHAUSTED", "busy", 1),
        (400, "INVALID_ARGUMENT", "question", 1),
        (403, "PERMISSION_DENIED", "refused", 1),
        (404, "NOT_FOUND", "refused", 1),
        (500, "INTERNAL", "failed", 2),
        (503, "UNAVAILABLE", "failed", 2),
        (504, "DEADLINE_EXCEEDED", "failed", 2),
    ];
    for (status, name, expected, tries) in cases {
        let sim = gemini_sim(|switches| {
            switches.faults.refuse = Some((status, name.to_owned()));
            switches.faults.retry_after = Some(Duration::from_secs(22));
        })
        .await;
        let told = ask(&gemini(&sim.url()), "hello").await;
        assert_eq!((told.kind(), sim.control.visits().len()), (expected, tries), "{status} {name}: {:?}", told.error);
        if let Some(ModelError::Busy { retry_after }) = told.error {
            assert_eq!(retry_after, Some(Duration::from_secs(22)));
        }
    }
}

#[tokio::test]
async fn a_wrong_key_a_retired_model_and_too_little_thinking_are_refused() {
    let sim = gemini_sim(|_| {}).await;
    let mut wrong = gemini_section(&sim.url(), "gemini-3.5-flash-lite");
    wrong.api_key = "another".to_owned().into();
    let retired = gemini_section(&sim.url(), "gemini-2.5-flash");
    let thinks = gemini_section(&sim.url(), "gemini-3.7-flash");
    for section in [wrong, retired, thinks.clone()] {
        assert_eq!(ask(&gemini_with(section), "hello").await.kind(), "refused");
    }
    let low = shared::config::GeminiSection { thinking: "low".to_owned(), ..thinks };
    assert!(ask(&gemini_with(low), "hello").await.done.is_some());
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_after_the_words_that_came() {
    let unavailable = InStream::Error("UNAVAILABLE".to_owned());
    for fault in [InStream::End, InStream::Cut, InStream::Silence, unavailable] {
        let sim = gemini_sim(|switches| switches.faults.in_stream = Some((2, fault.clone()))).await;
        let told = ask(&gemini(&sim.url()), "how much?").await;
        assert_eq!((told.kind(), told.pieces), ("failed", 2), "{fault:?}: {:?}", told.error);
        assert_eq!(sim.control.visits().len(), 1, "what is half said is not asked again");
    }
}

#[tokio::test]
async fn an_empty_or_broken_beginning_is_asked_again_once() {
    let sim = gemini_sim(|switches| switches.script.push_back(Plan::default())).await;
    assert!(ask(&gemini(&sim.url()), "how much?").await.text.contains("15,000"));
    assert_eq!(sim.control.visits().len(), 2);
    let sim = gemini_sim(|switches| switches.behaviour = Behaviour::Empty).await;
    assert_eq!((ask(&gemini(&sim.url()), "hello").await.kind(), sim.control.visits().len()), ("failed", 2));
    let sim = gemini_sim(|switches| {
        let in_stream = Some((0, InStream::Cut));
        switches.faults = Faults { in_stream, hits: Hits::First(1), ..Faults::default() };
    })
    .await;
    assert!(ask(&gemini(&sim.url()), "how much?").await.done.is_some());
}

#[tokio::test]
async fn no_wait_is_longer_than_its_limit() {
    let late = Delay::Fixed(Duration::from_secs(60));
    for change in [
        (|switches: &mut shared::sim::model::Switches, late| switches.delays.headers = late) as fn(&mut _, _),
        |switches, late| switches.delays.first = late,
        |switches, late| switches.delays.between = late,
    ] {
        let sim = gemini_sim(|switches| change(switches, late)).await;
        let began = Instant::now();
        assert_eq!(ask(&gemini(&sim.url()), "how much?").await.kind(), "failed");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn who_stops_listening_ends_the_generation() {
    let sim = gemini_sim(|switches| {
        switches.behaviour = Behaviour::NeverStops;
        switches.delays.between = Delay::Fixed(Duration::from_millis(20));
    })
    .await;
    let model = gemini(&sim.url());
    let mut answer = model.reply(&request("hello")).await.expect("it begins");
    answer.recv().await.expect("a word").expect("no error");
    let left = Instant::now();
    drop(answer);
    let visits = sim.control.until(|visits| visits[0].end.is_some()).await;
    assert_eq!(visits[0].end.map(|(end, _)| end), Some(End::ClientLeft));
    assert!(left.elapsed() < Duration::from_millis(200), "{:?}", left.elapsed());
}

#[tokio::test]
async fn a_call_goes_back_with_its_signature_and_one_of_another_model_without() {
    let sim = gemini_sim(|_| {}).await;
    let model = gemini(&sim.url());
    let told = ask(&model, "agent").await;
    let result = ToolResult {
        id: told.calls[0].id.clone(),
        name: told.calls[0].name.clone(),
        text: "nobody is free".to_owned(),
        is_error: true,
    };
    let mut asked = request("agent");
    asked.history.push(Said::Bot { text: String::new(), calls: told.calls.clone() });
    asked.history.push(Said::Results(vec![result]));
    sim.control.set(|switches| switches.script.push_back(Plan::say("Nobody is free.")));
    assert_eq!(read(model.reply(&asked).await.expect("taken")).await.text, "Nobody is free.");
    if let Some(Said::Bot { calls, .. }) = asked.history.get_mut(3) {
        (calls[0].signature, calls[0].arguments) = (None, serde_json::json!("{\"reason\": \"as"));
    }
    assert!(model.reply(&asked).await.is_ok(), "as Claude's goes back, with arguments that were no JSON");
    if let Some(Said::Bot { calls, .. }) = asked.history.get_mut(3) {
        calls[0].signature = Some("of something else".to_owned());
    }
    assert_eq!(kind(model.reply(&asked).await.err().as_ref()), "question");
}

#[tokio::test]
async fn every_tool_of_a_playbook_is_declared_as_the_service_takes_it() {
    let sim = gemini_sim(|_| {}).await;
    let mut asked = request("how much?");
    asked.tools = shared::domain::thinking::Tool::ALL.iter().map(|tool| tool.spec()).collect();
    assert!(read(gemini(&sim.url()).reply(&asked).await.expect("taken")).await.done.is_some());
}
