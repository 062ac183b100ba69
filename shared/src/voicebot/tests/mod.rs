//! Whole calls over in-memory lines under virtual time: minutes of talk in milliseconds.

mod doubles;
mod recording;
mod stories;
#[cfg(feature = "sim")]
mod words;
