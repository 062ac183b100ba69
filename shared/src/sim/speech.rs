//! Simulated speech: audio whose every 20 ms frame carries which word it belongs to.
//!
//! The Sarvam simulator speaks through it and hears by it; the virtual callers of the Exotel
//! simulator too. The product never reads the marks.

use std::sync::Arc;

use crate::domain::language::Language;

/// What was said in one go.
#[derive(Debug, Clone)]
pub struct Spoken {
    /// 8 kHz 16-bit little-endian mono, whole 20 ms frames, every frame marked.
    pub audio: Vec<u8>,
    /// The words with the frames they cover.
    pub words: Vec<SpokenWord>,
}

/// One word of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenWord {
    /// As written.
    pub text: String,
    /// First frame.
    pub first_frame: usize,
    /// Frame after the last.
    pub end_frame: usize,
}

/// What one frame says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Which clip.
    pub clip: u32,
    /// Which word of it.
    pub word: u16,
    /// Which frame of that word.
    pub frame: u16,
}

/// Everything said so far in this process. Cheap to clone.
#[derive(Clone)]
pub struct Lexicon {
    _inner: Arc<()>,
}

impl Lexicon {
    /// Speaks: real speech through `espeak-ng` where it is installed (`real`), else a made-up
    /// voice of the same length.
    pub async fn speak(&self, _text: &str, _language: Language) -> Spoken {
        Spoken { audio: Vec::new(), words: Vec::new() }
    }
    /// Reads the mark of one frame (320 bytes); `None` for silence, noise and foreign audio.
    pub fn read(&self, _frame: &[u8]) -> Option<Mark> {
        None
    }
    /// The word a mark stands for, how many words its clip has, and its language.
    pub fn word(&self, _mark: Mark) -> Option<(String, usize, Language)> {
        None
    }
}
