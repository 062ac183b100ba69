//! Looks through a workbook before the library opens it: what it unpacks to, how long its texts
//! and tags are, whether it carries programs. The library trusts these, so nothing hostile may
//! reach it. Every part is unpacked once here, keeping nothing.

use std::io::Read;

use zip::ZipArchive;
use zip::result::ZipError;

use super::limits::too_large;
use super::ods::OdsCells;
use super::{Source, damaged};
use crate::domain::sheet::{FileKind, SheetError};

const MIB: u64 = 1024 * 1024;
/// All sheets together; a million full rows unpack to about 400 MB.
const MAX_SHEETS_BYTES: u64 = 1024 * MIB;
/// The library keeps shared texts in memory at about three times this.
const MAX_SHARED_TEXT_BYTES: u64 = 32 * MIB;
/// `.ods` has its sheets in one part and the library reads it whole: about a million cells.
const MAX_ODS_BYTES: u64 = 128 * MIB;
/// Styles, relations, pictures: none of them grows with the customers.
const MAX_OTHER_BYTES: u64 = 16 * MIB;
/// Honest sheets pack to about a tenth; deflate's limit is about 1:1000, where bombs are.
const MAX_RATIO: u64 = 100;
/// Below this a high ratio hurts nobody.
const RATIO_COUNTS_FROM: u64 = 16 * MIB;
const MAX_PARTS: usize = 10_000;
/// Excel's own limit for a cell is 32,767 characters.
const MAX_TEXT_BYTES: usize = 256 * 1024;
const MAX_TAG_BYTES: usize = 64 * 1024;
/// One record of a binary workbook; the longest honest one is a full cell.
const MAX_RECORD_BYTES: usize = 256 * 1024;
/// More shared texts than this can not be in [`MAX_SHARED_TEXT_BYTES`].
const MAX_COUNT_DIGITS: usize = 7;

/// Refuses what must not be opened; answers which kind of workbook it is.
pub(super) fn check(source: &mut dyn Source) -> Result<FileKind, SheetError> {
    let mut archive = ZipArchive::new(source).map_err(|error| refusal_of(&error))?;
    if archive.len() > MAX_PARTS {
        return Err(too_large("number of parts"));
    }
    let names: Result<Vec<String>, ZipError> = archive.file_names().map(|name| Ok(name?.to_lowercase())).collect();
    let names = names.map_err(|error| refusal_of(&error))?;
    let kind = kind_of(&names)?;
    let mut sheets = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| refusal_of(&error))?;
        let name = part.name().map_err(|error| refusal_of(&error))?.to_lowercase();
        let limit = limit_of(&name, kind, sheets);
        let packed = part.compressed_size();
        if part.size() > limit {
            return Err(too_large(&name));
        }
        let unpacked = Scan::new(&name, kind).run(part, limit)?;
        if unpacked > RATIO_COUNTS_FROM && unpacked / packed.max(1) > MAX_RATIO {
            return Err(too_large(&name));
        }
        if name.contains("worksheets/") {
            sheets += unpacked;
        }
    }
    Ok(kind)
}

fn limit_of(name: &str, kind: FileKind, sheets_so_far: u64) -> u64 {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match (kind, extension) {
        (FileKind::Ods, "xml") if stem == "content" => MAX_ODS_BYTES,
        (_, "xml" | "bin") if stem.ends_with("sharedstrings") => MAX_SHARED_TEXT_BYTES,
        (_, "xml" | "bin") if stem.contains("worksheets/") => MAX_SHEETS_BYTES.saturating_sub(sheets_so_far),
        _ => MAX_OTHER_BYTES,
    }
}

fn kind_of(names: &[String]) -> Result<FileKind, SheetError> {
    let has = |end: &str| names.iter().any(|name| name.ends_with(end));
    if has("vbaproject.bin") {
        return Err(SheetError::Macros);
    }
    if has("workbook.xml") {
        return Ok(FileKind::Xlsx);
    }
    if has("workbook.bin") {
        return Ok(FileKind::Xlsb);
    }
    if has("content.xml") {
        return Ok(FileKind::Ods);
    }
    if has("word/document.xml") {
        return Err(SheetError::NotASheet { what: "a text document" });
    }
    Err(SheetError::NotASheet { what: "an archive" })
}

fn refusal_of(error: &ZipError) -> SheetError {
    match error {
        ZipError::UnsupportedArchive(why) if why.to_lowercase().contains("password") => SheetError::Encrypted,
        _ => damaged("it is cut off or was changed on its way"),
    }
}

/// One pass over one part.
struct Scan<'a> {
    part: &'a str,
    content: Content,
    ods: Option<OdsCells>,
    record: Record,
    tag: Vec<u8>,
    in_tag: bool,
    quote: Option<u8>,
    /// Text since the last row, cell or shared text began.
    text_bytes: usize,
}

/// What a part consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Xml,
    /// Type, length, body, over and over.
    Records,
    Other,
}

/// Where in a record a part of a binary workbook stands.
#[derive(Clone, Copy)]
enum Record {
    Type { second: bool },
    Length { so_far: usize, shift: u32 },
    Body { left: usize },
}

impl<'a> Scan<'a> {
    fn new(part: &'a str, kind: FileKind) -> Self {
        let content = match part.rsplit('.').next() {
            Some("xml" | "rels") => Content::Xml,
            // What a printer driver left there is read by nobody.
            Some("bin") if kind == FileKind::Xlsb && !part.contains("printersettings") => Content::Records,
            _ => Content::Other,
        };
        let ods = (kind == FileKind::Ods && part == "content.xml").then(OdsCells::default);
        let record = Record::Type { second: false };
        Self { part, content, ods, record, tag: Vec::new(), in_tag: false, quote: None, text_bytes: 0 }
    }

