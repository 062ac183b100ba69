//! Sarvam: speech-to-text and text-to-speech, sockets and REST (reference: speech-and-llm.md A).
