//! The scripted dialogue in eleven languages: right-party check, reason for the call, question,
//! hand-over or goodbye. Knows words and rules; time and sound belong to `turn` and the driver.

mod ahead;
mod asked;
mod choice;
mod closing;
mod cues;
mod free;
mod intent;
mod languages;
mod lock;
mod machine;
mod reply;
mod script;
mod wished;

pub use cues::{Said, digits_at_end, is_unfinished, said, words_of_their_own};
pub use free::{Promised, Purpose, Verdict};
pub(super) use intent::fold;
pub use intent::{Intent, understand, word_count};
pub use lock::{Confirmed, Question, Sealed};
pub use machine::Machine;
pub use reply::{Brief, Expects, Outcome, Reply, Sentence, Then};
pub use script::Dialogue;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::every_sentence;
