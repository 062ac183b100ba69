//! Our question as Gemini wants it (speech-and-llm.md C1).

use serde_json::{Value, json};

use crate::domain::thinking::{ModelRequest, Said, ToolCall, ToolResult};

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
        let declared: Vec<Value> = tools
            .map(|tool| json!({"name": tool.name, "description": tool.description, "parameters": tool.schema}))
            .collect();
        body["tools"] = json!([{"functionDeclarations": declared}]);
        body["toolConfig"] = json!({"functionCallingConfig": {"mode": "AUTO"}});
    }
    body
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

/// The signature goes back unchanged, or the next request is refused.
fn call(call: &ToolCall) -> Value {
    let mut part = json!({"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}});
    if let Some(signature) = &call.signature {
        part["thoughtSignature"] = json!(signature);
    }
    part
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
}
