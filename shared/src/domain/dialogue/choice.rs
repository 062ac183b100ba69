//! Which language is spoken. Begins with the customer's, goes where the caller goes, and only when
//! that is sure: a bot that jumps between languages is understood in none.

use super::cues::is_bare;
use super::intent::clauses;
use super::languages::markers::markers;
use crate::domain::language::Language;

/// Words of an utterance that are enough by themselves. Below that, two utterances in a row.
const LONG_WORDS: usize = 3;
/// The same for English: its words are short, and everybody has a few sentences of it.
const LONG_WORDS_OF_ENGLISH: usize = 4;

/// The language spoken, and what could change it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    spoken: Language,
    /// The customer's own, as far as we know.
    first: Language,
    /// The caller asked for it: from then on only another wish changes it.
    by_wish: bool,
    /// Not to be spoken, by wish.
    refused: [bool; Language::ALL.len()],
    /// Another language, heard in one short utterance.
    leaning: Option<Language>,
    /// Spoken before the present one: the way back takes two utterances, however long, or somebody
    /// who mixes two languages would have us change with every sentence.
    left: Option<Language>,
}

impl Choice {
    /// In that language, until something else is heard.
    pub(super) fn beginning_with(language: Language) -> Self {
        Self {
            spoken: language,
            first: language,
            by_wish: false,
            refused: [false; Language::ALL.len()],
            leaning: None,
            left: None,
        }
    }

    pub(super) fn spoken(&self) -> Language {
        self.spoken
    }

    /// The customer's own, as far as we know.
    pub(super) fn first(&self) -> Language {
        self.first
    }

    /// Somebody asked for it.
    pub(super) fn wished(&mut self, language: Language) {
        (self.spoken, self.by_wish) = (language, true);
        (self.leaning, self.left) = (None, None);
        self.refused[language as usize] = false;
    }

    /// Somebody does not want these, and named none instead: where one is spoken, on in what they speak,
    /// in their own, in English or in Hindi, whichever is left.
    pub(super) fn refused(&mut self, languages: &[Language], text: &str, reported: Option<Language>) {
        for language in languages {
            self.refused[*language as usize] = true;
        }
        if self.is_refused(self.spoken) {
            let heard = spoken_in(text, reported, self.spoken);
            let instead = [heard, Some(self.first), Some(Language::English), Some(Language::Hindi)];
            self.spoken = instead.into_iter().flatten().find(|other| !self.is_refused(*other)).unwrap_or(self.spoken);
            (self.by_wish, self.leaning, self.left) = (false, None, None);
        }
    }

    fn is_refused(&self, language: Language) -> bool {
        self.refused[language as usize]
    }

    /// Somebody said this; `reported` is the language the recogniser is sure of, `name` the person phoned.
    pub(super) fn heard(&mut self, text: &str, reported: Option<Language>, name: Option<&str>) {
        let Some(heard) = spoken_in(text, reported, self.spoken).filter(|_| !self.by_wish) else { return };
        if heard == self.spoken {
            self.leaning = None;
            return;
        }
        if self.is_refused(heard) || is_bare(text, self.spoken, name) {
            return;
        }
        let is_long = words(text).len() >= long_words(heard) && self.left != Some(heard);
        if is_long || self.leaning == Some(heard) {
            self.left = Some(self.spoken);
            (self.spoken, self.leaning) = (heard, None);
        } else {
            self.leaning = Some(heard);
        }
    }
}

fn long_words(language: Language) -> usize {
    if language == Language::English { LONG_WORDS_OF_ENGLISH } else { LONG_WORDS }
}

fn words(text: &str) -> Vec<String> {
    clauses(text).into_iter().flatten().collect()
}

/// The language a text is in: what is reported, where the text itself does not say otherwise. `None`
/// where nobody can be sure.
fn spoken_in(text: &str, reported: Option<Language>, spoken: Language) -> Option<Language> {
    let reported = reported?;
    let words = words(text);
    match script(text)? {
        Script::Of(language) => (language == reported).then_some(reported),
        // English words in Devanagari are words of a Hindi or Marathi sentence.
        Script::Devanagari => hindi_or_marathi(&words, reported, spoken),
        Script::Latin if reported == Language::English => is_english(&words, spoken).then_some(reported),
        Script::Latin if count(&words, reported) == 0 && is_english(&words, reported) => None,
        Script::Latin => hindi_or_marathi(&words, reported, spoken).or(Some(reported)),
    }
}

/// They share their letters, and recognisers take one for the other. `None` for any other language.
fn hindi_or_marathi(words: &[String], reported: Language, spoken: Language) -> Option<Language> {
    const BOTH: [Language; 2] = [Language::Hindi, Language::Marathi];
    if !BOTH.contains(&reported) {
        return None;
    }
    let [hindi, marathi] = BOTH.map(|language| count(words, language));
    Some(match hindi.cmp(&marathi) {
        std::cmp::Ordering::Greater => Language::Hindi,
        std::cmp::Ordering::Less => Language::Marathi,
        std::cmp::Ordering::Equal if BOTH.contains(&spoken) => spoken,
        std::cmp::Ordering::Equal => reported,
    })
}

/// An English sentence, and not an Indian one with English nouns in Latin letters.
fn is_english(words: &[String], spoken: Language) -> bool {
    let indian = [spoken, Language::Hindi].into_iter().filter(|language| *language != Language::English);
    let least = if words.len() < LONG_WORDS { 1 } else { 2 };
    count(words, Language::English) >= least && indian.map(|language| count(words, language)).sum::<usize>() == 0
}

/// How many of the words are marks of that language.
fn count(words: &[String], language: Language) -> usize {
    let marks: Vec<String> = markers(language).iter().map(|mark| super::intent::fold(mark)).collect();
    words.iter().filter(|word| marks.contains(word)).count()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Devanagari,
    /// Only this language is written in it.
    Of(Language),
}

/// The script of a text. Where an Indian one is in it, the Latin letters are borrowed words.
fn script(text: &str) -> Option<Script> {
    let mut seen: Vec<(Script, usize)> = Vec::new();
    for script in text.chars().filter_map(script_of) {
        match seen.iter_mut().find(|(known, _)| *known == script) {
            Some((_, times)) => *times += 1,
            None => seen.push((script, 1)),
        }
    }
    let indian = seen.iter().filter(|(script, _)| *script != Script::Latin).max_by_key(|(_, times)| *times);
    indian.or(seen.first()).map(|(script, _)| *script)
}

fn script_of(c: char) -> Option<Script> {
    Some(match u32::from(c) {
        _ if c.is_ascii_alphabetic() => Script::Latin,
        0x900..=0x963 | 0x970..=0x97f => Script::Devanagari,
        0x980..=0x9ff => Script::Of(Language::Bengali),
        0xa00..=0xa7f => Script::Of(Language::Punjabi),
        0xa80..=0xaff => Script::Of(Language::Gujarati),
        0xb00..=0xb7f => Script::Of(Language::Odia),
        0xb80..=0xbff => Script::Of(Language::Tamil),
        0xc00..=0xc7f => Script::Of(Language::Telugu),
        0xc80..=0xcff => Script::Of(Language::Kannada),
        0xd00..=0xd7f => Script::Of(Language::Malayalam),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
