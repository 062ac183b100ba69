//! How much of a sentence was heard, from how long it sounded. An estimate, true to about a word.

/// Milliseconds a character of speech takes, where the whole length is not known yet (about 14
/// characters a second).
const CHARACTER_MS: u64 = 70;
/// A comma or full stop sounds like so many characters of pause.
const PAUSE_CHARACTERS: u64 = 4;

/// What sounded.
pub(super) struct HeardPart {
    pub(super) heard_ms: u64,
    /// Length of the whole sentence, once synthesised.
    pub(super) total_ms: Option<u64>,
}

/// The words of `text` of which more than half sounded.
pub(super) fn heard_text(text: &str, part: &HeardPart) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let weights: Vec<u64> = words.iter().map(|word| weight(word)).collect();
    let whole: u64 = weights.iter().sum();
    let total_ms = part.total_ms.unwrap_or_else(|| part.heard_ms.max(whole * CHARACTER_MS)).max(1);
    let heard = part.heard_ms.min(total_ms) * whole / total_ms;
    let mut before = 0;
    let mut count = 0;
    for weight in weights {
        if before + weight / 2 >= heard {
            break;
        }
        before += weight;
        count += 1;
    }
    words[..count].join(" ")
}

fn weight(word: &str) -> u64 {
    let pauses = word.chars().filter(|c| matches!(c, ',' | '.' | '?' | '!' | '।')).count() as u64;
    let sounds = word.chars().filter(|c| c.is_alphanumeric()).count() as u64;
    // The gap to the next word counts as one.
    sounds + 1 + pauses * PAUSE_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(ms: u64) -> String {
        heard_text("one two three four", &HeardPart { heard_ms: ms, total_ms: Some(1_000) })
    }

    #[test]
    fn the_words_follow_the_sound() {
        assert_eq!(heard(0), "");
        assert_eq!(heard(500), "one two");
        assert_eq!(heard(1_000), "one two three four");
    }

    #[test]
    fn an_unfinished_synthesis_is_measured_by_its_characters() {
        let text = heard_text("one two three four", &HeardPart { heard_ms: 600, total_ms: None });
        assert_eq!(text, "one two");
    }
}
