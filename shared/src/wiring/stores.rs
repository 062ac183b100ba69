//! Postgres and Redis behind the record and session ports.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

pub use crate::adapters::postgres::{MigrateError, PostgresSettings, migrate};

use super::{WiringError, playbooks};
use crate::adapters::crypto::KeyRing;
use crate::adapters::postgres::PostgresRecords;
use crate::adapters::redis::{RedisConnection, RedisFeed, RedisPace, RedisSessions, RedisSettings, SteadyPace};
use crate::app::{App, Secrets, Urls};
use crate::config::{EdgeConfig, Environment, PlaybookSection, StoreConfig};
use crate::ports::audit::Audit;
use crate::ports::clock::{Clock, Random};
use crate::ports::objects::Objects;
use crate::ports::queue::Queue;

/// What the stores do not bring: it differs between a laptop and AWS.
pub(super) struct Surroundings {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) audit: Arc<dyn Audit>,
    pub(super) objects: Arc<dyn Objects>,
    pub(super) keys: Arc<KeyRing>,
    pub(super) random: Arc<dyn Random>,
}

/// A statement that takes longer is cancelled: every query has an index that serves it.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the records are.
pub fn database(env: &Environment) -> Result<PostgresSettings, WiringError> {
    let config: StoreConfig = env.read()?;
    let mut settings = PostgresSettings::new(config.database_url, "voice-calls");
    settings.max_connections = config.database_pool_size;
    settings.statement_timeout = STATEMENT_TIMEOUT;
    settings.root_certificates = config.database_root_certificates;
    Ok(settings)
}

/// Where live sessions are.
pub fn redis_settings(config: &StoreConfig) -> RedisSettings {
    let scheme = if config.redis_tls { "rediss" } else { "redis" };
    let password = config.redis_password.as_ref().map(|p| format!(":{}@", escaped(p))).unwrap_or_default();
    let url = format!("{scheme}://{password}{}:{}/{}", config.redis_host, config.redis_port, config.redis_db);
    RedisSettings { url: url.into(), prefix: config.redis_prefix.clone() }
}

/// A password may hold what has a meaning in an address.
fn escaped(password: &SecretString) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    password
        .expose_secret()
        .bytes()
        .map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// All ports, over the stores of the environment.
pub(super) fn app(env: &Environment, around: Surroundings) -> Result<App, WiringError> {
    let config: StoreConfig = env.read()?;
    let edge: EdgeConfig = env.read()?;
    let playbooks = Arc::new(playbooks(&env.read::<PlaybookSection>()?)?);
    let Surroundings { keys, random, .. } = around;
    let records = Arc::new(PostgresRecords::connect(&database(env)?, keys, around.clock.clone(), random.clone())?);
    let connection = RedisConnection::open(&redis_settings(&config))?;
    let pace = SteadyPace::new(Arc::new(RedisPace::new(connection.clone())), around.clock.clone());
    Ok(App {
        clock: around.clock,
        random,
        customers: records.clone(),
        uploads: records.clone(),
        calls: records.clone(),
        campaigns: records.clone(),
        do_not_call: records.clone(),
        promises: records.clone(),
        settings: records.clone(),
        api_keys: records.clone(),
        idempotency: records.clone(),
        records,
        sessions: Arc::new(RedisSessions::new(connection.clone())),
        feed: Arc::new(RedisFeed::new(connection)),
        pace: Arc::new(pace),
        queue: around.queue,
        audit: around.audit,
        objects: around.objects,
        playbooks,
        secrets: Secrets { exotel_shared: edge.exotel_shared_secret, signing: edge.signing_secret },
        urls: Urls { public_base: edge.public_base_url, public_ws: edge.public_ws_url, proxies: edge.trusted_proxies },
    })
}
