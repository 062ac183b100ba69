//! Customer sheets, whatever kind of file they came in.

use tokio::sync::mpsc;

use crate::domain::customer::CustomerDetails;
use crate::domain::sheet::{RowRules, SheetError};
use crate::domain::upload::RowError;

/// Some rows of a sheet, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetBatch {
    /// The good rows.
    pub customers: Vec<CustomerDetails>,
    /// How many rows were refused.
    pub refused: u64,
    /// Their problems, one or more per row; a reader may leave out what no report will hold
    /// ([`MAX_STORED_ERRORS`](crate::domain::upload::MAX_STORED_ERRORS)).
    pub problems: Vec<RowError>,
}

/// A sheet that was not read yet.
pub trait CustomerSheet: Send {
    /// Starts reading. Batches come over a bounded channel, so a slow taker slows the reader; the
    /// channel closes after the last. An error is the last message: the whole sheet is refused.
    /// Dropping the receiver ends the reading.
    fn read(self: Box<Self>, rules: RowRules) -> mpsc::Receiver<Result<SheetBatch, SheetError>>;
}
