//! Memory doubles of our own ports, held to the same contract tests as the real adapters.
//! Small and slow on purpose: a list is a scan. Nothing here is for production.

mod calls;
mod campaigns;
mod clock;
mod customers;
mod dial;
mod feed;
mod loudness;
mod sessions;
mod small;
mod state;
mod surroundings;
mod vault;

pub use clock::{ManualClock, SeededRandom};
pub use feed::MemoryFeed;
pub use loudness::LoudnessModel;
pub use sessions::MemorySessions;
pub use state::MemoryRecords;
pub use surroundings::{MemoryAudit, MemoryObjects, MemoryPace, MemoryQueue};
pub use vault::{MemoryKeyWrap, MemorySecrets};
