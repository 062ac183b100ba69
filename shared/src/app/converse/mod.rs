//! What a live conversation asks of our own stores: whom it talks with, and what it leaves behind.
//! No failure in here ever ends a call.

mod ending;
mod opening;

pub use ending::{finish_conversation, keep_journal, keep_recording, note_hand_over, note_in_progress};
pub use opening::{Opened, open_conversation};
