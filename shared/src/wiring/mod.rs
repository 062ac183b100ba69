//! The only chooser of adapters: reads the configuration, builds the [`App`](crate::app::App) and
//! the paid providers, and refuses what must not run together.

#[cfg(all(feature = "store", feature = "aws"))]
mod deployed;
#[cfg(all(feature = "store", feature = "aws"))]
mod kept;
#[cfg(feature = "store")]
mod local;
mod logging;
#[cfg(feature = "memory")]
mod memory;
#[cfg(feature = "llm")]
mod models;
mod playbooks;
#[cfg(any(feature = "exotel", feature = "voicebot"))]
mod providers;
#[cfg(feature = "store")]
mod stores;

/// Sheets as use-cases read them.
#[cfg(feature = "sheet")]
pub use crate::adapters::sheet::SheetFile;
#[cfg(all(feature = "store", feature = "aws"))]
pub use deployed::{DataKeys, Deployed, Upkeep, app_from_env, app_with_clock, data_keys, upkeep, with_secrets};
#[cfg(feature = "store")]
pub use local::{local_app, local_objects};
pub use logging::start_logging;
#[cfg(feature = "memory")]
pub use memory::{MemoryParts, memory_app};
#[cfg(feature = "llm")]
pub use models::language_model;
pub use playbooks::playbooks;
#[cfg(feature = "exotel")]
pub use providers::telephony;
#[cfg(feature = "voicebot")]
pub use providers::voicebot;
#[cfg(feature = "store")]
pub use stores::{MigrateError, PostgresSettings, database, migrate, redis_settings};

/// Why a program can not be put together.
pub type WiringError = Box<dyn std::error::Error + Send + Sync>;
