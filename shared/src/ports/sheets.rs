//! Customer sheets, whatever kind of file they came in.

use tokio::sync::mpsc;

use crate::domain::customer::CustomerDetails;
use crate::domain::sheet::{RowRules, SheetError};
use crate::domain::upload::RejectedRows;

/// Some rows of a sheet, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetBatch {
    /// The good rows.
    pub customers: Vec<CustomerDetails>,
    /// How many rows were refused.
    pub refused: u64,
    /// Those rows; a reader leaves out what nobody keeps
    /// ([`MAX_KEPT_REJECTED`](crate::domain::upload::MAX_KEPT_REJECTED)).
    pub rejected: RejectedRows,
    /// Sheets of the same file that have customers too and were not read: of a workbook the first visible
    /// one is.
    pub unread_sheets: Vec<String>,
}

/// A sheet that was not read yet.
pub trait CustomerSheet: Send {
    /// Starts reading. Batches come over a bounded channel, so a slow taker slows the reader; the
    /// channel closes after the last. An error is the last message: the whole sheet is refused.
    /// Dropping the receiver ends the reading.
    fn read(self: Box<Self>, rules: RowRules) -> mpsc::Receiver<Result<SheetBatch, SheetError>>;
}
