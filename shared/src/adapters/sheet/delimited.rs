//! Text files with separated cells: .csv, .tsv. UTF-16 is told by its mark or by its look, else each
//! row is UTF-8, or Windows-1252 where it is not. Memory does not grow with the file: a record longer
//! than the buffer is refused.

use std::borrow::Cow;
use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use encoding_rs::WINDOWS_1252;

use super::encoding::{Utf16Text, utf16_of};
use super::{HEAD_BYTES, damaged};
use crate::domain::sheet::{MAX_COLUMNS, Row, SheetError};

const READ_BYTES: usize = 256 * 1024;
/// A longer record is a quote that was never closed.
const MAX_RECORD_BYTES: usize = 1024 * 1024;
/// Lines looked at to find out how cells are separated.
const SNIFFED_LINES: usize = 20;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What is done with each row: `false` stops the reading.
type TakeRow<'a> = dyn FnMut(&Row<'_>) -> Result<bool, SheetError> + 'a;

/// Refuses pictures, documents and programs that are named like a sheet.
pub(super) fn refuse_binary(head: &[u8]) -> Result<(), SheetError> {
    let what = if head.starts_with(b"%PDF") {
        "a PDF document"
    } else if starts_like_html(head) {
        "a web page"
    } else if utf16_of(head).is_none() && head.iter().any(|b| matches!(b, 0..=8 | 14..=26 | 28..=31)) {
        "binary data"
    } else {
        return Ok(());
    };
    Err(SheetError::NotASheet { what })
}

fn starts_like_html(head: &[u8]) -> bool {
    let start: Vec<u8> =
        head.iter().skip_while(|b| !b.is_ascii_graphic()).take(14).map(u8::to_ascii_lowercase).collect();
    [&b"<html"[..], b"<!doctype html", b"<table", b"<?xml"].iter().any(|tag| start.starts_with(tag))
}

/// Reads every record and gives it to `take`.
pub(super) fn read(source: impl Read, head: &[u8], take: &mut TakeRow<'_>) -> Result<(), SheetError> {
    let utf16 = utf16_of(head);
    let mut input: Box<dyn Read> = match utf16 {
        Some(encoding) => Box::new(Utf16Text::new(source, encoding.new_decoder_with_bom_removal())),
        None => Box::new(source),
    };
    let plain =
        utf16.map_or(Cow::Borrowed(head), |encoding| Cow::Owned(encoding.decode(head).0.into_owned().into_bytes()));
    Records::new(&plain).run(&mut input, take)
}

/// The state of reading one text.
struct Records {
    csv: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_len: usize,
    ends_len: usize,
    /// Line breaks inside cells so far: a spreadsheet shows such a record as one row.
    breaks_inside: u64,
    /// A first line `sep=;` is still to be passed over.
    names_separator: bool,
    /// Lines before the first that a spreadsheet shows.
    lines_hidden: u64,
    /// Records so far, where lines can not be counted because they end with a lone CR.
    records: Option<u64>,
    decoded: String,
    decoded_ends: Vec<usize>,
}

