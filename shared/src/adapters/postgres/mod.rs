//! Records in Postgres.
