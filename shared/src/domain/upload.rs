//! Uploads: what became of one sheet, row by row.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::UploadId;

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadStatus {
    /// An address was given out; the file has not come yet.
    AwaitingFile,
    /// Rows are being read.
    Processing,
    /// Every row was taken.
    Completed,
    /// Some rows were refused, or a sheet was not read; the report names them.
    PartialFailure,
    /// Nothing was taken.
    Failed,
}

impl UploadStatus {
    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingFile => "awaiting_file",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::PartialFailure => "partial_failure",
            Self::Failed => "failed",
        }
    }

    /// The status of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::AwaitingFile, Self::Processing, Self::Completed, Self::PartialFailure, Self::Failed]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// One refused cell (or row).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RowError {
    /// Row number as a spreadsheet shows it (the header is row 1).
    pub row: u64,
    /// The sheet's own header, or what is missing.
    pub column: String,
    /// The cell, digits and most letters hidden.
    pub value_masked: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl RowError {
    /// What is wrong with the file as a whole.
    pub fn of_file(problem: impl Into<String>) -> Self {
        Self { row: 0, column: "file".to_owned(), value_masked: String::new(), problem: problem.into() }
    }
}

/// A refused row: what is wrong with it, and what it says. Holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Row number as a spreadsheet shows it.
    pub row: u64,
    /// Everything wrong with it.
    pub problems: Vec<RowError>,
    /// Its cells, trimmed.
    pub cells: Vec<String>,
}

/// Some refused rows of one sheet, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RejectedRows {
    /// The sheet's own headers.
    pub headers: Vec<String>,
    /// The rows.
    pub rows: Vec<RejectedRow>,
}

/// The record of one upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Upload {
    /// Our id.
    pub id: UploadId,
    /// As the browser named it.
    pub filename: String,
    /// Where the original is kept, if it is.
    pub storage_key: Option<String>,
    /// Size of the file.
    pub bytes: i64,
    /// Data rows seen (empty rows are not counted).
    pub total_records: i64,
    /// Rows stored.
    pub processed_records: i64,
    /// Rows refused.
    pub failed_records: i64,
    /// Rows that named a person and loan we already had, in this file or before.
    pub duplicate_records: i64,
    /// Where it stands.
    pub upload_status: UploadStatus,
    /// The first refused rows (capped at [`MAX_STORED_ERRORS`]).
    pub processing_errors: Vec<RowError>,
    /// When it came.
    pub upload_time: Timestamp,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
}

impl Upload {
    /// The record as it is to be shown at a moment: a file that never came, and an import whose
    /// program died, end as failed although nobody is left to write it.
    pub fn as_of(mut self, now: Timestamp) -> Self {
        let age = now.duration_since(self.upload_time);
        let problem = match self.upload_status {
            UploadStatus::AwaitingFile if age > FILE_MUST_COME_WITHIN => {
                "no file came to the address that was given out; ask for a new one"
            }
            UploadStatus::Processing if age > IMPORT_MUST_END_WITHIN => {
                "the import was interrupted and stored nothing; send the file again"
            }
            _ => return self,
        };
        self.upload_status = UploadStatus::Failed;
        self.processing_errors.insert(0, RowError::of_file(problem));
        self
    }
}

/// More would make the record itself heavy; the full list is a download.
pub const MAX_STORED_ERRORS: usize = 200;
/// Refused rows kept for the download. Who has more made one mistake many times.
pub const MAX_KEPT_REJECTED: usize = 100_000;
/// How long the address for a large file takes it.
pub const FILE_MUST_COME_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Longer than any import: an hour for its file to come, and three tries of a quarter of an hour each.
const IMPORT_MUST_END_WITHIN: SignedDuration = SignedDuration::from_hours(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(status: UploadStatus) -> Upload {
        Upload {
            id: UploadId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            filename: "a.csv".to_owned(),
            storage_key: None,
            bytes: 1,
            total_records: 0,
            processed_records: 0,
            failed_records: 0,
            duplicate_records: 0,
            upload_status: status,
            processing_errors: Vec::new(),
            upload_time: Timestamp::UNIX_EPOCH,
            finished_at: None,
        }
    }

    #[test]
    fn what_nobody_will_end_any_more_is_shown_as_failed() {
        let after = |status, hours| {
            let shown = upload(status).as_of(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours));
            (shown.upload_status, shown.processing_errors.len())
        };
        assert_eq!(after(UploadStatus::AwaitingFile, 1), (UploadStatus::AwaitingFile, 0));
        assert_eq!(after(UploadStatus::AwaitingFile, 2), (UploadStatus::Failed, 1));
        assert_eq!(after(UploadStatus::Processing, 3), (UploadStatus::Processing, 0));
        assert_eq!(after(UploadStatus::Processing, 4), (UploadStatus::Failed, 1));
        assert_eq!(after(UploadStatus::Completed, 9_999), (UploadStatus::Completed, 0));
    }

    #[test]
    fn every_status_reads_back_from_its_word() {
        for word in ["awaiting_file", "processing", "completed", "partial_failure", "failed"] {
            assert_eq!(UploadStatus::parse(word).map(UploadStatus::as_str), Some(word));
        }
    }
}
