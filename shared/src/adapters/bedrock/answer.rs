//! ConverseStream's events as ours (speech-and-llm.md B4, B7).

use std::collections::BTreeMap;

use aws_sdk_bedrockruntime::types::{ContentBlockDelta, ContentBlockStart, ConverseStreamOutput, StopReason};
use serde_json::Value;

use crate::domain::thinking::ToolCall;
use crate::ports::language_model::{ModelError, ModelEvent, Stop, Usage};

/// One answer, put together from its events.
#[derive(Default)]
pub(super) struct Reading {
    /// Calls whose arguments are still coming, by their block.
    open: BTreeMap<i32, OpenCall>,
    /// Anything to say or do has come.
    anything: bool,
    stop: Option<Stop>,
    usage: Usage,
    /// The usage has come: nothing follows.
    complete: bool,
}

struct OpenCall {
    id: String,
    name: String,
    input: String,
}

impl Reading {
    /// What one event brings.
    pub(super) fn take(&mut self, event: ConverseStreamOutput) -> Result<Option<ModelEvent>, ModelError> {
        match event {
            ConverseStreamOutput::ContentBlockStart(block) => {
                if let Some(ContentBlockStart::ToolUse(tool)) = block.start {
                    let call = OpenCall { id: tool.tool_use_id, name: tool.name, input: String::new() };
                    self.open.insert(block.content_block_index, call);
                }
            }
            ConverseStreamOutput::ContentBlockDelta(block) => match block.delta {
                Some(ContentBlockDelta::Text(text)) if !text.is_empty() => {
                    self.anything |= !text.trim().is_empty();
                    return Ok(Some(ModelEvent::Text(text)));
                }
                Some(ContentBlockDelta::ToolUse(part)) => {
                    if let Some(call) = self.open.get_mut(&block.content_block_index) {
                        call.input.push_str(&part.input);
                    }
                }
                // Thoughts are never spoken.
                _ => {}
            },
            ConverseStreamOutput::ContentBlockStop(block) => {
                if let Some(call) = self.open.remove(&block.content_block_index) {
                    self.anything = true;
                    return Ok(Some(ModelEvent::Tool(call.finished())));
                }
            }
            ConverseStreamOutput::MessageStop(end) => self.stop = Some(stop(&end.stop_reason)?),
            ConverseStreamOutput::Metadata(metadata) => {
                if let Some(used) = metadata.usage {
                    let cached = used.cache_read_input_tokens.unwrap_or(0) + used.cache_write_input_tokens.unwrap_or(0);
                    let count = |tokens: i32| u32::try_from(tokens).unwrap_or(0);
                    let (read, written) = (count(used.input_tokens + cached), count(used.output_tokens));
                    self.usage = Usage { input_tokens: read, output_tokens: written };
                }
                self.complete = true;
            }
            // A message's start says nothing; kinds nobody knows yet are skipped.
            _ => {}
        }
        Ok(None)
    }

    /// Nothing more has to come.
    pub(super) fn is_complete(&self) -> bool {
        self.complete && self.stop.is_some()
    }

    /// The last event, once the stream is over. A stream that ends without its stop broke off,
    /// however clean the end looks; one that brought nothing is no answer.
    pub(super) fn finish(&self) -> Result<ModelEvent, ModelError> {
        let Some(stop) = self.stop else { return Err(failed("the stream ended before the answer did")) };
        if !self.anything {
            return Err(ModelError::of_nothing(stop));
        }
        Ok(ModelEvent::Done { stop, usage: self.usage })
    }

    /// The answer itself is whole; only what it cost may be missing.
    pub(super) fn has_stopped(&self) -> bool {
        self.stop.is_some()
    }
}

impl OpenCall {
    /// No pieces at all stand for no arguments. What is no JSON is passed on as text: the tool
    /// says what is wrong with it.
    fn finished(self) -> ToolCall {
        let arguments = match self.input.trim() {
            "" => Value::Object(serde_json::Map::new()),
            input => serde_json::from_str(input).unwrap_or_else(|_| Value::String(input.to_owned())),
        };
        ToolCall { id: self.id, name: self.name, arguments, signature: None }
    }
}

fn stop(reason: &StopReason) -> Result<Stop, ModelError> {
    match reason.as_str() {
        "end_turn" | "tool_use" | "stop_sequence" => Ok(Stop::Finished),
        "max_tokens" | "model_context_window_exceeded" => Ok(Stop::Length),
        "content_filtered" | "guardrail_intervened" => Ok(Stop::Filtered),
        other => Err(failed(&format!("the answer stopped with {other}"))),
    }
}

pub(super) fn failed(what: &str) -> ModelError {
    ModelError::Failed(what.into())
}
