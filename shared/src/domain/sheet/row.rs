//! One row's cells into one customer, or into the list of what is wrong with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Columns, dates};
use crate::domain::customer::CustomerDetails;
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::phone::{PhoneNumber, Reach};
use crate::domain::upload::{RejectedRow, RowError};

/// A longer name is a note in the wrong column; nobody could speak it.
const MAX_NAME_CHARS: usize = 200;
/// A longer cell is a missing closing quote or a document, and rows must stay small in memory.
const MAX_CELL_CHARS: usize = 5_000;
/// Of a refused row no more is kept than this: enough for any row a person wrote.
const MAX_KEPT_BYTES: usize = 16 * 1024;
/// Fewer digits before the exponent than this, and the spreadsheet may have thrown some away.
const SURE_DIGITS: usize = 9;

/// What the account's settings say about rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRules {
    /// Which countries' numbers are accepted.
    pub reach: Reach,
    /// Where neither the row nor its state says otherwise.
    pub default_language: Language,
}

/// One row's cells as text, borrowed from the reader's buffer.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    number: u64,
    text: &'a str,
    ends: &'a [usize],
    placed: bool,
}

impl<'a> Row<'a> {
    /// `number` as a spreadsheet shows it; `text` holds all cells, cell `i` ends before `ends[i]`.
    /// A cell whose ends do not fit the text reads as empty.
    pub fn new(number: u64, text: &'a str, ends: &'a [usize]) -> Self {
        Self { number, text, ends, placed: false }
    }

    /// As [`new`](Self::new), of a file that says itself in which column each cell stands: a cell
    /// right of all headers is a note there, and not half of one that its separator cut in two.
    pub fn placed(number: u64, text: &'a str, ends: &'a [usize]) -> Self {
        Self { placed: true, ..Self::new(number, text, ends) }
    }

    /// Cells in the row.
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// All cells, trimmed; characters that nobody sees count as space.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> {
        (0..self.ends.len()).map(|column| self.cell(column))
    }

    /// Bytes of text in it.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The row as it is kept with its problems: cells on one line each, cut where they are absurdly
    /// long.
    pub(super) fn rejected(&self, problems: Vec<RowError>) -> RejectedRow {
        let mut room = MAX_KEPT_BYTES;
        let kept = |cell: &str| {
            let cut: String = one_line(cell).chars().take(room).collect();
            room = room.saturating_sub(cut.len());
            cut
        };
        RejectedRow { row: self.number, problems, cells: self.cells().map(kept).collect() }
    }

    /// Whether no cell holds anything.
    pub fn is_empty(&self) -> bool {
        self.text.chars().all(is_unseen)
    }

    /// A cell, trimmed; empty where the row is shorter.
    fn cell(&self, column: usize) -> &'a str {
        let Some(end) = self.ends.get(column) else { return "" };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..*end).unwrap_or_default().trim_matches(is_unseen)
    }
}

fn is_unseen(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Reads a row below the header.
pub(super) fn customer(row: &Row<'_>, columns: &Columns, rules: &RowRules) -> Result<CustomerDetails, Vec<RowError>> {
    let mut problems = Problems { row: row.number, columns, found: Vec::new() };
    let cell = |column: Option<usize>| column.map_or("", |c| row.cell(c));
    let name = problems.keep(columns.name, row.cell(columns.name), read_name);
    let phone = problems.keep(columns.phone, row.cell(columns.phone), |raw| read_phone(raw, rules.reach));
    let loan_id = problems.keep_some(columns.loan_id, cell(columns.loan_id), read_loan_id);
    let amount = problems
        .keep_some(columns.amount, cell(columns.amount), |raw| Paise::parse_rupees(raw).map_err(|bad| bad.to_string()));
    let due_date = problems.keep_some(columns.due_date, cell(columns.due_date), |raw| {
        dates::parse(raw).map_err(|bad| format!("due date {bad}"))
    });
    let state = problems.keep_some(columns.state, cell(columns.state), |raw| short(raw).map(Cow::into_owned));
    let language = problems.keep_some(columns.language, cell(columns.language), read_language);
    let mut attributes = BTreeMap::new();
    for (column, attribute) in &columns.attributes {
        if let Some(text) = problems.keep_some(Some(*column), row.cell(*column), |raw| short(raw).map(Cow::into_owned))
        {
            attributes.insert(attribute.clone(), text);
        }
    }
    for column in columns.width()..row.width() {
        let (raw, attribute) = (row.cell(column), columns.beyond(column));
        if let Some(text) = problems.keep_beyond(&attribute, raw, row.placed) {
            attributes.insert(attribute, text);
        } else if !row.placed && !raw.is_empty() {
            // What is wrong with the row is said; a hundred more cells would say it again.
            break;
        }
    }
    let (Some(name), Some(phone), []) = (name, phone, &*problems.found) else {
        return Err(problems.found);
    };
    let language = language.or_else(|| state.as_deref().and_then(Language::of_state)).unwrap_or(rules.default_language);
    Ok(CustomerDetails { name, phone, state, loan_id, amount, due_date, language, attributes })
}

/// Collects what is wrong, so that one upload shows all mistakes of a row.
struct Problems<'a> {
    row: u64,
    columns: &'a Columns,
    found: Vec<RowError>,
}

