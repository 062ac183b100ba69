//! Reading customer sheets row by row with bounded memory. The content says what a file is; its
//! name only refuses what no sheet is called. Every cell becomes text here, nothing is interpreted.

mod delimited;
mod guard;
mod workbook;

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::sheet::{Row, RowOutcome, RowRules, SheetError, SheetParser};
use crate::domain::upload::MAX_STORED_ERRORS;
use crate::ports::sheets::{CustomerSheet, SheetBatch};

/// Rows on their way at once: about 2 MB a batch, small beside the record store's own work.
const BATCH_ROWS: usize = 5_000;
/// One batch being stored, one waiting.
const BATCHES_WAITING: usize = 1;
/// Enough to tell what a file is and how its cells are separated.
const HEAD_BYTES: usize = 64 * 1024;

/// An uploaded file that claims to be a sheet.
#[derive(Debug)]
pub struct SheetFile {
    filename: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Bytes(Bytes),
    File(File),
}

/// The kinds of file we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Delimited,
    Workbook,
}

/// What a reader does with each row: `false` stops the reading.
type TakeRow<'a> = dyn FnMut(&Row<'_>) -> Result<bool, SheetError> + 'a;

/// Anything a sheet can be read from.
trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

impl SheetFile {
    /// A file held in memory.
    pub fn from_bytes(filename: impl Into<String>, bytes: Bytes) -> Self {
        Self { filename: filename.into(), content: Content::Bytes(bytes) }
    }
    /// A file on disk, open for reading.
    pub fn from_file(filename: impl Into<String>, file: File) -> Self {
        Self { filename: filename.into(), content: Content::File(file) }
    }
}

impl CustomerSheet for SheetFile {
    fn read(self: Box<Self>, rules: RowRules) -> mpsc::Receiver<Result<SheetBatch, SheetError>> {
        let (batches, receiver) = mpsc::channel(BATCHES_WAITING);
        tokio::task::spawn_blocking(move || {
            // A reader that panics on a hostile file must not look like the end of the sheet.
            let read = catch_unwind(AssertUnwindSafe(|| read_all(*self, rules, &batches)));
            let outcome = read.unwrap_or_else(|_| Err(damaged("its content contradicts itself")));
            if let Err(refusal) = outcome {
                // Nobody waits any more: then nobody needs the reason.
                let _ = batches.blocking_send(Err(refusal));
            }
        });
        receiver
    }
}

type Batches = mpsc::Sender<Result<SheetBatch, SheetError>>;

fn read_all(sheet: SheetFile, rules: RowRules, batches: &Batches) -> Result<(), SheetError> {
    let mut source: Box<dyn Source> = match sheet.content {
        Content::Bytes(bytes) => Box::new(Cursor::new(bytes)),
        Content::File(file) => Box::new(file),
    };
    let head = head_of(&mut source)?;
    let mut collector = Collector { batch: SheetBatch::default(), problems: 0, batches };
    match format_of(&sheet.filename, &head)? {
        Format::Delimited => {
            let mut parser = SheetParser::new(rules);
            delimited::read(source, &head, &mut |row| collector.take(parser.push(row)?))?;
            if !parser.has_header() {
                return Err(parser.missing_header());
            }
        }
        Format::Workbook => workbook::read(source, rules, &mut |outcome| collector.take(outcome))?,
    }
    collector.send();
    Ok(())
}

/// Gathers rows into batches.
struct Collector<'a> {
    batch: SheetBatch,
    problems: usize,
    batches: &'a Batches,
}

impl Collector<'_> {
    /// `false` where nobody takes batches any more.
    fn take(&mut self, outcome: RowOutcome) -> Result<bool, SheetError> {
        match outcome {
            RowOutcome::NotData => return Ok(true),
            RowOutcome::Customer(customer) => self.batch.customers.push(customer),
            RowOutcome::Refused(problems) => {
                self.batch.refused += 1;
                let room = MAX_STORED_ERRORS.saturating_sub(self.problems);
                let before = self.batch.problems.len();
                self.batch.problems.extend(problems.into_iter().take(room));
                self.problems += self.batch.problems.len() - before;
            }
        }
        let full = self.batch.customers.len() + self.batch.refused as usize >= BATCH_ROWS;
        Ok(!full || self.send())
    }

    fn send(&mut self) -> bool {
        let batch = std::mem::take(&mut self.batch);
        self.batches.blocking_send(Ok(batch)).is_ok()
    }
}

fn head_of(source: &mut dyn Source) -> Result<Vec<u8>, SheetError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|_| damaged("it can not be read"))?;
    source.seek(SeekFrom::Start(0)).map_err(|_| damaged("it can not be read"))?;
    Ok(head)
}

/// Content first: spreadsheets are often misnamed. The name then refuses what is no sheet.
fn format_of(filename: &str, head: &[u8]) -> Result<Format, SheetError> {
    const OLE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];
    let extension = filename.rsplit_once('.').map(|(_, e)| e.trim().to_lowercase()).unwrap_or_default();
    if !matches!(extension.as_str(), "csv" | "tsv" | "txt" | "xlsx") {
        let what = match extension.as_str() {
            "" => "a file without an ending".to_owned(),
            other => format!("a .{} file", other.chars().take(10).collect::<String>()),
        };
        return Err(SheetError::UnsupportedFormat { what });
    }
    if head.is_empty() {
        return Err(SheetError::Empty);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(OLE) {
        return Ok(Format::Workbook);
    }
    delimited::refuse_binary(head)?;
    Ok(Format::Delimited)
}

fn damaged(detail: impl Into<String>) -> SheetError {
    SheetError::Unreadable { detail: detail.into() }
}

#[cfg(test)]
mod tests;
