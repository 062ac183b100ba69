//! The edge every HTTP function shares: routes behind a gate, errors as answers, API keys, limits,
//! request ids, the OpenAPI document. No rule of the business and no query in here.

mod address;
mod api;
mod caller;
mod document;
mod failure;
mod idempotent;
mod json_body;
mod layers;
mod limits;
mod page;
mod query;
mod response_times;
mod route;

pub use address::Address;
pub use api::Api;
pub use caller::{Caller, authenticate};
pub use document::document;
pub use failure::{Answer, Failure};
pub use idempotent::{IdempotencyKey, Repeat, ReplayAs, answer_once, request_identity};
pub use json_body::JsonBody;
pub use layers::with_layers;
pub use limits::count_address;
pub use page::Page;
pub use query::{Limit, PathId, QueryParams, Since, id_in_path, page_failure};
pub use response_times::with_response_times;
pub use route::Route;