impl Problems<'_> {
    fn keep<T>(&mut self, column: usize, raw: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let column = self.columns.header(column);
        read(raw).map_err(|problem| self.found.push(refused(self.row, column, raw, problem))).ok()
    }

    /// A cell right of all headers. In a text the row may have been cut at a separator inside a
    /// cell, and `1,500` would be a debt of one rupee.
    fn keep_beyond(&mut self, column: &str, raw: &str, placed: bool) -> Option<String> {
        let text = match placed {
            _ if raw.is_empty() => return None,
            true => short(raw).map(Cow::into_owned),
            false => Err("the row has more cells than the header; name every column, \
                 and put quotes around a cell that holds the separator"
                .to_owned()),
        };
        text.map_err(|problem| self.found.push(refused(self.row, column, raw, problem))).ok()
    }

    /// As `keep`, where an empty cell is fine.
    fn keep_some<T>(
        &mut self,
        column: Option<usize>,
        raw: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if raw.is_empty() { None } else { self.keep(column?, raw, read) }
    }
}

fn refused(row: u64, column: &str, raw: &str, problem: String) -> RowError {
    RowError { row, column: column.to_owned(), value_masked: masked(raw), problem }
}

/// What is spoken and shown must not be code somebody else's spreadsheet would run.
fn refuse_formula(raw: &str, what: &str) -> Result<(), String> {
    let formula = raw.starts_with(['=', '@']);
    if formula { Err(format!("{what} is a formula; write what it shows")) } else { Ok(()) }
}

fn read_name(raw: &str) -> Result<String, String> {
    refuse_formula(raw, "name")?;
    let name = short(raw)?;
    if name.is_empty() {
        return Err("name is missing; write the customer's name".to_owned());
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(format!("name is longer than {MAX_NAME_CHARS} characters; write the customer's name only"));
    }
    Ok(name.into_owned())
}

fn read_phone(raw: &str, reach: Reach) -> Result<PhoneNumber, String> {
    if is_shortened(raw) {
        // `9.19877E+11` would read as +91 98770 00000: somebody else's number.
        return Err(
            "the spreadsheet shortened this phone number; format the column as text and write it again".to_owned()
        );
    }
    PhoneNumber::parse_within(raw, reach).map_err(|bad| format!("{bad}; write it like 98765 43210 or +91 98765 43210"))
}

fn read_loan_id(raw: &str) -> Result<String, String> {
    if is_shortened(raw) {
        return Err("the spreadsheet shortened this loan id; format the column as text and write it again".to_owned());
    }
    refuse_formula(raw, "loan id")?;
    let id = short(raw)?;
    // A number column that some program saved as decimals: the same loan as without them.
    let whole = id.strip_suffix(".0").filter(|whole| !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()));
    Ok(whole.map_or_else(|| id.to_string(), str::to_owned))
}

fn read_language(raw: &str) -> Result<Language, String> {
    // The parser's own sentence repeats the cell, which may be another column's.
    Language::parse(raw).map_err(|_| {
        let known: Vec<&str> = Language::ALL.iter().map(|language| language.name()).collect();
        format!("language is not one we speak; write one of {} or leave it empty", known.join(", "))
    })
}

