//! The small records: do-not-call list, promises, settings, API keys, idempotent answers.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};

use super::StoreError;
use crate::domain::access::ApiKey;
use crate::domain::id::{ApiKeyId, CallId, CustomerId, PromiseId};
use crate::domain::money::Paise;
#[cfg(doc)]
use crate::domain::page::MAX_PAGE;
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::settings::AccountSettings;

/// A number on the do-not-call list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the record")]
pub struct DoNotCallEntry {
    pub phone: PhoneNumber,
    pub reason: String,
    pub source: String,
    pub created_at: Timestamp,
}

/// The do-not-call list.
#[async_trait]
pub trait DoNotCall: Send + Sync {
    /// Adds a number; adding it again changes nothing.
    async fn add(&self, phone: &PhoneNumber, reason: &str, source: &str, now: Timestamp) -> Result<(), StoreError>;
    /// Whether it is on the list.
    async fn contains(&self, phone: &PhoneNumber) -> Result<bool, StoreError>;
    /// Takes a number off; `false` where it was not on.
    async fn remove(&self, phone: &PhoneNumber) -> Result<bool, StoreError>;
    /// A page, newest first.
    async fn list(&self, page: &PageRequest) -> Result<Page<DoNotCallEntry>, StoreError>;
}

/// A promise to pay, made on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the record")]
pub struct Promise {
    pub id: PromiseId,
    pub customer_id: CustomerId,
    pub call_id: CallId,
    pub amount: Option<Paise>,
    /// The day the caller agreed to; none where none was named.
    pub due_date: Option<Date>,
    pub created_at: Timestamp,
}

/// The promises.
#[async_trait]
pub trait Promises: Send + Sync {
    /// Stores one; at most one per call, the last wins.
    async fn record(&self, promise: &Promise) -> Result<(), StoreError>;
    /// A customer's newest promises, at most [`MAX_PAGE`], newest first.
    async fn of_customer(&self, customer: CustomerId) -> Result<Vec<Promise>, StoreError>;
}

/// The account's settings. What is stored and unreadable is an error, never a default.
#[async_trait]
pub trait Settings: Send + Sync {
    /// The newest version; the defaults where none was ever stored.
    async fn current(&self) -> Result<AccountSettings, StoreError>;
    /// Stores a new version.
    async fn replace(&self, settings: &AccountSettings, by: &str, now: Timestamp) -> Result<(), StoreError>;
}

/// The API keys.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// Stores a key under the SHA-256 of its secret.
    async fn create(&self, key: &ApiKey, secret_sha256: [u8; 32]) -> Result<(), StoreError>;
    /// The key of that hash, revoked ones too.
    async fn by_hash(&self, secret_sha256: [u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// A page, newest first.
    async fn list(&self, page: &PageRequest) -> Result<Page<ApiKey>, StoreError>;
    /// Revokes; `false` where there is no such key.
    async fn revoke(&self, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError>;
}

/// A stored answer to a request that carried an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedAnswer {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: String,
}

/// A key somebody holds from its beginning until `finish` or `abandon`. It changes hands 60 s later
/// at the soonest, so the moment of its beginning tells its holders apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the arguments of `begin`")]
pub struct HeldKey {
    pub scope: String,
    pub key: String,
    pub since: Timestamp,
}

/// What beginning a keyed request found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// First time, or the first died: do the work, then `finish`.
    Fresh(HeldKey),
    /// Done before: give this answer.
    Answered(SavedAnswer),
    /// Same key, same request, still under way elsewhere.
    InProgress,
    /// Same key with another request body: the caller's mistake.
    Mismatch,
}

/// Idempotent answers, per API key and `Idempotency-Key`.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Takes the key, or says who has it. A key left in progress for 60 s is free again.
    async fn begin(
        &self,
        scope: &str,
        key: &str,
        request_sha256: [u8; 32],
        now: Timestamp,
    ) -> Result<Begun, StoreError>;
    /// Stores the answer for 24 hours; `false` where the key is another's by now, and stays so.
    async fn finish(&self, held: &HeldKey, answer: &SavedAnswer, now: Timestamp) -> Result<bool, StoreError>;
    /// Frees a key whose request failed, so that it may be tried again, unless it is another's by now.
    async fn abandon(&self, held: &HeldKey) -> Result<(), StoreError>;
}

/// Whether the records can be reached, and how busy their pool is.
#[async_trait]
pub trait RecordsHealth: Send + Sync {
    /// A round trip.
    async fn ping(&self) -> Result<(), StoreError>;
    /// Connections in use and the most there may be.
    fn pool(&self) -> (usize, usize);
}
