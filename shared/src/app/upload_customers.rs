//! One customer sheet into the records: good rows go in, bad rows come back with their reasons.
//! Whatever happens after the upload was noted, its record ends with an outcome.

use tracing::Instrument;

use crate::app::{App, Error, announce};
use crate::domain::customer::CustomerDetails;
use crate::domain::feed::FeedEvent;
use crate::domain::id::UploadId;
use crate::domain::sheet::{RowRules, SheetError};
use crate::domain::upload::{MAX_STORED_ERRORS, RejectedRows, RowError, Upload, UploadStatus};
use crate::ports::customers::Stored;
use crate::ports::sheets::{CustomerSheet, SheetBatch};

/// Often enough for a moving bar, seldom enough that a million rows make fifty events.
const ROWS_PER_PROGRESS: i64 = 20_000;

/// A sheet that has just arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// As the browser named it; shortened and cleaned before it is stored.
    pub filename: String,
    /// Where the original is kept, if it is.
    pub storage_key: Option<String>,
    /// Size of the file.
    pub bytes: u64,
}

/// Stores a sheet's customers, all at once at its end, and answers the finished upload.
///
/// A file that can not be used is `Error::Invalid` with the word of [`SheetError::code`]; its record
/// says `failed` and why. A file of bad rows only is an `Upload` with status `failed`.
/// Goes on to the end even if the caller stops waiting.
pub async fn upload_customers(app: &App, sheet: Box<dyn CustomerSheet>, file: NewUpload) -> Result<Upload, Error> {
    let upload = new_record(app, file, UploadStatus::Processing);
    app.uploads.begin(&upload).await?;
    import(app, sheet, upload).await
}

/// Imports the sheet of an upload that is noted as `processing`.
pub(super) async fn import(app: &App, sheet: Box<dyn CustomerSheet>, upload: Upload) -> Result<Upload, Error> {
    let span = tracing::info_span!("upload", upload.id = %upload.id);
    let (id, task_app) = (upload.id, app.clone());
    // A task of its own: a browser that hangs up must not leave the record `processing`.
    let task = tokio::spawn(run(task_app, sheet, upload.clone()).instrument(span));
    match task.await {
        Ok(outcome) => outcome,
        Err(broken) => {
            tracing::error!(upload.id = %id, error = %broken, "an upload broke off");
            let error = Error::Bug(Box::new(broken));
            end_refused(app, upload, &error.to_string()).await?;
            Err(error)
        }
    }
}

async fn run(app: App, sheet: Box<dyn CustomerSheet>, mut upload: Upload) -> Result<Upload, Error> {
    announce::publish(&app, progress(&upload)).await;
    match store(&app, sheet, &mut upload).await {
        Ok(stored) => {
            let upload = finished(upload, stored);
            tracing::info!(
                rows = upload.total_records,
                refused = upload.failed_records,
                duplicates = upload.duplicate_records,
                status = upload.upload_status.as_str(),
                "an upload is done"
            );
            end(&app, upload).await
        }
        Err(error) => {
            tracing::warn!(%error, "an upload was refused");
            end_refused(&app, upload, &error.to_string()).await?;
            Err(error)
        }
    }
}

/// Feeds every row to the records. Nothing is visible unless the sheet was read to its end.
async fn store(app: &App, sheet: Box<dyn CustomerSheet>, upload: &mut Upload) -> Result<Stored, Error> {
    let settings = app.settings.current().await?;
    let rules = RowRules { reach: settings.reach, default_language: settings.default_language };
    let mut import = app.customers.import(upload.id).await?;
    let mut batches = sheet.read(rules);
    let (mut announced, mut part) = (0, 0);
    while let Some(batch) = batches.recv().await {
        let batch = batch.map_err(|refusal| Error::invalid(refusal.code(), refusal.to_string()))?;
        let (customers, rejected) = count(upload, batch);
        if !rejected.rows.is_empty() {
            app.uploads.keep_rejected(upload.id, part, &rejected).await?;
            part += 1;
        }
        if !customers.is_empty() {
            import.add(customers).await?;
        }
        if upload.total_records - announced >= ROWS_PER_PROGRESS {
            announced = upload.total_records;
            announce::publish(app, progress(upload)).await;
        }
    }
    if upload.total_records == 0 {
        let refusal = SheetError::HeaderOnly;
        return Err(Error::invalid(refusal.code(), refusal.to_string()));
    }
    Ok(import.finish().await?)
}

