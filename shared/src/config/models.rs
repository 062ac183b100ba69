//! The language models. Each model is used where its key variable is set; without
//! any of them the conversation follows its script.

use secrecy::SecretString;

use super::{Reader, Section};

/// Whom the conversations may ask.
#[derive(Debug, Clone)]
pub struct ModelSection {
    /// Claude on Bedrock, asked first.
    pub bedrock: Option<BedrockSection>,
    /// Gemini, where Bedrock fails or is slow.
    pub gemini: Option<GeminiSection>,
}

/// Claude on Bedrock.
#[derive(Debug, Clone)]
pub struct BedrockSection {
    /// Inference profiles, the second asked where the first fails. Bare model ids are refused.
    pub model_ids: Vec<String>,
    /// `auto` (0.3 where the model takes one), `unsent`, or a number.
    pub temperature: Temperature,
    /// Whether thinking is switched off: `auto` (where the model would think by itself), `off` or `unsent`.
    pub thinking: String,
    /// Where.
    pub region: String,
    /// Another address (a simulator).
    pub endpoint: Option<String>,
    /// Credentials of the environment; the role's where there are none.
    pub credentials: Option<AwsKeys>,
    /// A Bedrock API key, used instead of credentials.
    pub bearer: Option<SecretString>,
}

/// A key pair of AWS.
#[derive(Debug, Clone)]
pub struct AwsKeys {
    /// `AKIA…`.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// With temporary credentials.
    pub session: Option<SecretString>,
}

/// What is sent as temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Temperature {
    /// By the model's own rules.
    Auto,
    /// Never: the newest models refuse it.
    Unsent,
    /// This, also where the rules say none.
    Set(f32),
}

impl std::str::FromStr for Temperature {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(Self::Auto),
            "unsent" => Ok(Self::Unsent),
            number => number.parse().ok().filter(|t| (0.0..=1.0).contains(t)).map(Self::Set).ok_or(()),
        }
    }
}

/// Gemini.
#[derive(Debug, Clone)]
pub struct GeminiSection {
    /// Its key.
    pub api_key: SecretString,
    /// `gemini-3.5-flash-lite`.
    pub model_id: String,
    /// The least thinking the model takes: `minimal`, or `low` for the 3.7 generation.
    pub thinking: String,
    /// `https://generativelanguage.googleapis.com`.
    pub base_url: String,
}

impl Section for ModelSection {
    fn read(r: &mut Reader<'_>) -> Self {
        Self { bedrock: bedrock(r), gemini: gemini(r) }
    }
}

fn bedrock(r: &mut Reader<'_>) -> Option<BedrockSection> {
    let first = r.optional("CLAUDE_MODEL_ID").map(str::to_owned);
    let second = r.optional("CLAUDE_FALLBACK_MODEL_ID").map(str::to_owned);
    let endpoint = r.optional("BEDROCK_ENDPOINT_URL").map(str::to_owned);
    let temperature = r.parsed_or("CLAUDE_TEMPERATURE", Temperature::Auto, "auto, unsent or a number from 0 to 1");
    let thinking = r.one_of("CLAUDE_THINKING", &["auto", "off", "unsent"]);
    let region = r.or("AWS_REGION", "ap-south-1");
    let secret = |text: &str| SecretString::from(text.to_owned());
    let session = r.optional("AWS_SESSION_TOKEN").map(secret);
    let pair = (r.optional("AWS_ACCESS_KEY_ID"), r.optional("AWS_SECRET_ACCESS_KEY"));
    let credentials = match pair {
        (Some(id), Some(key)) => Some(AwsKeys { id: id.to_owned(), secret: secret(key), session }),
        _ => None,
    };
    let bearer = r.optional("AWS_BEARER_TOKEN_BEDROCK").map(secret);
    if first.is_none() && second.is_some() {
        r.problems
            .push("CLAUDE_FALLBACK_MODEL_ID is set and CLAUDE_MODEL_ID is not: the fallback needs a first".into());
    }
    let bare = |id: &&String| id.starts_with("anthropic.");
    if let Some(id) = [&first, &second].into_iter().flatten().find(bare) {
        r.problems.push(format!("`{id}` is a bare model id, which Bedrock refuses: put in. or global. before it"));
    }
    let model_ids = std::iter::once(first?).chain(second).collect();
    Some(BedrockSection { model_ids, temperature, thinking, region, endpoint, credentials, bearer })
}

fn gemini(r: &mut Reader<'_>) -> Option<GeminiSection> {
    let key = r.optional("GEMINI_API_KEY").map(|key| SecretString::from(key.to_owned()));
    let model_id = r.or("GEMINI_MODEL_ID", "gemini-3.5-flash-lite");
    let thinking = r.one_of("GEMINI_THINKING", &["minimal", "low", "medium", "high"]);
    let base_url = r.url_or("GEMINI_BASE_URL", "https://generativelanguage.googleapis.com", &["http", "https"]);
    Some(GeminiSection { api_key: key?, model_id, thinking, base_url })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    fn env(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn a_model_is_used_where_its_key_variable_is_set() {
        let section: ModelSection = env(&[]).read().expect("nothing is required");
        assert!(section.bedrock.is_none() && section.gemini.is_none());
        let section: ModelSection = env(&[
            ("CLAUDE_MODEL_ID", "in.anthropic.claude-haiku-4-5-20251001-v1:0"),
            ("CLAUDE_FALLBACK_MODEL_ID", "global.anthropic.claude-haiku-5-5"),
            ("GEMINI_API_KEY", "hunter2"),
        ])
        .read()
        .expect("complete");
        assert_eq!(section.bedrock.as_ref().map(|b| b.model_ids.len()), Some(2));
        assert!(section.gemini.is_some() && !format!("{section:?}").contains("hunter2"));
    }

    #[test]
    fn a_bare_model_id_and_a_fallback_without_a_first_are_named() {
        let bare = env(&[("CLAUDE_MODEL_ID", "anthropic.claude-haiku-4-5-20251001-v1:0")]).read::<ModelSection>();
        assert!(bare.expect_err("refused").to_string().contains("put in. or global. before it"));
        let alone = env(&[("CLAUDE_FALLBACK_MODEL_ID", "global.anthropic.claude-haiku-5-5")]).read::<ModelSection>();
        assert!(alone.expect_err("refused").to_string().contains("CLAUDE_MODEL_ID is not"));
        let hot = env(&[("CLAUDE_TEMPERATURE", "2")]).read::<ModelSection>();
        assert!(hot.expect_err("refused").to_string().contains("CLAUDE_TEMPERATURE must be auto, unsent"));
    }
}
