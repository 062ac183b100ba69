//! AWS: RDS and ElastiCache behind the stores, SQS, DynamoDB and S3 around them, secrets from
//! Secrets Manager, the master key in KMS.

use std::convert::Infallible;
use std::sync::Arc;

use aws_config::SdkConfig;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use tower::ServiceExt;

use super::WiringError;
use super::kept::Kept;
use super::stores::{Surroundings, app, database};
use crate::adapters::aws::{DynamoAudit, KmsKeyWrap, S3Objects, SecretsManager, SqsQueue, sdk_config};
use crate::adapters::crypto::KeyRing;
use crate::adapters::key_envelope;
use crate::adapters::postgres::PostgresSettings;
use crate::adapters::secrets::resolved;
use crate::adapters::system::{OsRandom, SystemClock};
use crate::app::App;
use crate::config::{AwsPlace, AwsSection, Environment, WrappedKeysSection};
use crate::http::Failure;
use crate::ports::clock::{Clock, Random};

pub use crate::adapters::key_envelope::DataKeys;

/// The client configuration for the place that the environment names.
async fn sdk(env: &Environment) -> Result<SdkConfig, WiringError> {
    let place: AwsPlace = env.read()?;
    Ok(sdk_config(place.region, place.endpoint).await)
}

/// The same variables with every secret read. Without references nobody is asked.
pub async fn with_secrets(env: &Environment) -> Result<Environment, WiringError> {
    if env.references().is_empty() {
        return Ok(env.clone());
    }
    Ok(resolved(env, &SecretsManager::new(&sdk(env).await?)).await?)
}

/// The app of a deployed program, of variables whose secrets have been read. Of all stores only
/// KMS is asked; the others when they are first used.
pub async fn app_from_env(env: &Environment) -> Result<App, WiringError> {
    app_with_clock(env, Arc::new(SystemClock)).await
}

/// As [`app_from_env`], with another clock: simulated calls play their day at any hour.
pub async fn app_with_clock(env: &Environment, clock: Arc<dyn Clock>) -> Result<App, WiringError> {
    let config: AwsSection = env.read()?;
    let sdk = sdk(env).await?;
    let random: Arc<dyn Random> = Arc::new(OsRandom::new());
    let keys = data_keys(env, random.clone()).await?;
    let around = Surroundings {
        queue: Arc::new(SqsQueue::new(&sdk, config.dial_queue_url, config.call_events_queue_url)),
        audit: Arc::new(DynamoAudit::new(&sdk, config.audit_table, clock.clone())),
        objects: Arc::new(S3Objects::new(&sdk, config.bucket)),
        keys: Arc::new(keys),
        random,
        clock,
    };
    app(env, around)
}

/// The data keys of variables whose secrets have been read, opened by the master key.
pub async fn data_keys(env: &Environment, random: Arc<dyn Random>) -> Result<KeyRing, WiringError> {
    let wrapped: WrappedKeysSection = env.read()?;
    let wrap = KmsKeyWrap::new(&sdk(env).await?, wrapped.kms_key);
    Ok(KeyRing::parse(&key_envelope::opened(wrapped.data_keys.expose_secret(), &wrap).await?, random)?)
}

/// What a deployed function works with. Put together at the first event: starting one reads no
/// secret and opens no connection. Cheap while nothing has changed.
pub struct Deployed<T> {
    env: Environment,
    build: fn(&Environment, App) -> Result<T, WiringError>,
    kept: Kept<T>,
}

impl<T: Clone> Deployed<T> {
    /// `build` makes of the app whatever the function's handler takes.
    pub fn new(env: Environment, build: fn(&Environment, App) -> Result<T, WiringError>) -> Self {
        Self { env, build, kept: Kept::default() }
    }

    /// For one event.
    pub async fn get(&self) -> Result<T, WiringError> {
        let build = async |env: Environment| (self.build)(&env, app_from_env(&env).await?);
        self.kept.get(|| with_secrets(&self.env), build).await.inspect_err(|error| {
            tracing::error!(error = &**error as &dyn std::error::Error, "the function could not be put together");
        })
    }
}

impl Deployed<Router> {
    /// The router's answer; 503 where the function can not be put together.
    pub async fn answer<B>(&self, request: Request<B>) -> Result<Response, Infallible>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        match self.get().await {
            Ok(router) => router.oneshot(request.map(Body::new)).await,
            Err(_) => {
                let detail = "this function is not set up; its log says what is missing";
                Ok(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).into_response())
            }
        }
    }
}

/// What the function `migrate` works on.
pub struct Upkeep {
    /// Where the records are.
    pub database: PostgresSettings,
    /// The keys that encrypt them.
    pub keys: DataKeys,
}

/// What `migrate` works on. The data keys may not exist yet.
pub async fn upkeep(env: &Environment) -> Result<Upkeep, WiringError> {
    let wrapped: WrappedKeysSection = env.read()?;
    let references = env.references();
    let secret = references.into_iter().find(|(name, _)| name == "DATA_KEYS").map(|(_, reference)| reference.id);
    let secret = secret.ok_or("DATA_KEYS must be secretsmanager:<name or ARN>: the keys are kept there")?;
    let sdk = sdk(env).await?;
    let store = SecretsManager::new(&sdk);
    let known = resolved(&env.only(&["DATABASE_URL", "DATABASE_POOL_SIZE"]), &store).await?;
    let wrap = KmsKeyWrap::new(&sdk, wrapped.kms_key);
    Ok(Upkeep { database: database(&known)?, keys: DataKeys::new(Arc::new(store), Arc::new(wrap), secret) })
}
