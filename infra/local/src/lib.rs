//! The whole product in one process: every function, the voicebot, the page, and simulators where
//! a provider has no credentials. `./start.sh` runs it; the stories in `tests/` do too.

pub mod agreement;
pub mod api;
pub mod arguments;
#[cfg(feature = "aws")]
pub mod aws_local;
pub mod campaign;
pub mod product;
#[cfg(feature = "aws")]
pub mod runtime_api;
pub mod sample;
pub mod simulators;
pub mod start_error;
#[cfg(feature = "aws")]
pub mod template;

mod business_hours;
mod deliveries;
mod large_files;
mod local_secrets;
mod page;
mod surroundings;
mod workers;
