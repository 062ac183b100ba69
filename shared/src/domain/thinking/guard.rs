//! Between a model's words and the voice: what may be said is decided here, not by a prompt. Before
//! the right person is confirmed nothing that could tell of a debt passes, whoever it was invented
//! by; afterwards amounts and dates must be ours. Errs towards silence: what is stopped is replaced
//! by a sentence of the script.

mod tokens;
mod words;

use jiff::civil::Date;

use self::tokens::{Token, tokens};
use self::words::{HINDI_ONLY, MARATHI_ONLY, ROMANISED, words};
use crate::domain::dialogue::fold;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::spoken::{self, marks};

/// Plain small numbers pass ("two options", "press 1"); a larger one is a claim.
const HARMLESS: u64 = 10;

/// Why a clause is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Loan ids and the like, of which the digits may be said.
    pub ids: Vec<String>,
    /// Names, which are no words: a lender may be called after what it lends.
    pub names: Vec<String>,
    /// All of them but the names, as they are said in the language of the call.
    pub spoken: Vec<String>,
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
        let bare = self.without_names(clause);
        self.check_language(&bare)?;
        let tokens = tokens(&bare);
        match self.confirmed {
            true => self.check_claims(&self.without_known(tokens)),
            false => self.check_lock(&bare, &tokens),
        }
    }

    fn without_names(&self, clause: &str) -> String {
        let mut bare = clause.to_owned();
        for name in self.known.names.iter().filter(|name| !name.trim().is_empty()) {
            bare = bare.replace(name.trim(), " ");
        }
        bare
    }

    /// What is ours, word for word, is taken out; what is left must not be a claim.
    fn without_known(&self, said: Vec<Token>) -> Vec<Token> {
        let ours: Vec<Vec<Token>> = self.known.spoken.iter().map(|phrase| tokens(phrase)).collect();
        let mut left = Vec::new();
        let mut at = 0;
        while at < said.len() {
            let found = ours.iter().filter(|phrase| !phrase.is_empty() && said[at..].starts_with(phrase));
            match found.map(Vec::len).max() {
                Some(length) => {
                    left.push(Token::Ours);
                    at += length;
                }
                None => {
                    left.push(said[at].clone());
                    at += 1;
                }
            }
        }
        left
    }

    fn check_language(&self, bare: &str) -> Result<(), Stopped> {
        let letters: Vec<Option<Language>> = bare.chars().filter_map(script).collect();
        let own = |script: &Option<Language>| *script == script_of(self.language);
        let foreign = letters.iter().any(|script| script.is_some() && !own(script));
        let count = letters.iter().filter(|script| own(script)).count();
        // English words are mixed into every language; a whole English sentence is not.
        if foreign || count * 2 < letters.len() {
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

    /// Before confirmation: no number, no month, no digits spelt out, no word of a debt in any
    /// language the model might fall into, and no question of its own.
    fn check_lock(&self, bare: &str, tokens: &[Token]) -> Result<(), Stopped> {
        for language in [self.language, Language::English, Language::Hindi] {
            let (months, list, numbers) = (marks(language).months, words(language), Numbers::of(language));
            let tells = |token: &Token| match token {
                Token::Number(_) | Token::Sign => true,
                Token::Ours => false,
                Token::Word(word) => {
                    is_one(word, list.debt)
                        || is_large(word, list.large)
                        || is_one(word, ROMANISED)
                        || numbers.is_many(word)
                        || months.iter().any(|month| !is_also_a_word(month) && is_one(word, &[month]))
                }
            };
            let spelt = tokens.windows(2).any(|pair| pair.iter().all(|token| numbers.is_digit(token)));
            if spelt || tokens.iter().any(tells) {
                return Err(Stopped::Debt);
            }
        }
        if bare.contains(['?', '？']) { Err(Stopped::Question) } else { Ok(()) }
    }

    /// After confirmation: amounts, dates and other numbers must be ours.
    fn check_claims(&self, tokens: &[Token]) -> Result<(), Stopped> {
        let english = Language::English;
        // In these two the word for rupees is the word for money: it names no sum by itself.
        let is_money_alone = matches!(self.language, Language::Bengali | Language::Odia);
        let (own, numbers) = (marks(self.language), [Numbers::of(self.language), Numbers::of(english)]);
        let is_money = |token: &Token| match token {
            Token::Sign => true,
            Token::Number(_) | Token::Ours => false,
            Token::Word(word) => {
                [own.rupees, marks(english).rupees].iter().any(|unit| is_unit(word, unit)) || is_rs(word)
            }
        };
        let month = |token: &Token| match token {
            Token::Word(word) => [own.months, marks(english).months]
                .iter()
                .find_map(|months| months.iter().position(|month| is_one(word, &[month]))),
            Token::Number(_) | Token::Sign | Token::Ours => None,
        };
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            let beside = [before, tokens.get(at + 1)].into_iter().flatten();
            let figures = || beside.clone().filter_map(Token::number);
            let spelt = || beside.clone().any(|token| numbers.iter().any(|numbers| numbers.is_digit(token)));
            match token {
                Token::Ours => {}
                token if is_money(token) => {
                    let names_a_sum = figures().next().is_some() || spelt() || !is_money_alone;
                    if names_a_sum && !figures().any(|number| self.is_amount(number)) {
                        return Err(Stopped::Amount);
                    }
                }
                token if month(token).is_some() => {
                    let month = month(token).unwrap_or_default();
                    let dated = figures().any(|number| self.is_date(number, month));
                    let named = figures().next().is_some() || spelt() || !is_also_a_word(marks(english).months[month]);
                    if named && !dated {
                        return Err(Stopped::Date);
                    }
                }
                Token::Number(number) => {
                    if beside.clone().any(is_money) && !self.is_amount(number) {
                        return Err(Stopped::Amount);
                    }
                    if beside.clone().any(|token| month(token).is_some()) && !self.is_known(number) {
                        return Err(Stopped::Date);
                    }
                    if !self.is_harmless(number) {
                        return Err(Stopped::Number);
                    }
                }
                Token::Word(word) => {
                    if is_large(word, words(self.language).large) || is_large(word, words(english).large) {
                        return Err(Stopped::Amount);
                    }
                    let many = numbers.iter().any(|numbers| numbers.is_many(word));
                    let digits = before.is_some_and(|before| {
                        numbers.iter().any(|numbers| numbers.is_digit(before) && numbers.is_digit(token))
                    });
                    if many || digits {
                        return Err(Stopped::Number);
                    }
                }
                Token::Sign => {}
            }
        }
        Ok(())
    }

    fn is_amount(&self, number: &str) -> bool {
        Paise::parse_rupees(number).is_ok_and(|said| {
            self.known
                .amounts
                .iter()
                .any(|ours| *ours == said || Paise(ours.0 - ours.0 % 100) == said || Paise(ours.0 % 100 * 100) == said)
        })
    }

    fn is_date(&self, number: &str, month: usize) -> bool {
        let ours = |date: &&Date| usize::from(date.month().unsigned_abs()) == month + 1;
        self.known.dates.iter().filter(ours).any(|date| number == date.day().to_string())
    }

    fn is_known(&self, number: &str) -> bool {
        let day = |date: &Date| [date.day().to_string(), date.year().to_string()].iter().any(|part| part == number);
        self.is_amount(number)
            || self.known.dates.iter().any(day)
            || self.known.ids.iter().any(|id| number.len() > 1 && id.ends_with(number))
    }

    fn is_harmless(&self, number: &str) -> bool {
        number.parse::<u64>().is_ok_and(|number| number <= HARMLESS) || self.is_known(number)
    }
}

