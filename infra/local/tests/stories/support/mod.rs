//! What the stories share: a product of their own each, people to phone, and ways to wait.

mod guesses;
mod person;
mod pulse;
mod runner;
mod seen;
mod watcher;
mod world;

pub(crate) use guesses::{GUESSES, IMMATERIAL, Lens, Part};
pub(crate) use person::Person;
pub(crate) use runner::{LENS, LOG, Story, run};
pub(crate) use world::{SECRETS, World, brisk, eventually};
