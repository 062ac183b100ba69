//! Which column of a sheet holds what. Case, spaces and punctuation do not matter.

use super::SheetError;
use super::aliases::{AMOUNT, DUE_DATE, LANGUAGE, LOAN_ID, NAME, PHONE, STATE};

/// Where each thing is in a row, and what the sheet calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub(super) name: usize,
    pub(super) phone: usize,
    pub(super) loan_id: Option<usize>,
    pub(super) amount: Option<usize>,
    pub(super) due_date: Option<usize>,
    pub(super) state: Option<usize>,
    pub(super) language: Option<usize>,
    /// All other columns: position and the name of the attribute.
    pub(super) attributes: Vec<(usize, String)>,
    headers: Vec<String>,
}

impl Columns {
    /// Finds the columns of a header row. The first of two equal headers wins; the second is kept
    /// as an attribute with a number behind its name.
    pub fn find<'a>(headers: impl Iterator<Item = &'a str>) -> Result<Self, SheetError> {
        let headers: Vec<String> = headers.map(shown).collect();
        let plain: Vec<String> = headers.iter().map(|h| normalised(h)).collect();
        let seen = || headers.iter().filter(|h| !h.is_empty()).cloned().collect();
        let name = NAME.find(&plain);
        let Some(phone) = PHONE.find(&plain) else {
            return Err(SheetError::NoPhoneColumn { seen: seen(), has_name: name.is_some() });
        };
        let Some(name) = name else {
            return Err(SheetError::NoNameColumn { seen: seen() });
        };
        let mut columns = Self {
            name,
            phone,
            loan_id: LOAN_ID.find(&plain),
            amount: AMOUNT.find_money(&plain),
            due_date: DUE_DATE.find(&plain),
            state: STATE.find(&plain),
            language: LANGUAGE.find(&plain),
            attributes: Vec::new(),
            headers,
        };
        columns.attributes = columns.others();
        Ok(columns)
    }

    /// All headers as the sheet has them, on one line each.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The sheet's own header of a column, for messages.
    pub(super) fn header(&self, column: usize) -> &str {
        self.headers.get(column).map_or("", String::as_str)
    }

    /// Columns that have a header, or a place between headers.
    pub(super) fn width(&self) -> usize {
        self.headers.len()
    }

    /// What a cell right of all headers is called.
    pub(super) fn beyond(&self, column: usize) -> String {
        self.free_name(&unnamed(column), &self.attributes)
    }

    fn known(&self) -> [Option<usize>; 7] {
        [Some(self.name), Some(self.phone), self.loan_id, self.amount, self.due_date, self.state, self.language]
    }

    fn others(&self) -> Vec<(usize, String)> {
        let known = self.known();
        let mut others: Vec<(usize, String)> = Vec::new();
        for (column, header) in self.headers.iter().enumerate() {
            if known.contains(&Some(column)) {
                continue;
            }
            let base = if header.is_empty() { unnamed(column) } else { header.clone() };
            let attribute = self.free_name(&base, &others);
            others.push((column, attribute));
        }
        others
    }

    /// `base`, with a number behind it where that is another column's name.
    fn free_name(&self, base: &str, others: &[(usize, String)]) -> String {
        let taken = |name: &str| {
            others.iter().any(|(_, other)| other == name)
                || self.known().iter().flatten().any(|column| self.header(*column) == name)
        };
        let mut name = base.to_owned();
        let mut copy = 2;
        while taken(&name) {
            name = format!("{base} ({copy})");
            copy += 1;
        }
        name
    }
}

/// As a spreadsheet counts columns, from 1.
fn unnamed(column: usize) -> String {
    format!("Column {}", column + 1)
}

