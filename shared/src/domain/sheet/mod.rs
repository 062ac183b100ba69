//! Sheets: headers and cells into customer rows. Pure; reading files is an adapter's work.
//! A wrong debt or a wrong person must not be phoned: what can not be read surely is refused.

mod aliases;
mod dates;
mod headers;
mod kind;
mod refusal;
mod row;

pub use headers::Columns;
pub use kind::FileKind;
pub use refusal::SheetError;
pub use row::{Row, RowRules, masked};

use super::customer::CustomerDetails;
use super::upload::RejectedRow;

/// Wider than any customer sheet; a wider one is a mistake or an attack.
pub const MAX_COLUMNS: usize = 500;

/// Lenders put titles and report dates above the header, never more than a few lines.
const HEADER_WITHIN_ROWS: usize = 15;

/// What one row of a sheet was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// Empty, the header or a title above it: not counted.
    NotData,
    /// A good row.
    Customer(CustomerDetails),
    /// A refused row with every problem it has; never none.
    Refused(RejectedRow),
}

/// Reads one sheet row by row: finds the header, then the customers under it.
#[derive(Debug)]
pub struct SheetParser {
    rules: RowRules,
    columns: Option<Columns>,
    first_refusal: Option<SheetError>,
    rows_before_header: usize,
}

impl SheetParser {
    /// A parser for one sheet.
    pub fn new(rules: RowRules) -> Self {
        Self { rules, columns: None, first_refusal: None, rows_before_header: 0 }
    }

    /// Takes the next row, in the sheet's order. An error refuses the whole sheet.
    pub fn push(&mut self, row: &Row<'_>) -> Result<RowOutcome, SheetError> {
        if row.width() > MAX_COLUMNS {
            return Err(SheetError::TooManyColumns { limit: MAX_COLUMNS });
        }
        if row.is_empty() {
            return Ok(RowOutcome::NotData);
        }
        let Some(columns) = &self.columns else {
            self.look_for_header(row)?;
            return Ok(RowOutcome::NotData);
        };
        Ok(match row::customer(row, columns, &self.rules) {
            Ok(details) => RowOutcome::Customer(details),
            Err(problems) => RowOutcome::Refused(row.rejected(problems)),
        })
    }

    /// The sheet's own headers, once they were found.
    pub fn headers(&self) -> &[String] {
        self.columns.as_ref().map_or(&[], Columns::headers)
    }

    /// Whether the header was found.
    pub fn has_header(&self) -> bool {
        self.columns.is_some()
    }

    /// Why the sheet has no header; to be asked after its last row.
    pub fn missing_header(self) -> SheetError {
        self.first_refusal.unwrap_or(SheetError::Empty)
    }

    fn look_for_header(&mut self, row: &Row<'_>) -> Result<(), SheetError> {
        match Columns::find(row.cells()) {
            Ok(columns) => self.columns = Some(columns),
            Err(refusal) => {
                self.rows_before_header += 1;
                let closest = self.first_refusal.get_or_insert_with(|| refusal.clone());
                // A row that at least names one of the two columns is nearer to a header than a title.
                if refusal.is_nearly_a_header() && !closest.is_nearly_a_header() {
                    *closest = refusal;
                }
                if self.rows_before_header >= HEADER_WITHIN_ROWS {
                    return Err(closest.clone());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::domain::phone::Reach;

    fn outcome(parser: &mut SheetParser, number: u64, cells: &[&str]) -> Result<RowOutcome, SheetError> {
        let (text, ends) = row::flat(cells);
        parser.push(&Row::new(number, &text, &ends))
    }

    fn parser() -> SheetParser {
        SheetParser::new(RowRules { reach: Reach::India, default_language: Language::Hindi })
    }

    #[test]
    fn titles_above_the_header_are_passed_over() {
        let mut parser = parser();
        for (number, cells) in
            [(1, &["Overdue list, August"][..]), (3, &["Branch", "Pune"][..]), (4, &["Name", "Mobile No."][..])]
        {
            assert_eq!(outcome(&mut parser, number, cells), Ok(RowOutcome::NotData));
        }
        let row = outcome(&mut parser, 5, &["Asha Test", "9876543210"]).expect("a good row");
        assert!(matches!(row, RowOutcome::Customer(c) if c.name == "Asha Test"));
    }

    #[test]
    fn a_sheet_without_a_phone_column_lists_the_headers_it_has() {
        let mut parser = parser();
        outcome(&mut parser, 1, &["Collections"]).expect("may be a title");
        outcome(&mut parser, 2, &["Customer Name", "City"]).expect("may be a title");
        let refusal = parser.missing_header();
        assert_eq!(refusal.code(), "no_phone_column");
        assert!(refusal.to_string().contains("Customer Name, City"), "{refusal}");
    }

    #[test]
    fn rows_without_end_and_without_a_header_are_refused_early() {
        let mut parser = parser();
        let refused = (1..100).find_map(|n| outcome(&mut parser, n, &["x", "y"]).err());
        assert_eq!(refused.map(|e| e.code()), Some("no_phone_column"));
    }

    #[test]
    fn an_absurd_width_is_refused() {
        let cells = vec!["x"; MAX_COLUMNS + 1];
        assert_eq!(outcome(&mut parser(), 1, &cells).map_err(|e| e.code()), Err("too_many_columns"));
    }
}
