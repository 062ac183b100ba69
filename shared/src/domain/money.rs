//! Money as whole paise: no float ever touches an amount.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in paise (1 rupee = 100 paise).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Paise(pub i64);

/// Why a cell is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not a number of rupees.
    #[error("amount is not a number of rupees, like 15000 or 15,000.50")]
    NotANumber,
    /// Below zero.
    #[error("amount is below zero")]
    Negative,
    /// More than a loan book holds (`numeric(14,2)`).
    #[error("amount is larger than 999,999,999,999.99")]
    TooLarge,
}

/// 999,999,999,999.99 rupees.
const MOST_PAISE: i64 = 99_999_999_999_999;

impl Paise {
    /// Reads rupees as sheets write them: `₹ 1,50,000.50`, `Rs. 15000/-`, `15000.0`, `INR 200`.
    pub fn parse_rupees(raw: &str) -> Result<Self, BadAmount> {
        let lower = raw.trim().to_lowercase();
        let mut rest = lower.as_str();
        for prefix in ["₹", "inr", "rs.", "rs"] {
            if let Some(after) = rest.strip_prefix(prefix) {
                rest = after.trim_start();
                break;
            }
        }
        for suffix in ["/-", "inr", "₹"] {
            rest = rest.strip_suffix(suffix).unwrap_or(rest).trim_end();
        }
        if rest.starts_with('-') || (rest.starts_with('(') && rest.ends_with(')')) {
            return Err(BadAmount::Negative);
        }
        let digits: String = rest.chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}' | '\'')).collect();
        let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
        let all_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if whole.is_empty() && part.is_empty() || !all_digits(whole) || !all_digits(part) {
            return Err(BadAmount::NotANumber);
        }
        if whole.trim_start_matches('0').len() > 12 {
            return Err(BadAmount::TooLarge);
        }
        let rupees: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| BadAmount::TooLarge)? };
        // Sheets show 0.30000000000000004 for thirty paise: round at the third decimal.
        let milli: i64 = format!("{part:0<3.3}").parse().map_err(|_| BadAmount::NotANumber)?;
        let paise = rupees * 100 + (milli + 5) / 10;
        if paise > MOST_PAISE { Err(BadAmount::TooLarge) } else { Ok(Self(paise)) }
    }

    /// Whole rupees, cut.
    pub fn rupees(self) -> i64 {
        self.0 / 100
    }
}

/// `₹1,50,000.50`, grouped as in India; paise only where there are any.
impl fmt::Display for Paise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (self.0.unsigned_abs() / 100).to_string();
        let (head, tail) = digits.split_at(digits.len().saturating_sub(3));
        let mut grouped = String::new();
        for (i, c) in head.chars().enumerate() {
            if i > 0 && (head.len() - i).is_multiple_of(2) {
                grouped.push(',');
            }
            grouped.push(c);
        }
        if !grouped.is_empty() {
            grouped.push(',');
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}₹{grouped}{tail}")?;
        match self.0.unsigned_abs() % 100 {
            0 => Ok(()),
            paise => write!(f, ".{paise:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupees_are_read_as_sheets_write_them() {
        for (raw, paise) in [
            ("15000", 1_500_000),
            ("15000.0", 1_500_000),
            ("₹ 1,50,000.50", 15_000_050),
            ("Rs. 15000/-", 1_500_000),
            ("INR 200", 20_000),
            ("0.30000000000000004", 30),
            ("10.995", 1_100),
            (".5", 50),
        ] {
            assert_eq!(Paise::parse_rupees(raw), Ok(Paise(paise)), "{raw}");
        }
        assert_eq!(Paise::parse_rupees("fifteen"), Err(BadAmount::NotANumber));
        assert_eq!(Paise::parse_rupees("-5"), Err(BadAmount::Negative));
        assert_eq!(Paise::parse_rupees("9999999999999"), Err(BadAmount::TooLarge));
        assert_eq!(Paise::parse_rupees("999999999999.995"), Err(BadAmount::TooLarge), "rounded up over the limit");
    }

    #[test]
    fn amounts_are_shown_in_indian_grouping() {
        assert_eq!(Paise(15_000_050).to_string(), "₹1,50,000.50");
        assert_eq!(Paise(1_234_567_800).to_string(), "₹1,23,45,678");
        assert_eq!(Paise(90_000).to_string(), "₹900");
    }
}
