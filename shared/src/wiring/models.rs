//! The language models and the playbook of the environment.

use std::sync::Arc;

use super::WiringError;
use crate::adapters::bedrock::{BedrockLimits, BedrockModel};
use crate::adapters::gemini::{GeminiLimits, GeminiModel};
use crate::adapters::model_chain::{HEDGE_AFTER, ModelChain};
use crate::config::ModelSection;
use crate::domain::playbook::Playbook;
use crate::ports::language_model::LanguageModel;

/// All of them as one, those on Bedrock first, each by itself: where the first hangs the second is
/// asked; none where the conversation follows its script.
pub async fn language_model(section: &ModelSection) -> Result<Option<Arc<dyn LanguageModel>>, WiringError> {
    let mut models: Vec<(String, Arc<dyn LanguageModel>)> = Vec::new();
    if let Some(bedrock) = &section.bedrock {
        let claudes = BedrockModel::all(bedrock, &BedrockLimits::default()).await;
        models.extend(claudes.into_iter().map(|claude| (claude.id().to_owned(), Arc::new(claude) as _)));
    }
    if let Some(gemini) = &section.gemini {
        models.push((gemini.model_id.clone(), Arc::new(GeminiModel::new(gemini.clone(), GeminiLimits::default())?)));
    }
    let chain = |models| Arc::new(ModelChain::new(models, HEDGE_AFTER)) as Arc<dyn LanguageModel>;
    Ok((!models.is_empty()).then(|| chain(models)))
}

/// One of the two that come with the product, or a file.
pub fn playbook(named: &str) -> Result<Playbook, WiringError> {
    if named.ends_with(".toml") {
        let text = std::fs::read_to_string(named).map_err(|error| format!("PLAYBOOK: {named}: {error}"))?;
        return Ok(Playbook::parse(named, &text)?);
    }
    let shipped = Playbook::shipped()?;
    let names = shipped.each_ref().map(|playbook| playbook.name.clone()).join(", ");
    let found = shipped.into_iter().find(|playbook| playbook.name == named);
    found.ok_or_else(|| {
        format!("PLAYBOOK: there is no `{named}`; there are {names}, and files that end with .toml").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_playbook_is_found_by_name_or_file_and_a_wrong_one_named() {
        assert_eq!(playbook("appointment_reminder").expect("shipped").name, "appointment_reminder");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/playbooks/payment_reminder.toml");
        assert_eq!(playbook(file).expect("a file").name, "payment_reminder");
        assert!(playbook("poem").expect_err("none").to_string().contains("there are payment_reminder, appointment"));
        assert!(playbook("no/such.toml").expect_err("none").to_string().starts_with("PLAYBOOK: no/such.toml: "));
    }
}
