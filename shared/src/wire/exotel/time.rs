//! Exotel's times: Indian wall-clock time without a zone, `YYYY-MM-DD HH:mm:ss` or, in Passthru's
//! `Created`, `Mon, 23 Nov 2026 10:15:04` (exotel.md 1.5, 4.1).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// India has one zone and no summer time, so the offset never changes.
fn india() -> Offset {
    Offset::from_seconds(19_800).expect("5 h 30 min lies inside every offset's range")
}

/// A moment as Exotel writes it; `None` for an empty field, for its ways of writing "never"
/// (`1970-01-01 05:30:00`, `0000-00-00 00:00:00`) and for anything else. A text that says its own
/// zone is read by it.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at).filter(|at| *at != Timestamp::UNIX_EPOCH);
    }
    let after_weekday = text.split_once(", ").map_or(text, |(_, rest)| rest);
    let local = text.parse::<DateTime>().or_else(|_| DateTime::strptime("%d %b %Y %H:%M:%S", after_weekday)).ok()?;
    let at = india().to_timestamp(local).ok()?;
    Some(at).filter(|at| *at != Timestamp::UNIX_EPOCH)
}

/// The way Exotel writes a moment, to the second.
pub fn format(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(india())).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_without_a_zone_is_indian() {
        let at: Timestamp = "2026-11-23T04:45:04Z".parse().expect("a timestamp");
        assert_eq!(parse("2026-11-23 10:15:04"), Some(at));
        assert_eq!(parse("Mon, 23 Nov 2026 10:15:04"), Some(at));
        assert_eq!(parse("2026-11-23T10:15:04+05:30"), Some(at));
        assert_eq!(format(at), "2026-11-23 10:15:04");
    }

    #[test]
    fn never_is_written_in_several_ways() {
        for text in ["", "1970-01-01 05:30:00", "0000-00-00 00:00:00", "null", "soon"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
