//! Between a model's words and the voice: what may be said is decided here, not by a prompt. Before
//! the right person is confirmed nothing that could tell of a debt passes, whoever it was invented
//! by; afterwards amounts and dates must be ours. Errs towards silence: what is stopped is replaced
//! by a sentence of the script.

mod claims;
mod counted;
mod tokens;
mod words;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use self::claims::{Claims, is_not, is_share};
use self::counted::{Counts, counts};
use self::tokens::{Token, is_mark, tokens};
pub(super) use self::tokens::{date_in_figures, digit, ordinal_length};
use self::words::{HINDI_ONLY, MARATHI_ONLY, MONTHS_IN_SHORT, ROMANISED, words};
use crate::domain::dialogue::fold;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::spoken::marks;

/// Digits of an id that may be said as a figure: fewer are the end of many a number.
const END_OF_ID: usize = 4;

/// Why a clause is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// It could tell of a debt, and nobody has confirmed who is on the line.
    Debt,
    /// It asks something of its own while the question of who is speaking is open: a yes to it
    /// would be taken for a yes to that.
    Question,
    /// An amount that is not ours.
    Amount,
    /// A date that is not ours.
    Date,
    /// Another number that is not ours.
    Number,
    /// Not in the language of the call.
    Language,
}

impl Stopped {
    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debt => "debt",
            Self::Question => "question",
            Self::Amount => "amount",
            Self::Date => "date",
            Self::Number => "number",
            Self::Language => "language",
        }
    }
}

/// What was told the model, and may therefore be said.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Amounts.
    pub amounts: Vec<Paise>,
    /// Days.
    pub dates: Vec<Date>,
    /// Loan ids and the like, of which the last digits may be said.
    pub ids: Vec<String>,
    /// Names, which are no words: a lender may be called after what it lends.
    pub names: Vec<String>,
    /// All of them but the names, as they are said in the language of the call.
    pub spoken: Vec<String>,
}

impl Known {
    /// Whether a figure is the end of an id.
    pub(super) fn is_end_of_id(&self, figure: &str) -> bool {
        figure.len() >= END_OF_ID && self.ids.iter().any(|id| id.ends_with(figure))
    }

    fn has_day(&self, day: u32, month: Option<usize>) -> bool {
        let of = |date: &Date| (u32::from(date.day().unsigned_abs()), usize::from(date.month().unsigned_abs()) - 1);
        self.dates.iter().map(of).any(|ours| ours.0 == day && month.is_none_or(|month| ours.1 == month))
    }

    fn has_month(&self, month: usize) -> bool {
        self.dates.iter().any(|date| usize::from(date.month().unsigned_abs()) == month + 1)
    }

    /// Year, month, day, or as one writes it in India.
    pub(super) fn date_in_figures(&self, parts: &[u32]) -> Option<Date> {
        self.dates.iter().copied().find(|date| {
            let (day, month) = (u32::from(date.day().unsigned_abs()), u32::from(date.month().unsigned_abs()));
            let year = u32::from(date.year().unsigned_abs());
            match parts {
                [d, m] => (*d, *m) == (day, month),
                [d, m, y] if *d < 100 => (*d, *m) == (day, month) && (*y == year || *y == year % 100),
                [y, m, d] => (*y, *m, *d) == (year, month, day),
                _ => false,
            }
        })
    }

    fn is_date_in_figures(&self, parts: &[u32]) -> bool {
        self.date_in_figures(parts).is_some()
    }
}

/// One call's guard.
#[derive(Debug, Clone, Copy)]
pub struct Guard<'a> {
    /// Spoken now.
    pub language: Language,
    /// The right person has said so.
    pub confirmed: bool,
    /// What is ours.
    pub known: &'a Known,
}

