//! The edge every HTTP function shares: errors as answers, API keys, limits, request ids.
//! No rule of the business and no query in here.

mod caller;
mod failure;
mod idempotent;
mod layers;

pub use caller::{Caller, authenticate};
pub use failure::{Answer, Failure, JsonBody};
pub use idempotent::{IdempotencyKey, answer_once};
pub use layers::with_layers;
