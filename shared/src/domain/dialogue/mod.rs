//! The scripted dialogue in eleven languages: right-party check, reason for the call, question,
//! hand-over or goodbye. Knows words and rules; time and sound belong to `turn` and the driver.

mod intent;
mod languages;
mod lock;
mod script;
mod speakable;

pub(super) use intent::fold;
pub use intent::{Intent, understand, word_count};
pub(super) use languages::calendar;
pub use lock::{Confirmed, Question, Sealed};
pub use script::{Brief, Dialogue, Outcome, Reply, Sentence, Then};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::every_sentence;
