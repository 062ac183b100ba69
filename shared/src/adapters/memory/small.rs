//! The small records.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::state::{AnswerRow, MemoryRecords, page_of};
use crate::domain::access::ApiKey;
use crate::domain::id::{ApiKeyId, CustomerId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::phone::PhoneNumber;
use crate::domain::settings::AccountSettings;
use crate::ports::StoreError;
use crate::ports::records::{
    ApiKeys, Begun, DoNotCall, DoNotCallEntry, HeldKey, IdempotencyKeys, Promise, Promises, RecordsHealth, SavedAnswer,
    Settings,
};

#[async_trait]
impl DoNotCall for MemoryRecords {
    async fn add(&self, phone: &PhoneNumber, reason: &str, source: &str, now: Timestamp) -> Result<(), StoreError> {
        let entry = (reason.to_owned(), source.to_owned(), now);
        self.state().do_not_call.entry(phone.clone()).or_insert(entry);
        Ok(())
    }
    async fn contains(&self, phone: &PhoneNumber) -> Result<bool, StoreError> {
        Ok(self.state().do_not_call.contains_key(phone))
    }
    async fn remove(&self, phone: &PhoneNumber) -> Result<bool, StoreError> {
        Ok(self.state().do_not_call.remove(phone).is_some())
    }
    async fn list(&self, request: &PageRequest) -> Result<Page<DoNotCallEntry>, StoreError> {
        let entry = |(phone, (reason, source, at)): (&PhoneNumber, &(String, String, Timestamp))| DoNotCallEntry {
            phone: phone.clone(),
            reason: reason.clone(),
            source: source.clone(),
            created_at: *at,
        };
        let mut entries: Vec<DoNotCallEntry> = self.state().do_not_call.iter().map(entry).collect();
        entries.sort_by(|a, b| (b.created_at, &b.phone).cmp(&(a.created_at, &a.phone)));
        let key = |entry: &DoNotCallEntry| format!("{}.{}", entry.created_at.as_microsecond(), entry.phone.expose());
        if let Some(cursor) = &request.cursor {
            let at = entries.iter().position(|entry| key(entry) == *cursor);
            entries.drain(..=at.ok_or(StoreError::Conflict { what: "the cursor" })?);
        }
        let limit = request.rows() as usize;
        let next_cursor = entries.get(limit - 1).filter(|_| entries.len() > limit).map(key);
        entries.truncate(limit);
        Ok(Page { items: entries, next_cursor })
    }
}

#[async_trait]
impl Promises for MemoryRecords {
    async fn record(&self, promise: &Promise) -> Result<(), StoreError> {
        self.state().promises.insert(promise.call_id, promise.clone());
        Ok(())
    }
    async fn of_customer(&self, customer: CustomerId) -> Result<Vec<Promise>, StoreError> {
        let state = self.state();
        let mut found: Vec<Promise> = state.promises.values().filter(|p| p.customer_id == customer).cloned().collect();
        found.sort_by_key(|p| std::cmp::Reverse((p.created_at, p.id)));
        Ok(found)
    }
}

#[async_trait]
impl Settings for MemoryRecords {
    async fn current(&self) -> Result<AccountSettings, StoreError> {
        let state = self.state();
        if state.settings_unreadable {
            return Err(StoreError::corrupt("the settings", "made unreadable by the test"));
        }
        Ok(state.settings.last().cloned().unwrap_or_default())
    }
    async fn replace(&self, settings: &AccountSettings, _by: &str, _now: Timestamp) -> Result<(), StoreError> {
        self.state().settings.push(settings.clone());
        Ok(())
    }
}

#[async_trait]
impl ApiKeys for MemoryRecords {
    async fn create(&self, key: &ApiKey, secret_sha256: [u8; 32]) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.api_keys.iter().any(|(k, hash)| k.id == key.id || *hash == secret_sha256) {
            return Err(StoreError::Conflict { what: "the API key" });
        }
        state.api_keys.push((key.clone(), secret_sha256));
        Ok(())
    }
    async fn by_hash(&self, secret_sha256: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        Ok(self.state().api_keys.iter().find(|(_, hash)| *hash == secret_sha256).map(|(key, _)| key.clone()))
    }
    async fn list(&self, request: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let mut keys: Vec<ApiKey> = self.state().api_keys.iter().map(|(key, _)| key.clone()).collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.id));
        page_of(keys.into_iter().map(|key| (key.id.as_uuid(), key)), request)
    }
    async fn revoke(&self, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some((key, _)) = state.api_keys.iter_mut().find(|(key, _)| key.id == id) else { return Ok(false) };
        key.revoked_at = key.revoked_at.or(Some(now));
        Ok(true)
    }
}

#[async_trait]
impl IdempotencyKeys for MemoryRecords {
    async fn begin(
        &self,
        scope: &str,
        key: &str,
        request_sha256: [u8; 32],
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let mut state = self.state();
        let place = (scope.to_owned(), key.to_owned());
        if let Some(row) = state.answers.get(&place) {
            let free = match &row.answer {
                None if row.request_sha256 == request_sha256 => {
                    now.duration_since(row.started_at) >= SignedDuration::from_secs(60)
                }
                None => now.duration_since(row.started_at) >= SignedDuration::from_hours(24),
                Some((_, at)) => now.duration_since(*at) >= SignedDuration::from_hours(24),
            };
            if !free && row.request_sha256 != request_sha256 {
                return Ok(Begun::Mismatch);
            }
            if !free {
                return Ok(row.answer.as_ref().map_or(Begun::InProgress, |(a, _)| Begun::Answered(a.clone())));
            }
        }
        state.answers.insert(place, AnswerRow { request_sha256, started_at: now, answer: None });
        Ok(Begun::Fresh(HeldKey { scope: scope.to_owned(), key: key.to_owned(), since: now }))
    }
    async fn finish(&self, held: &HeldKey, answer: &SavedAnswer, now: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.state();
        let row = state.answers.get_mut(&(held.scope.clone(), held.key.clone()));
        let Some(row) = row.filter(|row| row.started_at == held.since) else { return Ok(false) };
        row.answer = Some((answer.clone(), now));
        Ok(true)
    }
    async fn abandon(&self, held: &HeldKey) -> Result<(), StoreError> {
        let mut state = self.state();
        let place = (held.scope.clone(), held.key.clone());
        if state.answers.get(&place).is_some_and(|row| row.started_at == held.since && row.answer.is_none()) {
            state.answers.remove(&place);
        }
        Ok(())
    }
}

#[async_trait]
impl RecordsHealth for MemoryRecords {
    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
    fn pool(&self) -> (usize, usize) {
        (0, 1)
    }
}
