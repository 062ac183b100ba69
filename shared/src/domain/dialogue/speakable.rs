//! Amounts, dates and loan ids as people say them.

use jiff::civil::Date;

use super::languages::Table;
use crate::domain::money::Paise;

/// `15,000 rupees`; paise only where there are any. No rupee sign: voices read it as they like.
pub(super) fn amount(amount: Paise, table: &Table) -> String {
    let shown = Paise(amount.0 - amount.0 % 100).to_string();
    let rupees = table.rupees.replace("{n}", shown.trim_start_matches('₹'));
    match amount.0 % 100 {
        0 => rupees,
        paise => format!("{rupees} {}", table.paise.replace("{n}", &paise.to_string())),
    }
}

/// `5 December`.
pub(super) fn date(date: Date, table: &Table) -> String {
    let month = table.months[usize::from(date.month().unsigned_abs().clamp(1, 12)) - 1];
    table.date.replace("{day}", &date.day().to_string()).replace("{month}", month)
}

/// The last four characters of the id, one by one; `None` where it has no letter or digit.
pub(super) fn loan_ending(loan_id: &str, table: &Table) -> Option<String> {
    let plain: Vec<char> = loan_id.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let last = &plain[plain.len().saturating_sub(4)..];
    let say = |c: &char| match c.to_digit(10) {
        Some(digit) => table.digits[digit as usize].to_owned(),
        None => c.to_ascii_uppercase().to_string(),
    };
    (!last.is_empty()).then(|| last.iter().map(say).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialogue::languages::table;
    use crate::domain::language::Language;

    #[test]
    fn amounts_dates_and_ids_are_said_as_people_say_them() {
        let en = table(Language::English);
        assert_eq!(amount(Paise(1_500_000), en), "15,000 rupees");
        assert_eq!(amount(Paise(15_000_050), en), "1,50,000 rupees 50 paise");
        assert_eq!(date(jiff::civil::date(2026, 12, 5), en), "5 December");
        assert_eq!(loan_ending("LN-2024/004321", en).as_deref(), Some("four three two one"));
        assert_eq!(loan_ending("7b", en).as_deref(), Some("seven B"));
        assert_eq!(loan_ending(" - ", en), None);
        assert_eq!(date(jiff::civil::date(2026, 12, 5), table(Language::Hindi)), "5 दिसंबर");
    }
}
