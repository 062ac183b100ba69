//! Uploads: what became of one sheet, row by row.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::UploadId;

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UploadStatus {
    /// Rows are being read.
    Processing,
    /// Every row was taken.
    Completed,
    /// Some rows were refused; the report names them.
    PartialFailure,
    /// Nothing was taken.
    Failed,
}

impl UploadStatus {
    /// The word used everywhere outside the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::PartialFailure => "partial_failure",
            Self::Failed => "failed",
        }
    }

    /// The status of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Processing, Self::Completed, Self::PartialFailure, Self::Failed].into_iter().find(|s| s.as_str() == word)
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

/// More would make the record itself heavy; the full list becomes a download.
pub const MAX_STORED_ERRORS: usize = 200;
