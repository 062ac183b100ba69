//! The one library every program of this product is built from.
//!
//! The rooms, and what each may import (`tests/dependency_rule.rs` enforces the table):
//!
//! | Room | Job | May import |
//! |---|---|---|
//! | [`domain`] | pure rules: ids, phones, sheets, gate, call status, turn-taking, dialogue | nothing of ours |
//! | [`wire`] | other people's messages as pure data | `domain` |
//! | [`ports`] | what we need from outside, as traits with their errors | `domain` |
//! | [`app`] | use-cases, one file each | `ports`, `domain` |
//! | [`adapters`] | ports made real | `ports`, `wire`, `domain`, `config` |
//! | [`voicebot`] | the driver of live conversations and of the dashboard socket | `app`, `ports`, `wire`, `domain`, `http` |
//! | [`http`] | use-case errors as HTTP answers, API keys, limits | `app`, `ports`, `domain` |
//! | [`config`] | the only reader of the environment | `domain` |
//! | [`wiring`] | the only chooser of adapters | everything |
//! | [`sim`] | small servers that speak the providers' protocols | `wire` (Sarvam's code table; never for Exotel), `ports`, `domain` |
//!
//! Data flows one way: edge → parse → use-case → port → adapter.

pub mod adapters;
pub mod app;
pub mod config;
pub mod domain;
pub mod http;
pub mod ports;
#[cfg(feature = "sim")]
pub mod sim;
#[cfg(feature = "voicebot")]
pub mod voicebot;
pub mod wire;
pub mod wiring;
