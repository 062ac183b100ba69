//! Sheets: headers and cells into customer rows.
