//! Why a whole file is refused: each reason with its own word and a sentence naming the fix.

/// The file can not be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Nothing in it.
    #[error("the file is empty; send a sheet with a header row and one row per customer")]
    Empty,
    /// A header and nothing below.
    #[error("the file has a header row but no customers below it; add one row per customer")]
    HeaderOnly,
    /// No column that could hold phone numbers.
    #[error("no column holds phone numbers; name one `Phone` or `Mobile`. Headers seen: {}", list(seen))]
    NoPhoneColumn {
        /// The sheet's headers, as written.
        seen: Vec<String>,
        /// Whether there was a name column.
        has_name: bool,
    },
    /// No column that could hold names.
    #[error("no column holds names; name one `Name` or `Customer Name`. Headers seen: {}", list(seen))]
    NoNameColumn {
        /// The sheet's headers, as written.
        seen: Vec<String>,
    },
    /// The customers are on a sheet that nobody sees.
    #[error("the only sheet with customers, “{name}”, is hidden; unhide it, or save it as a file of its own")]
    HiddenSheet {
        /// As the workbook calls it.
        name: String,
    },
    /// A kind of file we do not read.
    #[error("{what} can not be read; save the sheet as .xlsx or .csv and upload that")]
    UnsupportedFormat {
        /// `a .pdf file`, …
        what: String,
    },
    /// The content is not what the name says.
    #[error(
        "the file is named like a sheet but its content is {what}; open it in a spreadsheet program and save it as .xlsx or .csv"
    )]
    NotASheet {
        /// `a PDF document`, `binary data`, …
        what: &'static str,
    },
    /// Protected by a password.
    #[error("the workbook is protected by a password; save it without one and upload it again")]
    Encrypted,
    /// A workbook that carries programs.
    #[error("the workbook contains macros; save it as a plain .xlsx and upload that")]
    Macros,
    /// Wider than [`MAX_COLUMNS`](super::MAX_COLUMNS).
    #[error("the sheet has more than {limit} columns; keep the columns of the customers only")]
    TooManyColumns {
        /// The most allowed.
        limit: usize,
    },
    /// A larger file than this kind may be.
    #[error("{what} may have up to {limit_mb} MB; {fix} and upload that")]
    FileTooLarge {
        /// `an .xls file`, …
        what: &'static str,
        /// Megabytes.
        limit_mb: u64,
        /// What to do.
        fix: &'static str,
    },
    /// It unpacks to more than any honest sheet of its kind.
    #[error("the workbook unpacks to more than can be read safely ({part}); save the sheet as .csv and upload that")]
    TooLarge {
        /// Which part of the workbook.
        part: String,
    },
    /// Damaged.
    #[error("the file is damaged: {detail}; open it in a spreadsheet program, save it again and upload that")]
    Unreadable {
        /// Where and how, without any of its content.
        detail: String,
    },
}

impl SheetError {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::HeaderOnly => "header_only",
            Self::NoPhoneColumn { .. } => "no_phone_column",
            Self::NoNameColumn { .. } => "no_name_column",
            Self::HiddenSheet { .. } => "hidden_sheet",
            Self::UnsupportedFormat { .. } => "unsupported_format",
            Self::NotASheet { .. } => "not_a_sheet",
            Self::Encrypted => "encrypted_workbook",
            Self::Macros => "macros",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::TooLarge { .. } => "unpacks_too_large",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    pub(super) fn is_nearly_a_header(&self) -> bool {
        matches!(self, Self::NoNameColumn { .. } | Self::NoPhoneColumn { has_name: true, .. })
    }
}

/// Enough headers to recognise the file, never enough to fill a screen. What may be somebody's
/// number is no header: of such a row nothing is repeated.
fn list(seen: &[String]) -> String {
    const SHOWN: usize = 30;
    const DIGITS_OF_A_NUMBER: usize = 7;
    if seen.iter().any(|header| header.chars().filter(|c| c.is_numeric()).count() >= DIGITS_OF_A_NUMBER) {
        return "none, the first row looks like data; put a row of headers above it".to_owned();
    }
    let mut text = seen.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if seen.len() > SHOWN {
        text.push_str(&format!(", and {} more", seen.len() - SHOWN));
    }
    text
}
