//! What a language model may do in a conversation: the request it gets, the tools it may call, and
//! what becomes of its words before anybody hears them. Pure; no provider and no clock in here.

mod clauses;
mod figures;
mod guard;
mod prompt;
mod request;
mod tools;
mod when;

pub use clauses::{Clause, Clauses};
pub use figures::figures_as_words;
pub use guard::{Guard, Known, Stopped};
pub use prompt::{Scene, request};
pub use request::{ModelRequest, Said, ToolCall, ToolResult, ToolSpec};
pub use tools::{BadCall, Limits, PartOfDay, Tool, Wish, read};
pub use when::{DAYS, FURTHEST_DAYS, day};
