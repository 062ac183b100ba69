//! What was said in a call, as it was heard.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::language::Language;

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum Speaker {
    Bot,
    Caller,
    Agent,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Who.
    pub speaker: Speaker,
    /// For the bot: only what the caller heard.
    pub text: String,
    /// In which language.
    pub language: Language,
    /// Milliseconds from the start of the stream to the first sound.
    pub start_ms: u64,
    /// Milliseconds from the start of the stream to the last sound.
    pub end_ms: u64,
    /// The bot was cut off in this sentence.
    pub interrupted: bool,
    /// The last word of a cut sentence is our estimate, true to a word or 300 ms.
    pub estimated: bool,
    /// When each word of `text` (divided at white space) began to sound, in milliseconds from the start
    /// of the stream: of the bot's by its voice, else spread over the line by their length. Only the
    /// former are stored; the rest follows from the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub word_starts_ms: Vec<u64>,
}

impl Line {
    /// The same with times of its words.
    pub fn with_word_times(mut self) -> Self {
        if self.word_starts_ms.is_empty() {
            let (from, long) = (self.start_ms, self.end_ms.saturating_sub(self.start_ms));
            self.word_starts_ms = word_begins(&self.text, long).map(|begins| from + begins).collect();
        }
        self
    }
}

/// Where each word of `text` begins, if saying all of it takes `whole`.
pub fn word_begins(text: &str, whole: u64) -> impl Iterator<Item = u64> {
    let all = text.split_whitespace().map(weight).sum::<u64>().max(1);
    text.split_whitespace().scan(0, move |before, word| {
        let begins = *before * whole / all;
        *before += weight(word);
        Some(begins)
    })
}

/// How long a word takes to say, in sounds.
pub fn weight(word: &str) -> u64 {
    // A digit is spoken as a word of its own; the end of each word takes as long as one more sound.
    let sound = |c: char| if c.is_numeric() { 4 } else { u64::from(c.is_alphanumeric()) };
    1 + word.chars().map(sound).sum::<u64>()
}

/// All lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Transcript {
    /// The lines.
    pub lines: Vec<Line>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, word_starts_ms: Vec<u64>) -> Line {
        let (speaker, language) = (Speaker::Caller, Language::English);
        let (interrupted, estimated) = (false, false);
        let (text, start_ms, end_ms) = (text.to_owned(), 1_000, 2_000);
        Line { speaker, text, language, start_ms, end_ms, interrupted, estimated, word_starts_ms }
    }

    #[test]
    fn words_without_times_are_spread_over_their_line_by_their_length() {
        // 3, 11 and 6 sounds.
        assert_eq!(line("no  definitely later", Vec::new()).with_word_times().word_starts_ms, [1_000, 1_150, 1_700]);
        assert!(line("", Vec::new()).with_word_times().word_starts_ms.is_empty());
        assert_eq!(line("oh no", vec![1_100, 1_900]).with_word_times().word_starts_ms, [1_100, 1_900]);
    }

    #[test]
    fn a_line_without_times_is_stored_without_and_one_of_an_older_release_is_read() {
        let plain = serde_json::to_value(line("no", Vec::new())).expect("JSON");
        assert!(plain.get("word_starts_ms").is_none());
        assert_eq!(serde_json::from_value::<Line>(plain).expect("a line"), line("no", Vec::new()));
    }
}
