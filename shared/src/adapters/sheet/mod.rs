//! Reading customer sheets row by row. The content says what a file is; its name only refuses what
//! no sheet is called. Every cell becomes text here, nothing is interpreted.
//!
//! | File | Read | Limits |
//! |---|---|---|
//! | `.csv`, `.tsv`, `.txt` | streamed | 512 MB; a row of 1 MB |
//! | `.xlsx`, `.xlsb` | streamed, shared texts in memory | 128 MB; unpacked 1 GB of sheets, 32 MB of shared texts |
//! | `.xls`, `.ods` | whole in memory | 20 MB; 2,000,000 cells, 64 MB of texts |
//!
//! All of them: 500 columns.

mod biff;
mod delimited;
mod encoding;
mod guard;
mod limits;
mod ods;
mod workbook;

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::domain::sheet::{FileKind, Row, RowOutcome, RowRules, SheetError, SheetParser};
use crate::domain::upload::MAX_KEPT_REJECTED;
use crate::ports::sheets::{CustomerSheet, SheetBatch};

/// Rows on their way at once: about 2 MB a batch, small beside the record store's own work.
const BATCH_ROWS: usize = 5_000;
/// Fewer rows make a batch where they are long.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
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

/// What a reader does with each row, given with the sheet's parser: `false` stops the reading.
type TakeRow<'a> = dyn FnMut(&mut SheetParser, &Row<'_>) -> Result<bool, SheetError> + 'a;

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
    FileKind::of_name(&sheet.filename)?;
    let mut source: Box<dyn Source> = match sheet.content {
        Content::Bytes(bytes) => Box::new(Cursor::new(bytes)),
        Content::File(file) => Box::new(file),
    };
    let head = head_of(&mut source)?;
    let kind = kind_of(&mut source, &head)?;
    let size = source.seek(SeekFrom::End(0)).and_then(|size| source.rewind().map(|()| size));
    kind.check_size(size.map_err(|_| damaged("it can not be read twice"))?)?;
    let mut collector = Collector { batch: SheetBatch::default(), batch_bytes: 0, kept: 0, batches };
    let mut take = |parser: &mut SheetParser, row: &Row<'_>| collector.take(parser, row);
    if kind == FileKind::Text {
        let mut parser = SheetParser::new(rules);
        delimited::read(source, &head, &mut |row| take(&mut parser, row))?;
        if !parser.has_header() {
            return Err(parser.missing_header());
        }
    } else {
        let unread_sheets = workbook::read(source, kind, rules, &mut take)?;
        collector.batch.unread_sheets = unread_sheets;
    }
    collector.send();
    Ok(())
}

/// Gathers rows into batches.
struct Collector<'a> {
    batch: SheetBatch,
    batch_bytes: usize,
    /// Refused rows handed on so far.
    kept: usize,
    batches: &'a Batches,
}

impl Collector<'_> {
    /// `false` where nobody takes batches any more.
    fn take(&mut self, parser: &mut SheetParser, row: &Row<'_>) -> Result<bool, SheetError> {
        match parser.push(row)? {
            RowOutcome::NotData => return Ok(true),
            RowOutcome::Customer(customer) => self.batch.customers.push(customer),
            RowOutcome::Refused(rejected) => {
                self.batch.refused += 1;
                if self.kept < MAX_KEPT_REJECTED {
                    self.kept += 1;
                    if self.batch.rejected.rows.is_empty() {
                        self.batch.rejected.headers = parser.headers().to_vec();
                    }
                    self.batch.rejected.rows.push(rejected);
                }
            }
        }
        self.batch_bytes += row.bytes();
        let full = self.batch.customers.len() + self.batch.refused as usize >= BATCH_ROWS;
        Ok(!full && self.batch_bytes < BATCH_BYTES || self.send())
    }

    fn send(&mut self) -> bool {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        self.batches.blocking_send(Ok(batch)).is_ok()
    }
}

fn head_of(source: &mut dyn Source) -> Result<Vec<u8>, SheetError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|_| damaged("it can not be read"))?;
    source.rewind().map_err(|_| damaged("it can not be read"))?;
    Ok(head)
}

/// By content alone: spreadsheets are often misnamed.
fn kind_of(source: &mut dyn Source, head: &[u8]) -> Result<FileKind, SheetError> {
    if head.is_empty() {
        return Err(SheetError::Empty);
    }
    if head.starts_with(b"PK\x03\x04") {
        return guard::check(source);
    }
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Ok(FileKind::Xls);
    }
    delimited::refuse_binary(head)?;
    Ok(FileKind::Text)
}

fn damaged(detail: impl Into<String>) -> SheetError {
    SheetError::Unreadable { detail: detail.into() }
}

#[cfg(test)]
mod tests;
