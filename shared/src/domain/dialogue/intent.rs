//! What an answer means, by lists of words and phrases per language. Compares whole words, never
//! parts of them, and reads negation: "I don't want an agent" is a no, "I am not sure" is unclear.

use super::languages::others::of_another;
use super::languages::{self, Words};
use crate::domain::language::Language;

/// What the caller wants, as far as we can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// A plain yes.
    Yes,
    /// "Okay", "go on": agrees, but says nothing about who is speaking.
    Fine,
    /// No, or not wanted.
    No,
    /// A human agent.
    Agent,
    /// Not the person asked for.
    WrongPerson,
    /// Not now, or the person is away.
    CallLater,
    /// Never again.
    DoNotCall,
    /// Will pay.
    WillPay,
    /// Says it is paid.
    Paid,
    /// Say that again; who is this?
    Repeat,
    /// An answering machine or the network's announcement.
    Machine,
    /// Anything else.
    Unclear,
}

impl Intent {
    /// All intents.
    pub const ALL: [Self; 12] = [
        Self::Yes,
        Self::Fine,
        Self::No,
        Self::Agent,
        Self::WrongPerson,
        Self::CallLater,
        Self::DoNotCall,
        Self::WillPay,
        Self::Paid,
        Self::Repeat,
        Self::Machine,
        Self::Unclear,
    ];

    /// Whether it ends the matter whatever was asked: a wish that must be followed whenever it is said.
    pub fn ends_the_matter(self) -> bool {
        matches!(self, Self::DoNotCall | Self::WrongPerson | Self::Agent | Self::CallLater)
    }

    /// The word stored with the call.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Fine => "fine",
            Self::No => "no",
            Self::Agent => "agent",
            Self::WrongPerson => "wrong_person",
            Self::CallLater => "call_later",
            Self::DoNotCall => "do_not_call",
            Self::WillPay => "will_pay",
            Self::Paid => "paid",
            Self::Repeat => "repeat",
            Self::Machine => "machine",
            Self::Unclear => "unclear",
        }
    }
}

/// Understands an answer given in `spoken`. English and Hindi words are known in every language,
/// because people mix them.
pub fn understand(text: &str, spoken: Language) -> Intent {
    judge(&findings(text, spoken))
}

/// What a person means by it, who may speak of a phone that "was switched off"; `None` where nothing
/// in it is known.
pub(super) fn understand_person(text: &str, spoken: Language) -> Option<Intent> {
    let mut found = findings(text, spoken);
    found.retain(|found| *found != Found::Says(Intent::Machine));
    (!found.is_empty()).then(|| judge(&found))
}

/// Whether whoever says it speaks of the person we ask for, in any language: "yes, his wife speaking".
pub(super) fn speaks_for_another(text: &str) -> bool {
    let clauses = clauses(text);
    let says = |phrase: &&str| clauses.iter().any(|clause| holds(clause, phrase));
    Language::ALL.into_iter().any(|language| of_another(language).iter().any(says))
}

fn findings(text: &str, spoken: Language) -> Vec<Found> {
    let tables = tables(spoken);
    clauses(text).iter().flat_map(|clause| read_clause(clause, &tables)).collect()
}

/// Number of words, as the rules count them.
pub fn word_count(text: &str) -> usize {
    clauses(text).iter().map(Vec::len).sum()
}

pub(super) fn tables(spoken: Language) -> Vec<&'static Words> {
    languages_mixed(spoken).into_iter().map(|language| &languages::table(language).words).collect()
}

/// English and Hindi are mixed into all the others.
pub(super) fn languages_mixed(spoken: Language) -> Vec<Language> {
    let mut wanted = vec![spoken];
    for mixed in [Language::English, Language::Hindi] {
        if !wanted.contains(&mixed) {
            wanted.push(mixed);
        }
    }
    wanted
}

/// What one part of an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Says(Intent),
    /// A refusal of something named: outweighs a mere yes.
    Refuses,
    /// A yes and a no that cannot be told apart.
    Muddled,
}

/// The most consequential finding wins; what contradicts itself is unclear.
fn judge(found: &[Found]) -> Intent {
    let says = |intent| found.contains(&Found::Says(intent));
    for strong in [Intent::Machine, Intent::DoNotCall, Intent::WrongPerson] {
        if says(strong) {
            return strong;
        }
    }
    if found.contains(&Found::Muddled) {
        return Intent::Unclear;
    }
    if says(Intent::Agent) {
        return Intent::Agent;
    }
    if found.contains(&Found::Refuses) {
        return Intent::No;
    }
    for plain in [Intent::WillPay, Intent::Paid, Intent::CallLater] {
        if says(plain) {
            return plain;
        }
    }
    if says(Intent::Unclear) || says(Intent::No) && says(Intent::Yes) {
        return Intent::Unclear;
    }
    [Intent::No, Intent::Repeat, Intent::Yes, Intent::Fine].into_iter().find(|i| says(*i)).unwrap_or(Intent::Unclear)
}

