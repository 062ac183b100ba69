//! What stands around the stores: queue in this process and files in a folder, or all of it on an
//! AWS server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use shared::adapters::local::{FolderObjects, LocalQueue};
use shared::app::App;
use shared::config::Environment;
use shared::ports::clock::Clock;
use shared::ports::telephony::Telephony;
use shared::wiring;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::large_files;
use crate::start_error::StartError;
use crate::workers::{self, Rhythm};

/// A worker that takes longer has died: the longest dial request plus what surrounds it.
const VISIBILITY: Duration = Duration::from_secs(60);
/// As the redrive policy in the template.
const MAX_RECEIVES: u32 = 5;
/// What the resources on a local AWS server are named after.
#[cfg(feature = "aws")]
const STACK: &str = "local";

/// Where messages and files come from.
pub(crate) enum Surroundings {
    InProcess(Arc<LocalQueue>, FolderObjects),
    #[cfg(feature = "aws")]
    Aws(crate::aws_local::SqsDeliveries),
}

impl Surroundings {
    /// Everything in this process and in the folder `data`.
    pub(crate) async fn in_process(
        env: &Environment,
        data: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<(App, Self), StartError> {
        let queue = Arc::new(LocalQueue::new(VISIBILITY, MAX_RECEIVES));
        let objects = wiring::local_objects(env, data, clock.clone())?;
        let app = wiring::local_app(env, data, queue.clone(), clock).await?;
        Ok((app, Self::InProcess(queue, objects)))
    }

    /// Everything on the AWS server that `env` names.
    #[cfg(feature = "aws")]
    pub(crate) async fn on_aws(env: &Environment, clock: Arc<dyn Clock>) -> Result<(App, Self), StartError> {
        let aws = crate::aws_local::AwsLocal::prepare(env, STACK).await?;
        let sqs = crate::aws_local::SqsDeliveries::of(&aws).await?;
        Ok((aws.app(clock).await?, Self::Aws(sqs)))
    }

    /// This program can not.
    #[cfg(not(feature = "aws"))]
    pub(crate) async fn on_aws(_: &Environment, _: Arc<dyn Clock>) -> Result<(App, Self), StartError> {
        Err("this program was built without the feature `aws`; `./start.sh --aws-local` builds it with".into())
    }

    /// The addresses that take files; on an AWS server S3 has its own.
    pub(crate) fn routes(&self, app: &App, tasks: &TaskTracker) -> Router {
        match self {
            Self::InProcess(_, objects) => large_files::routes(app.clone(), objects.clone(), tasks.clone()),
            #[cfg(feature = "aws")]
            Self::Aws(_) => Router::new(),
        }
    }

    /// Starts whatever takes messages; all of it ends when `stop` is cancelled.
    pub(crate) fn start_workers(
        &self,
        (tasks, stop): (&TaskTracker, &CancellationToken),
        app: &App,
        telephony: &Arc<dyn Telephony>,
        rhythm: Rhythm,
    ) {
        match self {
            Self::InProcess(queue, _) => workers::start(tasks, stop, app, queue, telephony, rhythm),
            #[cfg(feature = "aws")]
            Self::Aws(sqs) => {
                workers::start(tasks, stop, app, sqs, telephony, rhythm);
                let news = stop.clone().run_until_cancelled_owned(sqs.clone().ingest(app.clone()));
                tasks.spawn(async move { _ = news.await });
            }
        }
    }
}
