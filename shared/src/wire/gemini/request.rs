//! Our question as Gemini wants it (speech-and-llm.md C1).

use serde_json::{Value, json};

use crate::domain::thinking::{ModelRequest, Said, ToolCall, ToolResult, ToolSpec};

/// The documented value for a call that another model made
/// (ai.google.dev/gemini-api/docs/thought-signatures).
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Where a model answers in pieces. Without `alt=sse` the answer would be one array.
pub fn path(model_id: &str) -> String {
    format!("/v1beta/models/{model_id}:streamGenerateContent?alt=sse")
}

/// The body. Neither temperature nor a thinking budget: the newest models refuse them.
pub fn body(request: &ModelRequest, thinking: &str) -> Value {
    let mut body = json!({
        "systemInstruction": {"parts": [{"text": request.instructions}]},
        "contents": contents(&request.history),
        "generationConfig": {
            "maxOutputTokens": request.most_tokens,
            "thinkingConfig": {"thinkingLevel": thinking},
        },
    });
    if !request.tools.is_empty() {
        let tools = request.tools.iter();
        body["tools"] = json!([{"functionDeclarations": tools.map(declaration).collect::<Vec<Value>>()}]);
        body["toolConfig"] = json!({"functionCallingConfig": {"mode": "AUTO"}});
    }
    body
}

/// A tool without arguments has no parameters: an object without fields is refused.
fn declaration(tool: &ToolSpec) -> Value {
    let mut declared = json!({"name": tool.name, "description": tool.description});
    if tool.schema["properties"].as_object().is_some_and(|fields| !fields.is_empty()) {
        declared["parameters"] = tool.schema.clone();
    }
    declared
}

fn contents(history: &[Said]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for said in history {
        let (role, parts) = match said {
            Said::Caller(text) => ("user", words(text).into_iter().collect()),
            Said::Bot { text, calls } => ("model", words(text).into_iter().chain(calls.iter().map(call)).collect()),
            Said::Results(results) => ("user", results.iter().map(result).collect::<Vec<Value>>()),
        };
        match turns.last_mut() {
            _ if parts.is_empty() => {}
            Some((last, before)) if *last == role => before.extend(parts),
            _ => turns.push((role, parts)),
        }
    }
    turns.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect()
}

fn words(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({"text": text}))
}

/// The signature goes back unchanged, or the next request is refused; a call of another model has
/// none, and says so. Arguments that were no JSON came as text; only an object is taken back.
fn call(call: &ToolCall) -> Value {
    let arguments = if call.arguments.is_object() { call.arguments.clone() } else { json!({}) };
    json!({
        "functionCall": {"id": call.id, "name": call.name, "args": arguments},
        "thoughtSignature": call.signature.as_deref().unwrap_or(NO_SIGNATURE),
    })
}

fn result(result: &ToolResult) -> Value {
    let field = if result.is_error { "error" } else { "result" };
    json!({"functionResponse": {"id": result.id, "name": result.name, "response": {field: result.text}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_the_pages_own_example() {
        let transfer = crate::domain::thinking::ToolSpec {
            name: "transfer_to_agent",
            description: "Hand the call to a human",
            schema: json!({"type": "object", "properties": {"reason": {"type": "string"}}}),
        };
        let request = ModelRequest {
            instructions: "You are a polite loan assistant...".to_owned(),
            history: vec![
                Said::Caller("hello".to_owned()),
                Said::bot("Namaste"),
                Said::Caller("loan status".to_owned()),
            ],
            tools: vec![transfer],
            most_tokens: 200,
        };
        let expected = json!({
            "systemInstruction": {"parts": [{"text": "You are a polite loan assistant..."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "hello"}]},
                {"role": "model", "parts": [{"text": "Namaste"}]},
                {"role": "user", "parts": [{"text": "loan status"}]},
            ],
            "generationConfig": {"maxOutputTokens": 200, "thinkingConfig": {"thinkingLevel": "minimal"}},
            "tools": [{"functionDeclarations": [{
                "name": "transfer_to_agent",
                "description": "Hand the call to a human",
                "parameters": {"type": "object", "properties": {"reason": {"type": "string"}}},
            }]}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        });
        assert_eq!(body(&request, "minimal"), expected);
    }

    #[test]
    fn a_call_and_what_it_came_to_go_back_with_id_and_signature() {
        let call = ToolCall {
            id: "fc1".to_owned(),
            name: "transfer_to_agent".to_owned(),
            arguments: json!({"reason": "asked"}),
            signature: Some("c2ln".to_owned()),
        };
        let result = |is_error| ToolResult {
            id: "fc1".to_owned(),
            name: "transfer_to_agent".to_owned(),
            text: "ok".to_owned(),
            is_error,
        };
        let history = [
            Said::Caller("agent".to_owned()),
            Said::Bot { text: " ".to_owned(), calls: vec![call] },
            Said::Results(vec![result(false), result(true)]),
            Said::Caller("well?".to_owned()),
        ];
        let id = json!("fc1");
        let turns = contents(&history);
        assert_eq!(turns.len(), 3, "{turns:?}");
        assert_eq!(turns[1]["parts"][0]["thoughtSignature"], "c2ln");
        assert_eq!(turns[1]["parts"][0]["functionCall"]["id"], id);
        assert_eq!(turns[2]["parts"][0]["functionResponse"]["response"], json!({"result": "ok"}));
        assert_eq!(turns[2]["parts"][1]["functionResponse"]["response"], json!({"error": "ok"}));
        assert_eq!(turns[2]["parts"][2], json!({"text": "well?"}));
    }

    #[test]
    fn a_call_of_another_model_says_that_it_has_no_signature_and_its_broken_arguments_are_none() {
        let broken = ToolCall {
            id: "tooluse_1".to_owned(),
            name: "record_promise".to_owned(),
            arguments: json!("{\"date\": \"tomo"),
            signature: None,
        };
        let part = call(&broken);
        assert_eq!(part["thoughtSignature"], "skip_thought_signature_validator");
        assert_eq!(part["functionCall"]["args"], json!({}));
    }

    #[test]
    fn a_tool_without_arguments_is_declared_without_parameters() {
        use crate::domain::thinking::Tool;
        assert_eq!(declaration(&Tool::EndCall.spec()).get("parameters"), None);
        let language = Tool::SetLanguage.spec();
        assert_eq!(declaration(&language)["parameters"], language.schema);
    }
}
