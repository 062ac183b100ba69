//! Claude's client under everything that can go wrong (speech-and-llm.md B7, B8).

use std::time::Duration;

use shared::domain::thinking::{Said, ToolCall, ToolResult};
use shared::ports::language_model::{LanguageModel, ModelError, Stop};
use shared::sim::model::{Behaviour, End, Faults, InStream, Plan};
use shared::sim::sarvam::{Delay, Hits};
use tokio::time::Instant;

use super::{
    HAIKU, KEY, NEWER, ask, bedrock, bedrock_limits, bedrock_section, bedrock_sim, bedrock_with, kind, request,
};

#[tokio::test]
async fn it_tells_the_amount_and_hands_over_when_asked() {
    let sim = bedrock_sim(|switches| (switches.novelties, switches.thoughts) = (true, true)).await;
    let model = bedrock(&sim.url(), HAIKU).await;
    let told = ask(&model, "how much is it?").await;
    assert_eq!(told.text, "It comes to 15,000 rupees.");
    assert!(told.pieces > 2, "it comes in pieces");
    let told = ask(&model, "I want an agent").await;
    assert_eq!(told.calls[0].name, "transfer_to_agent");
}

#[tokio::test]
async fn an_answer_in_small_or_large_writes_is_the_same_answer() {
    for (chop, together) in [(Some(5), None), (None, Some(3)), (Some(100), Some(100))] {
        let sim = bedrock_sim(|switches| (switches.chop, switches.together) = (chop, together)).await;
        assert_eq!(ask(&bedrock(&sim.url(), HAIKU).await, "how much?").await.text, "It comes to 15,000 rupees.");
    }
}

#[tokio::test]
async fn an_answer_that_a_filter_stopped_says_so_and_one_it_left_nothing_of_is_not_asked_for_again() {
    let sim = bedrock_sim(|switches| switches.faults.in_stream = Some((2, InStream::Filtered))).await;
    let told = ask(&bedrock(&sim.url(), HAIKU).await, "how much?").await;
    assert_eq!((told.pieces, told.done.map(|(stop, _)| stop)), (2, Some(Stop::Filtered)), "{:?}", told.error);
    let sim = bedrock_sim(|switches| switches.faults.in_stream = Some((0, InStream::Filtered))).await;
    let told = ask(&bedrock(&sim.url(), HAIKU).await, "how much?").await;
    assert_eq!((told.kind(), sim.control.visits().len()), ("question", 1), "{:?}", told.error);
}

#[tokio::test]
async fn each_refusal_says_what_can_be_done_about_it_and_how_often_it_was_tried() {
    let cases = [
        (429, "ThrottlingException", "busy", 1),
        (429, "ModelNotReadyException", "busy", 1),
        (400, "ServiceQuotaExceededException", "busy", 1),
        (400, "ValidationException", "question", 1),
        (403, "AccessDeniedException", "refused", 1),
        (403, "ExpiredTokenException", "refused", 1),
        (404, "ResourceNotFoundException", "refused", 1),
        (408, "ModelTimeoutException", "failed", 2),
        (424, "ModelErrorException", "failed", 2),
        (500, "InternalServerException", "failed", 2),
        (503, "ServiceUnavailableException", "failed", 2),
    ];
    for (status, name, expected, tries) in cases {
        let sim = bedrock_sim(|switches| switches.faults.refuse = Some((status, name.to_owned()))).await;
        let told = ask(&bedrock(&sim.url(), HAIKU).await, "hello").await;
        assert_eq!((told.kind(), sim.control.visits().len()), (expected, tries), "{status} {name}: {:?}", told.error);
    }
}

#[tokio::test]
async fn a_throttled_model_says_for_how_long() {
    let sim = bedrock_sim(|switches| {
        switches.faults.refuse = Some((429, "ThrottlingException".to_owned()));
        switches.faults.retry_after = Some(Duration::from_millis(200));
    })
    .await;
    let told = ask(&bedrock(&sim.url(), HAIKU).await, "hello").await;
    let busy = matches!(told.error, Some(ModelError::Busy { retry_after: Some(wait) }) if wait.as_millis() == 200);
    assert!(busy, "{:?}", told.error);
}

