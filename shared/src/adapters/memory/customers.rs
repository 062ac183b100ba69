//! Customers and uploads.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;

use super::state::{CustomerRow, MemoryRecords, State, lock, page_of};
use crate::domain::customer::{Customer, CustomerDetails};
use crate::domain::id::{CustomerId, UploadId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::upload::{RejectedRows, Upload, UploadStatus};
use crate::ports::StoreError;
use crate::ports::clock::{Random, id_bytes};
use crate::ports::customers::{CustomerFilter, CustomerImport, Customers, Stored, Uploads};

fn matches(row: &CustomerRow, filter: &CustomerFilter) -> bool {
    let d = &row.customer.details;
    let q = filter.q.as_deref().map(str::to_lowercase);
    let text = format!("{} {}", d.name, d.loan_id.as_deref().unwrap_or_default()).to_lowercase();
    q.is_none_or(|q| text.contains(&q))
        && filter.state.as_ref().is_none_or(|state| d.state.as_ref() == Some(state))
        && filter.language.is_none_or(|language| d.language == language)
        && filter.upload_id.as_ref().is_none_or(|id| *id == row.upload.to_string())
}

#[async_trait]
impl Customers for MemoryRecords {
    async fn import(&self, upload: UploadId) -> Result<Box<dyn CustomerImport>, StoreError> {
        Ok(Box::new(MemoryImport {
            upload,
            now: self.clock.now(),
            random: self.random.clone(),
            state: self.shared(),
            rows: Vec::new(),
        }))
    }

    async fn find(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        Ok(self.state().customers.get(&id).map(|row| row.customer.clone()))
    }

    async fn find_many(&self, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
        let state = self.state();
        Ok(ids.iter().filter_map(|id| state.customers.get(id)).map(|row| row.customer.clone()).collect())
    }

    async fn by_phone(&self, phone: &PhoneNumber) -> Result<Vec<Customer>, StoreError> {
        let state = self.state();
        let of_phone = state.customers.values().filter(|row| row.customer.details.phone == *phone);
        Ok(of_phone.map(|row| row.customer.clone()).collect())
    }

    async fn list(&self, filter: &CustomerFilter, page: &PageRequest) -> Result<Page<Customer>, StoreError> {
        let state = self.state();
        let rows = state.customers.iter().rev().filter(|(_, row)| matches(row, filter));
        page_of(rows.map(|(id, row)| (id.as_uuid(), row.customer.clone())), page)
    }

    async fn ids(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let state = self.state();
        let rows = state.customers.iter().filter(|(id, row)| after.is_none_or(|a| **id > a) && matches(row, filter));
        Ok(rows.map(|(id, _)| *id).take(limit as usize).collect())
    }
}

struct MemoryImport {
    upload: UploadId,
    now: Timestamp,
    random: Arc<dyn Random>,
    state: Arc<Mutex<State>>,
    rows: Vec<CustomerDetails>,
}

#[async_trait]
impl CustomerImport for MemoryImport {
    async fn add(&mut self, rows: Vec<CustomerDetails>) -> Result<(), StoreError> {
        self.rows.extend(rows);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<Stored, StoreError> {
        let mut state = lock(&self.state);
        let mut stored = Stored::default();
        for details in self.rows {
            let same = |row: &&mut CustomerRow| {
                row.customer.details.phone == details.phone && row.customer.details.loan_id == details.loan_id
            };
            if let Some(row) = state.customers.values_mut().find(same) {
                stored.duplicates += 1;
                row.customer.details = details;
                row.customer.updated_at = self.now;
                row.upload = self.upload;
            } else {
                stored.created += 1;
                let id = CustomerId::new(self.now, id_bytes(&*self.random));
                let customer = Customer { id, details, created_at: self.now, updated_at: self.now };
                state.customers.insert(id, CustomerRow { customer, upload: self.upload });
            }
        }
        Ok(stored)
    }
}

#[async_trait]
impl Uploads for MemoryRecords {
    async fn begin(&self, upload: &Upload) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.uploads.contains_key(&upload.id) {
            return Err(StoreError::Conflict { what: "the upload" });
        }
        state.uploads.insert(upload.id, upload.clone());
        Ok(())
    }

    async fn claim(&self, id: UploadId, delivery: &str) -> Result<Option<Upload>, StoreError> {
        let mut state = self.state();
        let again = state.deliveries.get(&id).is_some_and(|before| before == delivery);
        let Some(upload) = state.uploads.get_mut(&id) else { return Ok(None) };
        let free = match upload.upload_status {
            UploadStatus::AwaitingFile => true,
            UploadStatus::Processing | UploadStatus::Failed => again,
            UploadStatus::Completed | UploadStatus::PartialFailure => false,
        };
        if !free {
            return Ok(None);
        }
        upload.upload_status = UploadStatus::Processing;
        let upload = upload.clone();
        state.deliveries.insert(id, delivery.to_owned());
        Ok(Some(upload))
    }

    async fn finish(&self, upload: &Upload) -> Result<(), StoreError> {
        self.state().uploads.insert(upload.id, upload.clone());
        Ok(())
    }

    async fn keep_rejected(&self, id: UploadId, part: u32, rows: &RejectedRows) -> Result<(), StoreError> {
        self.state().rejected.insert((id, part), rows.clone());
        Ok(())
    }

    async fn rejected(&self, id: UploadId, part: u32) -> Result<Option<RejectedRows>, StoreError> {
        Ok(self.state().rejected.get(&(id, part)).cloned())
    }

    async fn find(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        Ok(self.state().uploads.get(&id).cloned())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Upload>, StoreError> {
        page_of(self.state().uploads.iter().rev().map(|(id, upload)| (id.as_uuid(), upload.clone())), page)
    }
}
