//! The language models that are set: whether each answers, and how soon its first words come. A few questions as a
//! conversation puts them, about nobody, each answer cut off after its first words: less than a rupee a model.

use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::adapters::bedrock::{BedrockLimits, BedrockModel};
use shared::adapters::gemini::{GeminiLimits, GeminiModel};
use shared::config::{BedrockSection, Environment, GeminiSection, ModelSection, PlaybookSection};
use shared::domain::language::Language;
use shared::domain::playbook::Playbook;
use shared::domain::thinking::{ModelRequest, Said, Scene, request};
use shared::ports::language_model::{LanguageModel, ModelError, ModelEvent};
use shared::ports::{Fault, with_causes};
use shared::wiring::{WiringError, playbooks};
use tokio::time::Instant;

use super::recorder::Recorder;
use super::{Answer, Findings, Questions};

/// The middle one counts: the first also opens the connection.
const ASKED: usize = 3;
const QUESTION: &str = "हाँ, बोलिए, कौन बोल रहा है?";
const BEDROCK: &str = "speech-and-llm.md F6, Bedrock profiles";

/// What is asked about one maker's models.
struct Maker {
    first_words: &'static str,
    /// Where the words come too late.
    setting: &'static str,
    /// How long conversations wait for first words.
    in_time: Duration,
}

pub(super) async fn ask(env: &Environment, questions: &Questions) -> Result<Findings, WiringError> {
    let mut findings = Findings::default();
    let playbook = env.read::<PlaybookSection>().map_err(WiringError::from).and_then(|named| playbooks(&named));
    let (Ok(section), Ok(playbooks)) = (env.read::<ModelSection>(), playbook) else {
        findings.undecided(BEDROCK, "the variables of the language models, or PLAYBOOK, are not right");
        return Ok(findings);
    };
    if section.bedrock.is_none() && section.gemini.is_none() {
        findings.undecided(BEDROCK, "no language model is set: CLAUDE_MODEL_ID, GEMINI_API_KEY");
        return Ok(findings);
    }
    let recorder = Recorder::new(secrets(&section));
    let inquiry = Inquiry { request: of_a_conversation(playbooks.usual()), questions, recorder: &recorder };
    match &section.bedrock {
        Some(bedrock) => inquiry.claude(bedrock, &mut findings).await,
        None => findings.undecided(BEDROCK, "CLAUDE_MODEL_ID is not set"),
    }
    if let Some(gemini) = section.gemini.clone() {
        inquiry.gemini(gemini, &mut findings).await;
    }
    recorder.write(&questions.record.join("models.jsonl"))?;
    Ok(findings)
}

fn secrets(section: &ModelSection) -> Vec<(&str, &str)> {
    let mut secrets = Vec::new();
    if let Some(bedrock) = &section.bedrock {
        secrets.extend(bedrock.bearer.as_ref().map(|bearer| (bearer.expose_secret(), "<bearer>")));
        if let Some(keys) = &bedrock.credentials {
            secrets.extend([(keys.secret.expose_secret(), "<secret>"), (keys.id.as_str(), "<key-id>")]);
            secrets.extend(keys.session.as_ref().map(|session| (session.expose_secret(), "<session>")));
        }
    }
    secrets.extend(section.gemini.as_ref().map(|gemini| (gemini.api_key.expose_secret(), "<key>")));
    secrets
}

/// The first question of a call, before anything is known of whom we speak with.
fn of_a_conversation(playbook: &Playbook) -> ModelRequest {
    let scene = Scene {
        playbook,
        company: "Example Finance",
        language: Language::Hindi,
        open: Vec::new(),
        locked: None,
        due: None,
        agents: true,
    };
    ModelRequest { history: vec![Said::Caller(QUESTION.to_owned())], ..request(&scene, &[]) }
}

struct Inquiry<'a> {
    request: ModelRequest,
    questions: &'a Questions,
    recorder: &'a Recorder,
}

