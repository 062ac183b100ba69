//! The playbooks, and the language models: whether each answers, by one question of a few tokens.

use std::time::Duration;

use shared::adapters::bedrock::{BedrockLimits, BedrockModel};
use shared::adapters::gemini::{GeminiLimits, GeminiModel};
use shared::config::{BedrockSection, GeminiSection, ModelSection, PlaybookSection};
use shared::domain::thinking::{ModelRequest, Said};
use shared::ports::language_model::{LanguageModel, ModelError};
use shared::wiring::playbooks;
use tokio::time::Instant;

use super::{Patient, causes};
use crate::report::Line;

/// A conversation waits this long at most for first words; slower is worth knowing.
const SLOW: Duration = Duration::from_millis(1_500);

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    // What is wrong with the variables is said by the check of the environment.
    let Ok(section) = patient.env.read::<ModelSection>() else { return Vec::new() };
    let book = match patient.env.read::<PlaybookSection>().map_err(Into::into).and_then(|named| playbooks(&named)) {
        Ok(playbooks) => Line::ok("playbook", format!("{}, of {}", playbooks.usual().name, playbooks.names())),
        Err(error) => Line::fail("playbook", error.to_string().trim_end(), "correct the file, or PLAYBOOK"),
    };
    let (bedrock, gemini) = (section.bedrock, section.gemini);
    if bedrock.is_none() && gemini.is_none() {
        return vec![book, Line::ok("language models", "none is set: conversations follow their script")];
    }
    let (claude, gemini) = tokio::join!(
        async {
            match bedrock {
                Some(section) => ask_claude(&section, patient.limit).await,
                None => Vec::new(),
            }
        },
        async {
            match gemini {
                Some(section) => ask_gemini(section, patient.limit).await,
                None => Vec::new(),
            }
        },
    );
    [vec![book], claude, gemini].concat()
}

/// Each model by itself: the second must not hide what is wrong with the first.
async fn ask_claude(section: &BedrockSection, limit: Duration) -> Vec<Line> {
    const FIX: &str = "check CLAUDE_MODEL_ID (`aws bedrock list-inference-profiles` lists what may be asked), AWS_REGION, and \
                       that the role has bedrock:InvokeModelWithResponseStream on the profile and on its models";
    let limit = short_of(limit);
    let limits = BedrockLimits { first_words: limit, whole: limit, ..BedrockLimits::default() };
    let mut lines = Vec::new();
    for model in BedrockModel::all(section, &limits).await {
        lines.push(ask(&format!("bedrock {}", model.id()), &model, FIX).await);
    }
    lines
}

async fn ask_gemini(section: GeminiSection, limit: Duration) -> Vec<Line> {
    const FIX: &str = "check GEMINI_API_KEY, GEMINI_MODEL_ID and GEMINI_THINKING";
    let check = format!("gemini {}", section.model_id);
    let limit = short_of(limit);
    let limits = GeminiLimits { first_words: limit, whole: limit, ..GeminiLimits::default() };
    match GeminiModel::new(section, limits) {
        Ok(model) => vec![ask(&check, &model, FIX).await],
        Err(error) => vec![Line::fail(&check, causes(&*error), "check this machine's TLS")],
    }
}

/// Both tries, and the line about them, before the check itself is given up.
fn short_of(limit: Duration) -> Duration {
    limit.saturating_sub(Duration::from_millis(500)) / 2
}

async fn ask(check: &str, model: &dyn LanguageModel, fix: &str) -> Line {
    let request = ModelRequest {
        instructions: "Answer with one word.".to_owned(),
        history: vec![Said::Caller("Say yes.".to_owned())],
        tools: Vec::new(),
        most_tokens: 16,
    };
    let began = Instant::now();
    let answered = model.reply(&request).await;
    let after = began.elapsed();
    match answered {
        Ok(_) if after > SLOW => {
            let found = format!("answers after {:.1} s", after.as_secs_f32());
            Line::warn(check, found, "callers hear the script instead; try a smaller model or a nearer region")
        }
        Ok(_) => Line::ok(check, format!("answers after {:.1} s", after.as_secs_f32())),
        Err(ModelError::Busy { .. }) => {
            Line::warn(check, "over its limit", "ask again in a minute, or raise the quota")
        }
        Err(ModelError::Refused(found) | ModelError::Question(found)) => Line::fail(check, found, fix),
        Err(error @ ModelError::Failed(_)) => Line::fail(check, causes(&error), fix),
    }
}
