//! Files as people send them, through the whole reader.

use rust_xlsxwriter::{ExcelDateTime, Format as CellStyle, Formula, Workbook, Worksheet};

use super::*;
use crate::domain::customer::CustomerDetails;
use crate::domain::language::Language;
use crate::domain::phone::Reach;
use crate::domain::upload::RowError;

const RULES: RowRules = RowRules { reach: Reach::India, default_language: Language::Hindi };

#[derive(Debug, Default)]
struct ReadBack {
    customers: Vec<CustomerDetails>,
    refused: u64,
    problems: Vec<RowError>,
    unread_sheets: Vec<String>,
}

fn read(filename: &str, bytes: impl Into<Bytes>) -> Result<ReadBack, SheetError> {
    let sheet = Box::new(SheetFile::from_bytes(filename, bytes.into()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut all = ReadBack::default();
        let mut batches = sheet.read(RULES);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            all.customers.extend(batch.customers);
            all.refused += batch.refused;
            all.problems.extend(batch.rejected.rows.into_iter().flat_map(|row| row.problems));
            all.unread_sheets.extend(batch.unread_sheets);
        }
        Ok(all)
    })
}

fn code(filename: &str, bytes: impl Into<Bytes>) -> &'static str {
    read(filename, bytes).expect_err("refused").code()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/sheets/{name}", env!("CARGO_MANIFEST_DIR"))).expect("the fixture")
}

fn phones(read: &ReadBack) -> Vec<&str> {
    read.customers.iter().map(|c| c.phone.expose()).collect()
}

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().expect("a workbook")
}

fn row(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, cell) in cells.iter().enumerate() {
        sheet.write_string(row, column as u16, *cell).expect("a cell");
    }
}

#[test]
fn a_plain_csv_is_read() {
    let all = read("clients.csv", fixture("plain.csv")).expect("a sheet");
    assert_eq!(phones(&all), ["+919876543201", "+919876543202", "+919876543203"]);
    assert_eq!(all.customers[1].name, "Ravi \"Test\" Kumar, Jr");
    assert_eq!(all.refused, 0);
}

#[test]
fn a_semicolon_file_with_commas_in_its_amounts_is_read() {
    let all = read("EXPORT.CSV", fixture("semicolon.csv")).expect("a sheet");
    assert_eq!(all.customers[0].amount.map(|a| a.0), Some(15_000_000));
    assert_eq!(all.customers.len(), 2);
}

#[test]
fn tabs_separate_too() {
    assert_eq!(read("a.tsv", "Name\tPhone\nAsha\t9876543210\n").expect("a sheet").customers.len(), 1);
}

#[test]
fn every_encoding_gives_the_same_names() {
    let text = "Name,Phone,State\nRené Testé,9876543210,Kerala\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("latin")).collect();
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        latin,
    ] {
        let all = read("a.csv", bytes).expect("a sheet");
        assert_eq!(all.customers[0].name, "René Testé");
        assert_eq!(all.customers[0].language, Language::Malayalam);
    }
}

#[test]
fn a_long_utf16_file_is_decoded_over_its_buffers() {
    let rows = 40_000;
    let mut text = "\u{feff}Name,Phone\r\n".to_owned();
    for i in 0..rows {
        text.push_str(&format!("आशा टेस्ट {i},98765{i:05}\r\n"));
    }
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let all = read("a.csv", bytes).expect("a sheet");
    assert_eq!(all.customers.len(), rows);
    assert_eq!(all.customers[rows - 1].name, "आशा टेस्ट 39999");
}

#[test]
fn row_numbers_are_those_a_spreadsheet_shows() {
    for newline in ["\n", "\r\n"] {
        let text = ["Name,Phone", "", "\"Asha", "Test\",9876543210", "Bad,12", ",,", "Worse,13"].join(newline);
        for text in [text.clone(), text + newline] {
            let all = read("a.csv", text).expect("a sheet");
            let rows: Vec<u64> = all.problems.iter().map(|p| p.row).collect();
            assert_eq!((all.customers.len(), all.refused, rows), (1, 2, vec![4, 6]), "{newline:?}");
        }
    }
}

