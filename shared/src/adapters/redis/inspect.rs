//! What an operator asks of Redis. Changes nothing.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use redis::{AsyncConnectionConfig, cmd};

use super::connect::{RedisConnection, RedisSettings, away};
use crate::ports::StoreError;

/// An operator waits longer than a conversation.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Debug, Clone)]
pub struct RedisFacts {
    /// `7.2.4`.
    pub version: String,
    /// What it throws away when memory runs out.
    pub eviction_policy: String,
    /// Memory in use.
    pub used_bytes: u64,
    /// Its limit; 0 for none.
    pub most_bytes: u64,
    /// The server's clock.
    pub server_time: Timestamp,
}

/// Looks at Redis over a connection of its own.
pub async fn inspect(settings: &RedisSettings) -> Result<RedisFacts, StoreError> {
    let client = RedisConnection::open(settings)?.client().clone();
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await.map_err(away)?;
    let info: String = cmd("INFO").query_async(&mut connection).await.map_err(away)?;
    let (seconds, micros): (i64, i32) = cmd("TIME").query_async(&mut connection).await.map_err(away)?;
    let fields: HashMap<&str, &str> = info.lines().filter_map(|line| line.trim().split_once(':')).collect();
    let text = |name: &str| fields.get(name).copied().unwrap_or_default().to_owned();
    let number = |name: &str| text(name).parse().unwrap_or_default();
    Ok(RedisFacts {
        version: text("redis_version"),
        eviction_policy: text("maxmemory_policy"),
        used_bytes: number("used_memory"),
        most_bytes: number("maxmemory"),
        server_time: Timestamp::new(seconds, micros.saturating_mul(1_000))
            .map_err(|error| StoreError::unavailable("redis", error))?,
    })
}
