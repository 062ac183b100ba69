//! Whether somebody asks for a language, or not to be spoken to in one. A name alone is a wish, and
//! "not Hindi", "हिंदी नहीं", "I can't speak Hindi" name it all the same.

use super::intent::{clauses, fold};
use super::languages::named::{CASES, CLOSINGS, names};
use super::languages::refusals::{
    BEGS, CAN_YOU, DENIES_BEFORE, DENIES_BEHIND, DENIES_SPEAK, IN_BEFORE, IN_BEHIND, INSTEAD, JOINS, SPEAK, YOU,
};
use crate::domain::language::Language;

/// In an answer of so many words a name alone is a wish; in a longer one it may only be spoken of.
const SHORT_WORDS: usize = 7;
/// Nobody asks for a language in so many words: they tell a story in which one occurs.
const MOST_WORDS: usize = 16;
/// So far before a name a word can still deny it.
const REACH: usize = 6;
/// "Hindi?" with a word beside it. What is denied alone after that is the language.
const NAME_ALONE_WORDS: usize = 2;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wished {
    /// This one.
    For(Language),
    /// Not these, and none is named instead.
    Against(Vec<Language>),
}

/// A language that is named.
struct Named<'a> {
    language: Language,
    before: &'a [String],
    behind: &'a [String],
    /// Another name follows in the same clause.
    has_next: bool,
    /// "In" it, by its own ending.
    in_case: bool,
    /// The word itself.
    word: &'a String,
}

/// Reads what is said about languages while `spoken` is spoken, to a customer of that name: who is
/// called Tamil Selvan or Punjabi does not ask for a language by saying so.
pub(super) fn wished(text: &str, spoken: Language, customer: Option<&str>) -> Option<Wished> {
    let own: Vec<String> = clauses(customer.unwrap_or_default()).into_iter().flatten().collect();
    let clauses = clauses(text);
    let length: usize = clauses.iter().map(Vec::len).sum();
    if length > MOST_WORDS {
        return None;
    }
    let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
    for (at, clause) in clauses.iter().enumerate() {
        let denied_next = clause.len() <= NAME_ALONE_WORDS && clauses.get(at + 1).is_some_and(|next| is_mere_no(next));
        let mut last_denied = false;
        for (place, name) in named(clause).into_iter().enumerate() {
            if own.contains(name.word) && !name.is_asked_for() {
                continue;
            }
            let joined = place > 0 && !name.before.is_empty() && name.before.iter().all(|word| one_of(word, JOINS));
            let denied = if joined { last_denied } else { name.is_denied() || denied_next };
            last_denied = denied;
            if denied {
                unwanted.push(name.language);
            } else if length <= SHORT_WORDS || name.is_asked_for() {
                wanted.push(name.language);
            }
        }
    }
    wanted.retain(|language| !unwanted.contains(language));
    let wish = wanted.iter().find(|language| **language == spoken).or(wanted.last());
    wish.copied().map(Wished::For).or((!unwanted.is_empty()).then_some(Wished::Against(unwanted)))
}

fn named(clause: &[String]) -> Vec<Named<'_>> {
    let places: Vec<(usize, Language, bool)> = clause
        .iter()
        .enumerate()
        .filter_map(|(at, word)| language_of(word).map(|(language, in_case)| (at, language, in_case)))
        .collect();
    let mut named = Vec::new();
    for (place, (at, language, in_case)) in places.iter().enumerate() {
        let from = place.checked_sub(1).map_or(0, |before| places[before].0 + 1);
        let next = places.get(place + 1);
        let to = next.map_or(clause.len(), |next| next.0);
        let (before, behind) = (&clause[from..*at], &clause[at + 1..to]);
        named.push(Named {
            language: *language,
            before,
            behind,
            has_next: next.is_some(),
            in_case: *in_case,
            word: &clause[*at],
        });
    }
    named
}

/// The language a word names, and whether it says "in" it.
fn language_of(word: &str) -> Option<(Language, bool)> {
    Language::ALL.into_iter().find_map(|language| {
        names(language).iter().find_map(|name| {
            let ending = word.strip_prefix(&fold(name))?;
            let in_case = one_of(ending, CASES);
            (in_case || one_of(ending, CLOSINGS)).then_some((language, in_case))
        })
    })
}

impl Named<'_> {
    fn is_asked_for(&self) -> bool {
        let before = self.before.last().is_some_and(|word| one_of(word, IN_BEFORE));
        self.in_case || before || self.behind.first().is_some_and(|word| one_of(word, IN_BEHIND))
    }

    fn is_denied(&self) -> bool {
        self.is_denied_before() || self.is_denied_behind()
    }

    /// As English does it: "not Hindi", "I don't want to speak Hindi", "instead of Hindi".
    fn is_denied_before(&self) -> bool {
        let before = &self.before[self.before.len().saturating_sub(REACH)..];
        if before.windows(2).any(|two| INSTEAD.iter().any(|[one, other]| two[0] == *one && two[1] == *other)) {
            return true;
        }
        for at in (0..before.len()).rev() {
            let word = before[at].as_str();
            let neighbour = |step: usize| at.checked_sub(step).map(|at| before[at].as_str()).unwrap_or_default();
            let next = before.get(at + 1).map(String::as_str);
            match word {
                // "No Hindi" refuses it, "no, I speak Hindi" does not.
                "no" => return matches!(next, None | Some("more")),
                // "Can't you speak Hindi?", "why not Hindi?"
                _ if one_of(word, DENIES_BEFORE) => return next != Some("you") && neighbour(1) != "why",
                // "I don't understand, speak Hindi": a new thought, unless it is "can not speak", "want to speak".
                _ if one_of(word, SPEAK) && !goes_on_from(neighbour(1)) => return false,
                _ => {}
            }
        }
        false
    }

    /// As the Indian languages do it: "हिंदी नहीं", "हिंदी में मत बोलिए", "Hindi, I don't know".
    fn is_denied_behind(&self) -> bool {
        // "आप हिंदी में बात नहीं कर सकते?" asks us for it, as "can't you" does.
        let of_us = self.before.iter().any(|word| one_of(word, YOU));
        if of_us && self.behind.iter().any(|word| one_of(word, CAN_YOU)) {
            return false;
        }
        let asked = self.before.iter().any(|word| one_of(word, SPEAK) || word == "in");
        for (at, word) in self.behind.iter().enumerate() {
            let next = self.behind.get(at + 1).map(String::as_str);
            if one_of(word, SPEAK) {
                return next.is_some_and(|next| one_of(next, DENIES_SPEAK));
            }
            if one_of(word, DENIES_BEHIND) {
                return !(asked && one_of(word, BEGS));
            }
            if one_of(word, DENIES_BEFORE) {
                // Of two names it denies the second.
                return !self.has_next && !asked && next != Some("mind");
            }
        }
        false
    }
}

fn goes_on_from(word: &str) -> bool {
    one_of(word, DENIES_BEFORE) || matches!(word, "to" | "you" | "i" | "we" | "can" | "could")
}

fn is_mere_no(clause: &[String]) -> bool {
    clause.len() == 1 && (one_of(&clause[0], DENIES_BEHIND) || one_of(&clause[0], DENIES_BEFORE))
}

fn one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| fold(known) == word)
}

#[cfg(test)]
mod tests;
