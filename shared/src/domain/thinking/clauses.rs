//! A model's words, as they come, in clauses that can be spoken: the first one goes to the voice
//! while the rest is still being thought.

use serde::{Deserialize, Serialize};

/// Before this many characters a comma does not end a clause: a voice needs something to shape.
const LEAST_BEFORE_COMMA: usize = 24;
/// A clause that goes on is cut at a space: no voice takes more in one breath, and a model that
/// never stops would never be heard.
const LONGEST: usize = 180;

/// Words before a full stop that ends nothing, in lower case.
const ABBREVIATIONS: [&str; 24] = [
    "rs", "mr", "mrs", "ms", "dr", "st", "no", "smt", "shri", "sri", "pvt", "ltd", "e.g", "i.e", "etc", "रु", "डॉ",
    "ரூ", "రూ", "ರೂ", "രൂ", "રૂ", "ডা", "ਰੁ",
];

/// A piece to speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// Without space around it.
    pub text: String,
    /// A sentence ends with it; an answer may be cut here.
    pub ends_sentence: bool,
}

/// Takes words and gives clauses.
#[derive(Debug, Default)]
pub struct Clauses {
    rest: String,
}

impl Clauses {
    /// The clauses that are whole after these words.
    pub fn take(&mut self, words: &str) -> Vec<Clause> {
        self.rest.push_str(words);
        let mut whole = Vec::new();
        while let Some((end, ends_sentence)) = self.end() {
            let rest = self.rest.split_off(end);
            let text = std::mem::replace(&mut self.rest, rest);
            whole.extend(clause(&text, ends_sentence));
        }
        whole
    }

    /// What is left at the end of the answer.
    pub fn finish(self) -> Option<Clause> {
        clause(&self.rest, true)
    }

    /// Where the first clause ends, if it is known yet.
    fn end(&self) -> Option<(usize, bool)> {
        let mut count = 0;
        let mut space = None;
        for (at, c) in self.rest.char_indices() {
            let after = at + c.len_utf8();
            let next = self.rest[after..].chars().next();
            count += 1;
            // Before the marks are read: whether the last one ends a clause is known only with the
            // character after it, and a cut must not wait for how the words were delivered.
            if count > LONGEST {
                return Some((space.unwrap_or(at), false));
            }
            match c {
                '।' | '॥' | '?' | '!' | '\n' => return Some((after, true)),
                '.' if ends_sentence(&self.rest[..at], next) => return Some((after, true)),
                ',' | ';' | '—' if next.is_some_and(char::is_whitespace) && count >= LEAST_BEFORE_COMMA => {
                    return Some((after, false));
                }
                c if c.is_whitespace() => space = Some(after),
                _ => {}
            }
        }
        None
    }
}

/// Whether a full stop after these words ends a sentence. After a plain word it does, whatever follows: the next
/// piece may be long in coming, and a cut must not depend on how the words were delivered. After a figure or a
/// short form what follows tells it from a decimal point.
fn ends_sentence(before: &str, next: Option<char>) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default().to_lowercase();
    let letters = word.chars().count();
    let initial = letters == 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    let abbreviation = initial || ABBREVIATIONS.contains(&word.as_str());
    let plain = letters > 1 && !word.contains(|c: char| c.is_numeric() || c.is_ascii_punctuation());
    !abbreviation && (plain || next.is_some_and(char::is_whitespace))
}

/// Punctuation alone is not spoken.
fn clause(text: &str, ends_sentence: bool) -> Option<Clause> {
    let text = text.trim();
    text.chars().any(char::is_alphanumeric).then(|| Clause { text: text.to_owned(), ends_sentence })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of every size, because a model's pieces end anywhere.
    fn split(text: &str) -> Vec<String> {
        let by = |size: usize| {
            let mut clauses = Clauses::default();
            let letters: Vec<char> = text.chars().collect();
            let pieces = letters.chunks(size).map(|piece| piece.iter().collect::<String>());
            let mut whole: Vec<Clause> = pieces.flat_map(|piece| clauses.take(&piece)).collect();
            whole.extend(clauses.finish());
            whole.into_iter().map(|clause| clause.text).collect::<Vec<String>>()
        };
        let whole = by(usize::MAX);
        for size in 1..9 {
            assert_eq!(by(size), whole, "in pieces of {size}");
        }
        whole
    }

    #[test]
    fn sentences_end_where_each_script_ends_them() {
        assert_eq!(split("Yes. It is due. Can you pay?"), ["Yes.", "It is due.", "Can you pay?"]);
        assert_eq!(split("जी हाँ। मैं समझ गई। ठीक है?"), ["जी हाँ।", "मैं समझ गई।", "ठीक है?"]);
        assert_eq!(split("ଠିକ ଅଛି। କୁହନ୍ତୁ।"), ["ଠିକ ଅଛି।", "କୁହନ୍ତୁ।"]);
        assert_eq!(split("சரி. எப்போது?"), ["சரி.", "எப்போது?"]);
    }

    #[test]
    fn decimals_grouped_numbers_and_abbreviations_stay_whole() {
        for whole in [
            "It is Rs. 1,50,000.50 in all.",
            "Ask for Dr. A. Rao please.",
            "कुल रु. 15,000.50 देने हैं।",
            "மொத்தம் ரூ. 15,000 ஆகும்.",
        ] {
            assert_eq!(split(whole), [whole]);
        }
    }

    #[test]
    fn a_full_stop_after_a_plain_word_waits_for_nothing_and_after_a_figure_it_does() {
        for (words, whole) in [
            ("It is due.", true),
            ("சரி.", true),
            ("It is 15,000.", false),
            ("It is Rs.", false),
            ("Ask for A.", false),
            ("Write to a.rao.", false),
            ("...", false),
        ] {
            assert_eq!(Clauses::default().take(words).len(), usize::from(whole), "{words}");
        }
    }

    #[test]
    fn a_full_stop_after_a_plain_word_ends_its_sentence_whatever_follows() {
        assert_eq!(split("It is due.*Can you pay?"), ["It is due.", "*Can you pay?"]);
        assert_eq!(split("It is due.Can you pay?"), ["It is due.", "Can you pay?"]);
        assert_eq!(split("She said \"it is due.\" Can you pay?"), ["She said \"it is due.", "\" Can you pay?"]);
    }

    #[test]
    fn a_comma_ends_a_clause_that_is_long_enough_to_speak() {
        assert_eq!(split("Yes, of course."), ["Yes, of course."]);
        let parts = ["I understand that this is difficult,", "so an agent can explain."];
        assert_eq!(split(&parts.join(" ")), parts);
    }

    #[test]
    fn what_never_ends_is_cut_at_a_space() {
        let parts = split(&"word ".repeat(100));
        assert!(parts.len() > 1 && parts.iter().all(|part| part.chars().count() <= LONGEST && part.ends_with("word")));
        assert!(split(&"x".repeat(400)).len() > 1);
        // A comma as the very character that is too much, with its space in the next piece.
        assert_eq!(split(&format!("{} pay, or not", "x".repeat(LONGEST - 4))).len(), 2);
    }

    #[test]
    fn punctuation_alone_is_nothing() {
        assert_eq!(split("Really?! ... Yes."), ["Really?", "Yes."]);
    }
}
