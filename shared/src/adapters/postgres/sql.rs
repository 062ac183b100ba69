//! What every query here shares: errors, reading columns, optional conditions, pages.

use deadpool_postgres::GenericClient;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use crate::ports::StoreError;

pub(super) type Param<'a> = &'a (dyn ToSql + Sync);

/// The driver's error as ours. `what` is the record that was being written or read. What the
/// database refuses as a value (classes 22 and 23: a NUL in a text, a collision) it will refuse
/// again, so it is a conflict and not worth another try.
pub(super) fn fault(what: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| match error.code().map(|code| code.code().get(..2)) {
        Some(Some("22" | "23")) => {
            tracing::warn!(%error, what, "the database refused a value");
            StoreError::Conflict { what }
        }
        _ => StoreError::unavailable("postgres", error),
    }
}

/// Whether the error is a collision with that unique index.
pub(super) fn collides(error: &Error, index: &str) -> bool {
    error.as_db_error().is_some_and(|e| *e.code() == SqlState::UNIQUE_VIOLATION && e.constraint() == Some(index))
}

/// All rows of a query that is prepared once per connection.
pub(super) async fn rows(client: &impl GenericClient, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
    let statement = client.prepare_cached(sql).await.map_err(fault("the record"))?;
    client.query(&statement, params).await.map_err(fault("the record"))
}

/// The first row.
pub(super) async fn row(
    client: &impl GenericClient,
    sql: &str,
    params: &[Param<'_>],
) -> Result<Option<Row>, StoreError> {
    Ok(rows(client, sql, params).await?.into_iter().next())
}

/// Changes rows and answers how many.
pub(super) async fn change(
    client: &impl GenericClient,
    what: &'static str,
    sql: &str,
    params: &[Param<'_>],
) -> Result<u64, StoreError> {
    let statement = client.prepare_cached(sql).await.map_err(fault(what))?;
    client.execute(&statement, params).await.map_err(fault(what))
}

/// One column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T, StoreError> {
    row.try_get(column).map_err(|error| StoreError::corrupt("a stored record", error))
}

/// A column that holds one of our words, or nothing.
pub(super) fn word<T>(row: &Row, column: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
    let Some(text) = get::<Option<&str>>(row, column)? else { return Ok(None) };
    parse(text).map(Some).ok_or_else(|| unknown_word(column, text))
}

/// A column that always holds one of our words.
pub(super) fn known<T>(row: &Row, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, StoreError> {
    word(row, column, parse)?.ok_or_else(|| unknown_word(column, ""))
}

fn unknown_word(column: &str, text: &str) -> StoreError {
    StoreError::corrupt("a stored record", format!("`{text}` in column {column} is not a word this program knows"))
}

/// JSON that was stored by us.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    value: serde_json::Value,
) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::corrupt(what, error))
}

/// Our values as JSON.
pub(super) fn to_json<T: serde::Serialize>(what: &'static str, value: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::corrupt(what, error))
}

/// A `where` clause of only those conditions that were asked for, so that each combination gets
/// the plan (and the index) of its own.
pub(super) struct Conditions {
    sql: String,
    params: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Conditions {
    pub(super) fn new() -> Self {
        Self { sql: "true".to_owned(), params: Vec::new() }
    }

    /// Adds `condition`, in which `$?` stands for the value.
    pub(super) fn add(&mut self, condition: &str, value: impl ToSql + Sync + Send + 'static) {
        self.params.push(Box::new(value));
        self.sql.push_str(" and ");
        self.sql.push_str(&condition.replace("$?", &format!("${}", self.params.len())));
    }

    /// Adds a condition without a value.
    pub(super) fn must(&mut self, condition: &str) {
        self.sql.push_str(" and ");
        self.sql.push_str(condition);
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    pub(super) fn params(&self) -> Vec<Param<'_>> {
        self.params.iter().map(|value| &**value as Param<'_>).collect()
    }
}

/// Text as the inside of a `like` pattern that finds it anywhere, whatever its case.
pub(super) fn contains_pattern(text: &str) -> String {
    let plain = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_").replace('\0', "");
    format!("%{plain}%")
}

/// An id that came as text from outside; one that is none matches nothing.
pub(super) fn id_or_none(text: &str) -> Uuid {
    Uuid::parse_str(text).unwrap_or(Uuid::nil())
}

/// The row a cursor points at: the last id of the page before.
pub(super) fn cursor(text: &str) -> Result<Uuid, StoreError> {
    Uuid::parse_str(text).map_err(|_| StoreError::Conflict { what: "the cursor" })
}

/// A page of rows that were read one too many.
pub(super) fn page<T>(mut items: Vec<T>, limit: u32, id: impl Fn(&T) -> Uuid) -> crate::domain::page::Page<T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| id(last).to_string());
    crate::domain::page::Page { items, next_cursor }
}
