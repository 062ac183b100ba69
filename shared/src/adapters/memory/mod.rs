//! Memory doubles, held to the same contract tests as the real adapters.
