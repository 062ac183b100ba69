//! Pace, queue, audit trail and objects.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::super::gcra::LocalBuckets;
use super::state::lock;
use crate::ports::StoreError;
use crate::ports::audit::{Audit, AuditEntry};
use crate::ports::clock::Clock;
use crate::ports::objects::{GetAddress, Objects, PutAddress};
use crate::ports::pace::{Pace, Pacing};
use crate::ports::queue::{Queue, QueueMessage, QueueName};

/// The pace, kept with the test's clock.
pub struct MemoryPace {
    clock: Arc<dyn Clock>,
    buckets: LocalBuckets,
}

impl MemoryPace {
    /// Full buckets.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, buckets: LocalBuckets::default() }
    }
}

#[async_trait]
impl Pace for MemoryPace {
    async fn take(&self, budget: &str, per_minute: u32) -> Result<Pacing, StoreError> {
        Ok(self.buckets.take(budget, per_minute, self.clock.now()))
    }
    async fn hold(&self, budget: &str, wait: Duration) -> Result<(), StoreError> {
        self.buckets.hold(budget, wait, self.clock.now());
        Ok(())
    }
}

/// Remembers what was sent, in order; delivers nothing by itself, and what was sent with a delay never comes due.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    sent: Mutex<Vec<(QueueMessage, Duration)>>,
    away: AtomicBool,
}

impl MemoryQueue {
    /// Takes out everything sent so far, with its delays.
    pub fn take(&self) -> Vec<(QueueMessage, Duration)> {
        std::mem::take(&mut *lock(&self.sent))
    }
    /// While away, sending fails.
    pub fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, messages: &[QueueMessage], delay: Duration) -> Result<(), StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("queue", "sent away by the test"));
        }
        lock(&self.sent).extend(messages.iter().map(|message| (message.clone(), delay)));
        Ok(())
    }
    async fn depth(&self, queue: QueueName) -> Result<u64, StoreError> {
        Ok(lock(&self.sent).iter().filter(|(message, delay)| message.queue() == queue && delay.is_zero()).count()
            as u64)
    }
}

/// The audit trail in a list.
#[derive(Debug, Default)]
pub struct MemoryAudit {
    entries: Mutex<Vec<AuditEntry>>,
    away: AtomicBool,
}

impl MemoryAudit {
    /// While away, nothing can be noted, so nothing may be done.
    pub fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }
    /// Everything noted, oldest first.
    pub fn entries(&self) -> Vec<AuditEntry> {
        lock(&self.entries).clone()
    }
}

#[async_trait]
impl Audit for MemoryAudit {
    async fn append(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("audit", "sent away by the test"));
        }
        lock(&self.entries).push(entry.clone());
        Ok(())
    }
    async fn newest(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(lock(&self.entries).iter().rev().take(limit as usize).cloned().collect())
    }
}

/// Objects in a map.
pub struct MemoryObjects {
    clock: Arc<dyn Clock>,
    kept: Mutex<BTreeMap<String, Bytes>>,
    /// Key, bytes and end of each address that was given out, by its place in this list.
    addresses: Mutex<Vec<(String, u64, Timestamp)>>,
    away: AtomicBool,
}

impl MemoryObjects {
    /// No objects yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default(), addresses: Mutex::default(), away: AtomicBool::new(false) }
    }
    /// While away, nothing can be read, nor sent in one piece after the other.
    pub fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }
    /// What an HTTP PUT to one of our addresses does: the key it went under, or `None` where the
    /// address or the size is wrong or it is too late.
    pub fn arrive(&self, url: &str, body: Bytes) -> Option<String> {
        let place: usize = url.strip_prefix("memory:")?.parse().ok()?;
        let (key, bytes, end) = lock(&self.addresses).get(place)?.clone();
        if body.len() as u64 != bytes || self.clock.now() > end {
            return None;
        }
        lock(&self.kept).insert(key.clone(), body);
        Some(key)
    }
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn put(&self, key: &str, _content_type: &str, body: Bytes) -> Result<(), StoreError> {
        lock(&self.kept).insert(key.to_owned(), body);
        Ok(())
    }
    async fn upload(&self, key: &str, content_type: &str, file: &Path) -> Result<(), StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("objects", "sent away by the test"));
        }
        let body = tokio::fs::read(file).await.map_err(|e| StoreError::unavailable("objects", e))?;
        self.put(key, content_type, body.into()).await
    }
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("objects", "sent away by the test"));
        }
        Ok(lock(&self.kept).get(key).cloned())
    }
    async fn download(&self, key: &str, into: &mut File) -> Result<Option<u64>, StoreError> {
        let Some(body) = self.get(key).await? else { return Ok(None) };
        into.write_all(&body).await.map_err(|e| StoreError::unavailable("objects", e))?;
        into.flush().await.map_err(|e| StoreError::unavailable("objects", e))?;
        Ok(Some(body.len() as u64))
    }
    async fn put_address(&self, key: &str, bytes: u64, valid_for: Duration) -> Result<PutAddress, StoreError> {
        let expires_at = self.clock.now() + valid_for;
        let mut addresses = lock(&self.addresses);
        addresses.push((key.to_owned(), bytes, expires_at));
        let headers = vec![("content-length".to_owned(), bytes.to_string())];
        Ok(PutAddress { url: format!("memory:{}", addresses.len() - 1), headers, expires_at })
    }
    async fn get_address(&self, key: &str, valid_for: Duration) -> Result<GetAddress, StoreError> {
        Ok(GetAddress { url: format!("memory:{key}"), expires_at: self.clock.now() + valid_for })
    }
    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        lock(&self.kept).remove(key);
        Ok(())
    }
}
