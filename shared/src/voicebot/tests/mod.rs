//! Whole calls over in-memory lines under virtual time: minutes of talk in milliseconds.

mod doubles;
mod figures;
mod journal;
mod logs;
mod recording;
mod scripted_model;
mod stories;
mod thinking;
mod turns;
#[cfg(feature = "sim")]
mod words;
