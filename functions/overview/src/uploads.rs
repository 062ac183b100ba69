//! Uploads, and their refused rows as a table.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::app::{App, Error, RejectedPlace, rejected_rows};
use shared::domain::access::Scope;
use shared::domain::id::UploadId;
use shared::domain::page::Page;
use shared::domain::upload::Upload;
use shared::http::{Answer, Api, Caller, PathId, QueryParams, Route, page_failure};

use crate::reads::PageQuery;

pub(crate) fn routes(api: Api) -> Api {
    let sheets = Route::get("/api/uploads", Scope::Read, "Uploads, newest first")
        .query::<PageQuery>()
        .answers::<Page<Upload>>(200, "A page.");
    let sheet = Route::get("/api/uploads/{id}", Scope::Read, "One upload with its first refused rows")
        .id::<UploadId>()
        .answers::<Upload>(200, "The upload.");
    let refused = Route::get("/api/uploads/{id}/rejected", Scope::Read, "The refused rows of an upload as CSV")
        .details(
            "Where it is long the header `x-next-cursor` names the next page; pages put one behind the other are the \
             whole table. Cells are masked without the scope `pii`.",
        )
        .id::<UploadId>()
        .query::<RejectedQuery>()
        .answers_plainly(200, "CSV: row, columns, problem, and the row's own cells.");
    api.route(sheets, list).route(sheet, one).route(refused, rejected)
}

async fn list(State(app): State<App>, QueryParams(page): QueryParams<PageQuery>) -> Answer<Json<Page<Upload>>> {
    let mut found = app.uploads.list(&page.into()).await.map_err(page_failure)?;
    let now = app.clock.now();
    found.items = found.items.into_iter().map(|upload| upload.as_of(now)).collect();
    Ok(Json(found))
}

async fn one(State(app): State<App>, PathId(id): PathId<UploadId>) -> Answer<Json<Upload>> {
    let upload = app.uploads.find(id).await?;
    Ok(Json(upload.ok_or(Error::NotFound { what: "upload" })?.as_of(app.clock.now())))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RejectedQuery {
    /// As `x-next-cursor` of the page before had it.
    #[serde(default)]
    cursor: RejectedPlace,
    /// Mask the cells also for a key that may see them.
    #[serde(default)]
    masked: bool,
}

/// CSV. Where it is long the header `x-next-cursor` names the next page; pages put one behind the
/// other are the whole table.
async fn rejected(
    State(app): State<App>,
    caller: Caller,
    PathId(id): PathId<UploadId>,
    QueryParams(query): QueryParams<RejectedQuery>,
) -> Answer<Response> {
    let reveal = caller.actor.may(Scope::Pii) && !query.masked;
    if reveal {
        caller.audit(&app, "reveal_rejected_rows", format!("upload:{id}")).await?;
    }
    let page = rejected_rows(&app, id, query.cursor, reveal).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"rejected-rows.csv\""));
    if let Some(next) = page.next {
        let next = HeaderValue::try_from(next.to_string()).map_err(|error| Error::Bug(Box::new(error)))?;
        headers.insert("x-next-cursor", next);
    }
    Ok((headers, page.csv).into_response())
}