#[tokio::test]
async fn a_model_whose_day_is_used_up_is_left_alone_for_longer_than_one_that_was_asked_too_often() {
    for (words, expected) in [
        ("Too many requests, please wait before trying again.", None),
        ("Too many tokens per day, please wait before trying again.", Some(Duration::from_secs(120))),
    ] {
        let sim = bedrock_sim(|switches| {
            switches.faults.refuse = Some((429, "ThrottlingException".to_owned()));
            switches.faults.words = Some(words.to_owned());
        })
        .await;
        let told = ask(&bedrock(&sim.url(), HAIKU).await, "hello").await;
        let Some(ModelError::Busy { retry_after }) = told.error else { panic!("{:?}", told.error) };
        assert_eq!(retry_after, expected, "{words}");
    }
}

#[tokio::test]
async fn each_generation_is_asked_in_the_way_it_takes() {
    let sim = bedrock_sim(|_| {}).await;
    for id in [HAIKU, NEWER, "global.anthropic.claude-sonnet-4-6", "global.anthropic.claude-sonnet-5-5"] {
        let told = ask(&bedrock(&sim.url(), id).await, "how much?").await;
        assert!(told.done.is_some(), "{id}: {:?}", told.error);
    }
    let mut section = bedrock_section(&sim.url(), &[NEWER]);
    section.temperature = shared::config::Temperature::Set(0.3);
    let told = ask(&bedrock_with(&section, &bedrock_limits()).await, "hello").await;
    assert_eq!(told.kind(), "refused", "the simulator minds");
    for id in ["anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-haiku-4-5-20251001-v1:0"] {
        assert_eq!(ask(&bedrock(&sim.url(), id).await, "hello").await.kind(), "refused", "{id}");
    }
}

#[tokio::test]
async fn an_api_key_is_sent_as_a_bearer_and_a_wrong_key_refused() {
    let sim = bedrock_sim(|_| {}).await;
    let mut section = bedrock_section(&sim.url(), &[HAIKU]);
    section.credentials = None;
    section.bearer = Some(KEY.to_owned().into());
    assert!(ask(&bedrock_with(&section, &bedrock_limits()).await, "hello").await.done.is_some());
    section.bearer = Some("another".to_owned().into());
    assert_eq!(ask(&bedrock_with(&section, &bedrock_limits()).await, "hello").await.kind(), "refused");
}

#[tokio::test]
async fn a_stream_that_breaks_says_so_after_the_words_that_came() {
    let faults = [
        (InStream::End, "failed"),
        (InStream::Cut, "failed"),
        (InStream::Damaged, "failed"),
        (InStream::Silence, "failed"),
        (InStream::Error("throttlingException".to_owned()), "busy"),
        (InStream::Error("serviceUnavailableException".to_owned()), "failed"),
        (InStream::Error("modelStreamErrorException".to_owned()), "failed"),
        (InStream::Error("validationException".to_owned()), "question"),
    ];
    for (fault, expected) in faults {
        let sim = bedrock_sim(|switches| switches.faults.in_stream = Some((2, fault.clone()))).await;
        let told = ask(&bedrock(&sim.url(), HAIKU).await, "how much?").await;
        assert_eq!((told.kind(), told.pieces), (expected, 2), "{fault:?}: {:?}", told.error);
        assert_eq!(sim.control.visits().len(), 1, "what is half said is not asked again");
    }
}

#[tokio::test]
async fn before_the_first_word_a_broken_stream_is_asked_again() {
    for fault in [InStream::End, InStream::Cut, InStream::Damaged] {
        let sim = bedrock_sim(|switches| {
            switches.faults = Faults { in_stream: Some((0, fault)), hits: Hits::First(1), ..Faults::default() };
        })
        .await;
        assert!(ask(&bedrock(&sim.url(), HAIKU).await, "how much?").await.text.contains("15,000"));
        assert_eq!(sim.control.visits().len(), 2);
    }
}

