//! What the script can not answer: calls in which the simulated language model talks.

use serde_json::{Value, json};
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::spoken;
use shared::sim::exotel::Phrase;
use shared::sim::model::{Behaviour, Delays, Faults, InStream, ModelHandle, ModelSim, Switches};
use shared::sim::{bedrock, gemini};
use tokio::net::TcpListener;

use crate::support::{Person, World};

/// Promises to pay, and agrees to the read-back.
fn somebody_who_promises(number: u16, language: Language) -> Person {
    Person::speaking(number * 100 + 20, language)
}

fn disposition(call: &Value) -> (&Value, &Value) {
    (&call["status"], &call["disposition"])
}

pub(crate) async fn a_promise_is_read_back_and_counts_after_a_yes_in_every_language() {
    let world = World::start().await;
    // A late answer is the script's, and that is another story.
    world.model().set(|switches| switches.delays = Delays::none());
    let people: Vec<Person> =
        (1..).zip(Language::ALL).map(|(n, language)| somebody_who_promises(n, language)).collect();
    let calls = world.phone(&people).await;
    for person in &people {
        let call = &calls[&person.digits];
        assert_eq!(disposition(call), (&json!("completed"), &json!("promise_to_pay")), "{call}");
        let lived = world.lived(*person);
        let said: Vec<&str> = lived.said.iter().map(|said| said.text.as_str()).collect();
        let to_the_read_back = [Phrase::WillPay, Phrase::YesSpeaking].map(|phrase| phrase.text(person.language));
        assert!(said.ends_with(&to_the_read_back), "{}: {said:?}", person.language);
        assert!(
            lived.heard.iter().any(|heard| heard.text.contains(&spoken::rupees(Paise(1_750_000), person.language))),
            "{:?}",
            lived.heard
        );
        world.transcript(call).await;
    }
    let visits = world.model().visits();
    assert!(visits.len() >= people.len(), "{} questions", visits.len());
    assert!(visits.iter().all(|visit| visit.body["messages"][0]["role"] == "user"));
    world.end().await;
}

pub(crate) async fn without_a_language_model_the_script_takes_the_promise() {
    let world = World::start().await;
    let refused = Faults { refuse: Some((503, "ServiceUnavailableException".to_owned())), ..Faults::default() };
    let hangs = Faults { in_stream: Some((0, InStream::Silence)), ..Faults::default() };
    for (number, faults) in [(1, refused), (2, hangs)] {
        world.model().set(|switches| switches.faults = faults);
        let person = somebody_who_promises(number, Language::English);
        let calls = world.phone(&[person]).await;
        let call = &calls[&person.digits];
        assert_eq!(disposition(call), (&json!("completed"), &json!("promise_to_pay")), "{call}");
        let lived = world.lived(person);
        let last = lived.said.last().map(|said| said.text.as_str());
        let promise = Phrase::WillPay.text(person.language);
        assert_eq!(last, Some(promise), "nothing is read back: there is no day to read: {:?}", lived.said);
        world.transcript(call).await;
    }
    world.end().await;
}

pub(crate) async fn where_claude_is_down_gemini_takes_the_promise() {
    let down = Faults { refuse: Some((503, "ServiceUnavailableException".to_owned())), ..Faults::default() };
    let claude = provider(bedrock::serve, down).await;
    let gemini = provider(gemini::serve, Faults::default()).await;
    let (claude_url, gemini_url) = (claude.url(), gemini.url());
    let world = World::with_environment(&[
        ("CLAUDE_MODEL_ID", "in.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("BEDROCK_ENDPOINT_URL", &claude_url),
        ("AWS_BEARER_TOKEN_BEDROCK", PROVIDER_KEY),
        ("GEMINI_API_KEY", PROVIDER_KEY),
        ("GEMINI_BASE_URL", &gemini_url),
    ])
    .await;
    let person = somebody_who_promises(1, Language::Hindi);
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    assert_eq!(disposition(call), (&json!("completed"), &json!("promise_to_pay")), "{call}");
    let said = world.lived(person).said;
    assert_eq!(said.last().map(|said| said.text.as_str()), Some(Phrase::YesSpeaking.text(person.language)), "{said:?}");
    assert!(!claude.control.visits().is_empty() && !gemini.control.visits().is_empty());
    world.transcript(call).await;
    world.end().await;
}

const PROVIDER_KEY: &str = "AKIDSIMULATED";

async fn provider(serve: fn(TcpListener, ModelSim) -> std::io::Result<ModelHandle>, faults: Faults) -> ModelHandle {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let switches = Switches { delays: Delays::none(), faults, ..Switches::default() };
    serve(listener, ModelSim { key: PROVIDER_KEY.to_owned(), switches }).expect("it serves")
}

pub(crate) async fn what_a_model_makes_up_is_not_said() {
    let world = World::start().await;
    world.model().set(|switches| switches.behaviour = Behaviour::InventsAmount);
    let person = somebody_who_promises(1, Language::English);
    world.phone(&[person]).await;
    let lived = world.lived(person);
    assert!(!world.model().visits().is_empty());
    assert!(
        lived.heard.iter().all(|heard| !heard.text.contains("99,999") && !heard.text.contains("ninety")),
        "{:?}",
        lived.heard
    );
    world.end().await;
}
