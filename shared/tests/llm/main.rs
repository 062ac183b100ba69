//! The real clients of the language models against the simulators and against hand-written
//! servers, over loopback.

mod bedrock;
mod chain;
mod gemini;
mod wire;

use std::time::Duration;

use serde_json::json;
use shared::adapters::bedrock::{BedrockLimits, BedrockModel};
use shared::adapters::gemini::{GeminiLimits, GeminiModel};
use shared::config::{AwsKeys, BedrockSection, GeminiSection, Temperature};
use shared::domain::thinking::{ModelRequest, Said, ToolSpec};
use shared::ports::language_model::{Answer, LanguageModel, ModelError, ModelEvent, Stop, Usage};
use shared::sim::model::{Delays, ModelHandle, ModelSim, Switches};
use tokio::net::TcpListener;

const KEY: &str = "AKIDTEST";
const HAIKU: &str = "in.anthropic.claude-haiku-4-5-20251001-v1:0";
const NEWER: &str = "global.anthropic.claude-haiku-5-5";
/// Far longer than anything takes here; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

fn quick(change: impl FnOnce(&mut Switches)) -> Switches {
    let mut switches = Switches { delays: Delays::none(), ..Switches::default() };
    change(&mut switches);
    switches
}

async fn bedrock_sim(change: impl FnOnce(&mut Switches)) -> ModelHandle {
    let sim = ModelSim { key: KEY.to_owned(), switches: quick(change) };
    shared::sim::bedrock::serve(listener().await, sim).expect("the simulator serves")
}

async fn gemini_sim(change: impl FnOnce(&mut Switches)) -> ModelHandle {
    let sim = ModelSim { key: KEY.to_owned(), switches: quick(change) };
    shared::sim::gemini::serve(listener().await, sim).expect("the simulator serves")
}

fn bedrock_section(url: &str, models: &[&str]) -> BedrockSection {
    BedrockSection {
        model_ids: models.iter().map(|id| (*id).to_owned()).collect(),
        temperature: Temperature::Auto,
        thinking: "auto".to_owned(),
        region: "ap-south-1".to_owned(),
        endpoint: Some(url.to_owned()),
        credentials: Some(AwsKeys { id: KEY.to_owned(), secret: "secret".to_owned().into(), session: None }),
        bearer: None,
    }
}

/// Short enough for a test to wait them out.
fn bedrock_limits() -> BedrockLimits {
    let short = Duration::from_millis(400);
    BedrockLimits { connect: short, first_words: short, next_event: short, whole: Duration::from_secs(3) }
}

async fn bedrock(url: &str, model: &str) -> BedrockModel {
    bedrock_with(&bedrock_section(url, &[model]), &bedrock_limits()).await
}

async fn bedrock_with(section: &BedrockSection, limits: &BedrockLimits) -> BedrockModel {
    BedrockModel::all(section, limits).await.remove(0)
}

fn gemini_section(url: &str, model: &str) -> GeminiSection {
    GeminiSection {
        api_key: KEY.to_owned().into(),
        model_id: model.to_owned(),
        thinking: "minimal".to_owned(),
        base_url: url.to_owned(),
    }
}

fn gemini(url: &str) -> GeminiModel {
    gemini_with(gemini_section(url, "gemini-3.5-flash-lite"))
}

fn gemini_with(section: GeminiSection) -> GeminiModel {
    let short = Duration::from_millis(400);
    let limits = GeminiLimits { connect: short, first_words: short, next_piece: short, whole: Duration::from_secs(3) };
    GeminiModel::new(section, limits).expect("a client")
}

fn request(heard: &str) -> ModelRequest {
    let tool = ToolSpec {
        name: "transfer_to_agent",
        description: "Hand the call to a human",
        schema: json!({"type": "object", "properties": {"reason": {"type": "string"}}}),
    };
    ModelRequest {
        instructions: "You phone people. Speak English (en-IN).\n- company: Asha\n- amount due: 15,000 rupees"
            .to_owned(),
        history: vec![Said::Caller("hello".to_owned()), Said::bot("Hello."), Said::Caller(heard.to_owned())],
        tools: vec![tool],
        most_tokens: 200,
    }
}

/// A whole answer: words, names of the tools called, and the end or error.
#[derive(Debug, Default)]
struct Told {
    text: String,
    pieces: usize,
    calls: Vec<shared::domain::thinking::ToolCall>,
    done: Option<(Stop, Usage)>,
    error: Option<ModelError>,
}

impl Told {
    fn kind(&self) -> &'static str {
        kind(self.error.as_ref())
    }
}

fn kind(error: Option<&ModelError>) -> &'static str {
    match error {
        None => "none",
        Some(ModelError::Refused(_)) => "refused",
        Some(ModelError::Question(_)) => "question",
        Some(ModelError::Busy { .. }) => "busy",
        Some(ModelError::Failed(_)) => "failed",
    }
}

async fn ask(model: &dyn LanguageModel, heard: &str) -> Told {
    match tokio::time::timeout(PATIENCE, model.reply(&request(heard))).await.expect("an answer begins") {
        Ok(answer) => read(answer).await,
        Err(error) => Told { error: Some(error), ..Told::default() },
    }
}

async fn read(mut answer: Answer) -> Told {
    let mut told = Told::default();
    while let Some(event) = tokio::time::timeout(PATIENCE, answer.recv()).await.expect("an answer ends") {
        match event {
            Ok(ModelEvent::Text(text)) => {
                told.text.push_str(&text);
                told.pieces += 1;
            }
            Ok(ModelEvent::Tool(call)) => told.calls.push(call),
            Ok(ModelEvent::Done { stop, usage }) => told.done = Some((stop, usage)),
            Err(error) => told.error = Some(error),
        }
    }
    assert!(told.done.is_some() != told.error.is_some(), "an answer ends in exactly one way: {told:?}");
    told
}
