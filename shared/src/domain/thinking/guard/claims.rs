//! What is claimed once the right person is confirmed: amounts, dates and other numbers must be ours.
//!
//! The rules: a number up to ten passes alone ("two options"). One beside a coin is an amount, one
//! beside a month, the word "date" or with the ending of an ordinal is a day, one that is spelt out
//! digit by digit is an id, and those must be ours; so must whatever is larger. Percentages, halves
//! and doubles are never ours. Weekdays and days seen from today ("tomorrow", "next Friday") pass:
//! nobody can arrange anything without them, and nothing is recorded of them that has not been read
//! back with its date.

use super::counted::{Counts, counts};
use super::tokens::{Token, tokens};
use super::words::{MONTHS_IN_SHORT, ROMANISED, words};
use super::{Guard, Stopped, begins};
use crate::domain::dialogue::fold;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::spoken::{Marks, marks};

/// Plain small numbers pass ("two options", "press 1"); a larger one is a claim.
const HARMLESS: u64 = 10;
/// So many of them in one clause are spelt out.
const SPELT: usize = 3;

/// A coin by its words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coin {
    Rupees,
    Paise,
}

/// One clause.
pub(super) struct Claims<'a> {
    guard: &'a Guard<'a>,
    own: Marks,
    english: Marks,
    tokens: Vec<Token>,
}

impl<'a> Claims<'a> {
    pub(super) fn of(guard: &'a Guard<'a>, said: Vec<Token>) -> Self {
        let (own, english) = (marks(guard.language), marks(Language::English));
        Self { guard, own, english, tokens: without_known(guard, said) }
    }

    pub(super) fn check(&self) -> Result<(), Stopped> {
        (0..self.tokens.len()).try_for_each(|at| self.check_token(at))?;
        let small = |token: &&Token| self.counts(token) == Some(Counts::Few);
        let numbers = self.tokens.iter().filter(|token| self.is_number(token)).count();
        // "Four." is a piece of a number that goes on in the next sentence.
        let nothing_else = numbers > 0 && numbers == self.tokens.len();
        if nothing_else && !self.tokens.iter().filter_map(Token::number).any(|number| self.is_known(number)) {
            return Err(Stopped::Number);
        }
        if self.tokens.iter().filter(small).count() >= SPELT { Err(Stopped::Number) } else { Ok(()) }
    }

    fn check_token(&self, at: usize) -> Result<(), Stopped> {
        let token = &self.tokens[at];
        let stop = |wrong: bool, why| if wrong { Err(why) } else { Ok(()) };
        match token {
            // "Nine", and then what is ours.
            Token::Ours => stop(self.beside(at).any(|token| self.is_number(token)), Stopped::Number),
            Token::Never => Err(Stopped::Number),
            Token::Date(parts) => stop(!self.guard.known.is_date_in_figures(parts), Stopped::Date),
            Token::Day(day) => stop(!self.is_day(day, self.month_near(at)), Stopped::Date),
            Token::Sign => stop(!self.figures_beside(at).any(|number| self.is_amount(number)), Stopped::Amount),
            Token::Number(number) => self.check_number(at, number),
            Token::Word(word) => self.check_word(at, word),
        }
    }

    fn check_number(&self, at: usize, number: &str) -> Result<(), Stopped> {
        let month = self.month_near(at);
        let (is_ours, why) = match self.coin_of(at) {
            Some(Coin::Rupees) => (self.is_amount(number), Stopped::Amount),
            Some(Coin::Paise) => (self.is_paise(number), Stopped::Amount),
            None if month.is_some() => (self.is_day(number, month) || self.is_year(number), Stopped::Date),
            None if self.beside(at).any(|token| self.is_date_word(token)) => (self.is_day(number, None), Stopped::Date),
            None => (number.parse().is_ok_and(|n: u64| n <= HARMLESS) || self.is_known(number), Stopped::Number),
        };
        if is_ours { Ok(()) } else { Err(why) }
    }

