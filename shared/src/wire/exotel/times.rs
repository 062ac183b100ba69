//! Exotel's times: Indian wall-clock time without a zone, in two spellings (exotel.md 1.5, 4.1).

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

/// Reads `2026-11-23 10:15:04`, `Mon, 23 Nov 2026 10:15:04`, and a full timestamp with a zone.
/// `1970-01-01 05:30:00` is Exotel's way of writing "none".
pub fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = if let Ok(at) = text.parse::<Timestamp>() {
        at
    } else {
        let after_weekday = text.split_once(", ").map_or(text, |(_, rest)| rest);
        let local =
            text.parse::<DateTime>().or_else(|_| DateTime::strptime("%d %b %Y %H:%M:%S", after_weekday)).ok()?;
        let utc = Offset::UTC.to_timestamp(local).ok()?;
        utc.checked_sub(330.minutes()).ok()?
    };
    (at.as_second() > 24 * 3600).then_some(at)
}

/// Writes a moment as Exotel does, in Indian time, to the second.
pub fn write_time(at: Timestamp) -> String {
    let indian = at.checked_add(330.minutes()).unwrap_or(at);
    Offset::UTC.to_datetime(indian).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_spellings_are_indian_time() {
        let expected = "2026-11-23T04:45:04Z".parse().ok();
        assert_eq!(read_time("2026-11-23 10:15:04"), expected);
        assert_eq!(read_time("Mon, 23 Nov 2026 10:15:04"), expected);
        assert_eq!(read_time("2026-11-23T10:15:04+05:30"), expected);
    }

    #[test]
    fn what_is_written_reads_back_in_indian_time() {
        let at: Timestamp = "2026-11-23T20:45:04Z".parse().expect("a timestamp");
        assert_eq!(write_time(at), "2026-11-24 02:15:04");
        assert_eq!(read_time(&write_time(at)), Some(at));
    }

    #[test]
    fn the_year_1970_means_no_time() {
        assert_eq!(read_time("1970-01-01 05:30:00"), None);
        assert_eq!(read_time("soon"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,40}") {
            let _ = read_time(&text);
        }
    }
}
