//! The language models of the environment.

use std::sync::Arc;

use super::WiringError;
use crate::adapters::bedrock::{BedrockLimits, BedrockModel};
use crate::adapters::gemini::{GeminiLimits, GeminiModel};
use crate::adapters::model_chain::{HEDGE_AFTER, ModelChain};
use crate::config::ModelSection;
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
