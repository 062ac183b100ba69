//! Customers and uploads.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::customer::{Customer, CustomerDetails};
use crate::domain::id::{CustomerId, UploadId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::upload::{RejectedRows, Upload};

/// What storing a batch of rows did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stored {
    /// New customers.
    pub created: u64,
    /// Rows whose phone and loan we already knew (in this upload or before): the newest row won.
    pub duplicates: u64,
}

/// Which customers a list or a campaign means.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomerFilter {
    /// Part of the name or of the loan id.
    pub q: Option<String>,
    /// State, exactly.
    pub state: Option<String>,
    /// `hi-IN`.
    pub language: Option<crate::domain::language::Language>,
    /// Last seen in this upload.
    pub upload_id: Option<String>,
}

/// The customer records.
#[async_trait]
pub trait Customers: Send + Sync {
    /// Opens one upload's bulk write. Rows become visible when the import is finished.
    async fn import(&self, upload: UploadId) -> Result<Box<dyn CustomerImport>, StoreError>;
    /// One customer.
    async fn find(&self, id: CustomerId) -> Result<Option<Customer>, StoreError>;
    /// Several customers; unknown ids are simply absent.
    async fn find_many(&self, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError>;
    /// Every record of one phone.
    async fn by_phone(&self, phone: &PhoneNumber) -> Result<Vec<Customer>, StoreError>;
    /// A page, newest first.
    async fn list(&self, filter: &CustomerFilter, page: &PageRequest) -> Result<Page<Customer>, StoreError>;
    /// Ids of all that match, in pages of at most `limit`, ordered by id and after `after`.
    async fn ids(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<CustomerId>, StoreError>;
}

/// One open bulk write. Dropping it without `finish` stores nothing.
#[async_trait]
pub trait CustomerImport: Send {
    /// Adds rows, in the sheet's order. Bounded memory however many follow.
    async fn add(&mut self, rows: Vec<CustomerDetails>) -> Result<(), StoreError>;
    /// Makes all added rows visible at once; a later row wins over an earlier one.
    async fn finish(self: Box<Self>) -> Result<Stored, StoreError>;
}

/// The upload records.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// A new upload, `processing` or `awaiting_file`.
    async fn begin(&self, upload: &Upload) -> Result<(), StoreError>;
    /// The file of an upload has come: `awaiting_file` becomes `processing`, for one delivery only.
    /// `None` where another delivery has it, or it is unknown. The same delivery repeated (its first
    /// try died or failed) takes it again.
    async fn claim(&self, id: UploadId, delivery: &str) -> Result<Option<Upload>, StoreError>;
    /// Its outcome.
    async fn finish(&self, upload: &Upload) -> Result<(), StoreError>;
    /// Keeps refused rows, sealed; `part` counts from 0 and replaces what was kept under it.
    async fn keep_rejected(&self, id: UploadId, part: u32, rows: &RejectedRows) -> Result<(), StoreError>;
    /// The refused rows of that part; `None` behind the last.
    async fn rejected(&self, id: UploadId, part: u32) -> Result<Option<RejectedRows>, StoreError>;
    /// One upload.
    async fn find(&self, id: UploadId) -> Result<Option<Upload>, StoreError>;
    /// A page, newest first.
    async fn list(&self, page: &PageRequest) -> Result<Page<Upload>, StoreError>;
}
