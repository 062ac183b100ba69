//! Whole files through the product's reader.

use std::panic::PanicHookInfo;

use bytes::Bytes;
use shared::domain::customer::CustomerDetails;
use shared::domain::sheet::{RowRules, SheetError};
use shared::domain::upload::{MAX_STORED_ERRORS, RejectedRow, RowError};
use shared::ports::sheets::CustomerSheet;
use shared::wiring::SheetFile;
use tokio::runtime::{Builder, Runtime};

use crate::promises;

const READER_THREAD: &str = "sheet-reader";

/// What came out of a file.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) customers: Vec<CustomerDetails>,
    pub(crate) refused: u64,
    pub(crate) problems: Vec<RowError>,
}

impl Sheet {
    /// Takes the problems of a refused row, as many as a report holds.
    pub(crate) fn keep(&mut self, row: RejectedRow) {
        assert!(!row.problems.is_empty(), "a row was refused without a reason");
        let room = MAX_STORED_ERRORS - self.problems.len();
        self.problems.extend(row.problems.into_iter().take(room));
    }
}

thread_local! {
    static RUNTIME: Runtime =
        Builder::new_current_thread().thread_name(READER_THREAD).enable_time().build().expect("a runtime");
}

/// Waits for work of the product.
pub(crate) fn wait_for<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(work))
}

/// Reads a file and checks all that must hold of every file.
pub(crate) fn read(filename: &str, content: impl Into<Bytes>, rules: RowRules) -> Result<Sheet, SheetError> {
    let file = Box::new(SheetFile::from_bytes(filename, content.into()));
    let sheet: Result<Sheet, SheetError> = wait_for(async {
        let mut sheet = Sheet::default();
        let mut batches = file.read(rules);
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            sheet.customers.extend(batch.customers);
            sheet.refused += batch.refused;
            batch.rejected.rows.into_iter().for_each(|row| sheet.keep(row));
        }
        Ok(sheet)
    });
    match &sheet {
        Ok(sheet) => holds(sheet, rules),
        Err(refusal) => assert!(!refusal.to_string().is_empty() && !refusal.code().is_empty()),
    }
    sheet
}

/// Every row that came out is a customer one can phone or a refusal that says why.
pub(crate) fn holds(sheet: &Sheet, rules: RowRules) {
    sheet.customers.iter().for_each(|customer| promises::customer(customer, rules.reach));
    sheet.problems.iter().for_each(promises::row_error);
    assert!(sheet.problems.is_sorted_by_key(|problem| problem.row), "problems come in the sheet's order");
    let mut rows: Vec<u64> = sheet.problems.iter().map(|problem| problem.row).collect();
    rows.dedup();
    let reported = rows.len() as u64;
    let all_fit = sheet.problems.len() < MAX_STORED_ERRORS;
    assert!(reported == sheet.refused || !all_fit && reported < sheet.refused, "a refused row without a reason");
}

/// The reader answers "damaged" where the workbook library panics on a hostile file; a panic of our
/// own code is a fault also there.
pub(crate) fn is_caught_by_the_product(panic: &PanicHookInfo<'_>) -> bool {
    let of_a_library = panic.location().is_some_and(|place| place.file().contains("/registry/src/"));
    of_a_library && std::thread::current().name() == Some(READER_THREAD)
}
