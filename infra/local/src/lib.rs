//! The whole product in one process: every function, the voicebot, the page, and simulators where
//! a provider has no credentials. `./start.sh` runs it; the stories in `tests/` do too.

pub mod agreement;
pub mod api;
pub mod arguments;
pub mod campaign;
pub mod product;
pub mod sample;
pub mod simulators;

mod business_hours;
mod large_files;
mod local_secrets;
mod page;
mod workers;