/// `9.87654E+09`: a number shown with an exponent and too few digits to be whole.
fn is_shortened(raw: &str) -> bool {
    let Some((mantissa, exponent)) = raw.split_once(['e', 'E']) else { return false };
    let number =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-'));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let power: usize = exponent.trim_start_matches('+').parse().unwrap_or(usize::MAX);
    // Spreadsheets keep 15 digits; of a longer number the last ones are lost, however many are shown.
    // `12E45` without point and plus is somebody's loan id.
    let by_a_program = mantissa.contains('.') || exponent.starts_with('+');
    by_a_program && number(mantissa) && number(exponent) && (digits < SURE_DIGITS || power >= 15)
}

/// A cell of sane length on one line, without characters no person typed (and no database takes).
fn short(raw: &str) -> Result<Cow<'_, str>, String> {
    if raw.len() > MAX_CELL_CHARS && raw.chars().count() > MAX_CELL_CHARS {
        return Err(format!("the cell is longer than {MAX_CELL_CHARS} characters; is a closing quote missing?"));
    }
    Ok(one_line(raw))
}

fn one_line(raw: &str) -> Cow<'_, str> {
    if !raw.contains(|c: char| c.is_control()) {
        return Cow::Borrowed(raw);
    }
    let words: Vec<&str> = raw.split(|c: char| c.is_control()).map(str::trim).filter(|w| !w.is_empty()).collect();
    Cow::Owned(words.join(" "))
}

/// The first letter and the shape of the rest: enough to find the cell, too little to know the person.
pub fn masked(raw: &str) -> String {
    const SHOWN: usize = 40;
    let hidden = |(i, c): (usize, char)| match c {
        // A Roman or Hangzhou numeral is a letter too.
        _ if i == 0 && c.is_alphabetic() && !c.is_numeric() => c,
        _ if c.is_alphanumeric() => '*',
        _ if c.is_ascii_punctuation() || c == ' ' || c == '₹' => c,
        _ => '*',
    };
    raw.chars().take(SHOWN).enumerate().map(hidden).collect()
}

