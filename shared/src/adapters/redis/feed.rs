//! The feed: one capped stream, read by everybody from where they are.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamRangeReply, StreamReadReply};
use redis::{AsyncConnectionConfig, pipe};

use super::RedisConnection;
use super::connect::away;
use crate::domain::feed::{FeedEvent, FeedPosition};
use crate::ports::StoreError;
use crate::ports::feed::{Feed, FeedSlice};

/// About ten minutes of a busy campaign; a dashboard away for longer gets a fresh snapshot.
const KEPT: usize = 10_000;
/// Whoever wants to wait longer asks again.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const FIELD: &str = "e";

/// The stream `feed`.
pub struct RedisFeed {
    connection: RedisConnection,
    key: String,
    kept: usize,
    /// Waiting blocks a connection for everybody behind it: each waiting reader has its own.
    readers: Mutex<Vec<MultiplexedConnection>>,
}

impl RedisFeed {
    /// Keeps about the newest 10,000 events.
    pub fn new(connection: RedisConnection) -> Self {
        Self::with_cap(connection, KEPT)
    }

    /// Keeps about the newest `kept` events (Redis drops whole blocks of some hundred).
    pub fn with_cap(connection: RedisConnection, kept: usize) -> Self {
        let key = connection.plain_key("feed");
        Self { connection, key, kept, readers: Mutex::default() }
    }

    async fn slice(&self, after: FeedPosition, limit: usize) -> Result<FeedSlice, StoreError> {
        let mut read = pipe();
        read.atomic();
        read.cmd("XRANGE").arg(&self.key).arg(format!("({after}")).arg("+").arg("COUNT").arg(limit);
        read.cmd("XRANGE").arg(&self.key).arg("-").arg("+").arg("COUNT").arg(1);
        read.cmd("XLEN").arg(&self.key);
        let (news, oldest, length): (StreamRangeReply, StreamRangeReply, usize) = self.connection.run(&read).await?;
        let oldest = oldest.ids.first().and_then(|entry| FeedPosition::parse(&entry.id));
        // Whoever starts at the very beginning has missed something only if something was dropped.
        let missed = after != FeedPosition::default() || length >= self.kept;
        let gap = missed && oldest.is_some_and(|oldest| oldest > after);
        let mut events = Vec::with_capacity(news.ids.len());
        for entry in &news.ids {
            let Some(at) = FeedPosition::parse(&entry.id) else { continue };
            let text: Option<String> = entry.get(FIELD);
            match text.as_deref().map(serde_json::from_str) {
                Some(Ok(event)) => events.push((at, event)),
                // Written by a newer program during a deployment: not for this one.
                _ => tracing::debug!(position = %at, "an event of the feed could not be read"),
            }
        }
        Ok(FeedSlice { events, gap })
    }

    async fn wait(&self, after: FeedPosition, wait: Duration) -> Result<(), StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(Duration::from_millis(500)))
                    .set_response_timeout(Some(LONGEST_WAIT + Duration::from_secs(2)));
                let open = self.connection.client().get_multiplexed_async_connection_with_config(&config);
                open.await.map_err(away)?
            }
        };
        let wait_ms = u64::try_from(wait.min(LONGEST_WAIT).as_millis()).unwrap_or(1).max(1);
        let mut block = redis::cmd("XREAD");
        block.arg("COUNT").arg(1).arg("BLOCK").arg(wait_ms).arg("STREAMS").arg(&self.key).arg(after.to_string());
        let _woken: Option<StreamReadReply> = block.query_async(&mut reader).await.map_err(away)?;
        // Only a connection whose answer has come may serve another reader.
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(())
    }
}

#[async_trait]
impl Feed for RedisFeed {
    async fn publish(&self, event: &FeedEvent) -> Result<FeedPosition, StoreError> {
        let text = serde_json::to_string(event).map_err(|error| StoreError::corrupt("an event", error))?;
        let mut add = pipe();
        add.cmd("XADD").arg(&self.key).arg("MAXLEN").arg("~").arg(self.kept).arg("*").arg(FIELD).arg(text);
        let (id,): (String,) = self.connection.run_once(&add).await?;
        FeedPosition::parse(&id).ok_or_else(|| StoreError::corrupt("a position in the feed", id))
    }

    async fn newest(&self) -> Result<FeedPosition, StoreError> {
        let mut read = pipe();
        read.cmd("XREVRANGE").arg(&self.key).arg("+").arg("-").arg("COUNT").arg(1);
        let (newest,): (StreamRangeReply,) = self.connection.run(&read).await?;
        Ok(newest.ids.first().and_then(|entry| FeedPosition::parse(&entry.id)).unwrap_or_default())
    }

    async fn after(&self, after: FeedPosition, limit: usize, wait: Duration) -> Result<FeedSlice, StoreError> {
        let slice = self.slice(after, limit).await?;
        if !slice.events.is_empty() || wait.is_zero() {
            return Ok(slice);
        }
        self.wait(after, wait).await?;
        self.slice(after, limit).await
    }
}
