//! Whole calls over in-memory lines under virtual time: minutes of talk in milliseconds.

mod doubles;
mod journal;
mod recording;
mod stories;
mod thinking;
mod turns;
#[cfg(feature = "sim")]
mod words;
