//! Stores that never answer: a request to them hangs for ever, as one to a dead host does.

use std::future::pending;

use async_trait::async_trait;
use jiff::Timestamp;
use shared::domain::call::{Call, ConversationResult, NewOrder, Recorded, StatusReport, StatusUpdate};
use shared::domain::id::{CallId, CallSid, CampaignId};
use shared::domain::page::{Page, PageRequest};
use shared::domain::phone::PhoneNumber;
use shared::domain::session::{CallSession, HandOver, SessionCustomer};
use shared::domain::settings::AccountSettings;
use shared::domain::status::CallStatus;
use shared::domain::transcript::Transcript;
use shared::ports::StoreError;
use shared::ports::calls::{CallFilter, CallStatistics, Calls, Claim, DialOutcome, Placed, SeriesPoint};
use shared::ports::sessions::Sessions;

pub(crate) struct Never;

#[async_trait]
impl Calls for Never {
    async fn place(&self, _: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
        pending().await
    }
    async fn place_single(&self, _: &NewOrder) -> Result<Placed, StoreError> {
        pending().await
    }
    async fn release_due(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<CallId>, StoreError> {
        pending().await
    }
    async fn released_now(&self, _: Timestamp) -> Result<u32, StoreError> {
        pending().await
    }
    async fn claim(&self, _: CallId, _: Option<&AccountSettings>, _: Timestamp) -> Result<Claim, StoreError> {
        pending().await
    }
    async fn give_back(&self, _: CallId, _: Timestamp, _: &str) -> Result<(), StoreError> {
        pending().await
    }
    async fn record_dial(&self, _: CallId, _: &DialOutcome, _: Timestamp) -> Result<Option<Call>, StoreError> {
        pending().await
    }
    async fn record_report(&self, _: &StatusReport, _: Timestamp) -> Result<Recorded, StoreError> {
        pending().await
    }
    async fn find(&self, _: CallId) -> Result<Option<Call>, StoreError> {
        pending().await
    }
    async fn find_by_sid(&self, _: &CallSid) -> Result<Option<Call>, StoreError> {
        pending().await
    }
    async fn session_customer(&self, _: CallId) -> Result<Option<SessionCustomer>, StoreError> {
        pending().await
    }
    async fn phone_of(&self, _: CallId) -> Result<Option<PhoneNumber>, StoreError> {
        pending().await
    }
    async fn quiet(&self, _: Timestamp, _: u32) -> Result<Vec<Call>, StoreError> {
        pending().await
    }
    async fn silent(&self, _: Timestamp, _: u32) -> Result<Vec<Call>, StoreError> {
        pending().await
    }
    async fn unresolved(&self, _: Timestamp, _: u32) -> Result<Vec<Call>, StoreError> {
        pending().await
    }
    async fn live_count(&self) -> Result<u32, StoreError> {
        pending().await
    }
    async fn save_conversation(&self, _: CallId, _: &ConversationResult) -> Result<(), StoreError> {
        pending().await
    }
    async fn conversation(&self, _: CallId) -> Result<Option<ConversationResult>, StoreError> {
        pending().await
    }
    async fn keep_recording(&self, _: CallId, _: &str) -> Result<(), StoreError> {
        pending().await
    }
    async fn recordings(&self, _: CallId) -> Result<Vec<String>, StoreError> {
        pending().await
    }
    async fn transcript(&self, _: CallId) -> Result<Option<Transcript>, StoreError> {
        pending().await
    }
    async fn updates(&self, _: CallId) -> Result<Vec<StatusUpdate>, StoreError> {
        pending().await
    }
    async fn list(&self, _: &CallFilter, _: &PageRequest) -> Result<Page<Call>, StoreError> {
        pending().await
    }
    async fn statistics(&self, _: Option<Timestamp>, _: Option<CampaignId>) -> Result<CallStatistics, StoreError> {
        pending().await
    }
    async fn series(&self, _: Timestamp, _: Timestamp, _: u32) -> Result<Vec<SeriesPoint>, StoreError> {
        pending().await
    }
}

#[async_trait]
impl Sessions for Never {
    async fn put_temp(&self, _: &CallSession) -> Result<(), StoreError> {
        pending().await
    }
    async fn link(&self, _: CallId, _: &CallSid) -> Result<Option<CallSession>, StoreError> {
        pending().await
    }
    async fn put(&self, _: &CallSid, _: &CallSession) -> Result<(), StoreError> {
        pending().await
    }
    async fn get(&self, _: &CallSid) -> Result<Option<CallSession>, StoreError> {
        pending().await
    }
    async fn set_status(&self, _: &CallSid, _: CallStatus) -> Result<(), StoreError> {
        pending().await
    }
    async fn request_hand_over(&self, _: &CallSid, _: &HandOver) -> Result<bool, StoreError> {
        pending().await
    }
    async fn notify(&self, _: &str, _: &serde_json::Value) -> Result<(), StoreError> {
        pending().await
    }
    async fn take_notifications(&self, _: &str) -> Result<Vec<serde_json::Value>, StoreError> {
        pending().await
    }
    async fn put_ws(&self, _: &str, _: &serde_json::Value) -> Result<(), StoreError> {
        pending().await
    }
    async fn remove_ws(&self, _: &str) -> Result<(), StoreError> {
        pending().await
    }
    async fn ws_count(&self) -> Result<u64, StoreError> {
        pending().await
    }
    async fn memory_bytes(&self) -> Result<u64, StoreError> {
        pending().await
    }
    async fn put_figures(&self, _: &str, _: &serde_json::Value) -> Result<(), StoreError> {
        pending().await
    }
    async fn figures(&self) -> Result<Vec<serde_json::Value>, StoreError> {
        pending().await
    }
    async fn count_request(&self, _: &str, _: u32, _: Timestamp) -> Result<u64, StoreError> {
        pending().await
    }
}
