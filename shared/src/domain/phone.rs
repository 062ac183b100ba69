//! Phone numbers: parsed once at the edge, masked whenever they are printed.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A valid number in E.164 form (`+919876543210`).
///
/// `Debug` and `Display` show `+91******3210`; the digits come out only through [`expose`](Self::expose).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct PhoneNumber(String);

/// Why a cell is not a phone number we may call. The text never repeats the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPhoneNumber {
    /// Nothing in the cell.
    #[error("phone number is missing")]
    Missing,
    /// Letters or other marks that no phone number has.
    #[error("phone number contains characters that are not digits")]
    NotDigits,
    /// Too few or too many digits.
    #[error("an Indian phone number has 10 digits after +91; this one has {0}")]
    WrongLength(usize),
    /// Ten digits, but no Indian mobile or landline starts like this.
    #[error("an Indian phone number does not start with {0}")]
    WrongStart(char),
    /// A number of another country, which the settings do not allow.
    #[error("numbers outside India are not allowed by the settings")]
    Foreign,
}

/// Which countries' numbers are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Only +91.
    #[default]
    India,
    /// Any E.164 number that is written with its `+` and country code.
    World,
}

impl PhoneNumber {
    /// Accepts what spreadsheets hold (`098765 43210`, `+91-98765-43210`, `919876543210`,
    /// `9876543210.0`, `9.87654321E9`); keeps E.164 only.
    pub fn parse(raw: &str) -> Result<Self, BadPhoneNumber> {
        Self::parse_within(raw, Reach::India)
    }

    /// As [`parse`](Self::parse), with other countries where `reach` allows them.
    pub fn parse_within(raw: &str, reach: Reach) -> Result<Self, BadPhoneNumber> {
        let cell = raw.trim().trim_start_matches(['\'', '\u{200e}', '\u{202a}', '\u{feff}']).trim();
        if cell.is_empty() {
            return Err(BadPhoneNumber::Missing);
        }
        let cell = plain_digits_of_a_float(cell).unwrap_or_else(|| cell.to_owned());
        let plus = cell.starts_with('+') || cell.starts_with("00");
        let mut digits = String::with_capacity(15);
        for c in cell.chars() {
            match ascii_digit(c) {
                digit @ '0'..='9' => digits.push(digit),
                '+' if digits.is_empty() => {}
                ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2010}'..='\u{2015}' => {}
                '\u{200e}' | '\u{202a}' | '\u{202c}' | '\u{feff}' => {}
                _ => return Err(BadPhoneNumber::NotDigits),
            }
        }
        let digits = digits.strip_prefix("00").unwrap_or(&digits);
        let foreign = plus && !digits.starts_with("91");
        let local = match digits.len() {
            // `+9191…`: a sheet that put the country code in front of one that had it already.
            14 if digits.starts_with("9191") => &digits[4..],
            13 if digits.starts_with("091") => &digits[3..],
            12 if digits.starts_with("91") => &digits[2..],
            11 if digits.starts_with('0') => &digits[1..],
            10 if !plus => digits,
            8..=15 if foreign && reach == Reach::World && !digits.starts_with('0') => {
                return Ok(Self(format!("+{digits}")));
            }
            _ if foreign => return Err(BadPhoneNumber::Foreign),
            n => return Err(BadPhoneNumber::WrongLength(n)),
        };
        match local.chars().next() {
            Some(first @ ('0' | '1')) => Err(BadPhoneNumber::WrongStart(first)),
            _ => Ok(Self(format!("+91{local}"))),
        }
    }

    /// The full number, only to dial or to store.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four digits, safe to show.
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// `+91******3210`.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

/// Keeps a leading `+` and two digits, and the last four; everything between becomes `*`.
/// Works on any text that may hold a number, for logs and stored provider payloads.
pub fn mask(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    let digits = chars.iter().filter(|c| c.is_numeric()).count();
    if digits < 7 {
        return chars.iter().map(|c| if c.is_numeric() { '*' } else { *c }).collect();
    }
    let shown_head = if chars[0] == '+' { 3 } else { 0 };
    let hide_until = chars.len() - 4;
    chars
        .iter()
        .enumerate()
        .map(|(i, c)| if i >= shown_head && i < hide_until && c.is_numeric() { '*' } else { *c })
        .collect()
}