impl Guard<'_> {
    /// Whether a clause may be said.
    pub fn check(&self, clause: &str) -> Result<(), Stopped> {
        let bare = self.known.names.iter().fold(clause.to_owned(), |bare, name| without(&bare, name.trim()));
        self.check_language(&bare)?;
        let tokens = tokens(&bare);
        match self.confirmed {
            true => Claims::of(self, tokens).check(),
            false => self.check_lock(&bare, &tokens),
        }
    }

    fn check_language(&self, bare: &str) -> Result<(), Stopped> {
        let letters: Vec<Script> = bare.chars().filter_map(script).collect();
        let own = letters.iter().filter(|script| **script == script_of(self.language)).count();
        let foreign = letters.iter().any(|script| *script != Script::Latin && *script != script_of(self.language));
        // English words are mixed into every language, and "OK" is a whole answer in all of them; a
        // whole English sentence is not.
        let is_short = bare.split_whitespace().count() <= MIXED_IN;
        if foreign || own * 2 < letters.len() && !is_short {
            return Err(Stopped::Language);
        }
        let (mine, other) = match self.language {
            Language::Hindi => (HINDI_ONLY, MARATHI_ONLY),
            Language::Marathi => (MARATHI_ONLY, HINDI_ONLY),
            _ => return Ok(()),
        };
        let has = |list: &[&str]| bare.split_whitespace().any(|word| list.contains(&tokens::trimmed(word)));
        if has(other) && !has(mine) { Err(Stopped::Language) } else { Ok(()) }
    }

    /// Before confirmation: no figure, no number but "one", no month, no word that begins like one of
    /// a debt in any language that is written in these letters, and no question of its own.
    fn check_lock(&self, bare: &str, tokens: &[Token]) -> Result<(), Stopped> {
        let tells = |token: &Token| match token {
            Token::Word(word) => self.tells(word),
            Token::Number(_) | Token::Day(_) | Token::Date(_) | Token::Sign | Token::Never | Token::Ours => true,
        };
        let spelt = spelt_out(tokens);
        if tokens.iter().any(tells) || spelt.iter().any(|word| self.tells_of_a_debt(word)) {
            return Err(Stopped::Debt);
        }
        if bare.contains(['?', '？', '؟']) { Err(Stopped::Question) } else { Ok(()) }
    }

    fn tells(&self, word: &str) -> bool {
        let is_month = |language: Language| {
            let months = marks(language).months.iter();
            months.filter(|month| fold(month).chars().count() > 3).any(|month| begins(word, &[month]))
        };
        let in_short = || {
            MONTHS_IN_SHORT
                .iter()
                .flat_map(|names| names.iter())
                .any(|name| *name == word && !matches!(word, "may" | "mar" | "jun"))
        };
        let number = match counts(word, self.language) {
            Some(Counts::One) | None => false,
            Some(Counts::Day) => !matches!(word, "first" | "second"),
            Some(Counts::Few) => !is_not(word),
            Some(Counts::Many | Counts::Large) => true,
        };
        number
            || self.tells_of_a_debt(word)
            || is_share(word, self.language)
            || matches!(word, "%" | "$" | "€" | "£" | "¥")
            || is_month(self.language)
            || is_month(Language::English)
            || in_short()
    }

    fn tells_of_a_debt(&self, word: &str) -> bool {
        let same_letters = Language::ALL.into_iter().filter(|other| script_of(*other) == script_of(self.language));
        let lists = same_letters.chain([Language::English]).map(words).chain([&ROMANISED]);
        lists.into_iter().any(|list| {
            list.stems.iter().any(|stem| word.starts_with(&fold(stem)))
                || list.whole.iter().any(|known| fold(known) == word)
        })
    }
}

/// English words that make a whole clause in any language.
const MIXED_IN: usize = 2;

/// Words made of letters that were said one by one ("E M I"): whatever begins at any of them.
fn spelt_out(tokens: &[Token]) -> Vec<String> {
    const LETTERS: usize = 4;
    // The name of a letter is that long, too ("एम").
    let is_letter = |word: &str| word.chars().count() <= if word.is_ascii() { 1 } else { 3 };
    let letter = |token: &Token| token.word().filter(|word| is_letter(word)).map(str::to_owned);
    (0..tokens.len())
        .map(|at| tokens[at..].iter().take(LETTERS).map_while(letter).collect::<Vec<_>>())
        .filter(|letters| letters.len() > 1)
        .map(|letters| letters.concat())
        .collect()
}

/// A text without a name, where that stands alone: "राशि" is cut out of no other word.
fn without(text: &str, name: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let belongs = |c: char, to: Option<char>| {
        // An ending in another script is no part of a Latin name.
        (c.is_alphanumeric() || is_mark(c)) && to.is_some_and(|to| to.is_ascii() == c.is_ascii())
    };
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let begins = !before.chars().next_back().is_some_and(|c| belongs(c, name.chars().next()));
        let ends = !after.chars().next().is_some_and(|c| belongs(c, name.chars().next_back()));
        bare.push_str(before);
        bare.push_str(if begins && ends { " " } else { name });
        rest = after;
    }
    bare.push_str(rest);
    bare
}

/// A word of the list, or one that begins with a long word of it.
fn begins(word: &str, list: &[&str]) -> bool {
    list.iter()
        .map(|known| fold(known))
        .any(|known| if is_whole(&known) { *word == known } else { word.starts_with(&known) })
}

/// Too short to tell a word by: two letters of an Indian script, three Latin ones.
fn is_whole(known: &str) -> bool {
    known.chars().count() <= if known.is_ascii() { 3 } else { 2 }
}

/// What a letter is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    /// By a language that is written in it.
    Indian(Language),
    /// None of ours.
    Other,
}

/// `None` for what is no letter.
fn script(c: char) -> Option<Script> {
    Some(match c {
        '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}' => Script::Indian(Language::Hindi),
        '\u{980}'..='\u{9ff}' => Script::Indian(Language::Bengali),
        '\u{a00}'..='\u{a7f}' => Script::Indian(Language::Punjabi),
        '\u{a80}'..='\u{aff}' => Script::Indian(Language::Gujarati),
        '\u{b00}'..='\u{b7f}' => Script::Indian(Language::Odia),
        '\u{b80}'..='\u{bff}' => Script::Indian(Language::Tamil),
        '\u{c00}'..='\u{c7f}' => Script::Indian(Language::Telugu),
        '\u{c80}'..='\u{cff}' => Script::Indian(Language::Kannada),
        '\u{d00}'..='\u{d7f}' => Script::Indian(Language::Malayalam),
        c if c.is_ascii_alphabetic() => Script::Latin,
        c if c.is_alphabetic() => Script::Other,
        _ => return None,
    })
}

fn script_of(language: Language) -> Script {
    match language {
        Language::English => Script::Latin,
        Language::Marathi => Script::Indian(Language::Hindi),
        other => Script::Indian(other),
    }
}

#[cfg(test)]
mod tests;
