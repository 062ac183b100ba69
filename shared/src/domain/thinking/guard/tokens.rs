//! A clause as words and numbers, for the guard.

use super::words::ORDINAL_ENDINGS;
use crate::domain::dialogue::fold;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Folded.
    Word(String),
    /// In ASCII digits, without separators; a fraction of nothing left out.
    Number(String),
    /// The same with an ending that makes a day of it: `5th`, `৫ই`.
    Day(String),
    /// A date in figures alone, part by part: `2026-12-05`, `5/12`.
    Date(Vec<u32>),
    /// `₹`: a claim by itself.
    Sign,
    /// A number that can be nothing of ours: `15k`, `½`, figures of a script we do not read.
    Never,
    /// A phrase of ours.
    Ours,
}

impl Token {
    /// In figures.
    pub(super) fn number(&self) -> Option<&str> {
        match self {
            Self::Number(number) | Self::Day(number) => Some(number),
            Self::Word(_) | Self::Date(_) | Self::Sign | Self::Never | Self::Ours => None,
        }
    }

    /// Or none.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().filter(|c| !is_invisible(*c)).collect();
    let mut found = Vec::new();
    let mut word = String::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if digit(c).is_some() {
            end_word(&mut word, &mut found);
            at += take_figure(&chars[at..], &mut found);
            continue;
        }
        match c {
            '₹' => {
                end_word(&mut word, &mut found);
                found.push(Token::Sign);
            }
            // Of what, is said nowhere.
            '%' | '$' | '€' | '£' | '¥' => {
                end_word(&mut word, &mut found);
                found.push(Token::Word(c.to_string()));
            }
            c if c.is_numeric() => {
                end_word(&mut word, &mut found);
                found.push(Token::Never);
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

/// What begins with a figure; answers how many characters it takes.
fn take_figure(chars: &[char], found: &mut Vec<Token>) -> usize {
    if let Some((date, length)) = date_in_figures(chars) {
        found.push(Token::Date(date));
        return length;
    }
    let length = number_length(chars);
    let number = number(&chars[..length]);
    let rest = &chars[length..];
    let ending = ordinal_length(rest);
    if ending > 0 {
        found.push(Token::Day(number));
        return length + ending;
    }
    // What sticks to a number belongs to it: "15k" is not 15.
    let latin: String = rest.iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    if latin.is_empty() {
        found.push(Token::Number(number));
    } else {
        found.extend([Token::Never, Token::Word(fold(&latin))]);
    }
    length + latin.len()
}

/// Of an ending that makes a day of the figures before it; 0 where there is none. A hyphen may stand
/// between.
pub(in crate::domain::thinking) fn ordinal_length(rest: &[char]) -> usize {
    let latin: String = rest.iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    if matches!(latin.to_lowercase().as_str(), "st" | "nd" | "rd" | "th") {
        return latin.len();
    }
    let hyphen = usize::from(rest.first() == Some(&'-'));
    let stuck: String = rest[hyphen..].iter().take_while(|c| c.is_alphabetic() || is_mark(**c)).collect();
    let is_ordinal = ORDINAL_ENDINGS.iter().any(|ending| fold(&stuck).starts_with(&fold(ending)));
    if is_ordinal { hyphen + stuck.chars().count() } else { 0 }
}

/// Three figures with the same sign between them, or two with a slash, and what they take.
pub(in crate::domain::thinking) fn date_in_figures(chars: &[char]) -> Option<(Vec<u32>, usize)> {
    let mut parts = Vec::new();
    let mut at = 0;
    let mut between = None;
    loop {
        let figures: String = chars[at..].iter().map_while(|c| digit(*c)).collect();
        parts.push(figures.parse().ok()?);
        at += figures.len();
        let sign = chars.get(at).filter(|c| matches!(c, '-' | '/' | '.' | '–'));
        let goes_on = sign.is_some() && chars.get(at + 1).is_some_and(|c| digit(*c).is_some());
        if parts.len() == 3 || !goes_on || between.is_some_and(|before| Some(&before) != sign) {
            break;
        }
        between = sign.copied();
        at += 1;
    }
    (parts.len() == 3 || parts.len() == 2 && between == Some('/')).then_some((parts, at))
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
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{d7f}') && !matches!(c, '।' | '॥') && !c.is_numeric()
}

/// Soft hyphens and the like: no voice hears them, and they must not cut a word in two.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Of any of the eleven scripts.
pub(in crate::domain::thinking) fn digit(c: char) -> Option<char> {
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

fn number(chars: &[char]) -> String {
    let plain: String = chars.iter().filter(|c| **c != ',').map(|c| digit(*c).unwrap_or(*c)).collect();
    let short = plain.split_once('.').filter(|(_, part)| part.chars().all(|c| c == '0')).map(|(whole, _)| whole);
    short.unwrap_or(&plain).to_owned()
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
    fn day(text: &str) -> Token {
        Token::Day(text.to_owned())
    }

    #[test]
    fn numbers_are_read_in_every_script_and_grouping() {
        assert_eq!(tokens("₹1,50,000.00 on 5"), [Token::Sign, num("150000"), word("on"), num("5")]);
        assert_eq!(tokens("१५,००० रुपये।"), [num("15000"), word("रुपये")]);
        assert_eq!(tokens("௧௫ 2.50"), [num("15"), num("2.50")]);
        assert_eq!(tokens("15,000രൂപ"), [num("15000"), word("രൂപ")]);
    }

    #[test]
    fn what_sticks_to_a_number_belongs_to_it() {
        assert_eq!(tokens("15k"), [Token::Never, word("k")]);
        for text in ["5th", "৫ই", "5वीं", "5મી", "5-ஆம்", "5ನೇ", "5-ാം", "5వ", "5ਵੀਂ", "5ଇ"]
        {
            assert_eq!(tokens(text), [day("5")], "{text}");
        }
    }

    #[test]
    fn a_date_in_figures_is_one_token_and_a_range_two() {
        assert_eq!(tokens("2026-12-05"), [Token::Date(vec![2026, 12, 5])]);
        assert_eq!(
            tokens("on 5/12, ५.१२.२०२६."),
            [word("on"), Token::Date(vec![5, 12]), Token::Date(vec![5, 12, 2026])]
        );
        assert_eq!(tokens("2-3 days"), [num("2"), num("3"), word("days")]);
        assert_eq!(tokens("1.50"), [num("1.50")]);
    }

    #[test]
    fn numbers_nobody_can_check_are_nothing_of_ours() {
        for text in ["５", "٥", "௧௲", "½", "²", "Ⅻ"] {
            assert!(tokens(text).contains(&Token::Never), "{text}: {:?}", tokens(text));
        }
    }

    #[test]
    fn words_keep_their_marks_and_lose_their_punctuation() {
        assert_eq!(tokens("हाँ, ठीक!"), [word("हां"), word("ठीक")]);
        assert_eq!(tokens("lo\u{ad}an"), [word("loan")]);
        assert_eq!(trimmed("है।"), "है");
    }
}
