//! The error every store of ours shares.

/// Any inner cause; goes to the log with its chain, never to a caller.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error and its causes in one line, for the record and the log: an error of ours alone names only
/// what failed.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    const LONGEST: usize = 300;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text.chars().take(LONGEST).collect()
}

/// A store of our own did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Down, unreachable or too slow: try again later.
    #[error("{store} is not available")]
    Unavailable {
        /// `postgres`, `redis`, …
        store: &'static str,
        /// For the log.
        #[source]
        source: BoxError,
    },
    /// The record exists already, or changed under us.
    #[error("{what} conflicts with what is stored")]
    Conflict {
        /// What we tried to write.
        what: &'static str,
    },
    /// What is stored can not be read (wrong key, newer format): a fault of ours.
    #[error("{what} could not be read back")]
    Corrupt {
        /// Which record.
        what: &'static str,
        /// For the log.
        #[source]
        source: BoxError,
    },
}

impl StoreError {
    /// An `Unavailable` from any cause.
    pub fn unavailable(store: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Unavailable { store, source: source.into() }
    }
    /// A `Corrupt` from any cause.
    pub fn corrupt(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Corrupt { what, source: source.into() }
    }
}
