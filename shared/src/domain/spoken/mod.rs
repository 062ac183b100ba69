//! Numbers, rupees, dates and ids as people say them, in words of each language's own script: a
//! voice reads "1,50,000" as it likes, or in English. Knows how to count; what is said is decided
//! elsewhere.

mod bn;
mod counting;
mod en;
mod gu;
mod hi;
mod kn;
mod ml;
mod mr;
mod or;
mod pa;
mod ta;
mod te;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use self::counting::{Counting, Next};
use super::language::Language;
use super::money::Paise;

/// Nearer than this, everybody takes a day without its year for the right one.
const YEAR_GOES_WITHOUT_SAYING_DAYS: i32 = 180;
/// Characters of a loan's id that are read out: people know their loan by its end.
const ENDING: usize = 4;

/// What a language needs besides its numbers.
struct Speech {
    counting: &'static dyn Counting,
    rupee: Coin,
    paisa: Coin,
    /// Between rupees and paise.
    and: &'static str,
    /// January to December.
    months: [&'static str; 12],
    /// The day of a month, from 1 on.
    day: fn(u64) -> String,
    year: fn(u64) -> String,
    /// `{day}` and `{month}`.
    date: &'static str,
    /// `{day}`, `{month}` and `{year}`.
    date_of_year: &'static str,
    /// The English letters A to Z, as this language writes their names.
    letters: [&'static str; 26],
}

/// A coin by its number.
struct Coin {
    /// The number one and the coin.
    one: &'static str,
    /// The coin after any other number.
    many: &'static str,
}

fn speech(language: Language) -> &'static Speech {
    match language {
        Language::English => &en::SPEECH,
        Language::Hindi => &hi::SPEECH,
        Language::Tamil => &ta::SPEECH,
        Language::Telugu => &te::SPEECH,
        Language::Kannada => &kn::SPEECH,
        Language::Malayalam => &ml::SPEECH,
        Language::Marathi => &mr::SPEECH,
        Language::Gujarati => &gu::SPEECH,
        Language::Bengali => &bn::SPEECH,
        Language::Punjabi => &pa::SPEECH,
        Language::Odia => &or::SPEECH,
    }
}

/// Words by which spoken numbers and days are recognised again.
pub(super) struct Marks {
    /// January to December.
    pub(super) months: &'static [&'static str; 12],
    /// The words of more than one rupee.
    pub(super) rupees: &'static str,
    /// Of more than one paisa.
    pub(super) paise: &'static str,
}

/// Those of a language.
pub(super) fn marks(language: Language) -> Marks {
    let speech = speech(language);
    Marks { months: &speech.months, rupees: speech.rupee.many, paise: speech.paisa.many }
}

/// A number, counted in lakhs and crores.
pub fn number(n: u64, language: Language) -> String {
    counting::say(speech(language).counting, n, Next::Nothing)
}

/// An amount: `one lakh fifty thousand rupees and fifty paise`. Paise only where there are any. An
/// amount of money is never below zero here; if it were, its size would be said.
pub fn rupees(amount: Paise, language: Language) -> String {
    let speech = speech(language);
    let (rupees, paise) = (amount.0.unsigned_abs() / 100, amount.0.unsigned_abs() % 100);
    let mut said = Vec::new();
    if rupees > 0 || paise == 0 {
        said.push(coins(rupees, &speech.rupee, speech));
    }
    if paise > 0 {
        said.push(coins(paise, &speech.paisa, speech));
    }
    said.join(speech.and)
}

fn coins(n: u64, coin: &Coin, speech: &Speech) -> String {
    match n {
        1 => coin.one.to_owned(),
        n => format!("{} {}", counting::say(speech.counting, n, Next::Noun), coin.many),
    }
}

/// A day: `fifth of December`, with its year where `today` lies far from it.
pub fn date(date: Date, today: Option<Date>, language: Language) -> String {
    let speech = speech(language);
    let far = today.is_some_and(|today| {
        let days = date.since(today).map_or(i32::MAX, |apart| apart.get_days());
        days.abs() > YEAR_GOES_WITHOUT_SAYING_DAYS
    });
    let whole = |part: i16| u64::from(part.unsigned_abs());
    let month = speech.months[usize::from(date.month().unsigned_abs()).clamp(1, 12) - 1];
    let template = if far { speech.date_of_year } else { speech.date };
    template
        .replace("{day}", &(speech.day)(whole(date.day().into())))
        .replace("{month}", month)
        .replace("{year}", &(speech.year)(whole(date.year())))
}

/// A day of a month alone: `fifth`.
pub fn day_of_month(n: u64, language: Language) -> String {
    (speech(language).day)(n)
}

/// Letters and digits one by one, as ids are read out; what is neither is left out.
pub fn characters(text: &str, language: Language) -> String {
    let speech = speech(language);
    let say = |c: char| match (c.to_digit(10), c.to_ascii_uppercase()) {
        (Some(digit), _) => Some(speech.counting.small(digit.into(), Next::Nothing)),
        (None, letter @ 'A'..='Z') => Some(speech.letters[usize::from(letter as u8 - b'A')].to_owned()),
        (None, _) => None,
    };
    text.chars().filter_map(say).collect::<Vec<_>>().join(" ")
}

/// The last characters of a loan's id, one by one; `None` where it has no letter or digit.
pub fn ending(loan_id: &str, language: Language) -> Option<String> {
    let plain: Vec<char> = loan_id.chars().filter(char::is_ascii_alphanumeric).collect();
    let last: String = plain[plain.len().saturating_sub(ENDING)..].iter().collect();
    (!last.is_empty()).then(|| characters(&last, language))
}