/// Masks what may be a telephone number inside any text: seven digits of any script and more in a
/// row, or ten and more with a few spaces, dashes, dots or brackets between them. Dates as
/// `2026-11-23` or `23.11.2026` stay, and amounts with commas or a currency before them; two bare
/// amounts of five digits side by side (`15000 - 25000`) no program can tell from a number.
pub fn mask_in_text(text: &str) -> String {
    const SHORTEST_RUN: usize = 7;
    const SHORTEST: usize = 10;
    const SHOWN: usize = 4;
    /// `) - ` is the longest that people write between the parts of one number.
    const LONGEST_GAP: usize = 4;
    let mut chars: Vec<char> = text.chars().collect();
    let (mut digits, mut run, mut longest_run, mut between) = (Vec::new(), 0, 0, 0);
    let mut at = 0;
    while at <= chars.len() {
        let date = if run == 0 { date_at(&chars[at..]) } else { None };
        match chars.get(at) {
            Some(c) if c.is_numeric() && date.is_none() => {
                digits.push(at);
                (run, between) = (run + 1, 0);
                longest_run = run.max(longest_run);
            }
            Some(c) if is_unseen(*c) => {}
            Some(c) if (is_blank_or_dash(*c) || matches!(c, '.' | '(' | ')')) && between < LONGEST_GAP => {
                (run, between) = (0, between + 1);
            }
            _ => {
                if longest_run >= SHORTEST_RUN || digits.len() >= SHORTEST {
                    // As `mask`: the country stays where it is written with a plus.
                    let country = if digits[0].checked_sub(1).is_some_and(|sign| chars[sign] == '+') { 2 } else { 0 };
                    digits[country..digits.len() - SHOWN].iter().for_each(|hidden: &usize| chars[*hidden] = '*');
                }
                digits.clear();
                (run, longest_run, between) = (0, 0, 0);
            }
        }
        at += date.unwrap_or(1);
    }
    chars.into_iter().collect()
}

/// The length of a date as `2026-11-23` or `23.11.2026` that begins here. It must be a day of these
/// two centuries: `9876-54-32 10` is a number.
fn date_at(chars: &[char]) -> Option<usize> {
    const LENGTH: usize = 10;
    if chars.get(LENGTH).is_some_and(|c| c.is_numeric()) {
        return None;
    }
    let plain = |c: &char| if is_dash(*c) || *c == '.' { '-' } else { ascii_digit(*c) };
    let text: String = chars.get(..LENGTH)?.iter().map(plain).collect();
    let parts: Vec<&str> = text.split('-').filter(|part| part.bytes().all(|b| b.is_ascii_digit())).collect();
    let (year, month, day) = match parts[..] {
        [year, month, day] if (year.len(), month.len()) == (4, 2) => (year, month, day),
        [day, month, year] if (day.len(), month.len()) == (2, 2) => (year, month, day),
        _ => return None,
    };
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (1900..=2099).contains(&date.year()).then_some(LENGTH)
}

/// Masks what may be a telephone number in something said: ten digits of any script or more, with at
/// most one space or dash between two of them. Shorter numbers (amounts, dates) stay.
pub fn mask_said(text: &str) -> String {
    const SHORTEST: usize = 10;
    const SHOWN: usize = 4;
    let mut chars: Vec<char> = text.chars().collect();
    let (mut digits, mut gap): (Vec<usize>, bool) = (Vec::new(), false);
    for at in 0..=chars.len() {
        match chars.get(at) {
            Some(c) if c.is_numeric() => {
                digits.push(at);
                gap = false;
            }
            Some(c) if is_unseen(*c) => {}
            Some(c) if is_blank_or_dash(*c) && !gap => gap = true,
            _ => {
                if digits.len() >= SHORTEST {
                    digits.iter().take(digits.len() - SHOWN).for_each(|hidden| chars[*hidden] = '*');
                }
                digits.clear();
                gap = false;
            }
        }
    }
    chars.into_iter().collect()
}

/// Every kind of space that does not end a line, and every kind of dash.
fn is_blank_or_dash(c: char) -> bool {
    is_dash(c) || c.is_whitespace() && !c.is_control()
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
}

/// What stands between two characters and takes no room: joiners, marks of direction, soft hyphens,
/// and what makes a digit a picture of itself.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// The zeros of the Indian scripts; their other digits follow them.
const ZEROS: [char; 9] = ['०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦'];

/// A decimal digit of an Indian script as the one everybody dials; any other character as it is.
fn ascii_digit(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let place = ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|place| *place < 10));
    place.and_then(|place| char::from_digit(place, 10)).unwrap_or(c)
}

