//! The one state behind every record double.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::super::call_record::CallRecord;
use crate::domain::access::ApiKey;
use crate::domain::call::{ConversationResult, StatusUpdate};
use crate::domain::campaign::{CampaignSettings, CampaignStatus};
use crate::domain::customer::Customer;
use crate::domain::id::{CallId, CampaignId, CustomerId, UploadId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::settings::AccountSettings;
use crate::domain::upload::{RejectedRows, Upload};
use crate::ports::StoreError;
use crate::ports::clock::{Clock, Random};
use crate::ports::records::{Promise, SavedAnswer};

/// Every record of the product, in this process.
pub struct MemoryRecords {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) customers: BTreeMap<CustomerId, CustomerRow>,
    pub(super) uploads: BTreeMap<UploadId, Upload>,
    pub(super) deliveries: BTreeMap<UploadId, String>,
    pub(super) rejected: BTreeMap<(UploadId, u32), RejectedRows>,
    pub(super) calls: BTreeMap<CallId, CallRow>,
    pub(super) campaigns: BTreeMap<CampaignId, CampaignRow>,
    pub(super) do_not_call: BTreeMap<PhoneNumber, (String, String, Timestamp)>,
    pub(super) promises: BTreeMap<CallId, Promise>,
    pub(super) settings: Vec<AccountSettings>,
    pub(super) settings_unreadable: bool,
    pub(super) api_keys: Vec<(ApiKey, [u8; 32])>,
    pub(super) answers: BTreeMap<(String, String), AnswerRow>,
}

pub(super) struct CustomerRow {
    pub(super) customer: Customer,
    pub(super) upload: UploadId,
}

pub(super) struct CallRow {
    pub(super) record: CallRecord,
    pub(super) phone: PhoneNumber,
    /// Of every request that was answered with this order.
    pub(super) idempotency_keys: Vec<String>,
    pub(super) conversation: Option<ConversationResult>,
    pub(super) recordings: Vec<String>,
    pub(super) updates: Vec<StatusUpdate>,
    pub(super) dedupe_keys: Vec<String>,
}

pub(super) struct CampaignRow {
    pub(super) name: String,
    pub(super) idempotency_key: String,
    pub(super) status: CampaignStatus,
    pub(super) settings: CampaignSettings,
    pub(super) created_by: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

pub(super) struct AnswerRow {
    pub(super) request_sha256: [u8; 32],
    pub(super) started_at: Timestamp,
    pub(super) answer: Option<(SavedAnswer, Timestamp)>,
}

impl MemoryRecords {
    /// No records yet.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random, state: Arc::default() }
    }

    /// Makes the stored settings unreadable (or readable again): the gate must then refuse.
    pub fn break_settings(&self, broken: bool) {
        self.state().settings_unreadable = broken;
    }

    /// Removes a customer record as an erasure request would; its calls stay.
    pub fn remove_customer(&self, id: CustomerId) {
        self.state().customers.remove(&id);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn shared(&self) -> Arc<Mutex<State>> {
        self.state.clone()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A page of rows that come newest first; the cursor is the last row's id.
pub(super) fn page_of<T>(rows: impl Iterator<Item = (Uuid, T)>, request: &PageRequest) -> Result<Page<T>, StoreError> {
    let after = match &request.cursor {
        None => None,
        Some(text) => Some(Uuid::parse_str(text).map_err(|_| StoreError::Conflict { what: "the cursor" })?),
    };
    let limit = request.rows() as usize;
    let mut found: Vec<(Uuid, T)> =
        rows.filter(|(id, _)| after.is_none_or(|after| *id < after)).take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).map(|(id, _)| id.to_string());
    Ok(Page { items: found.into_iter().map(|(_, row)| row).collect(), next_cursor })
}