    fn check_word(&self, at: usize, word: &str) -> Result<(), Stopped> {
        let language = self.guard.language;
        let token = &self.tokens[at];
        if matches!(word, "%" | "$" | "€" | "£" | "¥") || is_share(word, language) {
            return Err(Stopped::Amount);
        }
        if let Some(coin) = self.coin(token) {
            return self.check_coin(at, coin);
        }
        if let Some((month, is_also_a_word)) = self.month(token) {
            return self.check_month(at, month, is_also_a_word);
        }
        let before = at.checked_sub(1).map(|at| &self.tokens[at]);
        let is_small = |token: &Token| matches!(self.counts(token), Some(Counts::Few | Counts::One));
        match counts(word, language) {
            Some(Counts::Large) => Err(Stopped::Amount),
            Some(Counts::Many) => Err(Stopped::Number),
            Some(Counts::Day) if self.is_a_day(at, word) => Err(Stopped::Date),
            Some(Counts::Few | Counts::One) if self.beside(at).any(|token| self.is_date_word(token)) => {
                Err(Stopped::Date)
            }
            Some(Counts::Few | Counts::One) if before.is_some_and(is_small) => Err(Stopped::Number),
            _ => Ok(()),
        }
    }

    /// The word for a coin names a sum, but for the two languages in which it is the word for money.
    fn check_coin(&self, at: usize, coin: Coin) -> Result<(), Stopped> {
        let before = at.checked_sub(1).map(|at| &self.tokens[at]);
        let spelt = match coin {
            Coin::Rupees => self.beside(at).any(|token| self.is_number_word(token)),
            Coin::Paise => before.is_some_and(|token| self.is_number_word(token)),
        };
        let is_money_alone = coin == Coin::Paise || matches!(self.guard.language, Language::Bengali | Language::Odia);
        let mut figures = self.figures_beside(at);
        let named = figures.clone().next().is_some();
        let ours = figures.any(|number| self.is_amount(number) || self.is_paise(number));
        if spelt || !is_money_alone && !ours || named && !ours { Err(Stopped::Amount) } else { Ok(()) }
    }

    /// Figures near it are checked by themselves.
    fn check_month(&self, at: usize, month: usize, is_also_a_word: bool) -> Result<(), Stopped> {
        let near = self.near(at, is_also_a_word);
        let spelt = near.iter().any(|token| self.is_number_word(token));
        let named = near.into_iter().any(|token| token.number().is_some());
        let is_ours = named || is_also_a_word || self.guard.known.has_month(month);
        if spelt || !is_ours { Err(Stopped::Date) } else { Ok(()) }
    }

    /// "First" and "second" are said of other things than days.
    fn is_a_day(&self, at: usize, word: &str) -> bool {
        if !matches!(word, "first" | "second") {
            return true;
        }
        let said = |back: usize| at.checked_sub(back).and_then(|at| self.tokens[at].word());
        let by_then = said(1) == Some("the")
            && matches!(said(2), Some("by" | "on" | "before" | "until" | "till" | "since" | "from"));
        by_then || self.month_near(at).is_some() || self.beside(at).any(|token| self.is_date_word(token))
    }

    fn beside(&self, at: usize) -> impl Iterator<Item = &Token> + Clone {
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.into_iter().chain(self.tokens.get(at + 1))
    }

    fn figures_beside(&self, at: usize) -> impl Iterator<Item = &str> + Clone {
        self.beside(at).filter_map(Token::number)
    }

    /// Beside it, or with one word between, which must be "of" where the month is also a word.
    fn near(&self, at: usize, only_with_of: bool) -> Vec<&Token> {
        let over = |between: Option<usize>, beyond: Option<usize>| {
            let (between, beyond) = (self.tokens.get(between?)?, self.tokens.get(beyond?)?);
            (!only_with_of || between.word() == Some("of")).then_some(beyond)
        };
        let far = [over(at.checked_sub(1), at.checked_sub(2)), over(Some(at + 1), Some(at + 2))];
        self.beside(at).chain(far.into_iter().flatten()).collect()
    }

    /// The month a number belongs to.
    fn month_near(&self, at: usize) -> Option<usize> {
        let number = &self.tokens[at];
        (at.saturating_sub(2)..self.tokens.len().min(at + 3)).find_map(|there| {
            let (month, is_also_a_word) = self.month(&self.tokens[there])?;
            self.near(there, is_also_a_word).into_iter().any(|token| std::ptr::eq(token, number)).then_some(month)
        })
    }