impl Inquiry<'_> {
    /// F6.
    async fn claude(&self, section: &BedrockSection, findings: &mut Findings) {
        let usual = BedrockLimits::default();
        let maker = Maker {
            first_words: "speech-and-llm.md F6, first words of a Bedrock profile",
            setting: "CLAUDE_MODEL_ID=<a profile whose first words come in time>",
            in_time: usual.first_words,
        };
        let limits = BedrockLimits { first_words: self.questions.answer, whole: self.questions.answer, ..usual };
        for model in BedrockModel::all(section, &limits).await {
            self.inquire(&model, model.id(), &maker, findings).await;
        }
        let why = "only those that are set were asked; `aws bedrock list-inference-profiles` lists all";
        findings.undecided("speech-and-llm.md F6, other Bedrock profiles of this account", why);
    }

    async fn gemini(&self, section: GeminiSection, findings: &mut Findings) {
        let usual = GeminiLimits::default();
        let maker = Maker {
            first_words: "speech-and-llm.md D, first words of Gemini",
            setting: "GEMINI_MODEL_ID=<a model whose first words come in time>",
            in_time: usual.first_words,
        };
        let limits = GeminiLimits { first_words: self.questions.answer, whole: self.questions.answer, ..usual };
        let id = section.model_id.clone();
        match GeminiModel::new(section, limits) {
            Ok(model) => self.inquire(&model, &id, &maker, findings).await,
            Err(error) => findings.failed(format!("{id}: {}", with_causes(&*error))),
        }
    }

    async fn inquire(&self, model: &dyn LanguageModel, id: &str, maker: &Maker, findings: &mut Findings) {
        let mut waits = Vec::new();
        for _ in 0..ASKED {
            let began = Instant::now();
            let error = self.first_words(model, id).await.err();
            waits.push(began.elapsed());
            match error {
                None => {}
                Some(ModelError::Failed(cause)) if Fault::behind(&*cause) == Fault::Timeout => {}
                Some(ModelError::Failed(cause)) => {
                    let cause = self.recorder.redacted(&with_causes(&*cause));
                    return findings.failed(format!("{id} gave no answer: {cause}"));
                }
                Some(ModelError::Busy { .. }) => {
                    return findings.left_open(maker.first_words, &["delays.first"], format!("{id} is over its limit"));
                }
                Some(ModelError::Refused(words) | ModelError::Question(words)) => {
                    return findings.failed(format!("{id} refuses: {}", self.recorder.redacted(&words)));
                }
            }
        }
        findings.answers.push(maker.after(id, waits));
    }

    /// Dropping the answer then ends it, at the provider too.
    async fn first_words(&self, model: &dyn LanguageModel, id: &str) -> Result<(), ModelError> {
        self.recorder.note(id, "client", &json!({"instructions": self.request.instructions, "caller": QUESTION}));
        let note = |body: Value| self.recorder.note(id, "provider", &body);
        let mut answer =
            model.reply(&self.request).await.inspect_err(|error| note(json!({"error": error.to_string()})))?;
        match answer.recv().await {
            Some(Ok(ModelEvent::Text(words))) => note(json!({"first_words": words})),
            Some(Ok(ModelEvent::Tool(call))) => note(json!({"first_call": call.name})),
            _ => {}
        }
        Ok(())
    }
}

impl Maker {
    fn after(&self, id: &str, mut waits: Vec<Duration>) -> Answer {
        waits.sort();
        let late = waits[waits.len() / 2] > self.in_time;
        let ms: Vec<u128> = waits.iter().map(Duration::as_millis).collect();
        Answer {
            question: self.first_words,
            switch: "delays.first",
            default: json!("in time"),
            found: json!(if late { "late" } else { "in time" }),
            evidence: format!("{id}: after {ms:?} ms; conversations wait {} ms", self.in_time.as_millis()),
            setting: late.then_some(self.setting),
        }
    }
}
