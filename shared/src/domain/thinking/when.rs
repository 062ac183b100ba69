//! Days as a model may name them: a closed list of words, or a date soon.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// A promise or call-back further away is no plan anybody keeps.
pub const FURTHEST_DAYS: i32 = 60;

/// What a model may write, for its instructions and for what it is told after a mistake.
pub const DAYS: &str = "today, tomorrow, day after tomorrow, this <weekday>, next <weekday>, end of month, in <n> days, \
                        or a date like 2026-12-05 within 60 days";

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// The day meant, seen from `today`. `None` for other words, the past, and what is too far.
pub fn day(text: &str, today: Date) -> Option<Date> {
    let text = text.trim().to_lowercase();
    let after = |days: i64| today.checked_add(days.days()).ok();
    let found = match text.as_str() {
        "today" => Some(today),
        "tomorrow" => after(1),
        "day after tomorrow" => after(2),
        "end of month" => Some(today.last_of_month()),
        _ => {
            let counted = text.strip_prefix("in ").and_then(|rest| rest.strip_suffix(" days"));
            match counted.map(str::parse::<i64>) {
                Some(days) => days.ok().and_then(after),
                None => weekday(&text, today).or_else(|| text.parse().ok()),
            }
        }
    }?;
    let days = (found - today).get_days();
    (0..=FURTHEST_DAYS).contains(&days).then_some(found)
}

/// `this friday` is the next one from today on, today included; `next friday` the one of the week
/// after (weeks begin on Monday).
fn weekday(text: &str, today: Date) -> Option<Date> {
    let (which, name) = text.split_once(' ').unwrap_or(("this", text));
    let (_, wanted) = WEEKDAYS.into_iter().find(|(known, _)| *known == name)?;
    let ahead = today.weekday().until(wanted);
    match which {
        "this" | "on" => today.checked_add(i64::from(ahead).days()).ok(),
        "next" => {
            let monday = today.checked_add((7 - i64::from(today.weekday().to_monday_zero_offset())).days()).ok()?;
            monday.checked_add(i64::from(wanted.to_monday_zero_offset()).days()).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_closed_words_and_dates_lead_to_days() {
        // A Wednesday.
        let today = date(2026, 11, 25);
        for (text, expected) in [
            ("today", date(2026, 11, 25)),
            (" Tomorrow ", date(2026, 11, 26)),
            ("day after tomorrow", date(2026, 11, 27)),
            ("this friday", date(2026, 11, 27)),
            ("friday", date(2026, 11, 27)),
            ("this wednesday", date(2026, 11, 25)),
            ("next friday", date(2026, 12, 4)),
            ("next monday", date(2026, 11, 30)),
            ("end of month", date(2026, 11, 30)),
            ("in 10 days", date(2026, 12, 5)),
            ("2026-12-05", date(2026, 12, 5)),
        ] {
            assert_eq!(day(text, today), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_words_the_past_and_the_far_future_are_none() {
        let today = date(2026, 11, 25);
        let wrong =
            ["soon", "2026-11-24", "2027-01-25", "in -1 days", "in 61 days", "in many days", "last friday", "next", ""];
        for text in wrong {
            assert_eq!(day(text, today), None, "{text}");
        }
        assert_eq!(day("2027-01-24", today), Some(date(2027, 1, 24)), "sixty days are within");
    }
}