    /// Which, and whether the word for it means something else as well ("may").
    fn month(&self, token: &Token) -> Option<(usize, bool)> {
        const SHORT: usize = 3;
        let word = token.word()?;
        let short = || MONTHS_IN_SHORT.iter().position(|names| names.contains(&word)).map(|month| (month, true));
        let long = [self.own.months, self.english.months].into_iter().find_map(|months| {
            let month = months.iter().position(|month| begins(word, &[month]))?;
            Some((month, fold(months[month]).chars().count() <= SHORT))
        });
        long.or_else(short)
    }

    fn is_date_word(&self, token: &Token) -> bool {
        token.word().is_some_and(|word| {
            begins(word, words(self.guard.language).date) || begins(word, ROMANISED.date) || word == "date"
        })
    }

    fn coin(&self, token: &Token) -> Option<Coin> {
        let word = token.word()?;
        let is = |names: [&str; 2]| names.iter().any(|name| is_unit(word, name));
        // The English word for paise begins like "paid".
        let paise = is_unit(word, self.own.paise) || word.starts_with("pais");
        if is([self.own.rupees, self.english.rupees]) || is_rs(word) {
            Some(Coin::Rupees)
        } else {
            paise.then_some(Coin::Paise)
        }
    }

    /// The coin of a figure: what follows it, or else what stands before it.
    fn coin_of(&self, at: usize) -> Option<Coin> {
        let coin = |token: &Token| if *token == Token::Sign { Some(Coin::Rupees) } else { self.coin(token) };
        let after = self.tokens.get(at + 1).and_then(coin);
        after.or_else(|| at.checked_sub(1).and_then(|at| coin(&self.tokens[at])))
    }

    fn counts(&self, token: &Token) -> Option<Counts> {
        counts(token.word()?, self.guard.language)
    }

    fn is_number_word(&self, token: &Token) -> bool {
        match (self.counts(token), token.word()) {
            // "Not", too.
            (Some(Counts::Few), Some(word)) => !is_not(word),
            (Some(_), _) => true,
            (None, _) => false,
        }
    }

    fn is_number(&self, token: &Token) -> bool {
        token.number().is_some() || self.is_number_word(token)
    }

    fn is_amount(&self, number: &str) -> bool {
        let whole = |ours: Paise| Paise(ours.0 - ours.0 % 100);
        let ours = &self.guard.known.amounts;
        Paise::parse_rupees(number)
            .is_ok_and(|said| said > Paise(0) && ours.iter().any(|ours| *ours == said || whole(*ours) == said))
    }

    fn is_paise(&self, number: &str) -> bool {
        let said = number.parse::<i64>().unwrap_or_default();
        said > 0 && self.guard.known.amounts.iter().any(|ours| ours.0 % 100 == said)
    }

    fn is_day(&self, number: &str, month: Option<usize>) -> bool {
        number.parse::<u32>().is_ok_and(|day| self.guard.known.has_day(day, month))
    }

    fn is_year(&self, number: &str) -> bool {
        self.guard.known.dates.iter().any(|date| date.year().to_string() == number)
    }

    fn is_known(&self, number: &str) -> bool {
        self.is_amount(number) || self.is_year(number) || self.guard.known.is_end_of_id(number)
    }
}

/// What is ours, word for word, is taken out; what is left must not be a claim.
fn without_known(guard: &Guard<'_>, said: Vec<Token>) -> Vec<Token> {
    let ours: Vec<Vec<Token>> = guard.known.spoken.iter().map(|phrase| tokens(phrase)).collect();
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

pub(super) fn is_share(word: &str, language: Language) -> bool {
    [words(language), words(Language::English), &ROMANISED]
        .into_iter()
        .any(|list| begins(word, list.shares) || list.shares_whole.iter().any(|known| fold(known) == word))
}

/// Bengali's nine is its "not", too.
pub(super) fn is_not(word: &str) -> bool {
    word == fold("নয়")
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
