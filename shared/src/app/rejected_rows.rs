//! The refused rows of an upload as a table for people: what is wrong, and the row itself, so that
//! it can be corrected and uploaded again.

use crate::app::{App, Error};
use crate::domain::csv::push_row;
use crate::domain::id::UploadId;
use crate::domain::sheet::masked;
use crate::domain::upload::{RejectedRow, RejectedRows};

/// A Lambda may answer 6 MB; one part is added whole.
const ENOUGH_BYTES: usize = 2 * 1024 * 1024;
const OWN_HEADERS: [&str; 3] = ["Row", "Columns", "Problem"];

/// Some of the refused rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedPage {
    /// CSV; the first page begins with the header.
    pub csv: String,
    /// Where the next page begins, where there is one.
    pub next: Option<u32>,
}

/// Refused rows from that part on. Without `reveal` the cells are masked, as in the report.
pub async fn rejected_rows(app: &App, id: UploadId, from: u32, reveal: bool) -> Result<RejectedPage, Error> {
    if app.uploads.find(id).await?.is_none() {
        return Err(Error::NotFound { what: "upload" });
    }
    let (mut csv, mut part) = (String::new(), from);
    // The mark tells spreadsheet programs that it is UTF-8.
    let first = if from == 0 { "\u{feff}" } else { "" };
    csv.push_str(first);
    while let Some(rows) = app.uploads.rejected(id, part).await? {
        if part == 0 {
            header(&mut csv, &rows);
        }
        for row in &rows.rows {
            push(&mut csv, row, reveal);
        }
        part += 1;
        if csv.len() >= ENOUGH_BYTES {
            let more = app.uploads.rejected(id, part).await?.is_some();
            return Ok(RejectedPage { csv, next: more.then_some(part) });
        }
    }
    if part == 0 {
        push_row(&mut csv, OWN_HEADERS);
    }
    Ok(RejectedPage { csv, next: None })
}

fn header(csv: &mut String, rows: &RejectedRows) {
    push_row(csv, OWN_HEADERS.into_iter().chain(rows.headers.iter().map(String::as_str)));
}

fn push(csv: &mut String, row: &RejectedRow, reveal: bool) {
    let columns: Vec<&str> = row.problems.iter().map(|problem| problem.column.as_str()).collect();
    let problems: Vec<&str> = row.problems.iter().map(|problem| problem.problem.as_str()).collect();
    let own = [row.row.to_string(), columns.join("; "), problems.join("; ")];
    let cells: Vec<String> = row.cells.iter().map(|cell| if reveal { cell.clone() } else { masked(cell) }).collect();
    push_row(csv, own.iter().chain(&cells).map(String::as_str));
}
