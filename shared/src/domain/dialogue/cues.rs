//! What the way somebody speaks says about the floor: whether they only listen, have not finished,
//! or dictate. Reads words; time belongs to `turn`.

use super::intent::{clauses, fold, languages_mixed, tables};
use super::languages::Words;
use crate::domain::language::Language;
use crate::domain::spoken::number;

/// What words over the bot's own ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// No word.
    Nothing,
    /// "Hm", "haan", "achha", "hello?": go on.
    Listening,
    /// Anything else wants the floor.
    Words,
}

/// How many of the words said over the bot are neither nods nor among its own.
pub fn words_of_their_own(text: &str, spoken: Language, bot: &str) -> usize {
    let bot: Vec<String> = clauses(bot).into_iter().flatten().map(|word| loose(&word)).collect();
    no_nods(text, spoken).unwrap_or_default().iter().filter(|word| !bot.contains(word)).count()
}

/// Reads what was said over the bot, in `spoken` mixed with English and Hindi.
pub fn said(text: &str, spoken: Language) -> Said {
    match no_nods(text, spoken) {
        None => Said::Nothing,
        Some(rest) if rest.is_empty() => Said::Listening,
        Some(_) => Said::Words,
    }
}

/// What is no nod of it; `None` where there is no word at all.
fn no_nods(text: &str, spoken: Language) -> Option<Vec<String>> {
    let words: Vec<String> = clauses(text).into_iter().flatten().map(|word| loose(&word)).collect();
    let tables = tables(spoken);
    let (mut left, mut rest) = (words.as_slice(), Vec::new());
    while let Some(word) = left.first() {
        // "Go on, tell me" asks for nothing else either.
        let nod = longest(left, &tables, |table| table.backchannel).max(longest(left, &tables, |table| table.fine));
        if nod.is_none() {
            rest.push(word.clone());
        }
        left = &left[nod.unwrap_or(1)..];
    }
    (!words.is_empty()).then_some(rest)
}

/// Whether more must come: after a comma, a dash, a conjunction, a filler.
pub fn is_unfinished(text: &str, spoken: Language) -> bool {
    let text = text.trim_end();
    if text.ends_with([',', '-', '–', '—', '…']) || text.ends_with("..") {
        return true;
    }
    let words: Vec<String> = clauses(text).pop().unwrap_or_default();
    let tables = tables(spoken);
    (0..words.len()).any(|first| {
        let rest = &words[first..];
        tables.iter().flat_map(|table| table.unfinished).any(|phrase| {
            phrase.split(' ').count() == rest.len() && phrase.split(' ').zip(rest).all(|(p, w)| fold(p) == *w)
        })
    })
}

/// Nothing but a yes, a no, a nod, numbers or the name of the person phoned: of a language that says
/// nothing, for people bring these along from another one.
pub(super) fn is_bare(text: &str, spoken: Language, name: Option<&str>) -> bool {
    let words: Vec<String> = clauses(text).into_iter().flatten().map(|word| loose(&word)).collect();
    let tables = tables(spoken);
    let ours: Vec<String> =
        number_words(spoken).chain(name.into_iter().flat_map(clauses).flatten()).map(|word| loose(&word)).collect();
    let mut left = words.as_slice();
    while let Some(word) = left.first() {
        let lists: [fn(&Words) -> &'static [&'static str]; 4] = [|t| t.yes, |t| t.no, |t| t.fine, |t| t.backchannel];
        let nod = lists.into_iter().filter_map(|list| longest(left, &tables, list)).max();
        let known = word.chars().all(char::is_numeric) || ours.contains(word);
        match nod.or(known.then_some(1)) {
            Some(length) => left = &left[length..],
            None => return false,
        }
    }
    true
}

/// The words that numbers are made of.
fn number_words(spoken: Language) -> impl Iterator<Item = String> {
    let numbers = (0..=100).chain([1_000, 100_000]);
    let words = |language| numbers.clone().flat_map(move |n| clauses(&number(n, language))).flatten();
    languages_mixed(spoken).into_iter().flat_map(words).collect::<Vec<_>>().into_iter()
}

/// How many digits, as figures or as words, the text ends with.
pub fn digits_at_end(text: &str, spoken: Language) -> usize {
    let words: Vec<String> = clauses(text).into_iter().flatten().collect();
    let is_digit = |word: &str, language| (0..10).any(|digit| fold(&number(digit, language)) == word);
    let named = |word: &str| languages_mixed(spoken).into_iter().any(|language| is_digit(word, language));
    let digits = |word: &String| {
        let figures = word.chars().all(char::is_numeric).then(|| word.chars().count());
        figures.or_else(|| named(word).then_some(1))
    };
    words.iter().rev().map_while(digits).sum()
}

