//! A clause as words and numbers, for the guard.

use crate::domain::dialogue::fold;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Folded.
    Word(String),
    /// In ASCII digits, without separators; a fraction of nothing left out.
    Number(String),
    /// `₹`, `%`, `$`: a claim by itself.
    Sign,
    /// A phrase of ours.
    Ours,
}

impl Token {
    pub(super) fn number(&self) -> Option<&str> {
        match self {
            Self::Number(number) => Some(number),
            Self::Word(_) | Self::Sign | Self::Ours => None,
        }
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut word = String::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if digit(c).is_some() {
            end_word(&mut word, &mut found);
            let length = number_length(&chars[at..]);
            found.push(number(&chars[at..at + length]));
            at += length;
            // `5th`, `15k`: what sticks to a number belongs to it; "15k" is not 15.
            let stuck: String = chars[at..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
            at += stuck.len();
            if !matches!(stuck.to_lowercase().as_str(), "" | "st" | "nd" | "rd" | "th") {
                found.push(Token::Word(fold(&stuck)));
                found.push(Token::Sign);
            }
            continue;
        }
        match c {
            '₹' | '%' | '$' => {
                end_word(&mut word, &mut found);
                found.push(Token::Sign);
            }
            // Marks that belong to Indian letters are no separators.
            c if c.is_alphanumeric() || is_mark(c) || matches!(c, '\'' | '’' | '\u{200c}' | '\u{200d}') => {
                word.push(c)
            }
            _ => end_word(&mut word, &mut found),
        }
        at += 1;
    }
    end_word(&mut word, &mut found);
    found
}

/// A word without the punctuation around it, as it is written.
pub(super) fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && !is_mark(c))
}

fn end_word(word: &mut String, found: &mut Vec<Token>) {
    let folded = fold(&std::mem::take(word));
    if !folded.is_empty() {
        found.push(Token::Word(folded));
    }
}

/// Vowel signs and the like of the Indian scripts.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{d7f}') && !matches!(c, '।' | '॥') && digit(c).is_none()
}

/// Of any of the eleven scripts.
fn digit(c: char) -> Option<char> {
    const ZEROES: [u32; 10] = [0x30, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66];
    let value = ZEROES.iter().find_map(|zero| u32::from(c).checked_sub(*zero).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// Digits, and separators that stand between two of them.
fn number_length(chars: &[char]) -> usize {
    let is_digit = |at: usize| chars.get(at).is_some_and(|c| digit(*c).is_some());
    let goes_on = |at: usize| is_digit(at) || matches!(chars.get(at), Some(',' | '.')) && is_digit(at + 1);
    (0..).take_while(|at| goes_on(*at)).count()
}

fn number(chars: &[char]) -> Token {
    let plain: String = chars.iter().filter(|c| **c != ',').map(|c| digit(*c).unwrap_or(*c)).collect();
    let short = plain.split_once('.').filter(|(_, part)| part.chars().all(|c| c == '0')).map(|(whole, _)| whole);
    Token::Number(short.unwrap_or(&plain).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Token {
        Token::Word(text.to_owned())
    }
    fn num(text: &str) -> Token {
        Token::Number(text.to_owned())
    }

    #[test]
    fn numbers_are_read_in_every_script_and_grouping() {
        assert_eq!(tokens("₹1,50,000.00 on 5th"), [Token::Sign, num("150000"), word("on"), num("5")]);
        assert_eq!(tokens("१५,००० रुपये।"), [num("15000"), word("रुपये")]);
        assert_eq!(tokens("௧௫ 2.50"), [num("15"), num("2.50")]);
        assert_eq!(tokens("15k"), [num("15"), word("k"), Token::Sign]);
    }

    #[test]
    fn words_keep_their_marks_and_lose_their_punctuation() {
        assert_eq!(tokens("हाँ, ठीक!"), [word("हां"), word("ठीक")]);
        assert_eq!(trimmed("है।"), "है");
    }
}