/// One phrase found in a clause.
struct Match {
    intent: Intent,
    first: usize,
    end: usize,
}

fn read_clause(words: &[String], tables: &[&Words]) -> Vec<Found> {
    let mut matches = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match longest_phrase(&words[at..], tables) {
            Some((intent, length)) => {
                matches.push(Match { intent, first: at, end: at + length });
                at += length;
            }
            None => at += 1,
        }
    }
    let taken = |at: usize, but: &Match| {
        matches.iter().any(|m| m.first != but.first && m.intent != Intent::No && (m.first..m.end).contains(&at))
    };
    let mut found = Vec::new();
    for m in &matches {
        let free = |at: usize| !taken(at, m);
        found.extend(weigh(m, words, tables, &free));
    }
    found
}

/// What a match means once the words around it are read.
fn weigh(m: &Match, words: &[String], tables: &[&Words], free: &dyn Fn(usize) -> bool) -> Option<Found> {
    let deniable = match m.intent {
        Intent::Yes | Intent::Fine | Intent::Agent | Intent::WillPay => Some(Found::Refuses),
        Intent::WrongPerson | Intent::CallLater | Intent::Paid => Some(Found::Says(Intent::Unclear)),
        Intent::No | Intent::DoNotCall | Intent::Repeat | Intent::Machine | Intent::Unclear => None,
    };
    let Some(denied) = deniable else { return Some(Found::Says(m.intent)) };
    let after = (m.end..words.len()).any(|at| free(at) && is_one(&words[at], tables, |w| w.not_after));
    if denied_before(m, words, tables, free) || after {
        return Some(denied);
    }
    let just_before = m.first.checked_sub(1).filter(|at| free(*at));
    if just_before.is_some_and(|at| is_one(&words[at], tables, |w| w.not_after)) {
        // "नहीं एजेंट …" without a comma: "no agent" and "no, an agent" sound the same.
        return Some(if m.intent == Intent::WillPay { Found::Refuses } else { Found::Muddled });
    }
    Some(Found::Says(m.intent))
}

/// English denies before the word, and a new thought ends the denial.
fn denied_before(m: &Match, words: &[String], tables: &[&Words], free: &dyn Fn(usize) -> bool) -> bool {
    const REACH: usize = 8;
    const NEW_THOUGHT: [&str; 7] = ["i", "but", "give", "instead", "just", "only", "let"];
    if m.first > 0 && words[m.first - 1] == "no" && m.intent != Intent::Yes {
        return true;
    }
    for at in (m.first.saturating_sub(REACH)..m.first).rev() {
        if NEW_THOUGHT.contains(&words[at].as_str()) {
            return false;
        }
        if free(at) && is_one(&words[at], tables, |w| w.not_before) {
            return true;
        }
    }
    false
}

fn is_one(word: &str, tables: &[&Words], list: fn(&Words) -> &'static [&'static str]) -> bool {
    tables.iter().any(|table| list(table).iter().any(|known| fold(known) == word))
}

fn longest_phrase(words: &[String], tables: &[&Words]) -> Option<(Intent, usize)> {
    let mut best: Option<(Intent, usize)> = None;
    for table in tables {
        for (intent, phrases) in table.phrases() {
            for phrase in phrases {
                let length = phrase.split(' ').count();
                let longer = best.is_none_or(|(_, known)| length > known);
                if longer && length <= words.len() && phrase.split(' ').zip(words).all(|(p, w)| fold(p) == *w) {
                    best = Some((intent, length));
                }
            }
        }
    }
    best
}

/// Clauses of folded words: cut at punctuation, then at spaces.
pub(super) fn clauses(text: &str) -> Vec<Vec<String>> {
    let ends = |c: char| matches!(c, ',' | '.' | '!' | '?' | ';' | ':' | '।' | '॥' | '…' | '\n');
    let gap = |c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | '"' | '“' | '”' | '(' | ')' | '/');
    text.split(ends)
        .map(|clause| clause.split(gap).map(fold).filter(|word| !word.is_empty()).collect())
        .filter(|clause: &Vec<String>| !clause.is_empty())
        .collect()
}

/// Whether a clause has these words, one after the other.
pub(super) fn holds(clause: &[String], phrase: &str) -> bool {
    let phrase: Vec<String> = clauses(phrase).into_iter().flatten().collect();
    clause.windows(phrase.len()).any(|words| words == phrase)
}

