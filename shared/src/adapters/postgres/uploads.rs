//! Upload records.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::PostgresRecords;
use super::sql::{Conditions, change, cursor, get, json, known, page, row, rows, to_json};
use crate::domain::id::UploadId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::upload::{RejectedRows, Upload, UploadStatus};
use crate::ports::StoreError;
use crate::ports::customers::Uploads;

/// Column as associated data of what is sealed in it.
const REJECTED: &str = "upload_rejected_rows.rows";
const COLUMNS: &str = "id, filename, storage_key, bytes, total_records, processed_records, failed_records, \
                       duplicate_records, upload_status, processing_errors, upload_time, finished_at";

fn upload_of(row: &Row) -> Result<Upload, StoreError> {
    Ok(Upload {
        id: UploadId::from_uuid(get(row, "id")?),
        filename: get(row, "filename")?,
        storage_key: get(row, "storage_key")?,
        bytes: get(row, "bytes")?,
        total_records: get(row, "total_records")?,
        processed_records: get(row, "processed_records")?,
        failed_records: get(row, "failed_records")?,
        duplicate_records: get(row, "duplicate_records")?,
        upload_status: known(row, "upload_status", UploadStatus::parse)?,
        processing_errors: json("an upload's errors", get(row, "processing_errors")?)?,
        upload_time: get(row, "upload_time")?,
        finished_at: get(row, "finished_at")?,
    })
}

impl PostgresRecords {
    async fn write_upload(&self, upload: &Upload, on_conflict: &str) -> Result<(), StoreError> {
        let sql = format!(
            "insert into file_uploads ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) {on_conflict}"
        );
        let client = self.client().await?;
        let errors = to_json("an upload's errors", &upload.processing_errors)?;
        change(
            &client,
            "the upload",
            &sql,
            &[
                &upload.id.as_uuid(),
                &upload.filename,
                &upload.storage_key,
                &upload.bytes,
                &upload.total_records,
                &upload.processed_records,
                &upload.failed_records,
                &upload.duplicate_records,
                &upload.upload_status.as_str(),
                &errors,
                &upload.upload_time,
                &upload.finished_at,
            ],
        )
        .await?;
        Ok(())
    }
}

#[async_trait]
impl Uploads for PostgresRecords {
    async fn begin(&self, upload: &Upload) -> Result<(), StoreError> {
        self.write_upload(upload, "").await
    }

    async fn claim(&self, id: UploadId, delivery: &str) -> Result<Option<Upload>, StoreError> {
        let sql = format!(
            "update file_uploads set upload_status = 'processing', claimed_by = $2 where id = $1 \
             and (upload_status = 'awaiting_file' or (upload_status in ('processing', 'failed') and claimed_by = $2)) \
             returning {COLUMNS}"
        );
        row(&self.client().await?, &sql, &[&id.as_uuid(), &delivery]).await?.map(|row| upload_of(&row)).transpose()
    }

    async fn finish(&self, upload: &Upload) -> Result<(), StoreError> {
        let all = "on conflict (id) do update set storage_key = excluded.storage_key, bytes = excluded.bytes, \
                   total_records = excluded.total_records, processed_records = excluded.processed_records, \
                   failed_records = excluded.failed_records, duplicate_records = excluded.duplicate_records, \
                   upload_status = excluded.upload_status, processing_errors = excluded.processing_errors, \
                   finished_at = excluded.finished_at";
        self.write_upload(upload, all).await
    }

    async fn keep_rejected(&self, id: UploadId, part: u32, rows: &RejectedRows) -> Result<(), StoreError> {
        let what = "the refused rows";
        let json = serde_json::to_vec(rows).map_err(|error| StoreError::corrupt(what, error))?;
        let sealed = self.keys.seal(REJECTED, &json);
        let sql = "insert into upload_rejected_rows (upload_id, part, rows) values ($1, $2, $3) \
                   on conflict (upload_id, part) do update set rows = excluded.rows";
        change(&self.client().await?, what, sql, &[&id.as_uuid(), &part.cast_signed(), &sealed]).await?;
        Ok(())
    }

    async fn rejected(&self, id: UploadId, part: u32) -> Result<Option<RejectedRows>, StoreError> {
        let what = "the refused rows";
        let sql = "select rows from upload_rejected_rows where upload_id = $1 and part = $2";
        let found = row(&self.client().await?, sql, &[&id.as_uuid(), &part.cast_signed()]).await?;
        let Some(found) = found else { return Ok(None) };
        let json = self.keys.open(REJECTED, get(&found, "rows")?).map_err(|error| StoreError::corrupt(what, error))?;
        serde_json::from_slice(&json).map(Some).map_err(|error| StoreError::corrupt(what, error))
    }

    async fn find(&self, id: UploadId) -> Result<Option<Upload>, StoreError> {
        let sql = format!("select {COLUMNS} from file_uploads where id = $1");
        row(&self.client().await?, &sql, &[&id.as_uuid()]).await?.map(|row| upload_of(&row)).transpose()
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Upload>, StoreError> {
        let mut conditions = Conditions::new();
        if let Some(text) = &request.cursor {
            conditions.add("id < $?", cursor(text)?);
        }
        let limit = request.rows();
        let sql = format!(
            "select {COLUMNS} from file_uploads where {} order by id desc limit {}",
            conditions.sql(),
            limit + 1
        );
        let found = rows(&self.client().await?, &sql, &conditions.params()).await?;
        let uploads: Result<Vec<_>, _> = found.iter().map(upload_of).collect();
        Ok(page(uploads?, limit, |upload| upload.id.as_uuid()))
    }
}
