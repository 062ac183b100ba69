//! Our question as Converse wants it: roles alternate, the first is the caller's, no text is
//! blank, and every call is answered in the next message (speech-and-llm.md B3).

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, Message, Tool, ToolConfiguration, ToolInputSchema,
    ToolResultBlock, ToolResultContentBlock, ToolResultStatus, ToolSpecification, ToolUseBlock,
};
use aws_smithy_types::{Document, Number};
use serde_json::Value;

use super::rules::Rules;
use crate::domain::thinking::{ModelRequest, Said, ToolCall, ToolResult};

pub(super) fn messages(request: &ModelRequest) -> Result<Vec<Message>, BuildError> {
    let mut turns: Vec<(ConversationRole, Vec<ContentBlock>)> = Vec::new();
    for said in &request.history {
        let (role, blocks) = match said {
            Said::Caller(text) => (ConversationRole::User, text_block(text).into_iter().collect()),
            Said::Bot { text, calls } => (ConversationRole::Assistant, bot_blocks(text, calls)?),
            Said::Results(results) => {
                (ConversationRole::User, results.iter().map(result_block).collect::<Result<_, _>>()?)
            }
        };
        match turns.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, before)) if *last == role => before.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    turns.into_iter().map(|(role, blocks)| Message::builder().role(role).set_content(Some(blocks)).build()).collect()
}

fn text_block(text: &str) -> Option<ContentBlock> {
    (!text.trim().is_empty()).then(|| ContentBlock::Text(text.to_owned()))
}

fn bot_blocks(text: &str, calls: &[ToolCall]) -> Result<Vec<ContentBlock>, BuildError> {
    let mut blocks: Vec<ContentBlock> = text_block(text).into_iter().collect();
    for call in calls {
        // Arguments that were no JSON came as text; only an object is taken back.
        let input = if call.arguments.is_object() { document(&call.arguments) } else { Document::Object([].into()) };
        let block = ToolUseBlock::builder().tool_use_id(&call.id).name(&call.name).input(input).build()?;
        blocks.push(ContentBlock::ToolUse(block));
    }
    Ok(blocks)
}

fn result_block(result: &ToolResult) -> Result<ContentBlock, BuildError> {
    let status = if result.is_error { ToolResultStatus::Error } else { ToolResultStatus::Success };
    let text = ToolResultContentBlock::Text(result.text.clone());
    let block = ToolResultBlock::builder().tool_use_id(&result.id).status(status).content(text).build()?;
    Ok(ContentBlock::ToolResult(block))
}

pub(super) fn tools(request: &ModelRequest) -> Result<Option<ToolConfiguration>, BuildError> {
    if request.tools.is_empty() {
        return Ok(None);
    }
    let tool = |tool: &crate::domain::thinking::ToolSpec| {
        let spec = ToolSpecification::builder()
            .name(tool.name)
            .description(tool.description)
            .input_schema(ToolInputSchema::Json(document(&tool.schema)))
            .build()?;
        Ok(Tool::ToolSpec(spec))
    };
    let tools = request.tools.iter().map(tool).collect::<Result<Vec<_>, BuildError>>()?;
    ToolConfiguration::builder().set_tools(Some(tools)).build().map(Some)
}

pub(super) fn inference(request: &ModelRequest, rules: Rules) -> InferenceConfiguration {
    let most_tokens = i32::try_from(request.most_tokens).unwrap_or(i32::MAX);
    InferenceConfiguration::builder().max_tokens(most_tokens).set_temperature(rules.temperature).build()
}

pub(super) fn more_fields(rules: Rules) -> Option<Document> {
    rules.thinking_off.then(|| document(&serde_json::json!({"thinking": {"type": "disabled"}})))
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(fields) => Document::Object(fields.iter().map(|(k, v)| (k.clone(), document(v))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_one_role_become_one_message_and_blank_text_none() {
        let call = ToolCall {
            id: "t1".to_owned(),
            name: "end_call".to_owned(),
            arguments: serde_json::json!({"a": [1, -2, 0.5, null, true]}),
            signature: None,
        };
        let result =
            ToolResult { id: "t1".to_owned(), name: "end_call".to_owned(), text: "no".to_owned(), is_error: true };
        let request = ModelRequest {
            history: vec![
                Said::Caller("hello".to_owned()),
                Said::bot("  "),
                Said::Caller("anyone?".to_owned()),
                Said::Bot { text: String::new(), calls: vec![call] },
                Said::Results(vec![result]),
                Said::Caller("well?".to_owned()),
            ],
            ..ModelRequest::default()
        };
        let messages = messages(&request).expect("messages");
        let shape: Vec<(&ConversationRole, usize)> = messages.iter().map(|m| (m.role(), m.content().len())).collect();
        let (user, assistant) = (&ConversationRole::User, &ConversationRole::Assistant);
        assert_eq!(shape, [(user, 2), (assistant, 1), (user, 2)]);
    }
}
