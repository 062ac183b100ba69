//! Sarvam as our `SpeechToText` and `TextToSpeech`.
