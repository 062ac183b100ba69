//! The words by which each language counts, as we say them ourselves: what a model makes up it must
//! make of these.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::is_whole;
use super::tokens::{Token, tokens};
use super::words::{ROMANISED, ROMANISED_NUMBERS, words};
use crate::domain::dialogue::fold;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::spoken;

/// Those of one language.
pub(super) struct Counted {
    /// Zero to ten: harmless alone.
    few: Vec<String>,
    /// One, which is an article too in most languages.
    one: Vec<String>,
    /// The parts of eleven to ninety-nine.
    many: Vec<String>,
    /// Hundred, thousand, lakh, crore: an amount, which nobody can check.
    large: Vec<String>,
    /// Days that are other words than their numbers: `fifth`.
    ordinals: Vec<String>,
}

/// What a word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// Zero to ten.
    Few,
    /// One.
    One,
    /// More, below a hundred.
    Many,
    /// A hundred and more.
    Large,
    /// A day of a month.
    Day,
}

static ALL: LazyLock<BTreeMap<Language, Counted>> =
    LazyLock::new(|| Language::ALL.into_iter().map(|language| (language, Counted::new(language))).collect());

/// What a word counts in that language, or in one that is mixed into it.
pub(super) fn counts(word: &str, language: Language) -> Option<Counts> {
    let own = ALL.get(&language).and_then(|counted| counted.counts(word));
    let english = || ALL.get(&Language::English).and_then(|counted| counted.counts(word));
    let spelt_otherwise = words(language).large;
    let large = || {
        [spelt_otherwise, ROMANISED.large].concat().iter().any(|known| is_it(word, &fold(known)))
            || melted(word, spelt_otherwise)
    };
    own.or_else(english)
        .or_else(|| ROMANISED_NUMBERS.contains(&word).then_some(Counts::Many))
        .or_else(|| large().then_some(Counts::Large))
}

impl Counted {
    fn new(language: Language) -> Self {
        let said = |n: u64| parts(&spoken::number(n, language));
        // Some bend a number before a smaller one, some before what is counted.
        let coins = |n: i64| parts(&spoken::rupees(Paise(n * 100), language));
        let bent = |n: u64| [said(n), said(n + 1), coins(n.cast_signed())].concat();
        let few: Vec<String> = (0..=10).flat_map(said).collect();
        let many = new_in((11..=99).flat_map(said), &[&few]);
        let round = (1..=9)
            .map(|n| n * 100)
            .chain((1..=99).map(|n| n * 1_000))
            .chain([100_000, 200_000, 10_000_000, 20_000_000]);
        // "One" before what is counted is another word in some, and an article in most.
        let both = |a: u64, b: u64| said(a).into_iter().filter(|word| said(b).contains(word)).collect::<Vec<_>>();
        let before_a_noun = both(21_000, 31_000).into_iter().filter(|word| !said(30_000).contains(word));
        let one: Vec<String> = [said(1), both(100_000, 10_000_000), before_a_noun.collect()].concat();
        let harmless = vec![coins(2).pop().unwrap_or_default(), "and".to_owned()];
        let large = new_in(round.flat_map(bent), &[&few, &many, &one, &harmless]);
        let ordinals =
            new_in((1..=31).flat_map(|n| parts(&spoken::day_of_month(n, language))), &[&few, &many, &one, &large]);
        Self { one, few, many, large, ordinals }
    }

    fn counts(&self, word: &str) -> Option<Counts> {
        let has = |list: &[String]| list.iter().any(|known| known == word);
        if has(&self.one) {
            Some(Counts::One)
        } else if has(&self.few) {
            Some(Counts::Few)
        } else if has(&self.many) {
            Some(Counts::Many)
        } else if has(&self.ordinals) {
            Some(Counts::Day)
        } else {
            self.counts_with_an_ending(word)
        }
    }

    /// Case endings behind a large number, and numbers written together ("पाँचसौ").
    fn counts_with_an_ending(&self, word: &str) -> Option<Counts> {
        let is_large = |word: &str| self.large.iter().any(|known| is_it(word, known));
        let behind_a_number =
            || self.few.iter().chain(&self.many).filter_map(|known| word.strip_prefix(known.as_str()));
        let is_one = is_large(word) || behind_a_number().any(is_large) || melted(word, &self.large);
        is_one.then_some(Counts::Large)
    }
}

