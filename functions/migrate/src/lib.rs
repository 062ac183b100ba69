//! Brings the database to the newest migration. Run by ops before new code takes traffic.
//! Knows no migration: they are embedded in `shared`.

use serde::Serialize;
use shared::adapters::postgres::{MigrateError, PostgresSettings, migrate};

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Names of the migrations applied now, in order; empty where the database was up to date.
    pub applied: Vec<String>,
}

/// Applies what is missing. Running it twice, or twice at once, applies everything once.
pub async fn handle(database: &PostgresSettings) -> Result<Report, MigrateError> {
    let applied = migrate(database).await.inspect_err(|error| {
        tracing::error!(error = error as &dyn std::error::Error, "the migrations stopped");
    })?;
    tracing::info!(count = applied.len(), "the database is up to date");
    Ok(Report { applied })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_is_away_is_an_error_and_never_an_empty_report() {
        // Nothing listens on port 1.
        let nowhere = PostgresSettings::new("postgres://app@127.0.0.1:1/app".into(), "migrate");
        assert!(matches!(handle(&nowhere).await, Err(MigrateError::Database(_))));
        let nonsense = PostgresSettings::new("redis://127.0.0.1".into(), "migrate");
        assert!(matches!(handle(&nonsense).await, Err(MigrateError::Settings(_))));
    }
}
