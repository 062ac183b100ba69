//! What each Claude takes in a request: the generations differ (speech-and-llm.md B2).

use crate::config::{BedrockSection, Temperature};

/// Low: a call needs the same answer to the same question, in plain words.
const TEMPERATURE: f32 = 0.3;

/// What goes into a request to one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rules {
    pub(super) temperature: Option<f32>,
    /// Thinking must be switched off: nobody waits on the phone for it.
    pub(super) thinking_off: bool,
}

impl Rules {
    /// As the settings say, and where they leave it open by the model's generation. Of a model
    /// with an unknown name (an ARN) nothing is sent that it could refuse.
    pub(super) fn of(model_id: &str, config: &BedrockSection) -> Self {
        let generation = generation(model_id);
        let takes_one = generation.is_some_and(|(_, major, _)| major < 5);
        let thinks = generation.is_some_and(|(name, major, minor)| major >= 5 && (name, minor) != ("sonnet", 5));
        Self {
            temperature: match config.temperature {
                Temperature::Auto => takes_one.then_some(TEMPERATURE),
                Temperature::Unsent => None,
                Temperature::Set(temperature) => Some(temperature),
            },
            thinking_off: match config.thinking.as_str() {
                "off" => true,
                "unsent" => false,
                _ => thinks,
            },
        }
    }
}

/// `in.anthropic.claude-haiku-4-5-20251001-v1:0` is `("haiku", 4, 5)`. A date is no minor version.
fn generation(model_id: &str) -> Option<(&str, u32, u32)> {
    let (_, version) = model_id.rsplit_once("claude-")?;
    let mut parts = version.split('-').filter(|part| !part.starts_with('v'));
    let name = parts.next().filter(|name| name.chars().all(char::is_alphabetic))?;
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().filter(|minor| minor.len() < 3).and_then(|minor| minor.parse().ok());
    Some((name, major, minor.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(id: &str, temperature: Temperature, thinking: &str) -> Rules {
        let config = BedrockSection {
            model_ids: Vec::new(),
            temperature,
            thinking: thinking.to_owned(),
            region: String::new(),
            endpoint: None,
            credentials: None,
            bearer: None,
        };
        Rules::of(id, &config)
    }

    #[test]
    fn each_generation_gets_what_it_takes() {
        let auto = |id| {
            let rules = rules(id, Temperature::Auto, "auto");
            (rules.temperature.is_some(), rules.thinking_off)
        };
        for (id, expected) in [
            ("in.anthropic.claude-haiku-4-5-20251001-v1:0", (true, false)),
            ("global.anthropic.claude-opus-4-6-v1", (true, false)),
            ("global.anthropic.claude-haiku-5-5", (false, true)),
            ("in.anthropic.claude-sonnet-5", (false, true)),
            // Refuses to stop thinking.
            ("global.anthropic.claude-sonnet-5-5", (false, false)),
            ("arn:aws:bedrock:ap-south-1:1:application-inference-profile/x1", (false, false)),
        ] {
            assert_eq!(auto(id), expected, "{id}");
        }
    }

    #[test]
    fn settings_win_over_the_generation() {
        let rules = rules("global.anthropic.claude-haiku-5-5", Temperature::Set(0.5), "unsent");
        assert_eq!(rules, Rules { temperature: Some(0.5), thinking_off: false });
    }
}
