//! Workbooks: the first visible sheet that has customers' columns, cell by cell as text.
//! A number keeps every digit it has and gains no decimals; a date becomes `2025-08-31`; of a
//! formula the value the spreadsheet program last saw is taken.

use std::fmt::Write;
use std::io::BufReader;

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, OdsError, Range, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb,
    XlsbError, Xlsx, XlsxError,
};

use super::{Source, TakeRow, biff, damaged};
use crate::domain::sheet::{FileKind, MAX_COLUMNS, Row, RowOutcome, RowRules, SheetError, SheetParser};

/// Days since 1899-12-30 of 1 January 10000, where spreadsheets' calendars end.
const CALENDAR_END: f64 = 2_958_466.0;
/// From 2^53 on a float has holes between whole numbers.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
/// Beside the one that is read; a workbook may have thousands.
const SHEETS_LOOKED_AT: usize = 50;
/// As in a text file.
const MAX_ROW_BYTES: usize = 1024 * 1024;

/// Reads the rows of a workbook of that kind, which the guard has let through, and answers which of its
/// sheets have customers too and were not read.
pub(super) fn read(
    source: Box<dyn Source>,
    kind: FileKind,
    rules: RowRules,
    take: &mut TakeRow<'_>,
) -> Result<Vec<String>, SheetError> {
    match kind {
        FileKind::Xlsb => {
            let mut book = Xlsb::new(BufReader::new(source)).map_err(|error| refusal_of_xlsb(&error))?;
            first_of(book.sheets_metadata().to_vec(), take, |name, take| {
                let mut cells = book.worksheet_cells_reader(name).map_err(|error| refusal_of_xlsb(&error))?;
                let mut sheet = Sheet::new(rules, take);
                while let Some(cell) = cells.next_cell().map_err(|error| refusal_of_xlsb(&error))? {
                    if !sheet.cell(cell.get_position(), cell.get_value())? {
                        break;
                    }
                }
                sheet.end()
            })
        }
        FileKind::Xls => {
            let mut book = Xls::new(biff::harmless(source)?).map_err(|error| refusal_of_xls(&error))?;
            first_of(book.sheets_metadata().to_vec(), take, |name, take| {
                let range = book.worksheet_range(name).map_err(|error| refusal_of_xls(&error))?;
                read_range(&range, Sheet::new(rules, take))
            })
        }
        FileKind::Ods => {
            let mut book = Ods::new(BufReader::new(source)).map_err(|error| refusal_of_ods(&error))?;
            first_of(book.sheets_metadata().to_vec(), take, |name, take| {
                let range = book.worksheet_range(name).map_err(|error| refusal_of_ods(&error))?;
                read_range(&range, Sheet::new(rules, take))
            })
        }
        FileKind::Xlsx | FileKind::Text => {
            let mut book = Xlsx::new(BufReader::new(source)).map_err(|error| refusal_of_xlsx(&error))?;
            first_of(book.sheets_metadata().to_vec(), take, |name, take| {
                let mut cells = book.worksheet_cells_reader(name).map_err(|error| refusal_of_xlsx(&error))?;
                let mut sheet = Sheet::new(rules, take);
                while let Some(cell) = cells.next_cell().map_err(|error| refusal_of_xlsx(&error))? {
                    if !sheet.cell(cell.get_position(), cell.get_value())? {
                        break;
                    }
                }
                sheet.end()
            })
        }
    }
}

