//! `.xls`: a compound file whose one stream is a chain of records. The library holds all of it in
//! memory and believes what it says, so its stream is taken out by a careful reader of compound
//! files, looked through here, and handed on alone.

use std::io::{Cursor, Read, Write};

use cfb::{CompoundFile, Version};

use super::limits::{MAX_CELLS, MAX_TEXT_TOTAL, too_large};
use super::{Source, damaged};
use crate::domain::sheet::{FileKind, SheetError};

/// Columns of a sheet in this format.
const COLUMNS: u32 = 256;
/// A workbook with more sheets was not made by a person.
const MAX_SHEETS: usize = 1_000;
/// The shared texts of 20 MB fill about 2,500 records; with far more of them the library gets slow.
const MAX_CONTINUED: usize = 20_000;
/// The code page of UTF-16.
const UTF_16: u16 = 1200;

const FILE_PASS: u16 = 0x002F;
const CODE_PAGE: u16 = 0x0042;
const BOUND_SHEET: u16 = 0x0085;
const SHARED_TEXTS: u16 = 0x00FC;
const CONTINUE: u16 = 0x003C;
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const DIMENSIONS: u16 = 0x0200;
const NUMBER: u16 = 0x0203;
const TEXT_OF_FORMULA: u16 = 0x0207;
const FORMULA: u16 = 0x0006;
const MANY_NUMBERS: u16 = 0x00BD;
const SHARED_TEXT_CELL: u16 = 0x00FD;
/// Number, label, boolean or error, short number, rich label.
const ONE_CELL: [u16; 5] = [NUMBER, 0x0204, 0x0205, 0x027E, 0x00D6];

/// The workbook alone in a compound file of its own, with nothing in it that would harm.
pub(super) fn harmless(source: Box<dyn Source>) -> Result<Cursor<Vec<u8>>, SheetError> {
    let broken = |_| damaged("it is cut off or was changed on its way");
    let mut file = CompoundFile::open(source).map_err(broken)?;
    if file.exists("/EncryptedPackage") {
        return Err(SheetError::Encrypted);
    }
    if file.exists("/_VBA_PROJECT_CUR") {
        return Err(SheetError::Macros);
    }
    let Some(path) = ["/Workbook", "/Book"].into_iter().find(|path| file.is_stream(path)) else {
        return Err(SheetError::NotASheet { what: "an old Office document, but no workbook" });
    };
    let mut stream = Vec::new();
    let limit = FileKind::Xls.max_bytes();
    file.open_stream(path).map_err(broken)?.take(limit + 1).read_to_end(&mut stream).map_err(broken)?;
    FileKind::Xls.check_size(stream.len() as u64)?;
    check(&mut stream)?;
    // The library refuses a file of the newer version that has no small streams.
    let mut alone = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new())).map_err(broken)?;
    alone.create_stream("/Workbook").and_then(|mut new| new.write_all(&stream)).map_err(broken)?;
    alone.flush().map_err(broken)?;
    Ok(alone.into_inner())
}

/// Refuses what would need too much memory, and takes out what only claims to.
fn check(stream: &mut [u8]) -> Result<(), SheetError> {
    let globals = Globals::read(stream)?;
    let (mut cells, mut text, mut walked) = (0, 0, 0);
    for position in &globals.sheets {
        let mut sheet = Sheet::new(&globals.text_lengths);
        walked += sheet.walk(stream, *position)?;
        // Sheets that share records would be read as often as there are sheets.
        if walked > stream.len() {
            return Err(damaged("its sheets overlap"));
        }
        cells += sheet.cells();
        text += sheet.text;
        if cells > MAX_CELLS || text > MAX_TEXT_TOTAL {
            return Err(too_large("sheet"));
        }
    }
    Ok(())
}

/// Type and place of the record that starts there; `None` at the end.
fn record(stream: &[u8], at: usize) -> Result<Option<(u16, std::ops::Range<usize>)>, SheetError> {
    let Some(head) = stream.get(at..at + 4) else {
        return if at >= stream.len() { Ok(None) } else { Err(damaged("it is cut off")) };
    };
    let end = at + 4 + usize::from(u16_at(head, 2));
    if end > stream.len() {
        return Err(damaged("it is cut off"));
    }
    Ok(Some((u16_at(head, 0), at + 4..end)))
}

/// 0 where the record is too short: the library refuses it then.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

/// What stands before the sheets.
#[derive(Default)]
struct Globals {
    /// Where each sheet starts.
    sheets: Vec<usize>,
    /// Characters of each shared text.
    text_lengths: Vec<u16>,
}

impl Globals {
    fn read(stream: &mut [u8]) -> Result<Self, SheetError> {
        let mut globals = Self::default();
        let mut biff8 = false;
        let mut at = 0;
        while let Some((kind, body)) = record(stream, at)? {
            at = body.end;
            match kind {
                FILE_PASS => return Err(SheetError::Encrypted),
                BOUND_SHEET => globals.sheets.push(u32_at(&stream[body], 0) as usize),
                BEGIN => biff8 |= u16_at(&stream[body], 0) == 0x0600,
                // Its texts say themselves how they are written; some programs put another page here.
                CODE_PAGE if biff8 && body.len() >= 2 => {
                    stream[body.start..body.start + 2].copy_from_slice(&UTF_16.to_le_bytes());
                }
                SHARED_TEXTS => {
                    let first = stream[body].get(8..).unwrap_or_default();
                    let mut further = Vec::new();
                    while let Some((CONTINUE, more)) = record(stream, at)? {
                        at = more.end;
                        further.push(&stream[more]);
                    }
                    if further.len() > MAX_CONTINUED {
                        return Err(damaged("its texts are torn to pieces"));
                    }
                    let texts = SharedTexts { here: first, further: further.into_iter() };
                    globals.text_lengths = texts.lengths().ok_or_else(|| damaged("its texts are cut off"))?;
                }
                END => break,
                _ => {}
            }
        }
        if globals.sheets.len() > MAX_SHEETS {
            return Err(too_large("number of sheets"));
        }
        Ok(globals)
    }
}