fn longest(words: &[String], tables: &[&Words], list: fn(&Words) -> &'static [&'static str]) -> Option<usize> {
    let phrases = tables.iter().flat_map(|table| list(table));
    let found = phrases.filter_map(|phrase| {
        let length = phrase.split(' ').count();
        let fits = length <= words.len() && phrase.split(' ').zip(words).all(|(p, w)| loose(&fold(p)) == *w);
        fits.then_some(length)
    });
    found.max()
}

/// However long somebody drags it: "hmmm" is "hm", and "achha" is written with any number of h.
fn loose(word: &str) -> String {
    let mut loose = String::with_capacity(word.len());
    for c in word.chars() {
        if !loose.ends_with(c) {
            loose.push(c);
        }
    }
    loose
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialogue::languages::table;

    #[test]
    fn every_language_listens_in_its_own_script_and_in_latin_letters() {
        let heard = [
            (Language::English, "Mm-hmm.", "okay, right"),
            (Language::Hindi, "हाँ, अच्छा।", "haan ji achchha"),
            (Language::Tamil, "ஆமா, சரி.", "aama seri"),
            (Language::Telugu, "ఆ, సరే.", "avunu"),
            (Language::Kannada, "ಹೌದು.", "houdu, sari"),
            (Language::Malayalam, "ഉം, ശരി.", "athe"),
            (Language::Marathi, "हो, बरं.", "ho ho"),
            (Language::Gujarati, "હા, બરાબર.", "haan barabar"),
            (Language::Bengali, "হ্যাঁ, আচ্ছা।", "hyan"),
            (Language::Punjabi, "ਹਾਂ ਜੀ, ਠੀਕ ਹੈ।", "haanji"),
            (Language::Odia, "ହଁ ଆଜ୍ଞା।", "hau, thik achi"),
        ];
        assert_eq!(heard.map(|(language, ..)| language).len(), Language::ALL.len());
        for (language, own, latin) in heard {
            assert_eq!(said(own, language), Said::Listening, "{language}: {own}");
            assert_eq!(said(latin, language), Said::Listening, "{language}: {latin}");
        }
    }

    #[test]
    fn who_asks_the_bot_to_go_on_does_not_want_the_floor() {
        for language in Language::ALL {
            for go_on in table(language).words.fine {
                assert_eq!(said(go_on, language), Said::Listening, "{language}: {go_on}");
            }
        }
        assert_eq!(said("हाँ बताइए", Language::Hindi), Said::Listening);
    }

    #[test]
    fn a_no_a_question_and_a_yes_with_more_behind_it_want_the_floor() {
        for text in ["no", "wait", "who is this?", "yes but not now", "haan lekin", "नहीं", "stop"] {
            assert_eq!(said(text, Language::English), Said::Words, "{text}");
        }
        for language in Language::ALL {
            for no in table(language).words.no {
                assert_eq!(said(no, language), Said::Words, "{language}: {no}");
            }
        }
        assert_eq!(said(" ... ", Language::Hindi), Said::Nothing);
    }

    #[test]
    fn a_word_that_is_dragged_out_is_the_same_word() {
        for text in ["hmmmmm", "haaaan", "okaaay", "achaa"] {
            assert_eq!(said(text, Language::Hindi), Said::Listening, "{text}");
        }
    }

    #[test]
    fn a_trailing_conjunction_filler_or_comma_is_no_end() {
        for text in ["I will pay and", "yes,", "my number is, um", "it is my", "हाँ लेकिन", "main kal aur", "no..."]
        {
            assert!(is_unfinished(text, Language::English), "{text}");
        }
        for text in ["I will pay tomorrow.", "yes", "sand", "and then I left", ""] {
            assert!(!is_unfinished(text, Language::English), "{text}");
        }
        for language in Language::ALL {
            for word in table(language).words.unfinished {
                assert!(is_unfinished(&format!("yes {word}"), language), "{language}: {word}");
            }
        }
    }

    #[test]
    fn the_digits_at_the_end_are_counted_as_figures_and_as_words() {
        for (text, count) in
            [("it is 43", 2), ("nine eight seven 6 5", 5), ("4 3 2 1 I think", 0), ("चार तीन", 2), ("४३", 2), ("", 0)]
        {
            assert_eq!(digits_at_end(text, Language::Hindi), count, "{text}");
        }
    }
}
