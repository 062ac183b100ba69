//! Applies `migrations/`, embedded in the binary.

use std::collections::BTreeMap;

use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use super::connect::{ConnectError, PostgresSettings, Tls, config};

mod embedded {
    #![allow(missing_docs, unreachable_pub, reason = "generated")]
    refinery::embed_migrations!("../migrations");
}

/// Why the migrations stopped. What was applied before stays applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings can not be used.
    #[error(transparent)]
    Settings(#[from] ConnectError),
    /// The database is away or refused the connection.
    #[error("the database can not be reached")]
    Database(#[from] tokio_postgres::Error),
    /// A migration failed, or one that was applied has been changed since.
    #[error("a migration failed")]
    Migration(#[from] Box<refinery::Error>),
}

/// Any number: it only has to be the same in every program that migrates.
const ONE_AT_A_TIME: i64 = 7_213_004_411;

/// Applies what is missing and answers the names of what was applied now. Two programs that
/// migrate at once wait for each other.
pub async fn migrate(settings: &PostgresSettings) -> Result<Vec<String>, MigrateError> {
    let (mut client, connection) = open(settings).await?;
    client.execute("select pg_advisory_lock($1)", &[&ONE_AT_A_TIME]).await?;
    let report = embedded::migrations::runner().run_async(&mut client).await.map_err(Box::new)?;
    let names = report.applied_migrations().iter().map(ToString::to_string).collect();
    drop(client);
    // The server frees the lock when it sees the connection end.
    let _ended = connection.await;
    Ok(names)
}

/// The names of ours by their versions.
pub(super) fn embedded_migrations() -> BTreeMap<i64, String> {
    let runner = embedded::migrations::runner();
    runner.get_migrations().iter().map(|migration| (migration.version(), migration.name().to_owned())).collect()
}

/// A connection of its own, outside any pool.
pub(super) async fn open(settings: &PostgresSettings) -> Result<(Client, JoinHandle<()>), MigrateError> {
    let (config, tls) = config(settings)?;
    let log = |result: Result<(), tokio_postgres::Error>| {
        if let Err(error) = result {
            tracing::warn!(%error, "a connection to the database broke");
        }
    };
    Ok(match tls {
        Tls::Off => {
            let (client, connection) = config.connect(NoTls).await?;
            (client, tokio::spawn(async move { log(connection.await) }))
        }
        Tls::On(tls) => {
            let (client, connection) = config.connect(*tls).await?;
            (client, tokio::spawn(async move { log(connection.await) }))
        }
    })
}