    /// Answers the bytes it unpacked to, whatever the archive declared.
    fn run(mut self, mut content: impl Read, limit: u64) -> Result<u64, SheetError> {
        let mut buffer = vec![0; 64 * 1024];
        let mut unpacked = 0;
        loop {
            let read =
                content.read(&mut buffer).map_err(|_| damaged(format!("part {} can not be unpacked", self.part)))?;
            if read == 0 {
                if let Some(ods) = &self.ods {
                    ods.end()?;
                }
                return Ok(unpacked);
            }
            unpacked += read as u64;
            if unpacked > limit {
                return Err(too_large(self.part));
            }
            match self.content {
                Content::Xml => self.xml(&buffer[..read])?,
                Content::Records => self.records(&buffer[..read])?,
                Content::Other => {}
            }
        }
    }

    /// The library makes room for a record before it reads it, so none may only claim to be long.
    fn records(&mut self, mut bytes: &[u8]) -> Result<(), SheetError> {
        while let Some((byte, rest)) = bytes.split_first() {
            self.record = match self.record {
                Record::Body { left } => {
                    let skipped = left.min(bytes.len());
                    bytes = &bytes[skipped..];
                    self.record = Record::Body { left: left - skipped };
                    if left == skipped {
                        self.record = Record::Type { second: false };
                    }
                    continue;
                }
                Record::Type { second: false } if byte & 0x80 != 0 => Record::Type { second: true },
                Record::Type { .. } => Record::Length { so_far: 0, shift: 0 },
                Record::Length { so_far, shift } => {
                    let length = so_far | usize::from(byte & 0x7F) << shift;
                    if length > MAX_RECORD_BYTES {
                        return Err(too_large(self.part));
                    }
                    match (byte & 0x80 != 0 && shift < 21, length) {
                        (true, _) => Record::Length { so_far: length, shift: shift + 7 },
                        (false, 0) => Record::Type { second: false },
                        (false, left) => Record::Body { left },
                    }
                }
            };
            bytes = rest;
        }
        Ok(())
    }

    fn xml(&mut self, mut bytes: &[u8]) -> Result<(), SheetError> {
        while !bytes.is_empty() {
            if self.in_tag {
                let byte = bytes[0];
                bytes = &bytes[1..];
                self.tag_byte(byte)?;
                continue;
            }
            let text = bytes.iter().position(|b| *b == b'<').unwrap_or(bytes.len());
            self.text_bytes += text;
            if let Some(ods) = &mut self.ods {
                ods.text(text)?;
            }
            if self.text_bytes > MAX_TEXT_BYTES {
                return Err(too_large(self.part));
            }
            if text < bytes.len() {
                self.in_tag = true;
                self.tag.clear();
            }
            bytes = &bytes[(text + 1).min(bytes.len())..];
        }
        Ok(())
    }

    fn tag_byte(&mut self, byte: u8) -> Result<(), SheetError> {
        match (self.quote, byte) {
            (Some(open), _) if open == byte => self.quote = None,
            (None, b'"' | b'\'') => self.quote = Some(byte),
            (None, b'>') => {
                self.in_tag = false;
                return self.tag_end();
            }
            // Comments, document types and entities: no spreadsheet program writes them into a
            // workbook, and each is a way to make a reader keep everything that follows.
            (_, b'!') if self.tag.is_empty() => return Err(damaged(format!("part {} is not plain", self.part))),
            (_, b'<') => return Err(damaged(format!("part {} is not well formed", self.part))),
            _ => {}
        }
        self.tag.push(byte);
        if self.tag.len() > MAX_TAG_BYTES { Err(too_large(self.part)) } else { Ok(()) }
    }

    fn tag_end(&mut self) -> Result<(), SheetError> {
        let name_end = self.tag.iter().position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b':' | b'-'));
        let name_end = name_end.unwrap_or(self.tag.len());
        let name = &self.tag[..name_end];
        let local = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        if self.tag.starts_with(b"?") && !self.tag.ends_with(b"?") {
            return Err(damaged(format!("part {} is not plain", self.part)));
        }
        if let Some(ods) = &mut self.ods {
            ods.tag(local, &self.tag)?;
            let (closed, bare) = (self.tag.ends_with(b"/"), self.tag.strip_prefix(b"/"));
            let full = bare.unwrap_or(&self.tag).split(|b| b.is_ascii_whitespace() || *b == b'/').next();
            if !closed {
                ods.nesting(full.unwrap_or_default(), bare.is_some())?;
            }
        }
        match local {
            b"c" | b"row" | b"si" | b"table-cell" | b"table-row" => self.text_bytes = 0,
            // The library makes room for as many texts as the file claims to have.
            b"sst" if claims_too_many(&self.tag) => return Err(too_large(self.part)),
            // Outside of sheets texts are short and stand in many different tags.
            _ if !self.holds_cells() => self.text_bytes = 0,
            _ => {}
        }
        Ok(())
    }
}

impl Scan<'_> {
    fn holds_cells(&self) -> bool {
        self.ods.is_some() || self.part.contains("worksheets/") || self.part.ends_with("sharedstrings.xml")
    }
}

/// No honest tag that opens the shared texts holds a longer number, wherever its spaces stand.
fn claims_too_many(tag: &[u8]) -> bool {
    tag.split(|b| !b.is_ascii_digit()).any(|number| number.len() > MAX_COUNT_DIGITS)
}
