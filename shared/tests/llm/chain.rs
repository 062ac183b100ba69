//! Both clients as one model: Gemini stands in where Bedrock fails or is slow.

use std::sync::Arc;
use std::time::Duration;

use shared::adapters::bedrock::BedrockModel;
use shared::adapters::model_chain::ModelChain;
use shared::ports::language_model::LanguageModel;
use shared::sim::model::{Faults, InStream};
use shared::sim::sarvam::{Delay, Hits};
use tokio::time::Instant;

use super::{HAIKU, NEWER, ask, bedrock, bedrock_limits, bedrock_section, bedrock_sim, gemini, gemini_sim};

async fn chain(bedrock_url: &str, gemini_url: &str) -> ModelChain {
    let first: Arc<dyn LanguageModel> = Arc::new(bedrock(bedrock_url, HAIKU).await);
    let second: Arc<dyn LanguageModel> = Arc::new(gemini(gemini_url));
    ModelChain::new(vec![("bedrock".to_owned(), first), ("gemini".to_owned(), second)], Duration::from_millis(150))
}

#[tokio::test]
async fn gemini_answers_where_bedrock_refuses_or_is_late_and_not_otherwise() {
    let (first, second) = (bedrock_sim(|_| {}).await, gemini_sim(|_| {}).await);
    let well = chain(&first.url(), &second.url()).await;
    assert!(ask(&well, "how much?").await.done.is_some());
    assert!(second.control.visits().is_empty(), "nobody pays for two answers");
    first.control.set(|switches| switches.faults.refuse = Some((403, "AccessDeniedException".to_owned())));
    assert!(ask(&chain(&first.url(), &second.url()).await, "how much?").await.text.contains("15,000"));
    assert_eq!(second.control.visits().len(), 1);
    first.control.set(|switches| {
        switches.faults.refuse = None;
        switches.delays.first = Delay::Fixed(Duration::from_secs(60));
    });
    let began = Instant::now();
    assert!(ask(&chain(&first.url(), &second.url()).await, "how much?").await.text.contains("15,000"));
    assert!(began.elapsed() < Duration::from_millis(390), "it did not wait the first one out: {:?}", began.elapsed());
}

#[tokio::test]
async fn the_second_claude_answers_where_the_first_is_retired_throttled_or_hangs() {
    let refused = |status, name: &str| Faults { refuse: Some((status, name.to_owned())), ..Faults::default() };
    let hangs = Faults { in_stream: Some((0, InStream::Silence)), ..Faults::default() };
    for faults in [refused(404, "ResourceNotFoundException"), refused(429, "ThrottlingException"), hangs] {
        let sim = bedrock_sim(|switches| switches.faults = Faults { hits: Hits::First(1), ..faults }).await;
        let section = bedrock_section(&sim.url(), &[HAIKU, NEWER]);
        let claudes = BedrockModel::all(&section, &bedrock_limits()).await;
        let links = claudes.into_iter().map(|claude| (claude.id().to_owned(), Arc::new(claude) as _)).collect();
        let told = ask(&ModelChain::new(links, Duration::from_millis(150)), "how much?").await;
        assert!(told.text.contains("15,000"), "{told:?}");
        let asked: Vec<String> = sim.control.visits().into_iter().map(|visit| visit.model).collect();
        assert_eq!(asked, [HAIKU, NEWER]);
    }
}

#[tokio::test]
async fn when_both_are_away_that_is_known_within_the_limit() {
    let (first, second) = (bedrock_sim(|_| {}).await, gemini_sim(|_| {}).await);
    for control in [&first.control, &second.control] {
        control.set(|switches| switches.faults.in_stream = Some((0, InStream::Silence)));
    }
    let began = Instant::now();
    assert_eq!(ask(&chain(&first.url(), &second.url()).await, "how much?").await.kind(), "failed");
    assert!(began.elapsed() < Duration::from_millis(1_500), "{:?}", began.elapsed());
}
