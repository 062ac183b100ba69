//! In-process queue and folder adapters for the local program: what SQS, S3 and DynamoDB do in AWS.

mod audit;
mod objects;
mod queue;

pub use audit::FolderAudit;
pub use objects::{FolderObjects, GetQuery, NotTaken, PutQuery};
pub use queue::{LocalQueue, Receipt, Received};
