//! .xlsx workbooks: the first visible sheet that has customers' columns, cell by cell as text.
//! A number keeps every digit it has and gains no decimals; a date becomes `2025-08-31`; of a
//! formula the value the spreadsheet program last saw is taken.

use std::fmt::Write;
use std::io::{BufReader, Seek, SeekFrom};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::{Source, damaged, guard};
use crate::domain::sheet::{MAX_COLUMNS, Row, RowOutcome, RowRules, SheetError, SheetParser};

/// Days since 1899-12-30 of 1 January 10000, where spreadsheets' calendars end.
const CALENDAR_END: f64 = 2_958_466.0;
/// From 2^53 on a float has holes between whole numbers.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

type TakeOutcome<'a> = dyn FnMut(RowOutcome) -> Result<bool, SheetError> + 'a;

/// Reads the rows of a workbook.
pub(super) fn read(mut source: Box<dyn Source>, rules: RowRules, take: &mut TakeOutcome<'_>) -> Result<(), SheetError> {
    if is_ole(&mut source)? {
        return Err(refusal_of_ole(source));
    }
    guard::check(&mut source)?;
    source.seek(SeekFrom::Start(0)).map_err(|_| damaged("it can not be read twice"))?;
    let mut book = Xlsx::new(BufReader::new(source)).map_err(|error| refusal_of(&error))?;
    let sheets: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut closest = None;
    for sheet in sheets {
        match read_sheet(&mut book, &sheet, rules, take)? {
            None => return Ok(()),
            Some(SheetError::Empty) => {}
            Some(refusal) => closest = closest.or(Some(refusal)),
        }
    }
    Err(closest.unwrap_or(SheetError::Empty))
}

/// Answers why the sheet is not one of customers; `None` where it is and was read.
fn read_sheet(
    book: &mut Xlsx<BufReader<Box<dyn Source>>>,
    name: &str,
    rules: RowRules,
    take: &mut TakeOutcome<'_>,
) -> Result<Option<SheetError>, SheetError> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| refusal_of(&error))?;
    let mut parser = SheetParser::new(rules);
    let mut line = Line::default();
    loop {
        let cell = cells.next_cell().map_err(|error| refusal_of(&error))?;
        let ended = cell.as_ref().is_none_or(|cell| cell.get_position().0 != line.row);
        if ended && !line.ends.is_empty() {
            let row = Row::placed(u64::from(line.row) + 1, &line.text, &line.ends);
            match parser.push(&row) {
                Ok(outcome) => {
                    if !take(outcome)? {
                        return Ok(None);
                    }
                }
                Err(refusal) if !parser.has_header() && !matches!(refusal, SheetError::TooManyColumns { .. }) => {
                    return Ok(Some(refusal));
                }
                Err(refusal) => return Err(refusal),
            }
        }
        let Some(cell) = cell else { break };
        line.add(cell.get_position(), cell.get_value())?;
    }
    Ok(if parser.has_header() { None } else { Some(parser.missing_header()) })
}

/// The cells of the row that is being read.
#[derive(Default)]
struct Line {
    row: u32,
    text: String,
    ends: Vec<usize>,
}

impl Line {
    fn add(&mut self, (row, column): (u32, u32), value: &DataRef<'_>) -> Result<(), SheetError> {
        if row < self.row {
            return Err(damaged("its rows are not in order"));
        }
        if row > self.row {
            self.row = row;
            self.text.clear();
            self.ends.clear();
        }
        // Formatted but empty cells may reach to the sheet's edge.
        if matches!(value, DataRef::Empty) {
            return Ok(());
        }
        let column = column as usize;
        if column >= MAX_COLUMNS {
            return Err(SheetError::TooManyColumns { limit: MAX_COLUMNS });
        }
        if column < self.ends.len() {
            return Err(damaged("its cells are not in order"));
        }
        self.ends.resize(column, self.text.len());
        write_cell(&mut self.text, value).map_err(|_| damaged("a cell can not be shown"))?;
        self.ends.push(self.text.len());
        Ok(())
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

fn is_ole(source: &mut dyn Source) -> Result<bool, SheetError> {
    let mut start = [0; 4];
    let read = source.read_exact(&mut start).and_then(|()| source.seek(SeekFrom::Start(0)));
    read.map_err(|_| damaged("it is cut off"))?;
    Ok(start == [0xD0, 0xCF, 0x11, 0xE0])
}

/// Both old workbooks and encrypted new ones are OLE files.
fn refusal_of_ole(source: Box<dyn Source>) -> SheetError {
    match Xlsx::new(BufReader::new(source)) {
        Err(XlsxError::Password) => SheetError::Encrypted,
        _ => SheetError::UnsupportedFormat { what: "an old Office document (.xls)".to_owned() },
    }
}

fn refusal_of(error: &XlsxError) -> SheetError {
    match error {
        XlsxError::Password => SheetError::Encrypted,
        // The library's own words may quote cells: they go to the log, without the customer's file.
        XlsxError::FileNotFound(_) | XlsxError::WorksheetNotFound(_) | XlsxError::RelationshipNotFound => {
            damaged("a part of the workbook is missing")
        }
        _ => damaged("its content is not that of a workbook"),
    }
}
