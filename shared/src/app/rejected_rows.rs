//! The refused rows of an upload as a table for people: what is wrong, and the row itself, so that
//! it can be corrected and uploaded again.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::app::{App, Error};
use crate::domain::csv::push_row;
use crate::domain::id::UploadId;
use crate::domain::sheet::masked;
use crate::domain::upload::{RejectedRow, RejectedRows};

/// A Lambda may answer 6 MB of JSON, in which the table is one text.
const MOST_BYTES: usize = 4 * 1024 * 1024;
const OWN_HEADERS: [&str; 3] = ["Row", "Columns", "Problem"];

/// Where a page begins: a stored part of the refused rows, and a row of it. Written `4` or `4.250`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct RejectedPlace {
    part: u32,
    row: u32,
}

/// Some of the refused rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedPage {
    /// CSV; the first page begins with the header.
    pub csv: String,
    /// Where the next page begins, where there is one.
    pub next: Option<RejectedPlace>,
}

/// Refused rows from that place on, as many as one answer takes, and at least one: of a row no more
/// is stored than fits. Without `reveal` the cells are masked, as in the report.
pub async fn rejected_rows(app: &App, id: UploadId, from: RejectedPlace, reveal: bool) -> Result<RejectedPage, Error> {
    const START: RejectedPlace = RejectedPlace { part: 0, row: 0 };
    if app.uploads.find(id).await?.is_none() {
        return Err(Error::NotFound { what: "upload" });
    }
    // The mark tells spreadsheet programs that it is UTF-8.
    let mut csv = if from == START { "\u{feff}".to_owned() } else { String::new() };
    let (mut bytes, mut place) = (0, from);
    while let Some(rows) = app.uploads.rejected(id, place.part).await? {
        if place == START {
            header(&mut csv, &rows);
        }
        for row in rows.rows.iter().skip(place.row as usize) {
            let line = line(row, reveal);
            let with_it = bytes + in_json(&line);
            if with_it > MOST_BYTES && bytes > 0 {
                return Ok(RejectedPage { csv, next: Some(place) });
            }
            csv.push_str(&line);
            bytes = with_it;
            place.row += 1;
        }
        place = RejectedPlace { part: place.part + 1, row: 0 };
    }
    if place == START {
        push_row(&mut csv, OWN_HEADERS);
    }
    Ok(RejectedPage { csv, next: None })
}

/// Bytes of a text inside JSON: quotes and line ends grow, and such a table is full of them.
fn in_json(text: &str) -> usize {
    let grown = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0x00..=0x1f => 6,
        _ => 1,
    };
    text.bytes().map(grown).sum()
}

fn header(csv: &mut String, rows: &RejectedRows) {
    push_row(csv, OWN_HEADERS.into_iter().chain(rows.headers.iter().map(String::as_str)));
}

fn line(row: &RejectedRow, reveal: bool) -> String {
    let columns: Vec<&str> = row.problems.iter().map(|problem| problem.column.as_str()).collect();
    let problems: Vec<&str> = row.problems.iter().map(|problem| problem.problem.as_str()).collect();
    let own = [row.row.to_string(), columns.join("; "), problems.join("; ")];
    let cells: Vec<String> = row.cells.iter().map(|cell| if reveal { cell.clone() } else { masked(cell) }).collect();
    let mut line = String::new();
    push_row(&mut line, own.iter().chain(&cells).map(String::as_str));
    line
}

impl fmt::Display for RejectedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            0 => write!(f, "{}", self.part),
            row => write!(f, "{}.{row}", self.part),
        }
    }
}

impl TryFrom<String> for RejectedPlace {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (part, row) = text.split_once('.').unwrap_or((&text, "0"));
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| "is not one of ours");
        Ok(Self { part: number(part)?, row: number(row)? })
    }
}

impl JsonSchema for RejectedPlace {
    fn schema_name() -> Cow<'static, str> {
        "RejectedPlace".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,9}(\\.[0-9]{1,9})?$", "default": "0" })
    }
}
