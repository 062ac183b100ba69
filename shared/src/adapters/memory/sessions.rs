//! Sessions, with the life times of the real store and the test's clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::state::lock;
use crate::domain::id::{CallId, CallSid};
use crate::domain::session::{CallSession, HandOver};
use crate::domain::status::CallStatus;
use crate::ports::StoreError;
use crate::ports::clock::Clock;
use crate::ports::sessions::Sessions;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The live sessions in this process.
pub struct MemorySessions {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    temp: BTreeMap<CallId, (CallSession, Timestamp)>,
    calls: BTreeMap<CallSid, (CallSession, Timestamp)>,
    messages: BTreeMap<String, (Vec<Value>, Timestamp)>,
    sockets: BTreeMap<String, Timestamp>,
    figures: BTreeMap<String, (Value, Timestamp)>,
    requests: BTreeMap<(String, i64), u64>,
}

impl MemorySessions {
    /// No sessions.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    /// Loses everything, as a restarted Redis does.
    pub fn forget_everything(&self) {
        *lock(&self.kept) = Kept::default();
    }

    fn change(&self, sid: &CallSid, change: impl FnOnce(&mut CallSession, &mut Timestamp, Timestamp)) -> bool {
        let now = self.clock.now();
        let mut kept = lock(&self.kept);
        let Some((session, until)) = kept.calls.get_mut(sid).filter(|(_, until)| *until > now) else { return false };
        change(session, until, now);
        true
    }
}

#[async_trait]
impl Sessions for MemorySessions {
    async fn put_temp(&self, session: &CallSession) -> Result<(), StoreError> {
        let until = self.clock.now() + MINUTE * 30;
        lock(&self.kept).temp.insert(session.call_id, (session.clone(), until));
        Ok(())
    }

    async fn link(&self, call: CallId, sid: &CallSid) -> Result<Option<CallSession>, StoreError> {
        let now = self.clock.now();
        let mut kept = lock(&self.kept);
        if let Some((session, _)) = kept.temp.remove(&call).filter(|(_, until)| *until > now) {
            let session = CallSession { call_sid: Some(sid.clone()), ..session };
            kept.calls.insert(sid.clone(), (session, now + HOUR * 2));
        }
        Ok(kept.calls.get(sid).filter(|(_, until)| *until > now).map(|(session, _)| session.clone()))
    }

    async fn put(&self, sid: &CallSid, session: &CallSession) -> Result<(), StoreError> {
        let session = CallSession { call_sid: Some(sid.clone()), ..session.clone() };
        let life = if session.status.is_final() { MINUTE * 10 } else { HOUR * 2 };
        lock(&self.kept).calls.insert(sid.clone(), (session, self.clock.now() + life));
        Ok(())
    }

    async fn get(&self, sid: &CallSid) -> Result<Option<CallSession>, StoreError> {
        let now = self.clock.now();
        Ok(lock(&self.kept).calls.get(sid).filter(|(_, until)| *until > now).map(|(session, _)| session.clone()))
    }

    async fn set_status(&self, sid: &CallSid, status: CallStatus) -> Result<(), StoreError> {
        self.change(sid, |session, until, now| {
            if session.status.is_final() {
                return;
            }
            session.status = status;
            if status.is_final() {
                *until = now + MINUTE * 10;
            }
        });
        Ok(())
    }

    async fn request_hand_over(&self, sid: &CallSid, hand_over: &HandOver) -> Result<bool, StoreError> {
        Ok(self.change(sid, |session, _, _| session.hand_over = Some(hand_over.clone())))
    }

    async fn notify(&self, user: &str, message: &Value) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut kept = lock(&self.kept);
        let (messages, until) = kept.messages.entry(user.to_owned()).or_insert((Vec::new(), now));
        if *until <= now {
            messages.clear();
        }
        messages.push(message.clone());
        *until = now + HOUR;
        Ok(())
    }

    async fn take_notifications(&self, user: &str) -> Result<Vec<Value>, StoreError> {
        let now = self.clock.now();
        let taken = lock(&self.kept).messages.remove(user);
        Ok(taken.filter(|(_, until)| *until > now).map(|(messages, _)| messages).unwrap_or_default())
    }

    async fn put_ws(&self, id: &str, _state: &Value) -> Result<(), StoreError> {
        let until = self.clock.now() + HOUR;
        lock(&self.kept).sockets.insert(id.to_owned(), until);
        Ok(())
    }

    async fn remove_ws(&self, id: &str) -> Result<(), StoreError> {
        lock(&self.kept).sockets.remove(id);
        Ok(())
    }

    async fn ws_count(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        Ok(lock(&self.kept).sockets.values().filter(|until| **until > now).count() as u64)
    }

    async fn memory_bytes(&self) -> Result<u64, StoreError> {
        let kept = lock(&self.kept);
        Ok(((kept.temp.len() + kept.calls.len()) * size_of::<CallSession>()) as u64)
    }

    async fn put_figures(&self, process: &str, figures: &Value) -> Result<(), StoreError> {
        let until = self.clock.now() + SignedDuration::from_secs(90);
        lock(&self.kept).figures.insert(process.to_owned(), (figures.clone(), until));
        Ok(())
    }

    async fn figures(&self) -> Result<Vec<Value>, StoreError> {
        let now = self.clock.now();
        let kept = lock(&self.kept);
        Ok(kept.figures.values().filter(|(_, until)| *until > now).map(|(value, _)| value.clone()).collect())
    }

    async fn count_request(&self, who: &str, window_s: u32, now: Timestamp) -> Result<u64, StoreError> {
        let window = now.as_second() / i64::from(window_s.max(1));
        let mut kept = lock(&self.kept);
        let count = kept.requests.entry((who.to_owned(), window)).or_default();
        *count += 1;
        Ok(*count)
    }
}