/// Spreadsheets turn long numbers into `9876543210.0` or `9.87654321E9`.
fn plain_digits_of_a_float(cell: &str) -> Option<String> {
    let is_float = cell.contains(['e', 'E']) || cell.ends_with(".0");
    if !is_float || cell.chars().any(|c| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+')) {
        return None;
    }
    let value: f64 = cell.parse().ok()?;
    // Above 2^53 a float no longer holds every digit.
    (value.fract() == 0.0 && (0.0..9e15).contains(&value)).then(|| format!("{value:.0}"))
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
impl TryFrom<String> for PhoneNumber {
    type Error = BadPhoneNumber;
    fn try_from(text: String) -> Result<Self, BadPhoneNumber> {
        Self::parse_within(&text, Reach::World)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_that_is_said_is_masked_in_any_script_and_amounts_are_not() {
        for (said, shown) in [
            ("call 98765 43210 please", "call ***** *3210 please"),
            ("+91-9876543210", "+**-******3210"),
            ("मेरा नंबर ९८७६५४३२१० है", "मेरा नंबर ******३२१० है"),
            ("9876543210", "******3210"),
            ("call 98765\u{a0}43210", "call *****\u{a0}*3210"),
            ("98765\u{2011}43210", "*****\u{2011}*3210"),
            ("98765\u{200b}43210", "*****\u{200b}*3210"),
            ("₹15,000 by 5 12 2026", "₹15,000 by 5 12 2026"),
            ("1500000", "1500000"),
            ("98765  43210", "98765  43210"),
            ("", ""),
        ] {
            assert_eq!(mask_said(said), shown);
        }
    }

    #[test]
    fn a_number_inside_a_text_is_masked_however_it_is_spaced_and_a_date_is_not() {
        for (text, shown) in [
            ("Call to 98765 43210 failed", "Call to ***** *3210 failed"),
            ("+91-98765-43210 (home)", "+91-*****-*3210 (home)"),
            ("ring (040) 2345 6789 or 9876543210x", "ring (***) **** 6789 or ******3210x"),
            ("2026-11-23 98765 43210", "2026-11-23 ***** *3210"),
            ("2026-11-23 10:15:04", "2026-11-23 10:15:04"),
            ("from 1234567", "from ***4567"),
            ("9876-54-3210", "****-**-3210"),
            ("Max 200 requests per minute, 3009 failed", "Max 200 requests per minute, 3009 failed"),
            ("₹1,50,000.50", "₹1,50,000.50"),
            ("", ""),
        ] {
            assert_eq!(mask_in_text(text), shown);
        }
    }

    #[test]
    fn a_number_inside_a_text_is_masked_in_every_script_and_between_every_kind_of_space_and_dash() {
        for (text, shown) in [
            ("98765\u{a0}43210", "*****\u{a0}*3210"),
            ("98765\u{2009}43210", "*****\u{2009}*3210"),
            ("98765\u{202f}43210", "*****\u{202f}*3210"),
            ("98765\u{3000}43210", "*****\u{3000}*3210"),
            ("+91\u{2011}98765\u{2011}43210", "+91\u{2011}*****\u{2011}*3210"),
            ("98765 \u{2013} 43210", "***** \u{2013} *3210"),
            ("98765 - 43210", "***** - *3210"),
            ("(040) - 2345 6789", "(***) - **** 6789"),
            ("98765\u{200b}43210", "*****\u{200b}*3210"),
            ("\u{202a}987\u{ad}65432\u{2060}10\u{202c}", "\u{202a}***\u{ad}***32\u{2060}10\u{202c}"),
            ("9876-54-32 10", "****-**-32 10"),
            ("मेरा नंबर ९८७६५ ४३२१० है", "मेरा नंबर ***** *३२१० है"),
            ("৯৮৭৬৫৪৩২১০", "******৩২১০"),
            ("௯௮௭௬௫-௪௩௨௧௦", "*****-*௩௨௧௦"),
            ("౯౮౭౬౫౪౩౨౧౦", "******౩౨౧౦"),
            ("೯೮೭೬೫ ೪೩೨೧೦", "***** *೩೨೧೦"),
            ("൯൮൭൬൫൪൩൨൧൦", "******൩൨൧൦"),
            ("૯૮૭૬૫૪૩૨૧૦", "******૩૨૧૦"),
            ("੯੮੭੬੫੪੩੨੧੦", "******੩੨੧੦"),
            ("୯୮୭୬୫୪୩୨୧୦", "******୩୨୧୦"),
            ("९८765 43२१०", "***** *3२१०"),
        ] {
            assert_eq!(mask_in_text(text), shown);
        }
    }

    #[test]
    fn amounts_and_dates_in_a_text_stay_however_they_are_spaced() {
        for text in [
            "23-11-2026 - 1500",
            "23.11.2026 10:15:04",
            "due 05-12-2026 1500 1500",
            "2026\u{2011}11\u{2011}23 1500",
            "२३-११-२०२६ १५०० १५००",
            "१५,०००.५० - २५,०००",
            "₹ 15000 - ₹ 25000",
            "1500 - 2500",
            "१५००००",
            "12:30 - 14:45, 2026-11-23",
            "1234\n5678\n9012",
        ] {
            assert_eq!(mask_in_text(text), text);
        }
    }

    #[test]
    fn a_number_alone_is_masked_in_every_script() {
        assert_eq!(mask("९८७६५४३२१०"), "******३२१०");
        assert_eq!(mask("९८७६"), "****");
    }

    proptest! {
        #[test]
        fn no_spelling_of_a_number_shows_it(
            before in "[^0-9]{0,5}",
            digits in "[6-9][0-9]{9}",
            zero in prop::sample::select(ZEROS.to_vec()),
            gaps in prop::collection::vec("[ .()\u{a0}\u{2009}\u{202f}\u{2010}-\u{2014}\u{2212}\u{200b}\u{ad}-]{0,4}", 9),
        ) {
            prop_assume!(!before.contains(char::is_numeric));
            let gaps = gaps.iter().map(String::as_str).chain([""]);
            let latin: String = digits.chars().zip(gaps.clone()).map(|(digit, gap)| format!("{digit}{gap}")).collect();
            let native: String = digits
                .bytes()
                .zip(gaps)
                .filter_map(|(digit, gap)| {
                    let digit = char::from_u32(u32::from(zero) + u32::from(digit - b'0'))?;
                    Some(format!("{digit}{gap}"))
                })
                .collect();
            for spelled in [latin, native] {
                let shown = mask_in_text(&format!("{before}{spelled} x"));
                prop_assert!(shown.chars().filter(|c| c.is_numeric()).count() <= 6, "{shown}");
            }
        }
    }

    #[test]
    fn a_number_of_another_country_is_e164_or_none() {
        let parse = |raw| PhoneNumber::parse_within(raw, Reach::World).map(|phone| phone.expose().to_owned());
        assert_eq!(parse("+1 415 555 0100").as_deref(), Ok("+14155550100"));
        assert_eq!(parse("0014155550100").as_deref(), Ok("+14155550100"));
        // No country code begins with 0, and +91 with another length is a mistyped Indian number.
        for raw in ["+0123456789012", "000012345678", "+9198765432", "+919876543210123"] {
            assert!(parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn the_same_person_written_in_nine_ways_is_one_number() {
        for raw in [
            "9876543210",
            "098765 43210",
            "+91 98765 43210",
            "919876543210",
            "+91-98765-43210",
            "00919876543210",
            "9876543210.0",
            "9.87654321E9",
            "+91919876543210",
        ] {
            assert_eq!(PhoneNumber::parse(raw).map(|p| p.expose().to_owned()), Ok("+919876543210".to_owned()), "{raw}");
        }
    }

    #[test]
    fn digits_of_an_indian_script_are_digits() {
        for raw in ["९८७६५४३२१०", "৯৮৭৬৫৪৩২১০", "+91 ௯௮௭௬௫ ௪௩௨௧௦", "൯൮൭൬൫൪൩൨൧൦"]
        {
            assert_eq!(PhoneNumber::parse(raw).map(|p| p.expose().to_owned()), Ok("+919876543210".to_owned()), "{raw}");
        }
    }

    #[test]
    fn what_is_not_a_number_says_why() {
        assert_eq!(PhoneNumber::parse("  "), Err(BadPhoneNumber::Missing));
        assert_eq!(PhoneNumber::parse("abc"), Err(BadPhoneNumber::NotDigits));
        assert_eq!(PhoneNumber::parse("12345"), Err(BadPhoneNumber::WrongLength(5)));
        assert_eq!(PhoneNumber::parse("0123456789"), Err(BadPhoneNumber::WrongStart('0')));
        assert_eq!(PhoneNumber::parse("+14155550100"), Err(BadPhoneNumber::Foreign));
    }

    #[test]
    fn a_printed_number_shows_only_its_ends() {
        let phone = PhoneNumber::parse("9876543210").expect("valid");
        assert_eq!(format!("{phone:?} {phone}"), "+91******3210 +91******3210");
        assert_eq!(mask("09876543210"), "*******3210");
    }
}
