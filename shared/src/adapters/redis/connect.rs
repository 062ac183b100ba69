//! One shared connection that comes back by itself, and never keeps anybody waiting.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, Pipeline, RedisError, RedisResult, Script, ScriptInvocation};
use secrecy::{ExposeSecret, SecretString};

use crate::ports::StoreError;

/// Where Redis is.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://…`, or `rediss://…` for TLS with a verified certificate.
    pub url: SecretString,
    /// Put before every key, so that several installations (or tests) share one server. May be empty.
    pub prefix: String,
}

/// An answer that takes longer than this is as good as none: the conversation can not wait.
const ANSWER: Duration = Duration::from_millis(500);
/// A request with its reconnect and its second try.
const WHOLE: Duration = Duration::from_millis(900);

/// Cheap to clone: all clones share one connection.
#[derive(Clone)]
pub struct RedisConnection {
    manager: ConnectionManager,
    client: Client,
    prefix: String,
}

pub(super) fn away(error: RedisError) -> StoreError {
    StoreError::unavailable("redis", error)
}

impl RedisConnection {
    /// Checks the settings; the connection itself is opened by the first request.
    pub fn open(settings: &RedisSettings) -> Result<Self, StoreError> {
        let url = settings.url.expose_secret();
        // The client asks for the process' provider; whoever was first has set the same one.
        let _first = rustls::crypto::ring::default_provider().install_default();
        let client = Client::open(url).map_err(away)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER))
            .set_response_timeout(Some(ANSWER))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(200));
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(away)?;
        Ok(Self { manager, client, prefix: settings.prefix.clone() })
    }

    pub(super) fn key(&self, family: &str, name: &str) -> String {
        format!("{}{family}:{name}", self.prefix)
    }

    pub(super) fn plain_key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Runs commands that may be repeated: a dropped connection is tried a second time.
    pub(super) async fn run<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let twice = async {
            match commands.query_async(&mut self.manager.clone()).await {
                Err(error) if lost(&error) => commands.query_async(&mut self.manager.clone()).await,
                answer => answer,
            }
        };
        within(twice).await
    }

    /// Runs commands that must not be repeated (they add something).
    pub(super) async fn run_once<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        within(commands.query_async(&mut self.manager.clone())).await
    }

    /// Runs a script that may be repeated.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: &[&[u8]],
    ) -> Result<T, StoreError> {
        let mut invocation: ScriptInvocation<'_> = script.prepare_invoke();
        for key in keys {
            invocation.key(*key);
        }
        for argument in arguments {
            invocation.arg(*argument);
        }
        let twice = async {
            match invocation.invoke_async(&mut self.manager.clone()).await {
                Err(error) if lost(&error) => invocation.invoke_async(&mut self.manager.clone()).await,
                answer => answer,
            }
        };
        within(twice).await
    }
}

fn lost(error: &RedisError) -> bool {
    error.is_connection_dropped()
}

async fn within<T>(work: impl Future<Output = RedisResult<T>>) -> Result<T, StoreError> {
    match tokio::time::timeout(WHOLE, work).await {
        Ok(answer) => answer.map_err(away),
        Err(late) => Err(StoreError::unavailable("redis", late)),
    }
}