#[test]
fn a_row_that_ends_with_the_reading_buffer_is_not_the_last_one() {
    // 16 bytes a row, the header too: rows end where any power-of-two buffer does.
    let rows = 100_000;
    let text = format!("Name,Phone     \n{}", "As,9876543210  \n".repeat(rows));
    assert_eq!(read("a.csv", text).expect("a sheet").customers.len(), rows);
}

#[test]
fn lines_of_an_old_mac_are_lines() {
    assert_eq!(read("a.csv", "Name,Phone\rAsha,9876543210\rBad,1\r").expect("a sheet").problems[0].row, 3);
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_memory() {
    let mut text = "Name,Phone\n\"Asha,9876543210\n".to_owned();
    text.push_str(&"Ravi,9876543211\n".repeat(100_000));
    let refusal = read("a.csv", text).expect_err("refused");
    assert!(refusal.to_string().contains("closing quote"), "{refusal}");
}

#[test]
fn each_file_that_is_no_sheet_says_what_it_is() {
    assert_eq!(code("a.csv", ""), "empty_file");
    assert_eq!(code("a.csv", " \r\n\r\n"), "empty_file");
    assert_eq!(code("a.csv", "Name,City\nAsha,Pune\n"), "no_phone_column");
    assert_eq!(code("a.csv", "Phone,City\n9876543210,Pune\n"), "no_name_column");
    assert_eq!(code("a.pdf", "Name,Phone\n"), "unsupported_format");
    assert_eq!(code("sheet", "Name,Phone\n"), "unsupported_format");
    assert_eq!(code("a.csv", "%PDF-1.7 something"), "not_a_sheet");
    assert_eq!(code("a.csv", "<html><table><tr><td>Name"), "not_a_sheet");
    assert_eq!(code("a.csv", &b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"[..]), "not_a_sheet");
    assert_eq!(code("a.xlsx", &b"PK\x03\x04 and then nothing"[..]), "unreadable");
    assert_eq!(code("a.xlsx", &b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old"[..]), "unreadable");
    assert_eq!(code("a.csv", format!("Name,Phone\n{}\n", "x,".repeat(600))), "too_many_columns");
    assert_eq!(read("a.csv", "Name,Phone\n").expect("the use-case counts rows").customers.len(), 0);
}

#[test]
fn a_workbooks_cells_keep_their_digits_and_its_dates_are_dates() {
    let bytes = workbook(|sheet| {
        row(sheet, 0, &["Customer Name", "Mobile", "Loan ID", "Amount", "Due Date", "Code"]);
        let day = CellStyle::new().set_num_format("dd-mmm-yy");
        row(sheet, 1, &["Asha Test"]);
        sheet.write_number(1, 1, 9_876_543_210_f64).expect("a cell");
        sheet.write_number(1, 2, 123_456_789_012_345_f64).expect("a cell");
        sheet.write_number(1, 3, 15_000.5).expect("a cell");
        let date = ExcelDateTime::from_ymd(2025, 8, 31).expect("a day");
        sheet.write_datetime_with_format(1, 4, &date, &day).expect("a cell");
        row(sheet, 2, &["Ravi Test", "+91 98765 43211", "000123", "", "31/08/2025", "007"]);
        row(sheet, 4, &["Mina Test"]);
        sheet.write_number(4, 1, 919_876_543_212_f64).expect("a cell");
        sheet.write_number(4, 2, 123_456_789_012_345_678_f64).expect("a cell");
    });
    let all = read("Clients.XLSX", bytes).expect("a sheet");
    assert_eq!(phones(&all), ["+919876543210", "+919876543211"]);
    let first = &all.customers[0];
    assert_eq!(first.loan_id.as_deref(), Some("123456789012345"));
    assert_eq!(first.amount.map(|a| a.0), Some(1_500_050));
    assert_eq!(first.due_date, all.customers[1].due_date);
    assert_eq!(first.due_date.map(|d| d.to_string()).as_deref(), Some("2025-08-31"));
    assert_eq!(all.customers[1].loan_id.as_deref(), Some("000123"));
    assert_eq!(all.customers[1].attributes["Code"], "007");
    assert_eq!((all.problems[0].row, all.problems[0].column.as_str()), (5, "Loan ID"));
}

#[test]
fn of_a_formula_the_last_seen_value_is_taken() {
    let bytes = workbook(|sheet| {
        row(sheet, 0, &["Name", "Phone", "EMI"]);
        row(sheet, 1, &["Asha", "9876543210"]);
        sheet.write_formula(1, 2, Formula::new("=10*150").set_result("1500")).expect("a cell");
    });
    assert_eq!(read("a.xlsx", bytes).expect("a sheet").customers[0].amount.map(|a| a.0), Some(150_000));
}

#[test]
fn the_first_visible_sheet_with_customers_is_read() {
    let mut book = Workbook::new();
    let hidden = book.add_worksheet();
    row(hidden, 0, &["Name", "Phone"]);
    row(hidden, 1, &["Hidden", "9876543200"]);
    hidden.set_hidden(true);
    let cover = book.add_worksheet();
    row(cover, 0, &["Collections of August"]);
    cover.set_active(true);
    let customers = book.add_worksheet();
    row(customers, 3, &["Name", "Phone"]);
    row(customers, 4, &["Asha", "9876543210"]);
    let bytes = book.save_to_buffer().expect("a workbook");
    assert_eq!(phones(&read("a.xlsx", bytes.clone()).expect("a sheet")), ["+919876543210"]);
    assert_eq!(read("misnamed.csv", bytes).expect("content counts").customers.len(), 1);
}

#[test]
fn of_the_sheets_that_were_not_read_those_with_customers_are_named() {
    let mut book = Workbook::new();
    for (name, cells) in [
        ("January", &[["Name", "Phone"], ["Asha", "9876543210"]]),
        ("February", &[["Name", "Phone"], ["Ravi", "9876543211"]]),
        ("Branches", &[["Branch", "City"], ["Pune", "Pune"]]),
        ("March", &[["Name", "Phone"], ["Ravi", "not a number"]]),
    ] {
        let sheet = book.add_worksheet().set_name(name).expect("a name");
        row(sheet, 0, &cells[0]);
        row(sheet, 1, &cells[1]);
    }
    row(book.add_worksheet().set_name("April").expect("a name"), 0, &["Name", "Phone"]);
    let all = read("a.xlsx", book.save_to_buffer().expect("a workbook")).expect("a sheet");
    assert_eq!(phones(&all), ["+919876543210"]);
    assert_eq!(all.unread_sheets, ["February", "March"]);
}

#[test]
fn a_workbook_too_wide_is_refused_and_an_empty_one_is_empty() {
    assert_eq!(code("a.xlsx", workbook(|_| ())), "empty_file");
    let wide = workbook(|sheet| {
        row(sheet, 0, &["Name", "Phone"]);
        sheet.write_string(1, 700, "far away").expect("a cell");
    });
    assert_eq!(code("a.xlsx", wide), "too_many_columns");
}

/// A workbook of given parts, packed.
fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(content).expect("a part");
    }
    archive.finish().expect("an archive").into_inner()
}

#[test]
fn archives_that_would_harm_are_refused_before_they_are_opened() {
    let bomb = vec![b' '; 40 * 1024 * 1024];
    let many_rows = b"<row r=\"1\"></row>".repeat(2 * 1024 * 1024);
    let long_cell = [&b"<c><is><t>"[..], &vec![b'x'; 1024 * 1024]].concat();
    let repeated = format!(
        "<table:table><table:table-row {}><table:table-cell {} office:value=\"1\"/>",
        "table:number-rows-repeated=\"1000000\"", "table:number-columns-repeated=\"1000\""
    );
    let repeated = repeated.as_bytes();
    let book = ("xl/workbook.xml", &b"<workbook/>"[..]);
    let sheet = "xl/worksheets/sheet1.xml";
    let texts = "xl/sharedStrings.xml";
    for (what, parts) in [
        ("unpacks_too_large", vec![book, (texts, &bomb[..])]),
        ("unpacks_too_large", vec![book, (sheet, &many_rows[..])]),
        ("unpacks_too_large", vec![book, (sheet, &long_cell[..])]),
        ("unpacks_too_large", vec![book, (texts, b"<sst count=\"1\" uniqueCount=\"99999999999\">")]),
        ("unpacks_too_large", vec![book, (texts, b"<sst count = '1' uniqueCount\n= \"99999999999\">")]),
        ("unreadable", vec![book, (sheet, b"<!DOCTYPE x [<!ENTITY a \"b\">]>")]),
        ("macros", vec![book, ("xl/vbaProject.bin", b"x")]),
        ("not_a_sheet", vec![("word/document.xml", b"<w/>")]),
        ("not_a_sheet", vec![("photo.png", b"x")]),
        // A record that claims to be 256 MB long.
        ("unpacks_too_large", vec![("xl/workbook.bin", b"\x01\xFF\xFF\xFF\x7F")]),
        ("unpacks_too_large", vec![("content.xml", repeated)]),
    ] {
        let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
        let refusal = read("a.xlsx", packed(&parts)).expect_err("refused");
        assert_eq!(refusal.code(), what, "{names:?}: {refusal}");
    }
}

#[test]
fn no_damage_to_a_workbook_hangs_or_ends_the_program() {
    let whole = workbook(|sheet| {
        row(sheet, 0, &["Name", "Phone"]);
        row(sheet, 1, &["Asha", "9876543210"]);
    });
    for place in (0..whole.len()).step_by(37) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x5A;
        let _ = read("a.xlsx", damaged);
        let _ = read("a.xlsx", whole[..place].to_vec());
    }
}

/// Several places at once, and with values that lengths and counts are made of.
#[test]
fn no_damage_to_any_kind_of_workbook_hangs_or_ends_the_program() {
    const TRIES: u64 = 150;
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for name in ["excel_97.xls", "binary_workbook.xlsb", "libreoffice.ods", "numbers_and_dates.xlsx"] {
        let whole = fixture(name);
        let mut damage = |bytes: &mut Vec<u8>| {
            for _ in 0..1 + random() % 4 {
                let place = random() % bytes.len().max(1);
                let with = [0x00, 0xFF, 0x7F, 0x80, 0x01, b'0' + (random() % 10) as u8, random() as u8][random() % 7];
                bytes.splice(place..(place + 1).min(bytes.len()), [with]);
            }
            random()
        };
        for _ in 0..TRIES {
            let mut damaged = whole.clone();
            let which = damage(&mut damaged);
            let _ = read(name, damaged);
            // The parts of an archive are checked by sums: damaged inside, they have right ones.
            let Some(mut parts) = unpacked(&whole) else { continue };
            let part = which % parts.len();
            damage(&mut parts[part].1);
            let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, content)| (&**name, &**content)).collect();
            let _ = read(name, packed(&parts));
        }
    }
}

fn unpacked(archive: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).ok()?;
    let parts = (0..archive.len()).map(|index| {
        let mut part = archive.by_index(index).expect("a part");
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("readable");
        (part.name().expect("a name").into_owned(), content)
    });
    Some(parts.collect())
}

#[test]
fn refused_rows_beyond_what_is_kept_are_counted() {
    let rows = MAX_KEPT_REJECTED + 10;
    let text = format!("Name,Phone\n{}", "Bad,12\n".repeat(rows));
    let all = read("a.csv", text).expect("a sheet");
    assert_eq!((all.refused, all.problems.len()), (rows as u64, MAX_KEPT_REJECTED));
}
