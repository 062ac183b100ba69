//! Customer sheets in. Takes the file to disk as it arrives, calls the use-case, answers its report;
//! for large files it gives out an address of the object store.

use std::io::Write;

use axum::Json;
use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use ring::digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::app::{App, Error, Expected, NewUpload, expect_again, expect_upload, upload_customers};
use shared::domain::access::Scope;
use shared::domain::id::UploadId;
use shared::domain::upload::{MAX_STORED_ERRORS, RowError, Upload, UploadStatus};
use shared::http::{
    Answer, Api, Caller, Failure, IdempotencyKey, JsonBody, Repeat, ReplayAs, Route, answer_once, request_identity,
};
use shared::wiring::SheetFile;

/// API Gateway gives a Lambda at most 6 MB, of which base64 takes a third.
const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// What the multipart form itself adds to the file.
const FORM_BYTES: usize = 16 * 1024;

/// What is kept of an announcement, under the name it has in the answer.
const UPLOAD_ID: &str = "upload_id";

/// The routes of this function.
pub fn routes(app: App) -> Api {
    routes_with_limit(app, MAX_FILE_BYTES)
}

/// As [`routes`], for files of up to `max_file_bytes`.
pub fn routes_with_limit(app: App, max_file_bytes: usize) -> Api {
    let receive = move |app, caller, key, form| receive(app, caller, key, form, max_file_bytes);
    let upload = Route::post("/api/upload-customers", Scope::Upload, "Take a sheet of customers")
        .details("Good rows go in, bad rows come back with their number, column and reason.")
        .takes_file(max_file_bytes.saturating_add(FORM_BYTES))
        .answers::<Report>(200, "What became of the rows.");
    let large = Route::post("/api/uploads", Scope::Upload, "Announce a sheet that is too large for a request")
        .details(
            "PUT the file to `put_url` with exactly `headers`, then follow `GET /api/uploads/{id}` or the feed. A \
             repeat with the same `Idempotency-Key` gets a new address for the same upload; 409 once its file has \
             come or `expires_at` has passed.",
        )
        .renews()
        .takes::<Announced>()
        .answers::<SendTo>(200, "Where to send it.");
    Api::new(app).route(upload, receive).route(large, announce)
}

/// The report on an upload.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UploadReport")]
struct Report {
    success: bool,
    upload_id: UploadId,
    total_records: i64,
    processed_records: i64,
    failed_records: i64,
    duplicate_records: i64,
    #[schemars(length(max = MAX_STORED_ERRORS))]
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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Announced {
    /// Its name.
    filename: String,
    /// Its size, exactly.
    bytes: u64,
}

/// Where an announced file goes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AnnouncedUpload")]
struct SendTo {
    success: bool,
    upload_id: UploadId,
    /// For one PUT of the file as it is.
    put_url: String,
    /// The headers of that PUT, by name.
    headers: Map<String, Value>,
    /// The address takes nothing afterwards.
    expires_at: Timestamp,
}

async fn announce(
    State(app): State<App>,
    caller: Caller,
    Repeat(kept): Repeat,
    JsonBody(file): JsonBody<Announced>,
) -> Answer<Response> {
    let Expected { upload, address } = match kept {
        Some(kept) => expect_again(&app, announced_before(&kept)?).await?,
        None => {
            caller.audit(&app, "announce_upload", format!("file of {} bytes", file.bytes)).await?;
            expect_upload(&app, &file.filename, file.bytes).await?
        }
    };
    let headers = address.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    let (put_url, expires_at) = (address.url, address.expires_at);
    let sent_to = SendTo { success: true, upload_id: upload.id, put_url, headers, expires_at };
    let mut response = Json(sent_to).into_response();
    // Whoever has the address may write: it is kept nowhere.
    response.extensions_mut().insert(ReplayAs(json!({ UPLOAD_ID: upload.id })));
    Ok(response)
}

/// The upload of an answer that was kept.
fn announced_before(kept: &Value) -> Answer<UploadId> {
    let id = kept.get(UPLOAD_ID).cloned().unwrap_or_default();
    serde_json::from_value(id).map_err(|error| Error::Bug(Box::new(error)).into())
}

async fn receive(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    form: Result<Multipart, MultipartRejection>,
    max_file_bytes: usize,
) -> Answer<Response> {
    let mut form = form.map_err(|rejection| {
        Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart", rejection.body_text())
    })?;
    while let Some(field) = form.next_field().await.map_err(|error| cut_off(error.status(), max_file_bytes))? {
        if field.name() != Some("file") {
            continue;
        }
        let filename = field.file_name().unwrap_or_default().to_owned();
        let received = to_disk(field, max_file_bytes).await?;
        let identity = request_identity(&[b"upload-customers", filename.as_bytes(), received.sha256.as_ref()]);
        let work = import(app.clone(), caller.clone(), filename, received);
        return answer_once(&app, &caller, &key, identity, work).await;
    }
    Err(Failure::invalid("no_file", "send the sheet as the multipart field `file`"))
}

async fn import(app: App, caller: Caller, filename: String, received: Received) -> Answer<Json<Report>> {
    let Received { file, bytes, .. } = received;
    caller.audit(&app, "upload_customers", format!("file of {bytes} bytes")).await?;
    let sheet = Box::new(SheetFile::from_file(filename.clone(), file));
    let upload = upload_customers(&app, sheet, NewUpload { filename, storage_key: None, bytes }).await?;
    Ok(Json(Report::from(upload)))
}

/// A nameless file on disk, gone when it is closed: a sheet may be larger than our memory.
struct Received {
    file: std::fs::File,
    bytes: u64,
    sha256: digest::Digest,
}

async fn to_disk(mut field: Field<'_>, max_file_bytes: usize) -> Answer<Received> {
    let mut file = tempfile::tempfile().map_err(|error| no_room(&error))?;
    let mut bytes = 0;
    let mut sha256 = digest::Context::new(&digest::SHA256);
    while let Some(chunk) = field.chunk().await.map_err(|error| cut_off(error.status(), max_file_bytes))? {
        bytes += chunk.len();
        if bytes > max_file_bytes {
            return Err(too_large(max_file_bytes));
        }
        sha256.update(&chunk);
        file.write_all(&chunk).map_err(|error| no_room(&error))?;
    }
    std::io::Seek::rewind(&mut file).map_err(|error| no_room(&error))?;
    Ok(Received { file, bytes: bytes as u64, sha256: sha256.finish() })
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
