//! Use-case errors as HTTP answers, API keys, limits.
