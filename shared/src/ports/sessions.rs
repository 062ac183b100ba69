//! Live sessions (Redis): a cache of what Postgres knows. Losing it loses no call and no status.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::domain::id::{CallId, CallSid};
use crate::domain::session::{CallSession, HandOver};
use crate::domain::status::CallStatus;

/// Four key families: `temp:`, `call_session:`, `ws_notification:`, `ws_session:`. Every key has a TTL.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Writes `temp:{CallId}` (30 min).
    async fn put_temp(&self, session: &CallSession) -> Result<(), StoreError>;
    /// Moves `temp:{CallId}` to `call_session:{CallSid}` (2 h), atomically; answers the session,
    /// also where it was moved before. `None` where neither key exists.
    async fn link(&self, call: CallId, sid: &CallSid) -> Result<Option<CallSession>, StoreError>;
    /// Writes `call_session:{CallSid}`.
    async fn put(&self, sid: &CallSid, session: &CallSession) -> Result<(), StoreError>;
    /// Reads it.
    async fn get(&self, sid: &CallSid) -> Result<Option<CallSession>, StoreError>;
    /// Notes the status; at a final one the key lives 10 more minutes.
    async fn set_status(&self, sid: &CallSid, status: CallStatus) -> Result<(), StoreError>;
    /// Asks for a hand-over; the live conversation sees it in the session.
    async fn request_hand_over(&self, sid: &CallSid, hand_over: &HandOver) -> Result<bool, StoreError>;
    /// Adds a message for one user of the dashboard (1 h).
    async fn notify(&self, user: &str, message: &serde_json::Value) -> Result<(), StoreError>;
    /// Reads and removes a user's messages, atomically, oldest first.
    async fn take_notifications(&self, user: &str) -> Result<Vec<serde_json::Value>, StoreError>;
    /// Notes a dashboard connection (`ws_session:{id}`, 1 h, renewed by writing again).
    async fn put_ws(&self, id: &str, state: &serde_json::Value) -> Result<(), StoreError>;
    /// Forgets a dashboard connection.
    async fn remove_ws(&self, id: &str) -> Result<(), StoreError>;
    /// Dashboard connections now.
    async fn ws_count(&self) -> Result<u64, StoreError>;
    /// Bytes the session store uses.
    async fn memory_bytes(&self) -> Result<u64, StoreError>;
    /// Notes a process's figures (`system:{name}`, 90 s).
    async fn put_figures(&self, process: &str, figures: &serde_json::Value) -> Result<(), StoreError>;
    /// Every process's figures.
    async fn figures(&self) -> Result<Vec<serde_json::Value>, StoreError>;
    /// A fixed-window counter for rate limits: counts this request, answers how many there were
    /// in the window that `now` is in.
    async fn count_request(&self, who: &str, window_s: u32, now: Timestamp) -> Result<u64, StoreError>;
}