/// The shared texts, which go on from one record into the next wherever it is full.
struct SharedTexts<'a> {
    here: &'a [u8],
    further: std::vec::IntoIter<&'a [u8]>,
}

impl<'a> SharedTexts<'a> {
    /// Characters of each, read exactly as the library reads them; `None` where they break off.
    fn lengths(mut self) -> Option<Vec<u16>> {
        let mut lengths = Vec::new();
        while !self.here.is_empty() || self.go_on() {
            lengths.push(if self.here.is_empty() { 0 } else { self.one()? });
        }
        Some(lengths)
    }

    fn one(&mut self) -> Option<u16> {
        let [low, high, flags, rest @ ..] = self.here else { return None };
        let (length, flags) = (u16::from_le_bytes([*low, *high]), *flags);
        self.here = rest;
        let mut behind = 0;
        if flags & 8 != 0 {
            behind += 4 * usize::from(u16_at(self.here, 0));
            self.here = self.here.get(2..)?;
        }
        if flags & 4 != 0 {
            behind += u32_at(self.here, 0) as usize;
            self.here = self.here.get(4..)?;
        }
        self.characters(usize::from(length), flags)?;
        self.skip(behind)?;
        Some(length)
    }

    fn characters(&mut self, mut left: usize, mut flags: u8) -> Option<()> {
        loop {
            let width = 1 + usize::from(flags & 1);
            let here = left.min(self.here.len() / width);
            self.here = &self.here[here * width..];
            left -= here;
            if left == 0 {
                return Some(());
            }
            if !self.go_on() {
                return None;
            }
            (flags, self.here) = self.here.split_first().map(|(first, rest)| (*first, rest))?;
        }
    }

    fn skip(&mut self, mut left: usize) -> Option<()> {
        while left > 0 {
            if self.here.is_empty() && !self.go_on() {
                return None;
            }
            let here = left.min(self.here.len());
            self.here = &self.here[here..];
            left -= here;
        }
        Some(())
    }

    fn go_on(&mut self) -> bool {
        let next = self.further.next();
        self.here = next.unwrap_or_default();
        next.is_some()
    }
}

/// What one sheet will need.
struct Sheet<'a> {
    text_lengths: &'a [u16],
    /// First and last row, first and last column.
    area: Option<(u32, u32, u32, u32)>,
    /// Bytes of the shared texts, once for each cell they stand in.
    text: u64,
}

impl<'a> Sheet<'a> {
    fn new(text_lengths: &'a [u16]) -> Self {
        Self { text_lengths, area: None, text: 0 }
    }

    fn cells(&self) -> u64 {
        self.area.map_or(0, |(top, bottom, left, right)| u64::from(bottom - top + 1) * u64::from(right - left + 1))
    }

    /// Goes through the sheet's records; answers how many bytes they are.
    fn walk(&mut self, stream: &mut [u8], from: usize) -> Result<usize, SheetError> {
        let (mut at, mut depth) = (from, 0_usize);
        while let Some((kind, body)) = record(stream, at)? {
            at = body.end;
            match kind {
                // The sheet's own, and those of the charts in it.
                BEGIN => depth += 1,
                END if depth <= 1 => break,
                END => depth -= 1,
                // The library makes room for as many cells as this record claims.
                DIMENSIONS => stream[body].fill(0),
                FORMULA => {
                    self.cell(&stream[body.clone()], 1)?;
                    calm_formula(stream, body);
                }
                TEXT_OF_FORMULA if self.area.is_none() => self.reach(0, 0)?,
                MANY_NUMBERS => self.cell(&stream[body.clone()], body.len().saturating_sub(6) / 6)?,
                SHARED_TEXT_CELL => {
                    self.cell(&stream[body.clone()], 1)?;
                    let length = self.text_lengths.get(u32_at(&stream[body], 6) as usize);
                    self.text += 3 * u64::from(length.copied().unwrap_or(0));
                }
                kind if ONE_CELL.contains(&kind) => self.cell(&stream[body], 1)?,
                _ => {}
            }
        }
        Ok(at - from)
    }

    fn cell(&mut self, body: &[u8], columns: usize) -> Result<(), SheetError> {
        let (row, column) = (u32::from(u16_at(body, 0)), u32::from(u16_at(body, 2)));
        self.reach(row, column)?;
        self.reach(row, column + u32::try_from(columns.max(1) - 1).unwrap_or(u32::MAX))
    }

    fn reach(&mut self, row: u32, column: u32) -> Result<(), SheetError> {
        if column >= COLUMNS {
            return Err(damaged("a cell stands outside of its sheet"));
        }
        let (top, bottom, left, right) = self.area.unwrap_or((row, row, column, column));
        self.area = Some((top.min(row), bottom.max(row), left.min(column), right.max(column)));
        Ok(())
    }
}

/// Of a formula only the value it last had is wanted, and writing formulas out may take much room:
/// one with a number becomes that number, one with a text loses its own.
fn calm_formula(stream: &mut [u8], body: std::ops::Range<usize>) {
    let has_number = u16_at(&stream[body.clone()], 12) != 0xFFFF;
    if let Some(length) = stream[body.clone()].get_mut(20..22) {
        length.fill(0);
        if has_number {
            stream[body.start - 4..body.start - 2].copy_from_slice(&NUMBER.to_le_bytes());
        }
    }
}
