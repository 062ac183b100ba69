//! What must hold wherever such a thing comes out.

use shared::domain::customer::CustomerDetails;
use shared::domain::phone::{PhoneNumber, Reach};
use shared::domain::upload::RowError;

/// A number nobody has, in the ways people and carriers write it.
pub(crate) const NUMBER: &str = "9876543210";
/// [`NUMBER`] as it is written into texts.
pub(crate) const SPELLINGS: [&str; 10] = [
    "9876543210",
    "+919876543210",
    "09876543210",
    "98765 43210",
    "+91-98765-43210",
    "98765 - 43210",
    "98765\u{a0}43210",
    "+91\u{2011}98765\u{2011}43210",
    "९८७६५४३२१०",
    "௯௮௭௬௫ ௪௩௨௧௦",
];
/// The zeros of the scripts in [`SPELLINGS`].
const ZEROS: [char; 3] = ['0', '०', '௦'];

/// `shown` does not tell [`NUMBER`], however it is spelled.
pub(crate) fn hides_the_number(shown: &str) {
    let of =
        |c: char, zero: char| u32::from(c).checked_sub(u32::from(zero)).and_then(|digit| char::from_digit(digit, 10));
    let digits: String = shown.chars().filter_map(|c| ZEROS.iter().find_map(|zero| of(c, *zero))).collect();
    assert!(!digits.contains(NUMBER), "a number is shown: {shown}");
}

/// What is shown of any number: its end, and the country where it is written with a plus.
pub(crate) fn shows_at_most_its_ends(masked: &str) {
    let shown = masked.chars().filter(|c| c.is_numeric()).count();
    assert!(shown <= 6, "too much of a number is shown: {masked}");
}

/// A number is E.164, reads back from its own text, and never shows itself.
pub(crate) fn number(phone: &PhoneNumber, reach: Reach) {
    let text = phone.expose();
    let digits = text.strip_prefix('+').expect("E.164 begins with a plus");
    assert!((8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()), "{text}");
    assert!(!digits.starts_with('0'), "no country code begins with 0: {text}");
    if text.starts_with("+91") || reach == Reach::India {
        assert!(text.starts_with("+91") && text.len() == 13, "no Indian number: {text}");
        assert!(matches!(text.as_bytes()[3], b'2'..=b'9'), "no Indian number: {text}");
    }
    assert_eq!(PhoneNumber::parse_within(text, reach).as_ref(), Ok(phone), "a number reads back");
    assert_eq!(PhoneNumber::parse_within(text, Reach::World).as_ref(), Ok(phone), "as the records read it");
    for shown in [phone.masked(), phone.to_string(), format!("{phone:?}")] {
        shows_at_most_its_ends(&shown);
    }
    assert!(text.ends_with(phone.last4()));
}

/// A customer who can be stored, phoned and spoken to.
pub(crate) fn customer(customer: &CustomerDetails, reach: Reach) {
    number(&customer.phone, reach);
    assert!((1..=200).contains(&customer.name.chars().count()), "a name of sane length");
    let texts = [Some(&customer.name), customer.state.as_ref(), customer.loan_id.as_ref()];
    for text in texts.into_iter().flatten().chain(customer.attributes.values()) {
        assert!(!text.contains(char::is_control), "no control characters: {text:?}");
        assert_eq!(text.trim(), text, "trimmed");
        assert!(!text.is_empty() && text.chars().count() <= 5_000, "neither empty nor a document: {text:?}");
    }
    for header in customer.attributes.keys() {
        assert!(!header.contains(char::is_control) && !header.is_empty(), "a header people can read: {header:?}");
    }
    if let Some(amount) = customer.amount {
        assert!((0..=99_999_999_999_999).contains(&amount.0), "an amount a loan book holds: {amount}");
    }
    if let Some(day) = customer.due_date {
        assert!((2000..=2099).contains(&day.year()), "a day of a living loan: {day}");
    }
}

/// The report on a refused cell names it and does not repeat it.
pub(crate) fn row_error(error: &RowError) {
    assert!(error.row > 0 && !error.problem.is_empty(), "a problem has a place and a reason: {error:?}");
    assert!(error.value_masked.chars().count() <= 40, "{error:?}");
    let repeats = |(i, c): (usize, char)| c.is_numeric() || i > 0 && c.is_alphanumeric();
    assert!(!error.value_masked.chars().enumerate().any(repeats), "a cell is repeated: {error:?}");
}
