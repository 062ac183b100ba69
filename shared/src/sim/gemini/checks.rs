//! What the service checks before it answers (speech-and-llm.md C1, C3).

use axum::http::HeaderMap;
use serde_json::Value;

use crate::sim::model::{Asked, Turn};

type Refusal = (u16, &'static str, String);

pub(super) fn key(headers: &HeaderMap, key: &str) -> Result<(), Refusal> {
    match headers.get("x-goog-api-key").is_some_and(|given| given.as_bytes() == key.as_bytes()) {
        true => Ok(()),
        false => Err(invalid("API key not valid. Please pass a valid API key.".to_owned())),
    }
}

/// Comes back with a call that another model made.
const OF_ANOTHER_MODEL: &str = "skip_thought_signature_validator";

/// What must come back with a call, so that a client that loses it is found.
pub(super) fn signature(id: &str) -> String {
    format!("signature-of-{id}")
}

pub(super) fn request(model: &str, body: &Value) -> Result<(), Refusal> {
    if !model.starts_with("gemini-3") {
        return Err((404, "NOT_FOUND", format!("models/{model} is not found for API version v1beta")));
    }
    let config = &body["generationConfig"];
    let thinking = &config["thinkingConfig"];
    if model.starts_with("gemini-3.7") && thinking["thinkingLevel"] == "minimal" {
        return Err(invalid("Thinking level MINIMAL is not supported for this model.".to_owned()));
    }
    if !thinking["thinkingLevel"].is_null() && !thinking["thinkingBudget"].is_null() {
        return Err(invalid("You can only set only one of thinking budget and thinking level.".to_owned()));
    }
    declarations(body)?;
    let contents = body["contents"].as_array().filter(|contents| !contents.is_empty());
    let Some(contents) = contents else { return Err(invalid("contents is not specified".to_owned())) };
    for content in contents {
        if content["role"] != "user" && content["role"] != "model" {
            return Err(invalid("Please use a valid role: user, model.".to_owned()));
        }
        let parts = content["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        if parts.is_empty() {
            return Err(invalid("contents.parts must not be empty.".to_owned()));
        }
        for part in parts.iter().filter(|part| !part["functionCall"].is_null()) {
            let id = part["functionCall"]["id"].as_str().unwrap_or_default();
            if !part["functionCall"]["args"].is_object() {
                return Err(invalid("Invalid value at 'contents.parts.function_call.args' (Struct)".to_owned()));
            }
            let signatures = [signature(id), OF_ANOTHER_MODEL.to_owned()];
            if !signatures.iter().any(|signature| part["thoughtSignature"] == signature.as_str()) {
                return Err(invalid("Function call is missing a thought_signature in functionCall parts.".to_owned()));
            }
        }
    }
    Ok(())
}

/// An object without fields is none.
fn declarations(body: &Value) -> Result<(), Refusal> {
    let declared = body["tools"][0]["functionDeclarations"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, tool) in declared.iter().enumerate() {
        let fields = tool["parameters"]["properties"].as_object();
        if tool["parameters"]["type"] == "object" && fields.is_none_or(serde_json::Map::is_empty) {
            return Err(invalid(format!(
                "* GenerateContentRequest.tools[0].function_declarations[{at}].parameters.properties: should be \
                 non-empty for OBJECT type"
            )));
        }
    }
    Ok(())
}

fn invalid(message: String) -> Refusal {
    (400, "INVALID_ARGUMENT", message)
}

/// What the brain gets to read.
pub(super) fn asked(body: &Value) -> Asked {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |parts: &[Value]| parts.iter().filter_map(|p| p["text"].as_str()).collect::<Vec<_>>().join(" ");
    let turns = list(&body["contents"]).into_iter().map(|content| {
        let parts = list(&content["parts"]);
        let errors = parts.iter().filter_map(|part| part["functionResponse"]["response"]["error"].as_str());
        let tool_errors = errors.map(str::to_owned).collect();
        Turn { from_user: content["role"] == "user", text: text(&parts), tool_errors }
    });
    let tools = list(&body["tools"][0]["functionDeclarations"]);
    Asked {
        instructions: text(&list(&body["systemInstruction"]["parts"])),
        turns: turns.collect(),
        tools: tools.iter().filter_map(|tool| tool["name"].as_str()).map(str::to_owned).collect(),
    }
}
