//! What a sheet may grow to where the library holds all of it in memory (`.xls`, `.ods`).

use crate::domain::sheet::SheetError;

/// All sheets together: 65,536 rows of 30 columns.
pub(super) const MAX_CELLS: u64 = 2_000_000;
/// Bytes; texts that stand in many cells count in each.
pub(super) const MAX_TEXT_TOTAL: u64 = 64 * 1024 * 1024;

/// The refusal of a part that unpacks to more.
pub(super) fn too_large(part: &str) -> SheetError {
    SheetError::TooLarge { part: part.chars().filter(|c| !c.is_control()).take(60).collect() }
}