#[tokio::test]
async fn no_wait_is_longer_than_its_limit() {
    let late = Delay::Fixed(Duration::from_secs(60));
    for change in [
        (|switches: &mut shared::sim::model::Switches, late| switches.delays.headers = late) as fn(&mut _, _),
        |switches, late| switches.delays.first = late,
        |switches, late| switches.delays.between = late,
    ] {
        let sim = bedrock_sim(|switches| change(switches, late)).await;
        let began = Instant::now();
        assert_eq!(ask(&bedrock(&sim.url(), HAIKU).await, "how much?").await.kind(), "failed");
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    let sim = bedrock_sim(|switches| {
        switches.behaviour = Behaviour::NeverStops;
        switches.delays.between = Delay::Fixed(Duration::from_millis(20));
    })
    .await;
    let mut limits = bedrock_limits();
    limits.whole = Duration::from_millis(300);
    let model = bedrock_with(&bedrock_section(&sim.url(), &[HAIKU]), &limits).await;
    let told = ask(&model, "hello").await;
    assert_eq!(told.kind(), "failed");
    assert!(told.text.len() < 1_000);
}

#[tokio::test]
async fn the_longest_answer_is_asked_for_and_an_empty_one_is_none() {
    let sim = bedrock_sim(|switches| switches.behaviour = Behaviour::NeverStops).await;
    let told = ask(&bedrock(&sim.url(), HAIKU).await, "hello").await;
    assert_eq!(told.done.map(|(stop, _)| stop), Some(Stop::Length));
    assert_eq!(told.text.chars().count(), 800);
    sim.control.set(|switches| switches.behaviour = Behaviour::Empty);
    assert_eq!(ask(&bedrock(&sim.url(), HAIKU).await, "hello").await.kind(), "failed");
}

#[tokio::test]
async fn who_stops_listening_ends_the_generation() {
    let sim = bedrock_sim(|switches| {
        switches.behaviour = Behaviour::NeverStops;
        switches.delays.between = Delay::Fixed(Duration::from_millis(20));
    })
    .await;
    let model = bedrock(&sim.url(), HAIKU).await;
    let mut answer = model.reply(&request("hello")).await.expect("it begins");
    answer.recv().await.expect("a word").expect("no error");
    let left = Instant::now();
    drop(answer);
    let visits = sim.control.until(|visits| visits[0].end.is_some()).await;
    assert_eq!(visits[0].end.map(|(end, _)| end), Some(End::ClientLeft));
    assert!(left.elapsed() < Duration::from_millis(200), "{:?}", left.elapsed());
    sim.control.set(|switches| switches.behaviour = Behaviour::Honest);
    assert!(ask(&model, "how much?").await.done.is_some(), "the next turn is answered");
}

#[tokio::test]
async fn calls_and_what_they_came_to_are_taken_back_and_lost_ones_are_not() {
    let sim = bedrock_sim(|switches| switches.script.push_back(Plan::say("Done."))).await;
    let model = bedrock(&sim.url(), HAIKU).await;
    let call = |arguments| ToolCall {
        id: "tooluse_1".to_owned(),
        name: "transfer_to_agent".to_owned(),
        arguments,
        signature: None,
    };
    let result = ToolResult {
        id: "tooluse_1".to_owned(),
        name: "transfer_to_agent".to_owned(),
        text: "nobody is free".to_owned(),
        is_error: true,
    };
    let mut asked = request("agent");
    let calls = vec![call(serde_json::json!({"reason": "asked"}))];
    asked.history.push(Said::Bot { text: "One moment.".to_owned(), calls });
    asked.history.push(Said::Results(vec![result]));
    assert_eq!(super::read(model.reply(&asked).await.expect("taken")).await.text, "Done.");
    if let Some(Said::Bot { calls, .. }) = asked.history.get_mut(3) {
        calls[0].arguments = serde_json::json!("{\"reason\": \"as");
    }
    assert!(model.reply(&asked).await.is_ok(), "arguments that were no JSON go back as none");
    asked.history.pop();
    asked.history.push(Said::Caller("well?".to_owned()));
    assert_eq!(kind(model.reply(&asked).await.err().as_ref()), "question", "a call without its result");
}

#[tokio::test]
async fn arguments_that_are_no_json_come_as_text() {
    let sim = bedrock_sim(|switches| switches.behaviour = Behaviour::BrokenArguments).await;
    let told = ask(&bedrock(&sim.url(), HAIKU).await, "hello").await;
    assert_eq!(told.calls[0].arguments, serde_json::json!("{\"date\": \"tomo"));
}
