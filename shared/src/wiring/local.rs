//! A laptop: real Postgres and Redis, queue in the process, audit trail and files in a folder.

use std::path::Path;
use std::sync::Arc;

use secrecy::ExposeSecret;

use super::WiringError;
use super::stores::{Surroundings, app, database, migrate};
use crate::adapters::crypto::KeyRing;
use crate::adapters::local::{FolderAudit, FolderObjects, LocalQueue};
use crate::adapters::system::OsRandom;
use crate::app::App;
use crate::config::{EdgeConfig, Environment, KeyFileSection, Stage};
use crate::domain::token::CallTokens;
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
        clock: clock.clone(),
        queue,
        audit: Arc::new(FolderAudit::new(data.join("audit"))),
        objects: Arc::new(local_objects(env, data, clock)?),
        keys: Arc::new(KeyRing::load_or_create(&file.data_key_file, random.clone())?),
        random,
    };
    app(env, around)
}

/// The files of the local program; the same folder as behind [`local_app`].
pub fn local_objects(env: &Environment, data: &Path, clock: Arc<dyn Clock>) -> Result<FolderObjects, WiringError> {
    let edge: EdgeConfig = env.read()?;
    let tokens = CallTokens::new(edge.signing_secret.expose_secret().as_bytes());
    Ok(FolderObjects::new(data.join("objects"), edge.public_base_url, tokens, clock))
}