/// The words of numbers, as they are counted in a language.
struct Numbers {
    /// Zero to ten: harmless alone.
    few: Vec<String>,
    /// The parts of eleven to ninety-nine.
    many: Vec<String>,
}

impl Numbers {
    fn of(language: Language) -> Self {
        let parts = |range: std::ops::RangeInclusive<u64>| -> Vec<String> {
            let words = range.flat_map(|n| tokens(&spoken::number(n, language)));
            words.filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect()
        };
        let few = parts(0..=10);
        let many = parts(11..=99).into_iter().filter(|word| !few.contains(word)).collect();
        Self { few, many }
    }

    fn is_many(&self, word: &str) -> bool {
        self.many.iter().any(|known| known == word)
    }

    fn is_digit(&self, token: &Token) -> bool {
        matches!(token, Token::Word(word) if self.few.contains(word))
    }
}

/// A word of the list, or one that begins with a long word of it.
fn is_one(word: &str, list: &[&str]) -> bool {
    // Three letters of an Indian script are a stem ("கடன்"), of the Latin one a word ("due").
    let is_whole = |known: &str| known.chars().count() <= if known.is_ascii() { 3 } else { 2 };
    list.iter()
        .map(|known| fold(known))
        .any(|known| if is_whole(&known) { *word == known } else { word.starts_with(&known) })
}

/// The same where a number melts into the one before it ("பதினைந்தாயிரம்").
fn is_large(word: &str, list: &[&str]) -> bool {
    const MELTS: usize = 4;
    let inside = |known: &&str| !known.is_ascii() && known.chars().count() >= MELTS && word.contains(&fold(known));
    is_one(word, list) || list.iter().any(inside)
}

/// "May" and its like are words too; beside a number they are months.
fn is_also_a_word(month: &str) -> bool {
    const SHORT: usize = 3;
    fold(month).chars().count() <= SHORT
}

/// The word beside the number, by its beginning.
fn is_unit(word: &str, unit: &str) -> bool {
    const STEM: usize = 3;
    let stem: String = fold(unit.trim()).chars().take(STEM).collect();
    !stem.is_empty() && word.starts_with(&stem)
}

fn is_rs(word: &str) -> bool {
    ["rs", "inr", "रु", "ரூ", "రూ", "ರೂ", "രൂ", "રૂ", "ਰੁ"].contains(&word)
}

/// The script of a letter, by a language that is written in it; `None` inside for Latin.
#[expect(clippy::option_option, reason = "no letter, a Latin letter, and an Indian letter are three things")]
fn script(c: char) -> Option<Option<Language>> {
    Some(match c {
        '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}' => Some(Language::Hindi),
        '\u{980}'..='\u{9ff}' => Some(Language::Bengali),
        '\u{a00}'..='\u{a7f}' => Some(Language::Punjabi),
        '\u{a80}'..='\u{aff}' => Some(Language::Gujarati),
        '\u{b00}'..='\u{b7f}' => Some(Language::Odia),
        '\u{b80}'..='\u{bff}' => Some(Language::Tamil),
        '\u{c00}'..='\u{c7f}' => Some(Language::Telugu),
        '\u{c80}'..='\u{cff}' => Some(Language::Kannada),
        '\u{d00}'..='\u{d7f}' => Some(Language::Malayalam),
        c if c.is_alphabetic() => None,
        _ => return None,
    })
}

fn script_of(language: Language) -> Option<Language> {
    match language {
        Language::English => None,
        Language::Marathi => Some(Language::Hindi),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests;
