//! Upload records.

use async_trait::async_trait;
use tokio_postgres::Row;

use super::PostgresRecords;
use super::sql::{Conditions, change, cursor, get, json, known, page, row, rows, to_json};
use crate::domain::id::UploadId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::upload::{Upload, UploadStatus};
use crate::ports::StoreError;
use crate::ports::customers::Uploads;

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

    async fn finish(&self, upload: &Upload) -> Result<(), StoreError> {
        let all = "on conflict (id) do update set storage_key = excluded.storage_key, bytes = excluded.bytes, \
                   total_records = excluded.total_records, processed_records = excluded.processed_records, \
                   failed_records = excluded.failed_records, duplicate_records = excluded.duplicate_records, \
                   upload_status = excluded.upload_status, processing_errors = excluded.processing_errors, \
                   finished_at = excluded.finished_at";
        self.write_upload(upload, all).await
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
