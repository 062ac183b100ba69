//! The one error of the use-cases. Knows no HTTP; `http::Failure` translates it.

use crate::ports::StoreError;

/// Why a use-case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for does not exist.
    #[error("{what} not found")]
    NotFound {
        /// `customer`, `call`, …
        what: &'static str,
    },
    /// The input can not be used; the text names the thing and the fix.
    #[error("{detail}")]
    Invalid {
        /// A short word for programs: `empty_list`, `no_phone_column`, …
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// It collides with what is there.
    #[error("{detail}")]
    Conflict {
        /// A short word for programs.
        code: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// Who asks may not.
    #[error("{detail}")]
    Forbidden {
        /// A sentence for people.
        detail: String,
    },
    /// More than the limits allow.
    #[error("too many requests; try again in {retry_after_s} s")]
    TooMany {
        /// Seconds.
        retry_after_s: u32,
    },
    /// Larger than the limit.
    #[error("{detail}")]
    TooLarge {
        /// A sentence for people.
        detail: String,
    },
    /// A store or provider is away.
    #[error("a service we depend on is not available; try again")]
    Unavailable(#[source] crate::ports::BoxError),
    /// Our fault.
    #[error("something went wrong on our side")]
    Bug(#[source] crate::ports::BoxError),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { .. } => Self::Unavailable(Box::new(error)),
            StoreError::Conflict { what } => {
                Self::Conflict { code: "conflict", detail: format!("{what} conflicts with what is stored") }
            }
            StoreError::Corrupt { .. } => Self::Bug(Box::new(error)),
        }
    }
}

impl Error {
    /// An `Invalid` from its two parts.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid { code, detail: detail.into() }
    }
}