/// Reads sheet after visible sheet until one is of customers, and answers the other visible ones that
/// are too; `read` answers why one is not.
fn first_of(
    sheets: Vec<calamine::Sheet>,
    take: &mut TakeRow<'_>,
    mut read: impl FnMut(&str, &mut TakeRow<'_>) -> Result<Option<SheetError>, SheetError>,
) -> Result<Vec<String>, SheetError> {
    let sheets = sheets.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let (shown, hidden): (Vec<_>, Vec<_>) = sheets.partition(|sheet| sheet.visible == SheetVisible::Visible);
    let (mut closest, mut shown) = (None, shown.into_iter());
    for sheet in shown.by_ref() {
        match read(&sheet.name, take)? {
            None => return Ok(names_of(shown, &mut read)),
            Some(SheetError::Empty) => {}
            Some(refusal) => closest = closest.or(Some(refusal)),
        }
    }
    match names_of(hidden.into_iter(), &mut read).into_iter().next() {
        Some(name) => Err(SheetError::HiddenSheet { name }),
        None => Err(closest.unwrap_or(SheetError::Empty)),
    }
}

/// Of these sheets the names of those that have customers. Only the first rows are looked at; what is
/// wrong with a sheet that is not read is nobody's trouble.
fn names_of(
    sheets: impl Iterator<Item = calamine::Sheet>,
    read: &mut impl FnMut(&str, &mut TakeRow<'_>) -> Result<Option<SheetError>, SheetError>,
) -> Vec<String> {
    let has_customers = |sheet: &calamine::Sheet| {
        let mut found = false;
        let mut until_found = |parser: &mut SheetParser, row: &Row<'_>| {
            found = parser.push(row)? != RowOutcome::NotData;
            Ok(!found)
        };
        read(&sheet.name, &mut until_found).is_ok() && found
    };
    sheets.take(SHEETS_LOOKED_AT).filter(has_customers).map(|sheet| sheet.name).collect()
}

fn read_range(range: &Range<Data>, mut sheet: Sheet<'_, '_>) -> Result<Option<SheetError>, SheetError> {
    let (top, left) = range.start().unwrap_or_default();
    for (row, cells) in (top..).zip(range.rows()) {
        for (column, cell) in (left..).zip(cells) {
            if !sheet.cell((row, column), &as_ref(cell))? {
                return sheet.end();
            }
        }
    }
    sheet.end()
}

fn as_ref(cell: &Data) -> DataRef<'_> {
    match cell {
        Data::Int(number) => DataRef::Int(*number),
        Data::Float(number) => DataRef::Float(*number),
        Data::Bool(yes) => DataRef::Bool(*yes),
        Data::DateTime(moment) => DataRef::DateTime(*moment),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => DataRef::SharedString(text),
        _ => DataRef::Empty,
    }
}

/// One sheet while it is read: its parser, and the cells of the row that is being gathered.
struct Sheet<'a, 'b> {
    parser: SheetParser,
    take: &'a mut TakeRow<'b>,
    row: u32,
    text: String,
    ends: Vec<usize>,
    /// Why this sheet is not one of customers.
    refusal: Option<SheetError>,
    /// Nobody takes rows any more.
    stopped: bool,
}

impl<'a, 'b> Sheet<'a, 'b> {
    fn new(rules: RowRules, take: &'a mut TakeRow<'b>) -> Self {
        let parser = SheetParser::new(rules);
        Self { parser, take, row: 0, text: String::new(), ends: Vec::new(), refusal: None, stopped: false }
    }

    /// Takes the next cell; `false` where no more are wanted.
    fn cell(&mut self, (row, column): (u32, u32), value: &DataRef<'_>) -> Result<bool, SheetError> {
        if row < self.row {
            return Err(damaged("its rows are not in order"));
        }
        if row > self.row {
            self.give()?;
            self.row = row;
            self.text.clear();
            self.ends.clear();
        }
        // Formatted but empty cells may reach to the sheet's edge.
        if !matches!(value, DataRef::Empty) {
            self.add(column as usize, value)?;
        }
        Ok(self.refusal.is_none() && !self.stopped)
    }

    fn add(&mut self, column: usize, value: &DataRef<'_>) -> Result<(), SheetError> {
        if column >= MAX_COLUMNS {
            return Err(SheetError::TooManyColumns { limit: MAX_COLUMNS });
        }
        if column < self.ends.len() {
            return Err(damaged("its cells are not in order"));
        }
        self.ends.resize(column, self.text.len());
        write_cell(&mut self.text, value).map_err(|_| damaged("a cell can not be shown"))?;
        self.ends.push(self.text.len());
        if self.text.len() > MAX_ROW_BYTES {
            return Err(damaged(format!("row {} is longer than 1 MB", u64::from(self.row) + 1)));
        }
        Ok(())
    }

