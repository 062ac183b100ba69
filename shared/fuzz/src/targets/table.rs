//! A table: rows end with a line feed, cells with a tab; a carriage return is a line break inside a
//! cell. Written as every kind of file that can hold it, it comes out of each as the parser alone
//! reads its rows, and no row is lost on the way into the records.

use std::collections::BTreeSet;

use shared::app::{Error, NewUpload, upload_customers};
use shared::domain::page::PageRequest;
use shared::domain::sheet::{Row, RowOutcome, SheetError, SheetParser};
use shared::domain::upload::UploadStatus;
use shared::ports::customers::CustomerFilter;
use shared::wiring::{SheetFile, memory_app};

use super::csv::rules;
use super::workbook::packed;
use crate::sheets::{self, Sheet, read, wait_for};

type Table = Vec<Vec<String>>;

pub(crate) fn run(input: &[u8]) {
    let table = table_of(&String::from_utf8_lossy(input));
    let expected = parsed(&table);
    let mac = !table.iter().flatten().any(|cell| cell.contains('\n'));
    for (delimiter, end) in [(',', "\n"), (';', "\r\n"), ('\t', "\n"), ('|', "\r")] {
        if end == "\r" && !mac || table.len() < 2 {
            continue;
        }
        assert_eq!(read("a.csv", delimited(&table, delimiter, end), rules()), expected, "{delimiter:?} {end:?}");
    }
    // The library undoes Excel's own escapes (`_x000D_`), which text files do not have.
    if !table.iter().flatten().any(|cell| cell.contains("_x")) {
        assert_eq!(read("a.xlsx", workbook(&table), rules()), expected, "as a workbook");
    }
    stored(&table, expected);
}

/// Cells that any file can hold, in rows of one width, as spreadsheet programs write them.
fn table_of(text: &str) -> Table {
    let plain = |c: char| match c {
        '\r' => '\n',
        c if c.is_control() || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}') => ' ',
        c => c,
    };
    let mut table: Table =
        text.split('\n').map(|row| row.split('\t').map(|cell| cell.chars().map(plain).collect()).collect()).collect();
    let width = table.iter().map(Vec::len).max().unwrap_or(0).max(2);
    table.iter_mut().for_each(|row| row.resize(width, String::new()));
    table
}

/// What the parser alone makes of the rows; none is passed over but the empty ones and those up to
/// the header.
fn parsed(table: &Table) -> Result<Sheet, SheetError> {
    let mut parser = SheetParser::new(rules());
    let mut sheet = Sheet::default();
    for (i, cells) in table.iter().enumerate() {
        let ends = cells.iter().scan(0, |end, cell| {
            *end += cell.len();
            Some(*end)
        });
        let (text, ends) = (cells.concat(), ends.collect::<Vec<_>>());
        let under_the_header = parser.has_header();
        match parser.push(&Row::new(i as u64 + 1, &text, &ends))? {
            RowOutcome::NotData => assert!(!under_the_header || text.trim().is_empty(), "a row was passed over"),
            RowOutcome::Customer(customer) => sheet.customers.push(customer),
            RowOutcome::Refused(row) => {
                sheet.keep(row);
                sheet.refused += 1;
            }
        }
    }
    if !parser.has_header() {
        return Err(parser.missing_header());
    }
    sheets::holds(&sheet, rules());
    Ok(sheet)
}

fn delimited(table: &Table, delimiter: char, end: &str) -> Vec<u8> {
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(&delimiter.to_string());
    table.iter().map(|row| line(row) + end).collect::<String>().into_bytes()
}

fn workbook(table: &Table) -> Vec<u8> {
    let mut rows = String::new();
    for (i, row) in table.iter().enumerate() {
        rows.push_str(&format!("<row r=\"{}\">", i + 1));
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let text = cell.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let place = format!("{}{}", column_name(column), i + 1);
            rows.push_str(&format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"));
        }
        rows.push_str("</row>");
    }
    packed(&[("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{rows}</sheetData></worksheet>").as_bytes())])
}

/// `A`, …, `Z`, `AA`, …
fn column_name(column: usize) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    if column < 26 { letter.to_string() } else { format!("{}{letter}", column_name(column / 26 - 1)) }
}

/// Rows in are rows stored, refused or known already.
fn stored(table: &Table, expected: Result<Sheet, SheetError>) {
    let (app, _) = memory_app();
    let file = NewUpload { filename: "a.csv".to_owned(), storage_key: None, bytes: 1 };
    let sheet = SheetFile::from_bytes("a.csv", delimited(table, ',', "\n").into());
    let (upload, listed) = wait_for(async {
        let upload = upload_customers(&app, Box::new(sheet), file).await;
        let all = PageRequest { cursor: None, limit: Some(200) };
        (upload, app.customers.list(&CustomerFilter::default(), &all).await.expect("a list"))
    });
    let rows = expected.as_ref().map_or(0, |sheet| sheet.customers.len() as u64 + sheet.refused);
    match (upload, expected) {
        (Ok(upload), Ok(sheet)) => {
            let people: BTreeSet<_> = sheet.customers.iter().map(|c| (c.phone.clone(), c.loan_id.clone())).collect();
            let good = sheet.customers.len() as i64;
            assert_eq!((upload.total_records, upload.processed_records), (rows as i64, good));
            assert_eq!(upload.failed_records, sheet.refused as i64);
            assert_eq!(upload.duplicate_records, good - people.len() as i64);
            assert_eq!(upload.processing_errors, sheet.problems);
            assert_eq!(listed.items.len(), people.len().min(200));
            assert_eq!(upload.upload_status == UploadStatus::Completed, sheet.refused == 0 && good > 0);
        }
        (Err(Error::Invalid { code, .. }), Ok(_)) => assert!(rows == 0 && code == SheetError::HeaderOnly.code()),
        (Err(Error::Invalid { code, .. }), Err(refusal)) => assert_eq!(code, refusal.code()),
        (upload, expected) => panic!("{upload:?} where the parser says {expected:?}"),
    }
}