/// Lower case, letters and digits only.
fn normalised(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// On one line and of a length that fits a message.
fn shown(header: &str) -> String {
    header
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(80)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(headers: &[&str]) -> Result<Columns, SheetError> {
        Columns::find(headers.iter().copied())
    }

    #[test]
    fn headers_are_known_however_they_are_written() {
        for (name, phone) in [
            ("name", "phone"),
            ("Customer Name", "PHONE_NUMBER"),
            ("BORROWER-NAME", "Mobile No."),
            ("Full  Name*", "Contact #"),
            ("client", "WhatsApp"),
            ("Borrower", "Registered Mobile Number"),
        ] {
            let columns = find(&[name, phone]).expect("both are there");
            assert_eq!((columns.name, columns.phone), (0, 1), "{name}, {phone}");
        }
    }

    #[test]
    fn every_column_of_a_lenders_sheet_finds_its_place() {
        let columns = find(&[
            "Sr No",
            "LoanID",
            "Customer Name",
            "Mobile",
            "EMI Amount (Rs.)",
            "Due  Date",
            "State",
            "Lang",
            "Branch",
        ])
        .expect("a sheet");
        assert_eq!(columns.loan_id, Some(1));
        assert_eq!((columns.name, columns.phone), (2, 3));
        assert_eq!((columns.amount, columns.due_date), (Some(4), Some(5)));
        assert_eq!((columns.state, columns.language), (Some(6), Some(7)));
        assert_eq!(columns.attributes, [(0, "Sr No".to_owned()), (8, "Branch".to_owned())]);
        assert_eq!(find(&["name", "phone", "Arrears"]).map(|c| c.amount), Ok(Some(2)));
        assert_eq!(find(&["name", "phone", "Outstanding in INR"]).map(|c| c.amount), Ok(Some(2)));
    }

    #[test]
    fn the_more_exact_header_wins_wherever_it_stands() {
        let columns =
            find(&["Date", "Amount", "Name", "Phone", "Due Date", "EMI", "Account No", "Loan No"]).expect("a sheet");
        assert_eq!((columns.due_date, columns.amount, columns.loan_id), (Some(4), Some(5), Some(7)));
    }

    #[test]
    fn the_borrowed_sum_is_never_taken_for_the_due_one() {
        let columns = find(&["Name", "Phone", "Loan Amount", "Disbursed Amount"]).expect("a sheet");
        assert_eq!(columns.amount, None);
    }

    #[test]
    fn the_first_of_two_equal_headers_wins_and_the_second_is_kept() {
        let columns = find(&["Name", "Phone", "Phone", "Note", "Note", ""]).expect("a sheet");
        assert_eq!(columns.phone, 1);
        let kept: Vec<&str> = columns.attributes.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(kept, ["Phone (2)", "Note", "Note (2)", "Column 6"]);
    }

    #[test]
    fn a_missing_column_is_named_with_the_headers_seen() {
        assert_eq!(find(&["Name", "City"]).map_err(|e| e.code()), Err("no_phone_column"));
        let refusal = find(&["Phone", "City"]).expect_err("no name");
        assert_eq!(refusal.code(), "no_name_column");
        assert!(refusal.to_string().ends_with("Headers seen: Phone, City"), "{refusal}");
    }

    proptest! {
        #[test]
        fn case_and_punctuation_never_matter(upper in any::<[bool; 11]>(), between in "[ _.*/-]{0,3}") {
            let mixed = |text: &str| text.chars().zip(upper).map(|(c, up)| {
                if up { format!("{between}{}", c.to_ascii_uppercase()) } else { c.to_string() }
            }).collect::<String>();
            let (name, phone) = (mixed("fullname"), mixed("phonenumber"));
            let columns = Columns::find([phone.as_str(), name.as_str()].into_iter()).expect("both are there");
            prop_assert_eq!((columns.phone, columns.name), (0, 1));
        }

        #[test]
        fn no_header_row_breaks_the_search(headers in prop::collection::vec(any::<String>(), 0..20)) {
            let _ = Columns::find(headers.iter().map(String::as_str));
        }
    }
}