/// Notes a batch in the record and gives back its rows.
fn count(upload: &mut Upload, batch: SheetBatch) -> (Vec<CustomerDetails>, RejectedRows) {
    let good = batch.customers.len() as i64;
    let bad = batch.refused as i64;
    upload.total_records += good + bad;
    upload.processed_records += good;
    upload.failed_records += bad;
    let room = MAX_STORED_ERRORS.saturating_sub(upload.processing_errors.len());
    let problems = batch.rejected.rows.iter().flat_map(|row| &row.problems);
    upload.processing_errors.extend(problems.take(room).cloned());
    if !batch.unread_sheets.is_empty() {
        let sheets = batch.unread_sheets.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
        let note = format!("not read: {sheets}; of a workbook one sheet is read, so save each as a file of its own");
        upload.processing_errors.insert(0, RowError::of_file(note));
        upload.processing_errors.truncate(MAX_STORED_ERRORS);
    }
    (batch.customers, batch.rejected)
}

/// The record of an upload of which nothing was read yet.
pub(super) fn new_record(app: &App, file: NewUpload, upload_status: UploadStatus) -> Upload {
    let filename = file.filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let filename: String = filename.chars().filter(|c| !c.is_control()).take(200).collect();
    Upload {
        id: app.new_id(UploadId::new),
        filename,
        storage_key: file.storage_key,
        bytes: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        total_records: 0,
        processed_records: 0,
        failed_records: 0,
        duplicate_records: 0,
        upload_status,
        processing_errors: Vec::new(),
        upload_time: app.clock.now(),
        finished_at: None,
    }
}

fn finished(upload: Upload, stored: Stored) -> Upload {
    let status = match (upload.processed_records, upload.failed_records) {
        (0, _) => UploadStatus::Failed,
        (_, 0) if upload.processing_errors.is_empty() => UploadStatus::Completed,
        _ => UploadStatus::PartialFailure,
    };
    let duplicates = i64::try_from(stored.duplicates).unwrap_or(i64::MAX);
    Upload { upload_status: status, duplicate_records: duplicates, ..upload }
}

/// Nothing was stored: the rows seen so far count as seen, none as taken.
fn refused(upload: Upload, reason: &str) -> Upload {
    let mut errors = vec![RowError::of_file(reason)];
    errors.extend(upload.processing_errors.into_iter().take(MAX_STORED_ERRORS - 1));
    Upload {
        upload_status: UploadStatus::Failed,
        processed_records: 0,
        failed_records: upload.total_records,
        processing_errors: errors,
        ..upload
    }
}

/// Ends an upload that nothing could be stored of.
pub(super) async fn end_refused(app: &App, upload: Upload, reason: &str) -> Result<Upload, Error> {
    end(app, refused(upload, reason)).await
}

/// Writes the outcome and tells everybody.
async fn end(app: &App, mut upload: Upload) -> Result<Upload, Error> {
    upload.finished_at = Some(app.clock.now());
    if let Err(error) = app.uploads.finish(&upload).await {
        tracing::error!(upload.id = %upload.id, %error, "the outcome of an upload could not be noted");
        return Err(error.into());
    }
    announce::publish(app, progress(&upload)).await;
    Ok(upload)
}

pub(super) fn progress(upload: &Upload) -> FeedEvent {
    FeedEvent::UploadProgress {
        upload_id: upload.id,
        filename: upload.filename.clone(),
        status: upload.upload_status,
        total_records: upload.total_records,
        processed_records: upload.processed_records,
        failed_records: upload.failed_records,
    }
}
