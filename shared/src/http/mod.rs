//! The edge every HTTP function shares: errors as answers, API keys, limits, request ids.
//! No rule of the business and no query in here.

mod caller;
mod failure;
mod idempotent;
mod layers;
mod page;
mod query;
mod response_times;

pub use caller::{Caller, address_of, authenticate};
pub use failure::{Answer, Failure, JsonBody};
pub use idempotent::{IdempotencyKey, answer_once};
pub use layers::with_layers;
pub use page::Page;
pub use query::{QueryParams, id_in_path, page_failure};
pub use response_times::with_response_times;
