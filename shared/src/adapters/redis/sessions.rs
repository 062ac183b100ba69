//! The live sessions. Values are JSON; a value is changed by compare-and-set, so that the status
//! and a hand-over written at the same moment both stay.

use std::sync::LazyLock;

use async_trait::async_trait;
use jiff::Timestamp;
use redis::{Script, pipe};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::RedisConnection;
use crate::domain::id::{CallId, CallSid};
use crate::domain::session::{CallSession, HandOver};
use crate::domain::status::CallStatus;
use crate::ports::StoreError;
use crate::ports::sessions::Sessions;

const TEMP_S: u64 = 30 * 60;
const CALL_S: u64 = 2 * 60 * 60;
const ENDED_S: u64 = 10 * 60;
const SOCKET_S: u64 = 60 * 60;
const MESSAGES_S: u64 = 60 * 60;
const FIGURES_S: u64 = 90;
/// A user who never looks must not fill the memory.
const MESSAGES_KEPT: isize = 100;
/// More writers than this at one session at one moment do not exist.
const TRIES: usize = 20;

/// A session that was opened another way already (from the records) is newer than the temporary one.
static LINK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local there = redis.call('GET', KEYS[2])
         local temp = redis.call('GET', KEYS[1])
         if temp then redis.call('DEL', KEYS[1]) end
         if there then return there end
         if temp then redis.call('SET', KEYS[2], temp, 'EX', ARGV[1]) end
         return temp",
    )
});
static REPLACE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
         if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
         else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
         return 1",
    )
});

/// Sessions, dashboard connections, messages, figures and request counters.
pub struct RedisSessions(RedisConnection);

impl RedisSessions {
    /// Over a connection that may be shared.
    pub fn new(connection: RedisConnection) -> Self {
        Self(connection)
    }

    fn call_key(&self, sid: &CallSid) -> String {
        self.0.key("call_session", sid.as_str())
    }

    async fn text(&self, key: &str) -> Result<Option<String>, StoreError> {
        let (text,): (Option<String>,) = self.0.run(pipe().get(key)).await?;
        Ok(text)
    }

    async fn write(&self, key: &str, value: &impl serde::Serialize, life_s: u64) -> Result<(), StoreError> {
        let () = self.0.run(pipe().set_ex(key, encode(value)?, life_s).ignore()).await?;
        Ok(())
    }

    /// Changes a session if it is there; `change` answers a new life time where it sets one.
    async fn change(
        &self,
        sid: &CallSid,
        change: impl Fn(&mut CallSession) -> Option<u64> + Send + Sync,
    ) -> Result<bool, StoreError> {
        let key = self.call_key(sid);
        for _ in 0..TRIES {
            let Some(old) = self.text(&key).await? else { return Ok(false) };
            let mut session: CallSession = decode(&old)?;
            let life = change(&mut session).map(|seconds| seconds.to_string()).unwrap_or_default();
            let new = encode(&session)?;
            let done: i64 =
                self.0.script(&REPLACE, &[&key], &[old.as_bytes(), new.as_bytes(), life.as_bytes()]).await?;
            if done == 1 {
                return Ok(true);
            }
        }
        Err(StoreError::Conflict { what: "the session" })
    }

    /// Keys of one family, by `SCAN`: `KEYS` would stop the whole server.
    async fn keys_of(&self, family: &str) -> Result<Vec<String>, StoreError> {
        let pattern = self.0.key(family, "*");
        let (mut cursor, mut found) = (0_u64, Vec::new());
        loop {
            let mut scan = pipe();
            scan.cmd("SCAN").arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(1_000);
            let ((next, keys),): ((u64, Vec<String>),) = self.0.run(&scan).await?;
            found.extend(keys);
            cursor = next;
            if cursor == 0 {
                // A key may be answered twice while the table grows.
                found.sort_unstable();
                found.dedup();
                return Ok(found);
            }
        }
    }
}

fn encode(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt("a session", error))
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("a session", error))
}

