//! The `Retry-After` header: seconds, or an HTTP date.

use std::time::Duration;

use jiff::Timestamp;

/// Longer waits are not believed: a wrong clock at the other end would stop dialling for hours.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// How long to wait from `now`; `None` where the text says nothing usable.
pub fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let wait = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T06:30:00Z".parse().expect("a timestamp")
    }

    #[test]
    fn seconds_and_dates_are_both_waits() {
        assert_eq!(parse("30", now()), Some(Duration::from_secs(30)));
        assert_eq!(parse("Mon, 23 Nov 2026 06:30:45 GMT", now()), Some(Duration::from_secs(45)));
    }

    #[test]
    fn a_date_gone_by_is_no_wait_and_an_absurd_one_is_cut() {
        assert_eq!(parse("Mon, 23 Nov 2026 06:00:00 GMT", now()), Some(Duration::ZERO));
        assert_eq!(parse("999999999", now()), Some(LONGEST));
        assert_eq!(parse("later", now()), None);
    }
}
