//! Why the product does not start, or does not do what the local program asks of it.

/// Shown to the person at the terminal as it is.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;
