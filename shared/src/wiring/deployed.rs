//! AWS: RDS and ElastiCache behind the stores, SQS, DynamoDB and S3 around them.

use std::sync::Arc;

use super::WiringError;
use super::stores::{Surroundings, app};
use crate::adapters::aws::{DynamoAudit, S3Objects, SqsQueue, sdk_config};
use crate::adapters::system::SystemClock;
use crate::app::App;
use crate::config::{AwsSection, Environment};
use crate::ports::clock::Clock;

/// The app of a deployed function. Opens no connection: the first use does.
pub async fn app_from_env(env: &Environment) -> Result<App, WiringError> {
    let config: AwsSection = env.read()?;
    let sdk = sdk_config(config.region, config.endpoint).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let around = Surroundings {
        queue: Arc::new(SqsQueue::new(&sdk, config.dial_queue_url, config.call_events_queue_url)),
        audit: Arc::new(DynamoAudit::new(&sdk, config.audit_table, clock.clone())),
        objects: Arc::new(S3Objects::new(&sdk, config.bucket)),
        clock,
    };
    app(env, around)
}