/// Whether a word is the number, with an ending at most. A letter that melts into the next one makes
/// another word of it ("లక్ష", "లక్ష్యం").
fn is_it(word: &str, known: &str) -> bool {
    match word.strip_prefix(known) {
        Some(rest) => rest.is_empty() || !is_whole(known) && !rest.starts_with(joins),
        None => false,
    }
}

/// Whether one of the numbers has melted into the one before it ("பதினைந்தாயிரம்").
fn melted(word: &str, large: &[impl AsRef<str>]) -> bool {
    const MELTS: usize = 4;
    large.iter().map(|known| fold(known.as_ref())).any(|known| {
        let melts = !known.is_ascii() && known.chars().count() >= MELTS;
        melts && word.match_indices(&known).any(|(at, _)| is_it(&word[at..], &known))
    })
}

/// The sign that a letter has no vowel, of each script.
fn joins(c: char) -> bool {
    matches!(
        c,
        '\u{94d}' | '\u{9cd}' | '\u{a4d}' | '\u{acd}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{ccd}' | '\u{d4d}'
    )
}

fn parts(said: &str) -> Vec<String> {
    tokens(said).into_iter().filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect()
}

/// Each once, without those that are known.
fn new_in(words: impl Iterator<Item = String>, known: &[&Vec<String>]) -> Vec<String> {
    let mut new: Vec<String> = words.filter(|word| !known.iter().any(|list| list.contains(word))).collect();
    new.sort_unstable();
    new.dedup();
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_from_a_hundred_on_is_large_in_every_language() {
        for language in Language::ALL {
            for n in
                (1..=9).map(|n| n * 100).chain((1..=99).map(|n| n * 1_000)).chain([101, 1_001, 150_000, 25_000_000])
            {
                let said = spoken::number(n, language);
                assert!(
                    parts(&said).iter().any(|word| counts(word, language) == Some(Counts::Large)),
                    "{language}: {said}"
                );
            }
        }
    }

    #[test]
    fn small_numbers_and_common_words_are_not_large() {
        for language in Language::ALL {
            for n in 0..=99 {
                for word in parts(&spoken::number(n, language)) {
                    let counts = counts(&word, language);
                    assert!(
                        matches!(counts, Some(Counts::Few | Counts::One | Counts::Many)),
                        "{language}: {word} {counts:?}"
                    );
                }
            }
        }
        for (language, word) in [(Language::English, "and"), (Language::Hindi, "है"), (Language::Gujarati, "છે")]
        {
            assert_eq!(counts(word, language), None, "{word}");
        }
        for (language, word) in
            [(Language::Tamil, "ஒரு"), (Language::Telugu, "ఒక"), (Language::Telugu, "ఒక్క"), (Language::Malayalam, "ഒരു")]
        {
            assert_eq!(counts(word, language), Some(Counts::One), "{word}");
        }
        // Begin like a hundred thousand, and are "goal" and "notice".
        for (language, word) in [(Language::Telugu, "లక్ష్యం"), (Language::Bengali, "লক্ষ্য"), (Language::Kannada, "ಲಕ್ಷ್ಯ")]
        {
            assert_eq!(counts(word, language), None, "{word}");
        }
    }

    #[test]
    fn numbers_written_together_with_an_ending_or_in_latin_letters_are_large() {
        for (language, word) in [
            (Language::Bengali, "পাঁচশো"),
            (Language::Bengali, "একশো"),
            (Language::Bengali, "হাজারের"),
            (Language::Odia, "ଶହେ"),
            (Language::Marathi, "पाचशे"),
            (Language::Gujarati, "પાંચસો"),
            (Language::Hindi, "पाँचसौ"),
            (Language::Telugu, "వెయ్యి"),
            (Language::Kannada, "ನೂರ"),
            (Language::Tamil, "பதினைந்தாயிரத்தை"),
            (Language::Malayalam, "പതിനയ്യായിരം"),
            (Language::Punjabi, "ਹਜ਼ਾਰਾਂ"),
            (Language::Hindi, "hazaar"),
            (Language::Tamil, "hazar"),
            (Language::Telugu, "sau"),
        ] {
            let folded = parts(word);
            assert_eq!(counts(&folded[0], language), Some(Counts::Large), "{language}: {word}");
        }
        assert_eq!(counts("pandrah", Language::Hindi), Some(Counts::Many));
        assert_eq!(counts("fifth", Language::Hindi), Some(Counts::Day));
        assert_eq!(counts(&parts("পাঁচই")[0], Language::Bengali), Some(Counts::Day));
    }
}
