//! The shared pace: one script per permit, timed by the Redis server's own clock, so that workers
//! with wrong clocks share one truth.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use redis::Script;

use super::RedisConnection;
use crate::adapters::gcra::{CLOSED, LocalBuckets, schedule};
use crate::ports::StoreError;
use crate::ports::clock::Clock;
use crate::ports::pace::{Pace, Pacing};

/// Answers 0 for a permit, else the microseconds to wait.
static TAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local held = redis.call('PTTL', KEYS[2])
         if held > 0 then return held * 1000 end
         local time = redis.call('TIME')
         local now = time[1] * 1000000 + time[2]
         local due = tonumber(redis.call('GET', KEYS[1]) or now)
         if due < now then due = now end
         local early = due - tonumber(ARGV[2]) - now
         if early > 0 then return math.ceil(early) end
         due = due + tonumber(ARGV[1])
         redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1000)
         return 0",
    )
});
static HOLD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
         return 1",
    )
});

/// Budgets under `pace:{budget}`.
pub struct RedisPace(RedisConnection);

impl RedisPace {
    /// Over a connection that may be shared.
    pub fn new(connection: RedisConnection) -> Self {
        Self(connection)
    }

    fn keys(&self, budget: &str) -> (String, String) {
        (self.0.key("pace", budget), self.0.key("pace", &format!("{budget}:hold")))
    }
}

#[async_trait]
impl Pace for RedisPace {
    async fn take(&self, budget: &str, per_minute: u32) -> Result<Pacing, StoreError> {
        let Some((interval, tolerance)) = schedule(per_minute) else { return Ok(Pacing::Wait(CLOSED)) };
        let (pace, hold) = self.keys(budget);
        let (interval, tolerance) = (interval.to_string(), tolerance.to_string());
        let wait_us: u64 = self.0.script(&TAKE, &[&pace, &hold], &[interval.as_bytes(), tolerance.as_bytes()]).await?;
        Ok(if wait_us == 0 { Pacing::Go } else { Pacing::Wait(Duration::from_micros(wait_us)) })
    }

    async fn hold(&self, budget: &str, wait: Duration) -> Result<(), StoreError> {
        let ms = wait.as_millis().max(1).to_string();
        let _held: i64 = self.0.script(&HOLD, &[&self.keys(budget).1], &[ms.as_bytes()]).await?;
        Ok(())
    }
}

/// Permits per minute of one worker that can not ask the others. Ten such workers together stay
/// far inside Exotel's 200 requests.
const ALONE: u32 = 6;

/// Another pace, and a fixed slow one per worker while that is away: six per minute and budget,
/// or fewer where the budget is smaller. Never fails.
pub struct SteadyPace {
    shared: Arc<dyn Pace>,
    clock: Arc<dyn Clock>,
    alone: LocalBuckets,
}

impl SteadyPace {
    /// Falls back from `shared`.
    pub fn new(shared: Arc<dyn Pace>, clock: Arc<dyn Clock>) -> Self {
        Self { shared, clock, alone: LocalBuckets::default() }
    }
}

#[async_trait]
impl Pace for SteadyPace {
    async fn take(&self, budget: &str, per_minute: u32) -> Result<Pacing, StoreError> {
        match self.shared.take(budget, per_minute).await {
            Ok(pacing) => Ok(pacing),
            Err(error) => {
                tracing::warn!(%error, budget, "the shared pace is away; this worker goes slowly by itself");
                Ok(self.alone.take(budget, per_minute.min(ALONE), self.clock.now()))
            }
        }
    }

    async fn hold(&self, budget: &str, wait: Duration) -> Result<(), StoreError> {
        self.alone.hold(budget, wait, self.clock.now());
        if let Err(error) = self.shared.hold(budget, wait).await {
            tracing::warn!(%error, budget, "the shared pace is away; only this worker holds");
        }
        Ok(())
    }
}
