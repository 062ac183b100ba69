//! One cell of a sheet, whatever column it may stand in; also the short texts that come as ids.

use std::fmt::Debug;
use std::str::FromStr;

use shared::domain::feed::FeedPosition;
use shared::domain::id::{CallId, CallSid};
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::phone::{PhoneNumber, Reach, mask, mask_said};
use shared::domain::sheet::{Row, RowOutcome, RowRules, SheetParser};

use super::csv::rules;
use crate::promises;

const HEADERS: [&str; 7] = ["Name", "Phone", "Loan ID", "Amount", "Due Date", "State", "Language"];

pub(crate) fn run(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    phones(text);
    masks(text);
    amounts(text);
    rows(text);
    if let Ok(language) = Language::parse(text) {
        assert_eq!(Language::parse(language.code()), Ok(language));
        assert_eq!(Language::parse(language.name()), Ok(language));
    }
    if let Some(position) = FeedPosition::parse(text) {
        assert_eq!(FeedPosition::parse(&position.to_string()), Some(position));
    }
    reads_back::<CallId>(text);
    if let Ok(sid) = CallSid::parse(text) {
        assert!(sid.as_str().len() <= 100 && !sid.as_str().contains([':', '/', ' ']), "{sid}");
        assert_eq!(CallSid::parse(sid.as_str()), Ok(sid));
    }
}

fn phones(text: &str) {
    for reach in [Reach::India, Reach::World] {
        if let Ok(phone) = PhoneNumber::parse_within(text, reach) {
            promises::number(&phone, reach);
            let stored = serde_json::to_string(&phone).expect("JSON");
            assert_eq!(serde_json::from_str::<PhoneNumber>(&stored).ok(), Some(phone), "as sessions keep it");
        }
    }
}

fn masks(text: &str) {
    let masked = mask(text);
    promises::shows_at_most_its_ends(&masked);
    assert_eq!(masked.chars().count(), text.chars().count());
    let said = mask_said(text);
    assert_eq!(mask_said(&said), said, "masking twice hides no more");
    assert!(said.split(|c: char| !c.is_numeric()).all(|run| run.chars().count() < 10), "{said}");
}

fn amounts(text: &str) {
    if let Ok(amount) = Paise::parse_rupees(text) {
        assert!((0..=99_999_999_999_999).contains(&amount.0), "{amount}");
        assert_eq!(Paise::parse_rupees(&amount.to_string()), Ok(amount), "as it is shown");
        assert_eq!(amount.rupees(), amount.0 / 100);
    }
}

/// The cell in each column, beside good ones.
fn rows(text: &str) {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    for (place, header) in HEADERS.iter().enumerate() {
        let mut cells = ["Asha", "98765 43210", "", "", "", "", ""];
        cells[place] = text;
        let Some(customer) = row(&cells, rules()) else { continue };
        match *header {
            "Amount" => assert_eq!(customer.amount, Paise::parse_rupees(bare).ok()),
            "Due Date" => {
                let day = customer.due_date.map(|day| day.to_string()).unwrap_or_default();
                let again = row(&["Asha", "98765 43210", "", "", &day, "", ""], rules()).expect("its own text");
                assert_eq!(again.due_date, customer.due_date, "a date reads back");
            }
            "Phone" => assert_eq!(Some(customer.phone), PhoneNumber::parse(bare).ok()),
            _ => {}
        }
    }
}

fn row(cells: &[&str], rules: RowRules) -> Option<shared::domain::customer::CustomerDetails> {
    let mut parser = SheetParser::new(rules);
    let outcome = [&HEADERS[..], cells].map(|cells| {
        let mut ends = Vec::new();
        cells.iter().fold(0, |end, cell| {
            ends.push(end + cell.len());
            end + cell.len()
        });
        parser.push(&Row::new(2, &cells.concat(), &ends)).expect("a sheet of seven columns")
    });
    match outcome {
        [_, RowOutcome::Customer(customer)] => {
            promises::customer(&customer, rules.reach);
            Some(customer)
        }
        [_, RowOutcome::Refused(row)] => {
            assert!(!row.problems.is_empty(), "refused without a reason");
            row.problems.iter().for_each(promises::row_error);
            None
        }
        [_, RowOutcome::NotData] => panic!("a row with a name was passed over: {cells:?}"),
    }
}

fn reads_back<T: FromStr<Err: Debug> + ToString + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().expect("its own text"), value);
    }
}
