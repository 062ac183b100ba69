//! Figures a model wrote, as words: a voice reads "15,000" as it likes, or in English. What stands
//! here has passed the guard.

use super::guard::Known;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::spoken;

/// The same with every number in words of the language; the end of an id one by one.
pub fn figures_as_words(text: &str, known: &Known, language: Language) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let before = &rest[..at];
        let figure = &rest[at..at + length(&rest[at..])];
        let after = &rest[at + figure.len()..];
        let is_id = known.ids.iter().any(|id| figure.len() > 1 && id.ends_with(figure));
        let sign = ["₹ ", "₹", "Rs. ", "Rs ", "Rs."].into_iter().find(|sign| before.ends_with(sign));
        let words = match (sign, Paise::parse_rupees(figure)) {
            _ if is_id => spoken::characters(figure, language),
            (Some(_), Ok(amount)) => spoken::rupees(amount, language),
            (None, Ok(amount)) if amount.0 % 100 == 0 => spoken::number(amount.rupees().unsigned_abs(), language),
            // The voice must do what it can with the rest.
            _ => figure.to_owned(),
        };
        said.push_str(before.strip_suffix(sign.unwrap_or_default()).unwrap_or(before));
        said.push_str(&words);
        rest = after;
    }
    said.push_str(rest);
    said
}

/// Digits, and separators between two of them.
fn length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let goes_on = |at: usize| is_digit(at) || matches!(bytes.get(at), Some(b',' | b'.')) && is_digit(at + 1);
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
}
