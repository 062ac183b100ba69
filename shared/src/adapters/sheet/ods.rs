//! What an OpenDocument sheet would need in memory. The format says "this cell, a million times" in
//! one tag, and the library writes all of them out, so they are counted before it may.

use super::limits::{MAX_CELLS, MAX_TEXT_TOTAL, too_large};
use crate::domain::sheet::SheetError;

/// Counts along the tags of `content.xml`.
#[derive(Default)]
pub(super) struct OdsCells {
    /// Rows of this table so far, repeated ones as often as they are repeated.
    rows: u64,
    row_repeats: u64,
    /// Cells of this row so far.
    column: u64,
    /// How often the text that is being read will be written out.
    times: u64,
    last_row: u64,
    last_column: u64,
    cells_before: u64,
    text: u64,
    /// Tables and notes that were begun and not ended: the library reads on for ever behind the end.
    open: [u32; 2],
}

const MUST_END: [&[u8]; 2] = [b"table:table", b"office:annotation"];

impl OdsCells {
    /// A tag, without its brackets.
    pub(super) fn tag(&mut self, name: &[u8], tag: &[u8]) -> Result<(), SheetError> {
        match name {
            b"table" => {
                self.cells_before = self.cells();
                (self.rows, self.last_row, self.last_column) = (0, 0, 0);
            }
            b"table-row" => {
                self.times = 1;
                self.row_repeats = repeats(tag, b"number-rows-repeated")?;
                self.rows = self.rows.saturating_add(self.row_repeats);
                self.column = 0;
            }
            b"table-cell" | b"covered-table-cell" => self.cell(tag)?,
            // `text:c` spaces in one tag.
            b"s" => self.write(repeats(tag, b"text:c")?)?,
            _ => {}
        }
        if self.cells() > MAX_CELLS { Err(too_large("content.xml")) } else { Ok(()) }
    }

    /// Where a tag of that full name begins or ends something.
    pub(super) fn nesting(&mut self, name: &[u8], ends: bool) -> Result<(), SheetError> {
        let Some(which) = MUST_END.iter().position(|must| *must == name) else { return Ok(()) };
        let open = if ends { self.open[which].checked_sub(1) } else { self.open[which].checked_add(1) };
        self.open[which] = open.ok_or_else(not_closed)?;
        Ok(())
    }

    /// Behind the last tag.
    pub(super) fn end(&self) -> Result<(), SheetError> {
        if self.open == [0, 0] { Ok(()) } else { Err(not_closed()) }
    }

    /// Text between tags.
    pub(super) fn text(&mut self, bytes: usize) -> Result<(), SheetError> {
        self.write(bytes as u64)
    }

    fn cell(&mut self, tag: &[u8]) -> Result<(), SheetError> {
        let columns = repeats(tag, b"number-columns-repeated")?;
        self.column = self.column.saturating_add(columns);
        let has = |word: &[u8]| tag.windows(word.len()).any(|part| part == word);
        // Only cells with something in them make the library write out the empty ones before them.
        if has(b"office:") || has(b"formula") || has(b"calcext:") {
            self.times = columns.saturating_mul(self.row_repeats);
            self.last_row = self.rows;
            self.last_column = self.last_column.max(self.column);
            self.write(tag.len() as u64)
        } else {
            self.times = 1;
            Ok(())
        }
    }

    fn write(&mut self, bytes: u64) -> Result<(), SheetError> {
        self.text = self.text.saturating_add(bytes.saturating_mul(self.times.max(1)));
        if self.text > MAX_TEXT_TOTAL { Err(too_large("content.xml")) } else { Ok(()) }
    }

    fn cells(&self) -> u64 {
        self.cells_before.saturating_add(self.last_row.saturating_mul(self.last_column))
    }
}

fn not_closed() -> SheetError {
    super::damaged("part content.xml is not well formed")
}

/// The number in that attribute; 1 where it is not there. What the library might read as a number
/// and we do not is refused.
fn repeats(tag: &[u8], attribute: &[u8]) -> Result<u64, SheetError> {
    let Some(at) = tag.windows(attribute.len()).position(|part| part == attribute) else { return Ok(1) };
    let value = tag[at + attribute.len()..].trim_ascii_start();
    let value = value.strip_prefix(b"=").map(<[u8]>::trim_ascii_start);
    let digits = value.and_then(|v| v.split_first()).and_then(|(quote, rest)| rest.split(|b| b == quote).next());
    let number = digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| d.parse().ok());
    number.ok_or_else(|| super::damaged("part content.xml is not plain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(tags: &[(&str, &str)]) -> Result<OdsCells, SheetError> {
        let mut cells = OdsCells::default();
        for (name, tag) in tags {
            cells.tag(name.as_bytes(), tag.as_bytes())?;
        }
        Ok(cells)
    }

    #[test]
    fn repeated_cells_count_as_often_as_they_are_repeated() {
        let counted = count(&[
            ("table", "table:table"),
            ("table-row", "table:table-row"),
            ("table-cell", "table:table-cell office:value-type=\"string\""),
            ("table-row", "table:table-row table:number-rows-repeated=\"10\""),
            ("table-cell", "table:table-cell table:number-columns-repeated = '4'"),
            ("table-cell", "table:table-cell office:value=\"1\""),
            // LibreOffice fills the rest of the sheet with empty ones.
            ("table-row", "table:table-row table:number-rows-repeated=\"1048565\""),
            ("table-cell", "table:table-cell table:number-columns-repeated=\"16384\""),
        ]);
        assert_eq!(counted.map(|c| c.cells()), Ok(11 * 5));
    }

    #[test]
    fn a_table_that_never_ends_is_refused() {
        let mut cells = OdsCells::default();
        assert_eq!(cells.nesting(b"table:table", false), Ok(()));
        assert!(cells.end().is_err());
        assert_eq!(cells.nesting(b"table:table", true), Ok(()));
        assert_eq!(cells.end(), Ok(()));
        assert!(cells.nesting(b"table:table", true).is_err(), "an end before its beginning");
    }

    #[test]
    fn a_million_cells_in_one_tag_are_refused_and_so_is_a_number_we_can_not_read() {
        let wide = "table:table-cell office:value=\"1\" table:number-columns-repeated=\"16384\"";
        let row = ("table-row", "table:table-row table:number-rows-repeated=\"1000000\"");
        assert_eq!(count(&[row, ("table-cell", wide)]).map_err(|e| e.code()).err(), Some("unpacks_too_large"));
        let coded = ("table-row", "table:table-row table:number-rows-repeated=\"&#57;\"");
        assert_eq!(count(&[coded]).map_err(|e| e.code()).err(), Some("unreadable"));
        let spaces = ("s", "text:s text:c=\"999999999\"");
        assert_eq!(count(&[spaces]).map_err(|e| e.code()).err(), Some("unpacks_too_large"));
    }
}