impl Records {
    fn new(head: &[u8]) -> Self {
        // Old Macs end lines with a lone CR; elsewhere a CR before the LF is cut off the last cell.
        let terminator = if head.contains(&b'\r') && !head.contains(&b'\n') { b'\r' } else { b'\n' };
        let named = separator_named(head);
        let delimiter = named.unwrap_or_else(|| delimiter_of(head));
        let csv = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(terminator)).build();
        Self {
            csv,
            text: vec![0; MAX_RECORD_BYTES],
            ends: vec![0; MAX_COLUMNS + 1],
            text_len: 0,
            ends_len: 0,
            breaks_inside: 0,
            names_separator: named.is_some(),
            lines_hidden: u64::from(named.is_some()),
            records: (terminator == b'\r').then_some(0),
            decoded: String::new(),
            decoded_ends: Vec::new(),
        }
    }

    fn run(&mut self, input: &mut dyn Read, take: &mut TakeRow<'_>) -> Result<(), SheetError> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let filled = fill(input, &mut buffer)?;
            let mut rest = &buffer[..filled];
            // To the parser an empty input is the end of the file: it may only see one there.
            while !rest.is_empty() || filled == 0 {
                let (result, read, text, ends) =
                    self.csv.read_record(rest, &mut self.text[self.text_len..], &mut self.ends[self.ends_len..]);
                rest = &rest[read..];
                self.text_len += text;
                self.ends_len += ends;
                match result {
                    ReadRecordResult::InputEmpty => break,
                    ReadRecordResult::OutputEndsFull => return Err(SheetError::TooManyColumns { limit: MAX_COLUMNS }),
                    ReadRecordResult::OutputFull => return Err(self.endless_record()),
                    ReadRecordResult::Record => {
                        if !self.give(filled == 0, take)? {
                            return Ok(());
                        }
                    }
                    ReadRecordResult::End => return Ok(()),
                }
            }
        }
    }

    /// Gives one record to `take`, as text.
    fn give(&mut self, at_end: bool, take: &mut TakeRow<'_>) -> Result<bool, SheetError> {
        let (text, ends) = (&self.text[..self.text_len], &mut self.ends[..self.ends_len]);
        (self.text_len, self.ends_len) = (0, 0);
        if std::mem::take(&mut self.names_separator) {
            return Ok(true);
        }
        self.breaks_inside += text.iter().filter(|b| **b == b'\n').count() as u64;
        self.records = self.records.map(|before| before + 1);
        // The line counter already stands on the next line, except behind the very last record.
        let by_lines = (self.csv.line() + u64::from(at_end)).saturating_sub(1 + self.breaks_inside + self.lines_hidden);
        let number = self.records.unwrap_or(by_lines);
        let row = match std::str::from_utf8(text) {
            Ok(text) if ends.iter().all(|end| text.is_char_boundary(*end)) => Row::new(number, text, ends),
            _ => {
                decode_cells(text, ends, &mut self.decoded, &mut self.decoded_ends);
                Row::new(number, &self.decoded, &self.decoded_ends)
            }
        };
        take(&row)
    }

    fn endless_record(&self) -> SheetError {
        let line = self.csv.line();
        damaged(format!("the row that ends at line {line} is longer than 1 MB; is a closing quote missing?"))
    }
}

/// Windows-1252 has a meaning for every byte, so this can not fail.
fn decode_cells(text: &[u8], ends: &[usize], decoded: &mut String, decoded_ends: &mut Vec<usize>) {
    decoded.clear();
    decoded_ends.clear();
    let mut start = 0;
    for end in ends {
        decoded.push_str(&WINDOWS_1252.decode_without_bom_handling(&text[start..*end]).0);
        decoded_ends.push(decoded.len());
        start = *end;
    }
}

fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, SheetError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return Err(damaged("it can not be read to its end")),
        }
    }
    Ok(filled)
}

/// The mark in a first line `sep=;`, with which Excel is told how a file is separated.
fn separator_named(head: &[u8]) -> Option<u8> {
    let line = without_mark(head).split(|b| matches!(b, b'\r' | b'\n')).next()?;
    let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', separator] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => {
            DELIMITERS.contains(separator).then_some(*separator)
        }
        _ => None,
    }
}

fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head)
}

/// The mark that most lines have most of, and as often as each other: amounts like `1,50,000` put
/// commas into a few.
fn delimiter_of(head: &[u8]) -> u8 {
    let mut counts: Vec<[usize; DELIMITERS.len()]> = Vec::new();
    let mut current = [0; DELIMITERS.len()];
    let mut quoted = false;
    let mut blank = true;
    for byte in without_mark(head).iter().chain(b"\n") {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => {
                if !blank {
                    counts.push(current);
                }
                (current, blank) = ([0; DELIMITERS.len()], true);
                if counts.len() == SNIFFED_LINES {
                    break;
                }
                continue;
            }
            _ if quoted => {}
            _ => {
                if let Some(found) = DELIMITERS.iter().position(|d| d == byte) {
                    current[found] += 1;
                }
            }
        }
        blank &= byte.is_ascii_whitespace();
    }
    // The last line of a full head is cut off.
    if head.len() == HEAD_BYTES && counts.len() > 2 && counts.len() < SNIFFED_LINES {
        counts.pop();
    }
    let median = |which: usize| {
        let mut of_lines: Vec<usize> = counts.iter().map(|line| line[which]).collect();
        of_lines.sort_unstable();
        let median = of_lines.get(of_lines.len() / 2).copied().unwrap_or(0);
        (median, of_lines.iter().filter(|count| **count == median).count())
    };
    // `max_by_key` takes the last of equals, and the comma is the likeliest.
    (0..DELIMITERS.len()).rev().max_by_key(|which| median(*which)).map_or(b',', |which| DELIMITERS[which])
}
