//! What the stories share: a product of their own each, people to phone, and ways to wait.

mod runner;
mod watcher;
mod world;

pub(crate) use runner::{LOG, Story, run};
pub(crate) use world::{Person, SECRETS, World, brisk, eventually};
