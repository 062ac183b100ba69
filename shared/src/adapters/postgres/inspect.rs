//! What an operator asks of a database. Changes nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio_postgres::Client;

use super::connect::PostgresSettings;
use super::migrate::{MigrateError, embedded_migrations, open};
use crate::domain::settings::AccountSettings;

/// What was found.
#[derive(Debug, Clone)]
pub struct DatabaseFacts {
    /// `server_version_num`: 150004 is 15.4.
    pub version: i32,
    /// Whether this connection is encrypted.
    pub encrypted: bool,
    /// The server's clock.
    pub server_time: Timestamp,
    /// Connections open now, to all databases.
    pub connections: i64,
    /// Most connections of the server.
    pub max_connections: i32,
    /// How many migrations are applied.
    pub applied: usize,
    /// Ours that are not applied.
    pub missing: Vec<String>,
    /// Applied ones that this program does not know.
    pub unknown: Vec<String>,
    /// The account's settings, or why they can not be read; none before the migrations.
    pub settings: Option<Result<AccountSettings, String>>,
}

/// Looks at the database over a connection of its own.
pub async fn inspect(settings: &PostgresSettings) -> Result<DatabaseFacts, MigrateError> {
    let (client, _connection) = open(settings).await?;
    let sql = "select current_setting('server_version_num')::int,
                      current_setting('max_connections')::int,
                      (select count(*) from pg_stat_activity where backend_type = 'client backend'),
                      coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false),
                      clock_timestamp()";
    let row = client.query_one(sql, &[]).await?;
    let applied = applied(&client).await?;
    let ours = embedded_migrations();
    let absent = |all: &BTreeMap<i64, String>, of: &BTreeMap<i64, String>| -> Vec<String> {
        all.iter().filter(|(version, _)| !of.contains_key(version)).map(|(_, name)| name.clone()).collect()
    };
    let missing = absent(&ours, &applied);
    Ok(DatabaseFacts {
        version: row.try_get(0)?,
        max_connections: row.try_get(1)?,
        connections: row.try_get(2)?,
        encrypted: row.try_get(3)?,
        server_time: row.try_get(4)?,
        applied: applied.len(),
        settings: if missing.is_empty() { Some(account_settings(&client).await?) } else { None },
        unknown: absent(&applied, &ours),
        missing,
    })
}

/// By version; none where nothing was ever migrated.
async fn applied(client: &Client) -> Result<BTreeMap<i64, String>, MigrateError> {
    let exists = client.query_one("select to_regclass('refinery_schema_history') is not null", &[]).await?;
    if !exists.try_get::<_, bool>(0)? {
        return Ok(BTreeMap::new());
    }
    let rows = client.query("select version::bigint, name::text from refinery_schema_history", &[]).await?;
    let named = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    named.collect::<Result<_, tokio_postgres::Error>>().map_err(Into::into)
}

async fn account_settings(client: &Client) -> Result<Result<AccountSettings, String>, MigrateError> {
    let row = client.query_opt("select settings from settings order by version desc limit 1", &[]).await?;
    let Some(row) = row else { return Ok(Ok(AccountSettings::default())) };
    let stored: serde_json::Value = row.try_get(0)?;
    Ok(serde_json::from_value(stored).map_err(|error| error.to_string()))
}
