//! Every sheet of `tests/fixtures/sheets`, and those too large to keep, through the real reader and
//! the use-case: exactly the report that was written down beforehand.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::Workbook;
use serde::Deserialize;
use serde_json::Value;
use shared::adapters::sheet::SheetFile;
use shared::app::{App, Error, NewUpload, upload_customers};
use shared::domain::customer::CustomerDetails;
use shared::domain::page::PageRequest;
use shared::domain::upload::{Upload, UploadStatus};
use shared::ports::customers::CustomerFilter;
use shared::wiring::memory_app;

/// What must become of a sheet; the fixtures' README says what each field is.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Expected {
    Refused {
        #[serde(rename = "nasty")]
        _nasty: String,
        refused: String,
        says: String,
    },
    Read(Box<Report>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    #[serde(rename = "nasty")]
    _nasty: String,
    status: UploadStatus,
    total: i64,
    processed: i64,
    failed: i64,
    duplicates: i64,
    customers: Vec<Value>,
    errors: Vec<(u64, String, String)>,
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sheets");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).expect("the fixtures").flatten().map(|f| f.path()).collect();
    files.retain(|file| !["README.md", "make.py"].iter().any(|own| file.ends_with(own)));
    files.sort();
    files
}

pub(crate) async fn upload(app: &App, path: &Path, filename: &str) -> Result<Upload, Error> {
    let file = File::open(path).expect("readable");
    let bytes = file.metadata().expect("a size").len();
    let new = NewUpload { filename: filename.to_owned(), storage_key: None, bytes };
    upload_customers(app, Box::new(SheetFile::from_file(filename, file)), new).await
}

#[tokio::test]
async fn every_nasty_sheet_gives_exactly_the_report_written_beside_it() {
    let files = fixtures();
    let (expectations, sheets): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| file.extension().is_some_and(|e| e == "json"));
    assert_eq!(expectations.len(), sheets.len(), "each sheet has its expectation");
    let mut wrong = Vec::new();
    for path in sheets {
        let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
        let expected = fs::read_to_string(path.with_file_name(format!("{name}.json"))).expect("an expectation");
        let expected: Expected = serde_json::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Err(difference) = compare(path, name, expected).await {
            wrong.push(format!("{name}: {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{} sheets:\n{}", wrong.len(), wrong.join("\n"));
}

async fn compare(path: &Path, name: &str, expected: Expected) -> Result<(), String> {
    let (app, _) = memory_app();
    let outcome = upload(&app, path, name).await;
    let record = app.uploads.list(&PageRequest::default()).await.expect("a list").items.remove(0);
    match (expected, outcome) {
        (Expected::Refused { refused, says, .. }, Err(Error::Invalid { code, detail })) => {
            same("code", code, refused.as_str())?;
            if !detail.contains(&says) {
                return Err(format!("says {detail:?}"));
            }
            same("status", record.upload_status, UploadStatus::Failed)?;
            same("what the record says", &record.processing_errors[0].problem, &detail)
        }
        (Expected::Read(report), Ok(done)) => {
            same("record", &record, &done)?;
            same("status", done.upload_status, report.status)?;
            let counts = |u: &Upload| [u.total_records, u.processed_records, u.failed_records, u.duplicate_records];
            same("counts", counts(&done), [report.total, report.processed, report.failed, report.duplicates])?;
            let errors = done.processing_errors.into_iter().map(|e| (e.row, e.column, e.problem)).collect::<Vec<_>>();
            same("errors", errors, report.errors)?;
            same("customers", customers(&app).await, report.customers)
        }
        (expected, outcome) => Err(format!("expected {expected:?}, got {outcome:?}")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}:\n  got      {got:?}\n  expected {expected:?}")) }
}

/// Everybody stored.
async fn customers(app: &App) -> Vec<Value> {
    let all = app.customers.ids(&CustomerFilter::default(), None, 1_000).await.expect("ids");
    let all = app.customers.find_many(&all).await.expect("customers");
    let shown = |c: CustomerDetails| {
        let (amount, day) = (c.amount.map(|a| a.0), c.due_date.map(|d| d.to_string()));
        serde_json::json!([c.name, c.phone.expose(), c.loan_id, amount, day, c.language.code()])
    };
    let mut shown: Vec<Value> = all.into_iter().map(|customer| shown(customer.details)).collect();
    // Ids of one moment have no order: phones and loans of the fixtures go up.
    shown.sort_by_key(|row| (row[1].to_string(), row[2].to_string()));
    shown
}

pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sheets-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder.join(name)
}

async fn refusal(path: &Path) -> (&'static str, String) {
    let (app, _) = memory_app();
    let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
    match upload(&app, path, name).await {
        Err(Error::Invalid { code, detail }) => (code, detail),
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn fifty_thousand_columns_are_refused_early_in_every_format() {
    let text = scratch("wide.csv");
    let cells = "x,".repeat(50_000);
    fs::write(&text, format!("{cells}\n{cells}\n")).expect("written");
    assert_eq!(refusal(&text).await.0, "too_many_columns");
    // A workbook ends at 16,384 columns, which is absurd enough.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for column in 0..16_384 {
        sheet.write_string(0, column, "x").expect("a cell");
    }
    let workbook = scratch("wide.xlsx");
    book.save(&workbook).expect("written");
    assert_eq!(refusal(&workbook).await.0, "too_many_columns");
}

#[tokio::test]
async fn a_zip_bomb_is_refused_before_it_is_unpacked() {
    let path = scratch("bomb.xlsx");
    let mut archive = zip::ZipWriter::new(BufWriter::new(File::create(&path).expect("a file")));
    archive.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).expect("a part");
    archive.write_all(b"<workbook/>").expect("written");
    archive.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).expect("a part");
    let row = "<row></row>".repeat(1_000);
    for _ in 0..4_000 {
        archive.write_all(row.as_bytes()).expect("written");
    }
    archive.finish().expect("an archive");
    let packed = fs::metadata(&path).expect("a size").len();
    assert!(packed < 4 * 1024 * 1024, "a bomb is small: {packed}");
    assert_eq!(refusal(&path).await.0, "unpacks_too_large");
}

#[tokio::test]
async fn an_old_workbook_over_its_limit_is_told_the_limit() {
    let path = scratch("large.xls");
    let mut content = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sheets/excel_97.xls"))
        .expect("the fixture");
    content.resize(20 * 1024 * 1024 + 1, 0);
    fs::write(&path, content).expect("written");
    let (code, says) = refusal(&path).await;
    assert_eq!(code, "file_too_large");
    assert!(says.contains("20 MB") && says.contains(".xlsx or .csv"), "{says}");
}
