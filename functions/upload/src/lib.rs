//! Customer sheets in. Takes the file to disk as it arrives, calls the use-case, answers its report;
//! for large files it gives out an address of the object store.

use std::io::Write;

use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::app::{App, Expected, NewUpload, expect_upload, upload_customers};
use shared::domain::access::Scope;
use shared::domain::id::UploadId;
use shared::domain::upload::{RowError, Upload, UploadStatus};
use shared::http::{Answer, Caller, Failure, IdempotencyKey, JsonBody, answer_once};
use shared::wiring::SheetFile;

/// API Gateway gives a Lambda at most 6 MB, of which base64 takes a third.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// What the multipart form itself adds to the file.
const FORM_BYTES: usize = 16 * 1024;

/// The routes of this function.
pub fn routes(app: App) -> Router {
    routes_with_limit(app, MAX_FILE_BYTES)
}

/// As [`routes`], for files of up to `max_file_bytes`.
pub fn routes_with_limit(app: App, max_file_bytes: usize) -> Router {
    let receive = move |app: State<App>, caller: Caller, form: Result<Multipart, MultipartRejection>| {
        receive(app, caller, form, max_file_bytes)
    };
    Router::new()
        .route("/api/upload-customers", post(receive))
        .layer(DefaultBodyLimit::max(max_file_bytes.saturating_add(FORM_BYTES)))
        .route("/api/uploads", post(announce))
        .with_state(app)
}

/// The report on an upload.
#[derive(Debug, Serialize)]
struct Report {
    success: bool,
    upload_id: UploadId,
    total_records: i64,
    processed_records: i64,
    failed_records: i64,
    duplicate_records: i64,
    errors: Vec<RowError>,
    status: UploadStatus,
}

impl From<Upload> for Report {
    fn from(upload: Upload) -> Self {
        Self {
            success: upload.upload_status != UploadStatus::Failed,
            upload_id: upload.id,
            total_records: upload.total_records,
            processed_records: upload.processed_records,
            failed_records: upload.failed_records,
            duplicate_records: upload.duplicate_records,
            errors: upload.processing_errors,
            status: upload.upload_status,
        }
    }
}

/// A file that is to be sent to the object store.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Announced {
    /// Its name.
    filename: String,
    /// Its size, exactly.
    bytes: u64,
}

async fn announce(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    JsonBody(file): JsonBody<Announced>,
) -> Answer<Response> {
    caller.require(Scope::Upload)?;
    let work = async {
        caller.audit(&app, "announce_upload", format!("file of {} bytes", file.bytes)).await?;
        let Expected { upload, address } = expect_upload(&app, &file.filename, file.bytes).await?;
        let headers: Map<String, Value> =
            address.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        let body = json!({
            "success": true,
            "upload_id": upload.id,
            "put_url": address.url,
            "headers": headers,
            "expires_at": address.expires_at,
        });
        Ok((StatusCode::OK, body))
    };
    answer_once(&app, &caller, &key, &("uploads", &file), work).await
}

async fn receive(
    State(app): State<App>,
    caller: Caller,
    form: Result<Multipart, MultipartRejection>,
    max_file_bytes: usize,
) -> Answer<Json<Report>> {
    caller.require(Scope::Upload)?;
    let mut form = form.map_err(|rejection| Failure::invalid("not_multipart", rejection.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| cut_off(error.status(), max_file_bytes))? {
        if field.name() != Some("file") {
            continue;
        }
        let filename = field.file_name().unwrap_or_default().to_owned();
        let (file, bytes) = to_disk(field, max_file_bytes).await?;
        caller.audit(&app, "upload_customers", format!("file of {bytes} bytes")).await?;
        let sheet = Box::new(SheetFile::from_file(filename.clone(), file));
        let upload = upload_customers(&app, sheet, NewUpload { filename, storage_key: None, bytes }).await?;
        return Ok(Json(upload.into()));
    }
    Err(Failure::invalid("no_file", "send the sheet as the multipart field `file`"))
}

/// A nameless file on disk, gone when it is closed: a sheet may be larger than our memory.
async fn to_disk(mut field: Field<'_>, max_file_bytes: usize) -> Answer<(std::fs::File, u64)> {
    let mut file = tempfile::tempfile().map_err(|error| no_room(&error))?;
    let mut bytes = 0;
    while let Some(chunk) = field.chunk().await.map_err(|error| cut_off(error.status(), max_file_bytes))? {
        bytes += chunk.len();
        if bytes > max_file_bytes {
            return Err(too_large(max_file_bytes));
        }
        file.write_all(&chunk).map_err(|error| no_room(&error))?;
    }
    std::io::Seek::rewind(&mut file).map_err(|error| no_room(&error))?;
    Ok((file, bytes as u64))
}

fn cut_off(status: StatusCode, max_file_bytes: usize) -> Failure {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(max_file_bytes);
    }
    Failure::new(StatusCode::BAD_REQUEST, "cut_off", "the file did not arrive whole; send it again")
}

fn too_large(max_file_bytes: usize) -> Failure {
    let detail = format!(
        "the file is larger than {} MB; ask `POST /api/uploads` for an address that takes larger ones",
        max_file_bytes / (1024 * 1024)
    );
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

fn no_room(error: &std::io::Error) -> Failure {
    tracing::error!(%error, "an uploaded file could not be put on disk");
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the file could not be taken; try again")
}

#[cfg(test)]
mod tests;
