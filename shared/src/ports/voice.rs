//! Telling voices from other sounds.

use crate::domain::vad::Window;

/// What a model remembers of one line: numbers of its own, none before the first window.
pub type LineMemory = Vec<f32>;

/// Hears whether somebody speaks. One serves every line: what it remembers of a line, the line keeps.
pub trait VoiceModel: Send + Sync {
    /// How likely (0 to 1) somebody speaks in the new part of this window.
    fn likelihood(&self, window: &Window, memory: &mut LineMemory) -> f32;
}