    fn give(&mut self) -> Result<(), SheetError> {
        if self.ends.is_empty() || self.refusal.is_some() || self.stopped {
            return Ok(());
        }
        let row = Row::placed(u64::from(self.row) + 1, &self.text, &self.ends);
        match (self.take)(&mut self.parser, &row) {
            Ok(more) => self.stopped = !more,
            // Another sheet may have the customers.
            Err(refusal) if !self.parser.has_header() && !matches!(refusal, SheetError::TooManyColumns { .. }) => {
                self.refusal = Some(refusal);
            }
            Err(refusal) => return Err(refusal),
        }
        Ok(())
    }

    /// Answers why the sheet is not one of customers; `None` where it is and was read.
    fn end(mut self) -> Result<Option<SheetError>, SheetError> {
        self.give()?;
        let found = self.parser.has_header() || self.stopped;
        Ok(if found { None } else { Some(self.refusal.unwrap_or_else(|| self.parser.missing_header())) })
    }
}

fn write_cell(text: &mut String, value: &DataRef<'_>) -> std::fmt::Result {
    match value {
        DataRef::Empty => Ok(()),
        DataRef::String(cell) | DataRef::DateTimeIso(cell) | DataRef::DurationIso(cell) => text.write_str(cell),
        DataRef::SharedString(cell) => text.write_str(cell),
        DataRef::Int(number) => write!(text, "{number}"),
        DataRef::Float(number) => write_number(text, *number),
        DataRef::Bool(yes) => text.write_str(if *yes { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(moment) => write_moment(text, moment),
        DataRef::Error(error) => write!(text, "{error}"),
    }
}

fn write_number(text: &mut String, number: f64) -> std::fmt::Result {
    if number.fract() == 0.0 && number.abs() < EXACT_BELOW {
        write!(text, "{number:.0}")
    } else if number.abs() < EXACT_BELOW {
        write!(text, "{number}")
    } else {
        // Digits are lost already: the plus marks it as a number no id may be taken from.
        let (mantissa, exponent) = (number / 1e15, 15);
        write!(text, "{mantissa}E+{exponent}")
    }
}

fn write_moment(text: &mut String, moment: &ExcelDateTime) -> std::fmt::Result {
    if moment.is_duration() || !(0.0..CALENDAR_END).contains(&moment.as_f64()) {
        return write_number(text, moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    write!(text, "{year:04}-{month:02}-{day:02}")?;
    if (hour, minute, second) == (0, 0, 0) { Ok(()) } else { write!(text, " {hour:02}:{minute:02}:{second:02}") }
}

/// The library's own words may quote cells, so they are not repeated.
fn refusal_of(password: bool, part_missing: bool) -> SheetError {
    match (password, part_missing) {
        (true, _) => SheetError::Encrypted,
        (_, true) => damaged("a part of the workbook is missing"),
        _ => damaged("its content is not that of a workbook"),
    }
}

fn refusal_of_xlsx(error: &XlsxError) -> SheetError {
    let missing =
        matches!(error, XlsxError::FileNotFound(_) | XlsxError::WorksheetNotFound(_) | XlsxError::RelationshipNotFound);
    refusal_of(matches!(error, XlsxError::Password), missing)
}

fn refusal_of_xlsb(error: &XlsbError) -> SheetError {
    let missing = matches!(error, XlsbError::FileNotFound(_) | XlsbError::WorksheetNotFound(_));
    refusal_of(matches!(error, XlsbError::Password), missing)
}

fn refusal_of_xls(error: &XlsError) -> SheetError {
    refusal_of(matches!(error, XlsError::Password), matches!(error, XlsError::WorksheetNotFound(_)))
}

fn refusal_of_ods(error: &OdsError) -> SheetError {
    let missing = matches!(error, OdsError::FileNotFound(_) | OdsError::WorksheetNotFound(_));
    refusal_of(matches!(error, OdsError::Password), missing)
}
