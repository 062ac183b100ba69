//! Uploads, and their refused rows as a table.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use shared::app::{App, Error, rejected_rows};
use shared::domain::access::Scope;
use shared::domain::id::UploadId;
use shared::domain::page::Page;
use shared::domain::upload::Upload;
use shared::http::{Answer, Caller, QueryParams, id_in_path, page_failure};

use crate::reads::PageQuery;

pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    QueryParams(page): QueryParams<PageQuery>,
) -> Answer<Json<Page<Upload>>> {
    caller.require(Scope::Read)?;
    let mut found = app.uploads.list(&page.into()).await.map_err(page_failure)?;
    let now = app.clock.now();
    found.items = found.items.into_iter().map(|upload| upload.as_of(now)).collect();
    Ok(Json(found))
}

pub(crate) async fn one(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Upload>> {
    caller.require(Scope::Read)?;
    let upload = app.uploads.find(id_in_path(&id)?).await?;
    Ok(Json(upload.ok_or(Error::NotFound { what: "upload" })?.as_of(app.clock.now())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectedQuery {
    /// As `x-next-cursor` of the page before had it.
    #[serde(default)]
    cursor: u32,
    #[serde(default)]
    masked: bool,
}

/// CSV. Where it is long the header `x-next-cursor` names the next page; pages put one behind the
/// other are the whole table.
pub(crate) async fn rejected(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    QueryParams(query): QueryParams<RejectedQuery>,
) -> Answer<Response> {
    caller.require(Scope::Read)?;
    let id: UploadId = id_in_path(&id)?;
    let reveal = caller.actor.may(Scope::Pii) && !query.masked;
    if reveal {
        caller.audit(&app, "reveal_rejected_rows", format!("upload:{id}")).await?;
    }
    let page = rejected_rows(&app, id, query.cursor, reveal).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"rejected-rows.csv\""));
    if let Some(next) = page.next {
        headers.insert("x-next-cursor", HeaderValue::from(next));
    }
    Ok((headers, page.csv).into_response())
}
