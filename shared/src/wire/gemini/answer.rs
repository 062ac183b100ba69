//! Records of an answer (speech-and-llm.md C2).

use serde::Deserialize;
use serde_json::Value;

use super::trouble::Trouble;

/// What one record brings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// In order.
    pub parts: Vec<Part>,
    /// Why the answer ended, on its last record.
    pub finish: Option<String>,
    /// Why the question was not answered at all.
    pub blocked: Option<String>,
    /// Tokens so far: read, written (thoughts included).
    pub tokens: Option<(u32, u32)>,
}

/// A piece of an answer. Thoughts are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Words.
    Text(String),
    /// A call, whole.
    Call {
        /// Empty from models that give none.
        id: String,
        /// Which tool.
        name: String,
        /// Unchecked.
        args: Value,
    },
    /// Must go back with the call that follows, or that came with it.
    Signature(String),
}

/// A record that says something else than expected.
#[derive(Debug, thiserror::Error)]
pub enum BadRecord {
    /// No JSON, or of another shape.
    #[error("a record of the answer can not be read")]
    Unreadable(#[from] serde_json::Error),
    /// An error in the middle of an answer.
    #[error("an error came inside the answer: {0:?}")]
    Trouble(Trouble),
}

/// Reads one record.
pub fn parse(text: &str) -> Result<Record, BadRecord> {
    let record: Wire = serde_json::from_str(text)?;
    if let Some(error) = record.error {
        return Err(BadRecord::Trouble(Trouble::of_error(&error)));
    }
    let candidate = record.candidates.into_iter().next().unwrap_or_default();
    let used = record.usage_metadata;
    Ok(Record {
        parts: candidate.content.parts.into_iter().flat_map(WirePart::read).collect(),
        finish: candidate.finish_reason,
        blocked: record.prompt_feedback.and_then(|feedback| feedback.block_reason),
        tokens: used.map(|u| (u.prompt_token_count, u.candidates_token_count + u.thoughts_token_count)),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Tokens>,
    error: Option<Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Candidate {
    content: Content,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Content {
    parts: Vec<WirePart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Tokens {
    prompt_token_count: u32,
    candidates_token_count: u32,
    thoughts_token_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePart {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    function_call: Option<WireCall>,
    thought_signature: Option<String>,
}

#[derive(Deserialize)]
struct WireCall {
    #[serde(default)]
    id: String,
    name: String,
    #[serde(default)]
    args: Option<Value>,
}

impl WirePart {
    /// The signature before the call it belongs to, also where both came in one part.
    fn read(self) -> Vec<Part> {
        let call = self.function_call.map(|call| {
            let args = call.args.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            Part::Call { id: call.id, name: call.name, args }
        });
        let text = self.text.filter(|text| !self.thought && !text.is_empty()).map(Part::Text);
        [self.thought_signature.map(Part::Signature), text, call].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_own_records_are_read() {
        let first = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Namaste"}]},"index":0}],"usageMetadata":{"promptTokenCount":41,"totalTokenCount":41},"modelVersion":"gemini-3.5-flash-lite","responseId":"abc"}"#;
        let last = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":", kaise madad karun?"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":41,"candidatesTokenCount":9,"totalTokenCount":50},"modelVersion":"gemini-3.5-flash-lite","responseId":"abc"}"#;
        let first = parse(first).expect("a record");
        assert_eq!(first.parts, [Part::Text("Namaste".to_owned())]);
        assert_eq!((first.finish, first.tokens), (None, Some((41, 0))));
        let last = parse(last).expect("a record");
        assert_eq!((last.finish.as_deref(), last.tokens), (Some("STOP"), Some((41, 9))));
    }

    #[test]
    fn a_call_comes_after_its_signature_and_thoughts_not_at_all() {
        let text = r#"{"candidates":[{"content":{"parts":[
            {"text":"hm","thought":true},
            {"functionCall":{"id":"fc1","name":"transfer_to_agent","args":{"reason":"asked"}},"thoughtSignature":"c2ln"},
            {"functionCall":{"name":"end_call"}}]}}]}"#;
        let parts = parse(text).expect("a record").parts;
        let call = |id: &str, name: &str, args| Part::Call { id: id.to_owned(), name: name.to_owned(), args };
        let asked = call("fc1", "transfer_to_agent", serde_json::json!({"reason": "asked"}));
        let end = call("", "end_call", serde_json::json!({}));
        assert_eq!(parts, [Part::Signature("c2ln".to_owned()), asked, end]);
    }

    #[test]
    fn a_blocked_question_an_error_and_nonsense_are_told_apart() {
        let blocked = parse(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#).expect("a record");
        assert_eq!(blocked.blocked.as_deref(), Some("SAFETY"));
        let error = parse(r#"{"error":{"code":503,"status":"UNAVAILABLE","message":"overloaded"}}"#);
        assert!(matches!(error, Err(BadRecord::Trouble(Trouble::Failed(_)))), "{error:?}");
        assert!(matches!(parse("{\"candidates\":["), Err(BadRecord::Unreadable(_))));
    }
}
