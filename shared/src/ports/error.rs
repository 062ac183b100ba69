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

/// A time limit of ours ran out; on what.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Late(pub &'static str);

/// Why a provider gave nothing, in one word: for meters, not for decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing came in time.
    Timeout,
    /// It will not do this.
    Refused,
    /// Over a limit of its own.
    Quota,
    /// The connection broke, or what came was of no use.
    Broken,
}

impl Fault {
    /// What lies behind an error that has no kind of its own.
    pub fn behind(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let late = cause.is::<Late>() || cause.is::<tokio::time::error::Elapsed>();
            let io = cause.downcast_ref::<std::io::Error>();
            if late || io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut) {
                return Self::Timeout;
            }
            next = cause.source();
        }
        Self::Broken
    }

    /// The word used in figures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Quota => "quota",
            Self::Broken => "broken",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_is_found_behind_whatever_it_is_wrapped_in() {
        let io = |kind| StoreError::unavailable("redis", std::io::Error::from(kind));
        assert_eq!(Fault::behind(&Late("no audio came in time")), Fault::Timeout);
        assert_eq!(Fault::behind(&io(std::io::ErrorKind::TimedOut)), Fault::Timeout);
        assert_eq!(Fault::behind(&io(std::io::ErrorKind::ConnectionReset)), Fault::Broken);
    }
}