/// The key is what links a session to its Sid; the value may have been written before there was one.
fn linked(text: Option<String>, sid: &CallSid) -> Result<Option<CallSession>, StoreError> {
    let Some(text) = text else { return Ok(None) };
    Ok(Some(CallSession { call_sid: Some(sid.clone()), ..decode(&text)? }))
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn put_temp(&self, session: &CallSession) -> Result<(), StoreError> {
        self.write(&self.0.key("temp", &session.call_id.to_string()), session, TEMP_S).await
    }

    async fn link(&self, call: CallId, sid: &CallSid) -> Result<Option<CallSession>, StoreError> {
        let (temp, there) = (self.0.key("temp", &call.to_string()), self.call_key(sid));
        let life = CALL_S.to_string();
        let text: Option<String> = self.0.script(&LINK, &[&temp, &there], &[life.as_bytes()]).await?;
        linked(text, sid)
    }

    async fn put(&self, sid: &CallSid, session: &CallSession) -> Result<(), StoreError> {
        let life = if session.status.is_final() { ENDED_S } else { CALL_S };
        self.write(&self.call_key(sid), session, life).await
    }

    async fn get(&self, sid: &CallSid) -> Result<Option<CallSession>, StoreError> {
        linked(self.text(&self.call_key(sid)).await?, sid)
    }

    async fn set_status(&self, sid: &CallSid, status: CallStatus) -> Result<(), StoreError> {
        self.change(sid, |session| {
            if session.status.is_final() {
                return None;
            }
            session.status = status;
            status.is_final().then_some(ENDED_S)
        })
        .await?;
        Ok(())
    }

    async fn request_hand_over(&self, sid: &CallSid, hand_over: &HandOver) -> Result<bool, StoreError> {
        self.change(sid, |session| {
            session.hand_over = Some(hand_over.clone());
            None
        })
        .await
    }

    async fn notify(&self, user: &str, message: &Value) -> Result<(), StoreError> {
        let key = self.0.key("ws_notification", user);
        let mut add = pipe();
        add.atomic().rpush(&key, encode(message)?).ignore();
        add.ltrim(&key, -MESSAGES_KEPT, -1).ignore().expire(&key, MESSAGES_S as i64).ignore();
        let () = self.0.run_once(&add).await?;
        Ok(())
    }

    async fn take_notifications(&self, user: &str) -> Result<Vec<Value>, StoreError> {
        let key = self.0.key("ws_notification", user);
        let (texts,): (Vec<String>,) = self.0.run(pipe().atomic().lrange(&key, 0, -1).del(&key).ignore()).await?;
        texts.iter().map(|text| decode(text)).collect()
    }

    async fn put_ws(&self, id: &str, state: &Value) -> Result<(), StoreError> {
        self.write(&self.0.key("ws_session", id), state, SOCKET_S).await
    }

    async fn remove_ws(&self, id: &str) -> Result<(), StoreError> {
        let () = self.0.run(pipe().del(self.0.key("ws_session", id)).ignore()).await?;
        Ok(())
    }

    async fn ws_count(&self) -> Result<u64, StoreError> {
        Ok(self.keys_of("ws_session").await?.len() as u64)
    }

    async fn memory_bytes(&self) -> Result<u64, StoreError> {
        let (info,): (String,) = self.0.run(pipe().cmd("INFO").arg("memory")).await?;
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:"));
        let bytes = line.and_then(|text| text.trim().parse().ok());
        bytes.ok_or_else(|| StoreError::corrupt("Redis' own figures", "no used_memory in INFO"))
    }

    async fn put_figures(&self, process: &str, figures: &Value) -> Result<(), StoreError> {
        self.write(&self.0.key("system", process), figures, FIGURES_S).await
    }

    async fn figures(&self) -> Result<Vec<Value>, StoreError> {
        let keys = self.keys_of("system").await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (texts,): (Vec<Option<String>>,) = self.0.run(pipe().mget(&keys)).await?;
        texts.iter().flatten().map(|text| decode(text)).collect()
    }

    async fn count_request(&self, who: &str, window_s: u32, now: Timestamp) -> Result<u64, StoreError> {
        let window_s = window_s.max(1);
        let window = now.as_second() / i64::from(window_s);
        let key = self.0.key("rate", &format!("{who}:{window_s}:{window}"));
        let mut count = pipe();
        count.atomic().incr(&key, 1).expire(&key, i64::from(window_s) * 2).ignore();
        let (n,): (u64,) = self.0.run(&count).await?;
        Ok(n)
    }
}
