//! The real clock and the real random source.

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

use crate::ports::clock::{Clock, Random};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one real clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's random source.
#[derive(Debug, Clone)]
pub struct OsRandom(SystemRandom);

impl OsRandom {
    /// Opens the source.
    #[expect(clippy::new_without_default, reason = "opening a source of randomness is said aloud")]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // The kernel's source does not fail once the machine has booted; without it no id or
        // token of ours would be safe, so going on is worse than stopping.
        self.0.fill(bytes).expect("the operating system gives random bytes");
    }
}
