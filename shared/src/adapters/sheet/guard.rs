//! Looks through a workbook before the library opens it: what it unpacks to, how long its texts
//! and tags are, whether it carries programs. The library trusts these, so nothing hostile may
//! reach it. Every part is unpacked once here, keeping nothing.

use std::io::Read;

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Source, damaged};
use crate::domain::sheet::SheetError;

const MIB: u64 = 1024 * 1024;
/// All sheets together; a million full rows unpack to about 400 MB.
const MAX_SHEETS_BYTES: u64 = 1024 * MIB;
/// The library keeps shared texts in memory at about three times this.
const MAX_SHARED_TEXT_BYTES: u64 = 32 * MIB;
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
/// More shared texts than this can not be in [`MAX_SHARED_TEXT_BYTES`].
const MAX_COUNT_DIGITS: usize = 7;

/// Refuses what must not be opened.
pub(super) fn check(source: &mut dyn Source) -> Result<(), SheetError> {
    let mut archive = ZipArchive::new(source).map_err(|error| refusal_of(&error))?;
    if archive.len() > MAX_PARTS {
        return Err(too_large("number of parts"));
    }
    let names: Result<Vec<String>, ZipError> = archive.file_names().map(|name| Ok(name?.to_lowercase())).collect();
    let names = names.map_err(|error| refusal_of(&error))?;
    refuse_other_documents(&names)?;
    let mut sheets = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| refusal_of(&error))?;
        let name = part.name().map_err(|error| refusal_of(&error))?.to_lowercase();
        let limit = limit_of(&name, sheets);
        let packed = part.compressed_size();
        if part.size() > limit {
            return Err(too_large(&name));
        }
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        let unpacked = Scan::new(&name, is_xml).run(part, limit)?;
        if unpacked > RATIO_COUNTS_FROM && unpacked / packed.max(1) > MAX_RATIO {
            return Err(too_large(&name));
        }
        if name.contains("worksheets/") {
            sheets += unpacked;
        }
    }
    Ok(())
}

fn limit_of(name: &str, sheets_so_far: u64) -> u64 {
    if !name.ends_with(".xml") {
        MAX_OTHER_BYTES
    } else if name.ends_with("sharedstrings.xml") {
        MAX_SHARED_TEXT_BYTES
    } else if name.contains("worksheets/") {
        MAX_SHEETS_BYTES.saturating_sub(sheets_so_far)
    } else {
        MAX_OTHER_BYTES
    }
}

fn refuse_other_documents(names: &[String]) -> Result<(), SheetError> {
    let has = |end: &str| names.iter().any(|name| name.ends_with(end));
    let unsupported = |what: &str| Err(SheetError::UnsupportedFormat { what: what.to_owned() });
    if has("vbaproject.bin") {
        return Err(SheetError::Macros);
    }
    if has("workbook.xml") {
        return Ok(());
    }
    if has("workbook.bin") {
        return unsupported("a binary workbook (.xlsb)");
    }
    if has("content.xml") {
        return unsupported("an OpenDocument file");
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

fn too_large(part: &str) -> SheetError {
    SheetError::TooLarge { part: part.chars().filter(|c| !c.is_control()).take(60).collect() }
}

/// One pass over one part.
struct Scan<'a> {
    part: &'a str,
    is_xml: bool,
    tag: Vec<u8>,
    in_tag: bool,
    quote: Option<u8>,
    /// Text since the last row, cell or shared text began.
    text_bytes: usize,
}

impl<'a> Scan<'a> {
    fn new(part: &'a str, is_xml: bool) -> Self {
        Self { part, is_xml, tag: Vec::new(), in_tag: false, quote: None, text_bytes: 0 }
    }

    /// Answers the bytes it unpacked to, whatever the archive declared.
    fn run(mut self, mut content: impl Read, limit: u64) -> Result<u64, SheetError> {
        let mut buffer = vec![0; 64 * 1024];
        let mut unpacked = 0;
        loop {
            let read =
                content.read(&mut buffer).map_err(|_| damaged(format!("part {} can not be unpacked", self.part)))?;
            if read == 0 {
                return Ok(unpacked);
            }
            unpacked += read as u64;
            if unpacked > limit {
                return Err(too_large(self.part));
            }
            if self.is_xml {
                self.xml(&buffer[..read])?;
            }
        }
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
        let name_end = self.tag.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b':').unwrap_or(self.tag.len());
        let name = &self.tag[..name_end];
        let local = name.rsplit(|b| *b == b':').next().unwrap_or_default();
        match local {
            b"c" | b"row" | b"si" => self.text_bytes = 0,
            // The library makes room for as many texts as the file claims to have.
            b"sst" if claims_too_many(&self.tag) => return Err(too_large(self.part)),
            // Outside of sheets texts are short and stand in many different tags.
            _ if !self.part.contains("worksheets/") && !self.part.ends_with("sharedstrings.xml") => self.text_bytes = 0,
            _ => {}
        }
        Ok(())
    }
}

/// No honest tag that opens the shared texts holds a longer number, wherever its spaces stand.
fn claims_too_many(tag: &[u8]) -> bool {
    tag.split(|b| !b.is_ascii_digit()).any(|number| number.len() > MAX_COUNT_DIGITS)
}
