//! Makes the data keys where there are none and brings the database to the newest migration. Run
//! by ops before new code takes traffic; rotates the data keys when ops asks for it.
//! Knows no migration: they are embedded in `shared`.

use serde::{Deserialize, Serialize};
use shared::ports::StoreError;
use shared::wiring::{DataKeys, MigrateError, Upkeep, migrate};

/// What ops asks for: `{}` after every deployment, `{"data_keys":"add"}` and at least ten minutes
/// later `{"data_keys":"write_with_newest"}` for a rotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// A step of a rotation.
    #[serde(default)]
    pub data_keys: Option<Rotation>,
}

/// The two steps of a rotation. Between them every program must have read the keys again: the
/// functions do every five minutes, the voicebot program when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// A new key that all can read with.
    Add,
    /// From now on it writes.
    WriteWithNewest,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Names of the migrations applied now, in order; empty where the database was up to date.
    pub applied: Vec<String>,
    /// What became of the data keys, for people.
    pub data_keys: String,
}

/// Why it stopped. What was done before stays done; running it again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The keys.
    #[error("the data keys could not be looked after")]
    Keys(#[from] StoreError),
    /// The database.
    #[error("the migrations stopped")]
    Migrations(#[from] MigrateError),
}

/// Makes what is missing. Running it twice makes everything once; at most one may run at a time.
pub async fn handle(upkeep: &Upkeep, order: &Order) -> Result<Report, UpkeepError> {
    let report = work(upkeep, order).await.inspect_err(|error| {
        tracing::error!(error = error as &dyn std::error::Error, "the upkeep stopped");
    })?;
    tracing::info!(applied = report.applied.len(), data_keys = report.data_keys, "the upkeep is done");
    Ok(report)
}

async fn work(upkeep: &Upkeep, order: &Order) -> Result<Report, UpkeepError> {
    let data_keys = look_after(&upkeep.keys, order.data_keys).await?;
    Ok(Report { applied: migrate(&upkeep.database).await?, data_keys })
}

async fn look_after(keys: &DataKeys, step: Option<Rotation>) -> Result<String, StoreError> {
    let made = keys.make_if_missing().await?;
    Ok(match step {
        None if made => "made".to_owned(),
        None => "there".to_owned(),
        Some(Rotation::Add) => format!("key {} added", keys.add().await?),
        Some(Rotation::WriteWithNewest) => format!("key {} writes", keys.write_with_newest().await?),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shared::adapters::memory::{MemoryKeyWrap, MemorySecrets};
    use shared::adapters::system::OsRandom;
    use shared::wiring::PostgresSettings;

    use super::*;

    fn upkeep(database: &str) -> Upkeep {
        let secrets = MemorySecrets::default();
        secrets.create("data-keys");
        let wrap = MemoryKeyWrap::new(Arc::new(OsRandom::new()));
        let keys = DataKeys::new(Arc::new(secrets), Arc::new(wrap), "data-keys".to_owned());
        Upkeep { database: PostgresSettings::new(database.to_owned().into(), "migrate"), keys }
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_an_error_and_never_an_empty_report() {
        // Nothing listens on port 1.
        let nowhere = handle(&upkeep("postgres://app@127.0.0.1:1/app"), &Order::default()).await;
        assert!(matches!(nowhere, Err(UpkeepError::Migrations(MigrateError::Database(_)))));
        let nonsense = handle(&upkeep("redis://127.0.0.1"), &Order::default()).await;
        assert!(matches!(nonsense, Err(UpkeepError::Migrations(MigrateError::Settings(_)))));
    }

    #[tokio::test]
    async fn keys_are_made_once_and_rotated_in_two_steps() {
        let keys = upkeep("").keys;
        assert_eq!(look_after(&keys, None).await.expect("made"), "made");
        assert_eq!(look_after(&keys, None).await.expect("kept"), "there");
        assert_eq!(look_after(&keys, Some(Rotation::Add)).await.expect("added"), "key 2 added");
        assert_eq!(look_after(&keys, Some(Rotation::WriteWithNewest)).await.expect("switched"), "key 2 writes");
    }

    #[test]
    fn an_order_that_is_not_understood_is_refused() {
        let order = |text: &str| serde_json::from_str::<Order>(text);
        assert_eq!(order("{}").expect("readable"), Order::default());
        let add = order(r#"{"data_keys":"add"}"#).expect("readable");
        assert_eq!(add.data_keys, Some(Rotation::Add));
        assert!(order(r#"{"data_keys":"drop"}"#).is_err());
        assert!(order(r#"{"rotate":true}"#).is_err());
    }
}