/// Cells in the form of a [`Row`].
#[cfg(test)]
pub(super) fn flat(cells: &[&str]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let ends = cells.iter().map(|cell| {
        text.push_str(cell);
        text.len()
    });
    let ends = ends.collect();
    (text, ends)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const HEADER: [&str; 8] =
        ["Customer Name", "Mobile", "Loan ID", "EMI Amount", "Due Date", "State", "Language", "Branch"];

    fn read(cells: &[&str]) -> Result<CustomerDetails, Vec<RowError>> {
        let columns = Columns::find(HEADER.into_iter()).expect("a header");
        let (text, ends) = flat(cells);
        customer(
            &Row::new(7, &text, &ends),
            &columns,
            &RowRules { reach: Reach::India, default_language: Language::Hindi },
        )
    }

    #[test]
    fn a_good_row_becomes_a_customer() {
        let row =
            read(&[" Asha  Test ", "098765 43210", "00012345", "₹1,50,000.50", "31/08/2025", "Kerala ", "", "Kochi"])
                .expect("a good row");
        assert_eq!(row.name, "Asha  Test");
        assert_eq!(row.phone.expose(), "+919876543210");
        assert_eq!(row.loan_id.as_deref(), Some("00012345"));
        assert_eq!(row.amount, Some(Paise(15_000_050)));
        assert_eq!(row.due_date, Some(date(2025, 8, 31)));
        assert_eq!((row.state.as_deref(), row.language), (Some("Kerala"), Language::Malayalam));
        assert_eq!(row.attributes.get("Branch").map(String::as_str), Some("Kochi"));
    }

    #[test]
    fn a_cell_right_of_all_headers_is_a_note_in_a_workbook_and_a_torn_cell_in_a_text() {
        let columns = Columns::find(["Name", "Phone", "Amount"].into_iter()).expect("a header");
        let rules = RowRules { reach: Reach::India, default_language: Language::Hindi };
        let (text, ends) = flat(&["Asha", "9876543210", "1", "500", ""]);
        let torn = customer(&Row::new(2, &text, &ends), &columns, &rules).expect_err("a debt of one rupee");
        assert_eq!((torn[0].column.as_str(), torn[0].value_masked.as_str(), torn.len()), ("Column 4", "***", 1));
        let noted = customer(&Row::placed(2, &text, &ends), &columns, &rules).expect("a good row");
        assert_eq!(noted.attributes, BTreeMap::from([("Column 4".to_owned(), "500".to_owned())]));
    }

    #[test]
    fn a_cell_of_characters_that_nobody_sees_is_empty() {
        let row = read(&["A\u{7f}", "9876543210", "\u{7f}", "", "", "\u{1b}", "", "\u{9b}"]).expect("a good row");
        assert_eq!((row.name.as_str(), row.loan_id, row.state), ("A", None, None));
        assert_eq!(row.attributes, BTreeMap::new());
        let odd = read(&["A", "9876543210", ".0"]).expect("a good row");
        assert_eq!(odd.loan_id.as_deref(), Some(".0"), "what is left of decimals is no empty id");
        let (text, ends) = flat(&["\u{7f}", " "]);
        assert!(Row::new(1, &text, &ends).is_empty());
    }

    #[test]
    fn the_language_comes_from_its_column_then_the_state_then_the_settings() {
        let language = |state, own| read(&["A", "9876543210", "", "", "", state, own]).map(|row| row.language);
        assert_eq!(language("Kerala", "Tamil"), Ok(Language::Tamil));
        assert_eq!(language("Kerala", ""), Ok(Language::Malayalam));
        assert_eq!(language("Atlantis", ""), Ok(Language::Hindi));
        assert_eq!(read(&["A", "9876543210"]).map(|row| row.language), Ok(Language::Hindi));
    }

    #[test]
    fn a_bad_row_names_every_cell_by_the_sheets_own_header() {
        let problems = read(&["", "12345", "L1", "fifteen", "someday", "", "Klingon"]).expect_err("a bad row");
        let columns: Vec<&str> = problems.iter().map(|p| p.column.as_str()).collect();
        assert_eq!(columns, ["Customer Name", "Mobile", "EMI Amount", "Due Date", "Language"]);
        assert!(problems.iter().all(|p| p.row == 7));
    }

    #[test]
    fn a_refused_cell_is_shown_masked_and_its_problem_repeats_nothing() {
        let problems = read(&["Asha", "98765abc43", "", "9876543210x", "", "", "9876500000"]).expect_err("a bad row");
        for problem in &problems {
            assert!(!problem.value_masked.contains(|c: char| c.is_ascii_digit()), "{problem:?}");
            assert!(!problem.problem.contains("98765abc43") && !problem.problem.contains("9876500000"), "{problem:?}");
        }
        assert_eq!(["Asha 1", "ⅹ 1", "〨9", "९8"].map(masked), ["A*** *", "* *", "**", "**"]);
    }

    #[test]
    fn a_number_the_spreadsheet_shortened_is_never_guessed() {
        for raw in ["9.87654E+09", "9.19877E+11", "9.9E9"] {
            assert!(read(&["A", raw]).is_err_and(|p| p[0].problem.contains("shortened")), "{raw}");
        }
        assert!(read(&["A", "9876543210", "1.23457E+11"]).is_err());
        assert!(read(&["A", "9876543210", "1.2345678901234568e17"]).is_err());
        assert_eq!(
            read(&["A", "9.87654321E9"]).map(|row| row.phone.expose().to_owned()),
            Ok("+919876543210".to_owned())
        );
        for id in ["E12", "12E45"] {
            assert_eq!(read(&["A", "9876543210", id]).map(|row| row.loan_id), Ok(Some(id.to_owned())));
        }
    }

    #[test]
    fn a_loan_id_keeps_its_zeros_and_gains_no_decimals() {
        let loan = |raw| read(&["A", "9876543210", raw]).map(|row| row.loan_id.unwrap_or_default());
        assert_eq!(loan("000123"), Ok("000123".to_owned()));
        assert_eq!(loan("1234.0"), Ok("1234".to_owned()));
        assert_eq!(loan("LN.0"), Ok("LN.0".to_owned()));
    }

    #[test]
    fn characters_that_no_database_takes_are_dropped() {
        assert_eq!(read(&["Asha\0\r\nTest", "9876543210"]).map(|row| row.name), Ok("Asha Test".to_owned()));
        let long = "x".repeat(MAX_CELL_CHARS + 1);
        assert!(read(&["A", "9876543210", "", "", "", "", "", &long]).is_err());
    }

    proptest! {
        #[test]
        fn no_row_breaks_the_reader(cells in prop::collection::vec(any::<String>(), 0..10)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            if let Err(problems) = read(&cells) {
                prop_assert!(!problems.is_empty());
            }
        }
    }
}
