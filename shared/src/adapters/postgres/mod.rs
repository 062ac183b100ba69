//! Records in Postgres: every port of `ports::{customers, calls, campaigns, records}`.
//! Holds SQL and sealing; no rule of the business lives here (those are in `domain` and in
//! `adapters::call_record`). Business times come in as parameters or from the `Clock` port.

mod calls;
mod campaigns;
mod connect;
mod customers;
mod import;
mod inspect;
mod migrate;
mod small;
mod sql;
mod uploads;

use std::sync::Arc;

use deadpool_postgres::{Object, Pool};

pub use connect::{ConnectError, PostgresSettings};
pub use inspect::{DatabaseFacts, inspect};
pub use migrate::{MigrateError, migrate};

use super::crypto::KeyRing;
use crate::ports::StoreError;
use crate::ports::clock::{Clock, Random};

/// All records; cheap to share behind one `Arc`.
pub struct PostgresRecords {
    pool: Pool,
    keys: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl PostgresRecords {
    /// Prepares the pool; connections are opened when they are first needed, so a database that is
    /// away shows in the first use (or in `ping`), not here.
    pub fn connect(
        settings: &PostgresSettings,
        keys: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ConnectError> {
        Ok(Self { pool: connect::pool(settings)?, keys, clock, random })
    }

    async fn client(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|error| StoreError::unavailable("postgres", error))
    }
}
