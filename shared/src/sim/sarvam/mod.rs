//! Sarvam, as far as reference/speech-and-llm.md A9 knows it.
