//! Dates as Indian lenders write them. Day before month; a date that could be read in two ways
//! is read as `dd/mm`, one that can not be read is refused.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The text is no date we can read surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a date; write it as 2025-08-31, 31/08/2025 or 31-Aug-2025")]
pub(super) struct BadDate;

/// Due dates of living loans; anything else is a typing mistake or another number.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

/// Reads a date, with or without a time behind it.
pub(super) fn parse(raw: &str) -> Result<Date, BadDate> {
    let text = raw.trim();
    if let Some(day) = serial(text) {
        return day;
    }
    let mut parts = [""; 3];
    let mut count = 0;
    let separator = |c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.' | ',' | '\u{2010}'..='\u{2013}');
    for part in day_part(text).split(separator).filter(|part| !part.is_empty()) {
        *parts.get_mut(count).ok_or(BadDate)? = part;
        count += 1;
    }
    match (count, parts) {
        (1, [compact, ..]) if compact.len() == 8 && all_digits(compact) => {
            day_of(&compact[..4], &compact[4..6], &compact[6..])
        }
        (3, [year, month, day]) if year.len() == 4 && all_digits(year) => day_of(year, month, day),
        (3, [month, day, year]) if month_by_name(month).is_some() => day_of(year, month, day),
        (3, [day, month, year]) => day_of(year, month, day),
        _ => Err(BadDate),
    }
}

/// Spreadsheets count days; 1 is 1 January 1900, and 1900 is wrongly a leap year, hence 30 December.
fn serial(text: &str) -> Option<Result<Date, BadDate>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() != 5 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let days: i32 = whole.parse().ok()?;
    let day = date(1899, 12, 30).checked_add(days.days()).map_err(|_| BadDate);
    Some(day.and_then(within_years))
}

/// Without `T00:00:00Z`, ` 00:00:00`, ` 12:30 PM`.
fn day_part(text: &str) -> &str {
    let Some(colon) = text.find(':') else { return text };
    let before = text[..colon].trim_end_matches(|c: char| c.is_ascii_digit());
    before.trim_end_matches(['T', 't']).trim_end()
}

fn day_of(year: &str, month: &str, day: &str) -> Result<Date, BadDate> {
    let day = ["st", "nd", "rd", "th"].iter().find_map(|end| day.strip_suffix(end)).unwrap_or(day);
    let (day, year) = (small(day)?, year_of(year)?);
    let month = month_by_name(month).map_or_else(|| small(month), Ok)?;
    Date::new(year, month, day).map_err(|_| BadDate).and_then(within_years)
}

fn within_years(day: Date) -> Result<Date, BadDate> {
    if YEARS.contains(&day.year()) { Ok(day) } else { Err(BadDate) }
}

/// One or two digits.
fn small(text: &str) -> Result<i8, BadDate> {
    if text.len() > 2 || !all_digits(text) {
        return Err(BadDate);
    }
    text.parse().map_err(|_| BadDate)
}

/// Four digits, or two of this century.
fn year_of(text: &str) -> Result<i16, BadDate> {
    let year: i16 = text.parse().map_err(|_| BadDate)?;
    match text.len() {
        _ if !all_digits(text) => Err(BadDate),
        4 => Ok(year),
        2 => Ok(2000 + year),
        _ => Err(BadDate),
    }
}

fn month_by_name(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = text.to_lowercase();
    if lower.len() < 3 {
        return None;
    }
    let place =
        MONTHS.iter().position(|month| month.starts_with(&lower) || lower == "sept" && month.starts_with("sept"))?;
    i8::try_from(place + 1).ok()
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_day_written_in_many_ways_is_one_day() {
        for raw in [
            "2025-08-05",
            "2025/08/05",
            "2025.8.5",
            "20250805",
            "05/08/2025",
            "5/8/2025",
            "05-08-2025",
            "05.08.2025",
            "05/08/25",
            "05-Aug-2025",
            "5 aug 2025",
            "05 August 2025",
            "5th August, 2025",
            "Aug 5, 2025",
            "05-AUG-25",
            "2025-08-05 00:00:00",
            "2025-08-05T00:00:00Z",
            "2025-08-05T18:30:00.000Z",
            "05/08/2025 12:30 PM",
            "45874",
            "45874.0",
            "45874.75",
            " 05/08/2025 ",
        ] {
            assert_eq!(parse(raw), Ok(date(2025, 8, 5)), "{raw}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for raw in [
            "31/02/2025",
            "08/25/2025",
            "2025-13-01",
            "soon",
            "15000",
            "99999",
            "1",
            "05/08",
            "05/08/1925",
            "5/8/2025/1",
            "05-Foo-2025",
            "12:30",
            "05/08/202",
            "",
            "+5/8/2025",
            "२०२५-०८-०५",
        ] {
            assert_eq!(parse(raw), Err(BadDate), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn every_day_reads_back_from_each_form(days in 0i32..36_000) {
            let day = date(2000, 1, 1).checked_add(days.days()).expect("in range");
            prop_assert_eq!(parse(&day.to_string()), Ok(day));
            prop_assert_eq!(parse(&day.strftime("%d/%m/%Y").to_string()), Ok(day));
            prop_assert_eq!(parse(&day.strftime("%d-%b-%Y").to_string()), Ok(day));
            prop_assert_eq!(parse(&(days + 36_526).to_string()), Ok(day));
        }

        #[test]
        fn no_text_breaks_the_reader(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