/// One spelling for one word: lower case, no apostrophes or joiners, no nukta, one nasal sign, no
/// Malayalam chillu letters. Recognisers write all of these both ways.
pub(in crate::domain) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '`' | '\u{200c}' | '\u{200d}' | '\u{feff}' => {}
            // Nuktas of Devanagari, Bengali, Gurmukhi, Gujarati, Odia.
            '\u{93c}' | '\u{9bc}' | '\u{a3c}' | '\u{abc}' | '\u{b3c}' => {}
            '\u{901}' => folded.push('\u{902}'),
            '\u{958}' => folded.push('क'),
            '\u{959}' => folded.push('ख'),
            '\u{95a}' => folded.push('ग'),
            '\u{95b}' => folded.push('ज'),
            '\u{95c}' => folded.push('ड'),
            '\u{95d}' => folded.push('ढ'),
            '\u{95e}' => folded.push('फ'),
            '\u{95f}' => folded.push('य'),
            '\u{9dc}' => folded.push('ড'),
            '\u{9dd}' => folded.push('ঢ'),
            '\u{9df}' => folded.push('য'),
            '\u{a33}' => folded.push('ਲ'),
            '\u{a36}' => folded.push('ਸ'),
            '\u{a59}' => folded.push('ਖ'),
            '\u{a5a}' => folded.push('ਗ'),
            '\u{a5b}' => folded.push('ਜ'),
            '\u{a5e}' => folded.push('ਫ'),
            '\u{b5c}' => folded.push('ଡ'),
            '\u{b5d}' => folded.push('ଢ'),
            '\u{b5f}' => folded.push('ଯ'),
            '\u{d7a}' => folded.push_str("ണ്"),
            '\u{d7b}' => folded.push_str("ന്"),
            '\u{d7c}' => folded.push_str("ര്"),
            '\u{d7d}' => folded.push_str("ല്"),
            '\u{d7e}' => folded.push_str("ള്"),
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use Intent::*;

    fn check(language: Language, cases: &[(&str, Intent)]) {
        for (text, expected) in cases {
            assert_eq!(understand(text, language), *expected, "{text}");
        }
    }

    #[test]
    fn english_answers_are_understood() {
        check(
            Language::English,
            &[
                ("Yes.", Yes),
                ("Yeah, this is he.", Yes),
                ("speaking", Yes),
                ("okay", Fine),
                ("hello", Unclear),
                ("No.", No),
                ("I don't want an agent", No),
                ("I do not want to talk to a human agent", No),
                ("No agent", No),
                ("no, I want an agent", Agent),
                ("I don't want a bot, give me a human", Agent),
                ("connect me to an agent please", Agent),
                ("I don't know", Unclear),
                ("I am not sure", Unclear),
                ("nothing special", Unclear),
                ("wrong number", WrongPerson),
                ("I don't know him, this is someone else", WrongPerson),
                ("call me later, I'm driving", CallLater),
                ("don't call me now", CallLater),
                ("please don't call me again", DoNotCall),
                // "Please do" agrees.
                ("please do", Fine),
                ("please do not call me", DoNotCall),
                ("please do not call me now", CallLater),
                ("please do not", No),
                ("stop calling me", DoNotCall),
                ("I will pay tomorrow", WillPay),
                ("I will not pay", No),
                ("I have already paid", Paid),
                ("who is this?", Repeat),
                ("please leave a message after the beep", Machine),
                ("yes no", Unclear),
                ("knowing agents", Unclear),
                ("right now?", Unclear),
            ],
        );
    }

    #[test]
    fn hindi_answers_are_understood_in_both_scripts() {
        check(
            Language::Hindi,
            &[
                ("हाँ", Yes),
                ("हां जी, बोल रहा हूँ", Yes),
                ("haan ji", Yes),
                ("ठीक है", Fine),
                ("नहीं", No),
                ("जी नहीं", No),
                ("एजेंट से बात कराइए", Agent),
                ("मुझे एजेंट नहीं चाहिए", No),
                ("agent nahi chahiye", No),
                ("नहीं, एजेंट से बात करनी है", Agent),
                ("पता नहीं", Unclear),
                ("गलत नंबर है", WrongPerson),
                ("ग़लत नंबर", WrongPerson),
                ("बाद में फोन करना", CallLater),
                ("दोबारा फोन मत करना", DoNotCall),
                ("मैं कल पैसे भर दूंगा", WillPay),
                ("payment nahi karunga", No),
                ("कौन बोल रहा है", Repeat),
                ("haan yes", Yes),
            ],
        );
    }

    #[test]
    fn words_written_in_two_ways_are_one_word() {
        assert_eq!(fold("ग़लत"), fold("गलत"));
        assert_eq!(fold("हाँ"), fold("हां"));
        assert_eq!(fold("Don’t"), "dont");
        assert_eq!(fold("ഞാൻ"), fold("ഞാന്\u{200d}"));
        assert_eq!(fold("নয়"), fold("নয\u{9bc}"));
    }
}
