//! Figures a model wrote, as words: a voice reads "15,000" as it likes, or in English. What stands
//! here has passed the guard.

use super::guard::{Known, date_in_figures, digit, ordinal_length};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::spoken;

/// Before an amount; in words its coin stands behind it.
const SIGNS: [&str; 5] = ["₹ ", "₹", "Rs. ", "Rs ", "Rs."];

/// The same with every number in words of the language, in whichever script's figures it was
/// written; the end of an id one by one.
pub fn figures_as_words(text: &str, known: &Known, language: Language) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut said = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        if digit(chars[at]).is_none() {
            said.push(chars[at]);
            at += 1;
            continue;
        }
        at += match date_in_figures(&chars[at..]) {
            Some((parts, length)) => {
                let date = known.date_in_figures(&parts).map(|date| spoken::date(date, None, language));
                // The voice must do what it can with any other.
                said.push_str(&date.unwrap_or_else(|| chars[at..at + length].iter().collect()));
                length
            }
            None => say_figure(&chars[at..], &mut said, known, language),
        };
    }
    said
}

/// Says what begins with a figure; answers how many characters it takes.
fn say_figure(chars: &[char], said: &mut String, known: &Known, language: Language) -> usize {
    let length = length(chars);
    let figure: String = chars[..length].iter().map(|c| digit(*c).unwrap_or(*c)).collect();
    if let Some((day, ending)) = day(&figure, &chars[length..], language) {
        said.push_str(&day);
        return length + ending;
    }
    let sign = SIGNS.into_iter().find(|sign| said.ends_with(sign));
    let words = match (sign, Paise::parse_rupees(&figure)) {
        _ if known.is_end_of_id(&figure) => spoken::characters(&figure, language),
        (Some(_), Ok(amount)) => spoken::rupees(amount, language),
        (None, Ok(amount)) if amount.0 % 100 == 0 => spoken::number(amount.rupees().unsigned_abs(), language),
        // The voice must do what it can with the rest.
        _ => figure,
    };
    said.truncate(said.len() - sign.map_or(0, str::len));
    said.push_str(&words);
    length
}

/// "5th" as "fifth", with the length of the ending; `None` where the language says a day as any
/// other number.
fn day(figure: &str, rest: &[char], language: Language) -> Option<(String, usize)> {
    const LONGEST_MONTH: u64 = 31;
    let ending = ordinal_length(rest);
    let n = figure.parse().ok().filter(|n| (1..=LONGEST_MONTH).contains(n) && ending > 0)?;
    let day = spoken::day_of_month(n, language);
    (day != spoken::number(n, language)).then_some((day, ending))
}

/// Digits, and separators between two of them.
fn length(chars: &[char]) -> usize {
    let is_digit = |at: usize| chars.get(at).is_some_and(|c| digit(*c).is_some());
    let goes_on = |at: usize| is_digit(at) || matches!(chars.get(at), Some(',' | '.')) && is_digit(at + 1);
    (0..).take_while(|at| goes_on(*at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_numbers_and_the_ends_of_ids_come_as_words() {
        let known = Known { ids: vec!["LN-004321".to_owned()], ..Known::default() };
        let en = |text| figures_as_words(text, &known, Language::English);
        assert_eq!(en("It is ₹15,000 in all."), "It is fifteen thousand rupees in all.");
        assert_eq!(
            en("It is Rs. 15,000.50."),
            format!("It is {}.", spoken::rupees(Paise(1_500_050), Language::English))
        );
        assert_eq!(en("15,000 rupees, in 2 parts"), "fifteen thousand rupees, in two parts");
        assert_eq!(en("ending in 4321."), "ending in four three two one.");
        assert_eq!(en("no figures"), "no figures");
        assert_eq!(figures_as_words("कुल 15,000 रुपये।", &known, Language::Hindi), "कुल पंद्रह हज़ार रुपये।");
    }

    #[test]
    fn the_figures_of_every_script_come_as_words() {
        let known = Known { ids: vec!["LN-004321".to_owned()], ..Known::default() };
        let zeroes = [0x966, 0xbe6, 0xc66, 0xce6, 0xd66, 0x966, 0xae6, 0x9e6, 0xa66, 0xb66];
        for (language, zero) in Language::ALL[1..].iter().zip(zeroes) {
            let own: String =
                "15,000".chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(zero + d)).unwrap_or(c)).collect();
            assert_eq!(
                figures_as_words(&own, &known, *language),
                spoken::number(15_000, *language),
                "{language}: {own}"
            );
        }
        assert_eq!(figures_as_words("४३२१", &known, Language::Hindi), "चार तीन दो एक");
    }

    #[test]
    fn a_day_and_a_date_in_figures_are_said_as_days() {
        let known = Known { dates: vec![jiff::civil::date(2026, 12, 5)], ..Known::default() };
        let en = |text| figures_as_words(text, &known, Language::English);
        assert_eq!(en("December 5th, or 22nd."), "December fifth, or twenty-second.");
        assert_eq!(en("on 2026-12-05."), "on fifth of December.");
        assert_eq!(en("on 5/12"), "on fifth of December");
        assert_eq!(figures_as_words("৫ই ডিসেম্বর", &known, Language::Bengali), "পাঁচই ডিসেম্বর");
        assert_eq!(figures_as_words("5ನೇ", &known, Language::Kannada), "ಐದುನೇ");
    }
}
