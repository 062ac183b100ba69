//! What the service checks before it answers (speech-and-llm.md B1 to B3).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::Value;

use crate::sim::model::{Asked, Turn};

type Refusal = (u16, &'static str, String);

/// Whether the request is signed by `key` (or brings it as a bearer token). The signature itself
/// is not computed again.
pub(super) fn key(headers: &HeaderMap, key: &str) -> Result<(), Refusal> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = format!("AWS4-HMAC-SHA256 Credential={key}/");
    let for_bedrock = given.contains("/bedrock/aws4_request");
    if given == format!("Bearer {key}") || given.starts_with(&signed) && for_bedrock {
        return Ok(());
    }
    let kind = if given.starts_with("Bearer") { "AccessDeniedException" } else { "UnrecognizedClientException" };
    Err((403, kind, "The security token included in the request is invalid.".to_owned()))
}

pub(super) fn request(model: &str, body: &Value) -> Result<(), Refusal> {
    let generation = profile(model)?;
    let thinking = &body["additionalModelRequestFields"]["thinking"]["type"];
    if thinking == "disabled" && model.contains("claude-sonnet-5-5") {
        return Err(invalid("thinking: this model does not support disabling it".to_owned()));
    }
    parameters(body, generation)?;
    messages(body, generation)
}

/// Major and minor of a model named through a profile.
fn profile(model: &str) -> Result<(u32, u32), Refusal> {
    if model.starts_with("anthropic.") {
        let text = format!(
            "Invocation of model ID {model} with on-demand throughput isn't supported. Retry your request with the ID \
             or ARN of an inference profile that contains this model."
        );
        return Err(invalid(text));
    }
    let named = model.rsplit('/').next().unwrap_or(model);
    let known = ["in.", "global.", "apac."].iter().find_map(|prefix| named.strip_prefix(prefix));
    let Some(name) = known.and_then(|name| name.strip_prefix("anthropic.claude-")) else {
        return Err(invalid("The provided model identifier is invalid.".to_owned()));
    };
    let numbers: Vec<u32> =
        name.split('-').filter(|part| part.len() < 3).filter_map(|part| part.parse().ok()).collect();
    let (major, minor) = (numbers.first().copied().unwrap_or(0), numbers.get(1).copied().unwrap_or(0));
    if major < 4 {
        return Err((
            404,
            "ResourceNotFoundException",
            "This model version has reached the end of its life.".to_owned(),
        ));
    }
    Ok((major, minor))
}

fn parameters(body: &Value, (major, _): (u32, u32)) -> Result<(), Refusal> {
    let config = &body["inferenceConfig"];
    if major >= 5 && !config["temperature"].is_null() {
        return Err(invalid("`temperature` is deprecated for this model.".to_owned()));
    }
    if !config["temperature"].is_null() && !config["topP"].is_null() {
        return Err(invalid("`temperature` and `top_p` cannot both be specified for this model.".to_owned()));
    }
    Ok(())
}

fn messages(body: &Value, generation: (u32, u32)) -> Result<(), Refusal> {
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let Some(messages) = messages else { return Err(invalid("messages: at least one is required".to_owned())) };
    let mut expected = "user";
    let mut open: Vec<&str> = Vec::new();
    let mut has_tools = false;
    for message in messages {
        if message["role"] != expected {
            return Err(invalid(format!(
                "A conversation must alternate between user and assistant: {expected} expected"
            )));
        }
        let blocks = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
        if blocks.is_empty() || blocks.iter().any(is_blank) {
            return Err(invalid("The text field in the ContentBlock object is blank.".to_owned()));
        }
        let is_broken = |block: &Value| !block["toolUse"].is_null() && !block["toolUse"]["input"].is_object();
        if blocks.iter().any(is_broken) {
            let text = "The format of the value at messages.content.toolUse.input is invalid. Provide a json object for \
                        the field and try again.";
            return Err(invalid(text.to_owned()));
        }
        let ids =
            |kind: &str| -> Vec<&str> { blocks.iter().filter_map(|block| block[kind]["toolUseId"].as_str()).collect() };
        if expected == "user" && ids("toolResult") != open {
            return Err(invalid("tool_use ids were found without tool_result blocks immediately after".to_owned()));
        }
        open = ids("toolUse");
        has_tools |= !open.is_empty();
        expected = if expected == "user" { "assistant" } else { "user" };
    }
    if has_tools && body["toolConfig"].is_null() {
        return Err(invalid("The toolConfig field must be defined when using toolUse blocks.".to_owned()));
    }
    if expected == "user" && generation >= (4, 6) {
        return Err(invalid("This model does not support assistant message prefill.".to_owned()));
    }
    Ok(())
}

fn is_blank(block: &Value) -> bool {
    block["text"].as_str().is_some_and(|text| text.trim().is_empty())
}

fn invalid(message: String) -> Refusal {
    (400, "ValidationException", message)
}

/// What the brain gets to read.
pub(super) fn asked(body: &Value) -> Asked {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |blocks: &[Value]| blocks.iter().filter_map(|b| b["text"].as_str()).collect::<Vec<_>>().join(" ");
    let turns = list(&body["messages"]).into_iter().map(|message| {
        let blocks = list(&message["content"]);
        let failed = blocks.iter().filter(|block| block["toolResult"]["status"] == "error");
        let tool_errors = failed.map(|block| text(&list(&block["toolResult"]["content"]))).collect();
        Turn { from_user: message["role"] == "user", text: text(&blocks), tool_errors }
    });
    let tools = list(&body["toolConfig"]["tools"]);
    Asked {
        instructions: text(&list(&body["system"])),
        turns: turns.collect(),
        tools: tools.iter().filter_map(|tool| tool["toolSpec"]["name"].as_str()).map(str::to_owned).collect(),
    }
}
