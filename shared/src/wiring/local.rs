//! A laptop: real Postgres and Redis, queue in the process, audit trail and files in a folder.

use std::path::Path;
use std::sync::Arc;

use super::WiringError;
use super::stores::{Surroundings, app, database, migrate};
use crate::adapters::crypto::KeyRing;
use crate::adapters::local::{FolderAudit, FolderObjects, LocalQueue};
use crate::adapters::system::OsRandom;
use crate::app::App;
use crate::config::{Environment, KeyFileSection, Stage};
use crate::ports::clock::{Clock, Random};

/// The app of the local program; applies the migrations first.
pub async fn local_app(
    env: &Environment,
    data: &Path,
    queue: Arc<LocalQueue>,
    clock: Arc<dyn Clock>,
) -> Result<App, WiringError> {
    if env.read::<Stage>()? != Stage::Local {
        return Err("the local program and its simulators run only with APP_ENV=local".into());
    }
    migrate(&database(env)?).await?;
    let random: Arc<dyn Random> = Arc::new(OsRandom::new());
    let file: KeyFileSection = env.read()?;
    let around = Surroundings {
        clock,
        queue,
        audit: Arc::new(FolderAudit::new(data.join("audit"))),
        objects: Arc::new(FolderObjects::new(data.join("objects"))),
        keys: Arc::new(KeyRing::load_or_create(&file.data_key_file, random.clone())?),
        random,
    };
    app(env, around)
}
