//! What a language model may do in a conversation. Pure; no provider and no clock in here.

mod request;

pub use request::{ModelRequest, Said, ToolCall, ToolResult, ToolSpec};
