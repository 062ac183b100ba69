//! Query strings and path ids whose faults are answered in our own form.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Failure;
use crate::domain::page::{DEFAULT_PAGE, MAX_PAGE};
use crate::ports::StoreError;

/// A query string; 422 in our own body where it can not be read.
pub struct QueryParams<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Failure::invalid("invalid_query", "a value holds a NUL character (%00); leave it out"));
        }
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => Err(Failure::invalid("invalid_query", rejection.body_text())),
        }
    }
}

/// The id in the path; 422 where it is not one.
pub struct PathId<T>(pub T);

impl<T, S> FromRequestParts<S> for PathId<T>
where
    T: FromStr<Err: Display>,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => id_in_path(&text).map(Self),
            Err(rejection) => Err(Failure::invalid("invalid_id", rejection.body_text())),
        }
    }
}

/// An id that came as text; 422 where it is not one.
pub fn id_in_path<T: FromStr<Err: Display>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: T::Err| Failure::invalid("invalid_id", error.to_string()))
}

/// The failure of a list. A cursor that no page of ours ended with is the caller's mistake, not a
/// collision.
pub fn page_failure(error: StoreError) -> Failure {
    match error {
        StoreError::Conflict { what } => Failure::invalid("invalid_query", format!("{what} is not one of ours")),
        error => error.into(),
    }
}

/// Rows of a page, as asked for: 1 to [`MAX_PAGE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Limit(u32);

impl Limit {
    /// The number.
    pub fn rows(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Limit {
    type Error = String;

    fn try_from(rows: u32) -> Result<Self, String> {
        let fault = || format!("must be 1 to {MAX_PAGE}, is {rows}");
        (1..=MAX_PAGE).contains(&rows).then_some(Self(rows)).ok_or_else(fault)
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE })
    }
}

/// A moment from which records are wanted. Nothing is older than 1970, and what is before that the
/// database could not compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "Timestamp")]
#[schemars(inline)]
pub struct Since(Timestamp);

impl Since {
    /// The moment, never before 1970.
    pub fn moment(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Since {
    fn from(moment: Timestamp) -> Self {
        Self(moment.max(Timestamp::UNIX_EPOCH))
    }
}
