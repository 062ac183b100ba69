//! Sheets too large for a request: an address is given out, the file goes straight to the object
//! store, and the news that it came (which may come twice) imports it once.

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::upload_customers::{NewUpload, end_refused, import, new_record, progress};
use crate::app::{App, Error, announce};
use crate::domain::id::UploadId;
use crate::domain::sheet::{FileKind, SheetError};
use crate::domain::upload::{FILE_MUST_COME_WITHIN, Upload, UploadStatus};
use crate::ports::objects::PutAddress;
use crate::ports::sheets::CustomerSheet;

/// Objects of uploads have keys `uploads/<upload id>`.
const FOLDER: &str = "uploads/";
/// Addresses are signed for whole seconds.
const SHORTEST_ADDRESS: SignedDuration = SignedDuration::from_secs(1);

fn key_of(id: UploadId) -> String {
    format!("{FOLDER}{id}")
}

/// An upload whose file is still to come, and where to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its record, `awaiting_file`.
    pub upload: Upload,
    /// For one PUT of exactly the announced bytes.
    pub address: PutAddress,
}

/// Notes an upload and gives out the address for its file. A name that no sheet has is
/// `Error::Invalid`, a size that its kind may not have `Error::TooLarge`.
pub async fn expect_upload(app: &App, filename: &str, bytes: u64) -> Result<Expected, Error> {
    let refusal = |refusal: SheetError| Error::invalid(refusal.code(), refusal.to_string());
    let kind = FileKind::of_name(filename).map_err(refusal)?;
    kind.check_size(bytes).map_err(|too_large| Error::TooLarge { detail: too_large.to_string() })?;
    if bytes == 0 {
        return Err(refusal(SheetError::Empty));
    }
    let file = NewUpload { filename: filename.to_owned(), storage_key: None, bytes };
    let mut upload = new_record(app, file, UploadStatus::AwaitingFile);
    upload.storage_key = Some(key_of(upload.id));
    let address = address_of(app, &upload).await?;
    app.uploads.begin(&upload).await?;
    announce::publish(app, progress(&upload)).await;
    Ok(Expected { upload, address })
}

/// An upload that was announced before, and a new address that ends when its first one does.
/// `Error::Conflict` where its file has come, or its time is over.
pub async fn expect_again(app: &App, id: UploadId) -> Result<Expected, Error> {
    let upload = app.uploads.find(id).await?.ok_or(Error::NotFound { what: "upload" })?;
    if upload.upload_status != UploadStatus::AwaitingFile {
        let detail = "the file of this upload has come already; follow it at `GET /api/uploads/{id}`".to_owned();
        return Err(Error::Conflict { code: "file_arrived", detail });
    }
    let address = address_of(app, &upload).await?;
    Ok(Expected { upload, address })
}

/// For the file of an upload that waits for it.
async fn address_of(app: &App, upload: &Upload) -> Result<PutAddress, Error> {
    let left = FILE_MUST_COME_WITHIN - app.clock.now().duration_since(upload.upload_time);
    if left < SHORTEST_ADDRESS {
        let detail = "no file came to the address that was given out, and its time is over; announce the file \
                      again with a new `Idempotency-Key`";
        return Err(Error::Conflict { code: "address_expired", detail: detail.to_owned() });
    }
    let valid_for = Duration::try_from(left).map_err(|error| Error::Bug(error.into()))?;
    let bytes = u64::try_from(upload.bytes).map_err(|error| Error::Bug(error.into()))?;
    let key = upload.storage_key.as_deref().ok_or_else(|| Error::Bug("a file is awaited under no key".into()))?;
    Ok(app.objects.put_address(key, bytes, valid_for).await?)
}

/// Takes the upload whose file has come under this key, for this delivery of the news only.
/// `None` where there is nothing (more) to do.
pub async fn claim_upload(app: &App, key: &str, delivery: &str) -> Result<Option<Upload>, Error> {
    let Some(id) = key.strip_prefix(FOLDER).and_then(|id| id.parse::<UploadId>().ok()) else {
        tracing::warn!(key, "an object came that is no upload of ours");
        return Ok(None);
    };
    let claimed = app.uploads.claim(id, delivery).await?;
    if claimed.is_none() {
        tracing::info!(upload.id = %id, "an upload is being imported already, or is over, or unknown");
    }
    // What an earlier try of the same delivery counted is counted again.
    Ok(claimed.map(|upload| Upload {
        total_records: 0,
        processed_records: 0,
        failed_records: 0,
        duplicate_records: 0,
        processing_errors: Vec::new(),
        finished_at: None,
        ..upload
    }))
}

/// Imports the file of a claimed upload, of which `bytes` bytes arrived. As
/// [`upload_customers`](crate::app::upload_customers()); afterwards its object is removed: what it held
/// is stored encrypted, or reported. Where a store was away, it stays for the next try.
pub async fn ingest_upload(
    app: &App,
    sheet: Box<dyn CustomerSheet>,
    upload: Upload,
    bytes: u64,
) -> Result<Upload, Error> {
    // Not from the record: an earlier try may have ended it, and with it its key.
    let key = key_of(upload.id);
    let outcome = if u64::try_from(upload.bytes).is_ok_and(|announced| announced == bytes) {
        import(app, sheet, Upload { storage_key: None, ..upload }).await
    } else {
        let cut = SheetError::Unreadable { detail: format!("{bytes} of its {} bytes arrived", upload.bytes) };
        end_refused(app, upload, &cut.to_string()).await?;
        Err(Error::invalid(cut.code(), cut.to_string()))
    };
    let final_outcome = matches!(outcome, Ok(_) | Err(Error::Invalid { .. }));
    if final_outcome && let Err(error) = app.objects.delete(&key).await {
        tracing::warn!(%error, "an imported file could not be removed; the store's own rule removes it");
    }
    outcome
}

/// The file of a claimed upload could not be fetched. Its record says so until the next try of the same
/// delivery takes it again; without one it would be shown as `processing` although nobody works on it.
pub async fn note_unfetched(app: &App, upload: Upload, cause: &Error) {
    let reason = "the file could not be fetched from the file store; this is tried again by itself for some minutes";
    tracing::warn!(upload.id = %upload.id, error = %cause, "an upload's file could not be fetched");
    // The record is away too: what is left unfinished is shown as failed after some hours.
    let _logged = end_refused(app, upload, reason).await;
}
