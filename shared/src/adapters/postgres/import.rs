//! The bulk write of one upload: rows are sealed and encoded beside the network, streamed with
//! `COPY` into a temporary table, and merged in one statement when the sheet is done.
//! Memory holds two batches, however many rows follow.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use deadpool_postgres::Object;
use futures_util::SinkExt;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use tokio::task::JoinHandle;
use tokio_postgres::CopyInSink;

use super::PostgresRecords;
use super::customers::{ATTRIBUTES, PHONE};
use super::sql::{fault, get};
use crate::adapters::crypto::KeyRing;
use crate::domain::customer::CustomerDetails;
use crate::domain::id::{CustomerId, UploadId};
use crate::ports::StoreError;
use crate::ports::clock::Random;
use crate::ports::customers::{CustomerImport, Stored};

const WHAT: &str = "the customers of this upload";
const STAGE: &str = "
    begin;
    set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0;
    set local work_mem = '64MB';
    create temporary table import_rows (
        seq bigint, id uuid, name text, phone bytea, phone_index bytea, phone_last4 text, state text,
        loan_id text, amount_paise bigint, due_date date, language_code text, attributes bytea
    ) on commit drop";
const COLUMNS: i16 = 12;
/// The newest row of a phone and loan wins. The order in which rows are merged is the same for
/// every upload, so two at once can not wait for each other in a circle.
const MERGE: &str = "
    with merged as (
        insert into customers as c (id, name, phone, phone_index, phone_last4, state, loan_id, amount_paise,
                                    due_date, language_code, attributes, upload_id, created_at, updated_at)
        select distinct on (phone_index, loan_id)
               id, name, phone, phone_index, phone_last4, state, loan_id, amount_paise,
               due_date, language_code, attributes, $1, $2, $2
        from import_rows
        order by phone_index, loan_id, seq desc
        on conflict on constraint customers_phone_loan do update set
            name = excluded.name, phone = excluded.phone, phone_last4 = excluded.phone_last4,
            state = excluded.state, amount_paise = excluded.amount_paise, due_date = excluded.due_date,
            language_code = excluded.language_code, attributes = excluded.attributes,
            upload_id = excluded.upload_id, updated_at = excluded.updated_at
        returning (xmax = 0) as created
    )
    select count(*) filter (where created) as created from merged";

/// A connection that is closed, not reused, wherever it is dropped. An import that ends early leaves
/// an open transaction behind, also one given up while it begins (whoever uploads hangs up): what
/// the pool's next user wrote into that would be answered as stored and never be.
struct OwnConnection(Option<Object>);

impl OwnConnection {
    /// Ended well: the connection is clean and may serve others.
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl std::ops::Deref for OwnConnection {
    type Target = Object;

    fn deref(&self) -> &Object {
        self.0.as_ref().expect("taken out only by `give_back` and `drop`, after which nobody has it")
    }
}

impl Drop for OwnConnection {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

/// One open import; owns its connection until it ends.
pub(super) struct PostgresImport {
    client: OwnConnection,
    sink: Pin<Box<CopyInSink<Bytes>>>,
    encoding: Option<JoinHandle<Vec<u8>>>,
    encoder: Encoder,
    upload: UploadId,
    rows: u64,
}

impl PostgresImport {
    pub(super) async fn open(records: &PostgresRecords, upload: UploadId) -> Result<Self, StoreError> {
        let client = OwnConnection(Some(records.client().await?));
        client.batch_execute(STAGE).await.map_err(fault(WHAT))?;
        let sink = client.copy_in("copy import_rows from stdin (format binary)").await.map_err(fault(WHAT))?;
        let encoder = Encoder { keys: records.keys.clone(), random: records.random.clone(), now: records.clock.now() };
        let mut import = Self { client, sink: Box::pin(sink), encoding: None, encoder, upload, rows: 0 };
        import.send(copy_header()).await?;
        Ok(import)
    }

    async fn send(&mut self, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.sink.send(Bytes::from(bytes)).await.map_err(fault(WHAT))
    }

    async fn send_encoded(&mut self, batch: Option<JoinHandle<Vec<u8>>>) -> Result<(), StoreError> {
        let Some(batch) = batch else { return Ok(()) };
        let bytes = batch.await.map_err(|error| StoreError::unavailable("postgres", error))?;
        self.send(bytes).await
    }
}

#[async_trait]
impl CustomerImport for PostgresImport {
    async fn add(&mut self, rows: Vec<CustomerDetails>) -> Result<(), StoreError> {
        let first = self.rows;
        self.rows += rows.len() as u64;
        let encoder = self.encoder.clone();
        // This batch is sealed on another thread while the one before it travels.
        let next = tokio::task::spawn_blocking(move || encoder.encode(first, &rows));
        let ready = self.encoding.replace(next);
        self.send_encoded(ready).await
    }

    async fn finish(mut self: Box<Self>) -> Result<Stored, StoreError> {
        let last = self.encoding.take();
        self.send_encoded(last).await?;
        self.send(COPY_TRAILER.to_vec()).await?;
        self.sink.as_mut().finish().await.map_err(fault(WHAT))?;
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&self.upload.as_uuid(), &self.encoder.now];
        let merged = self.client.query_one(MERGE, &params).await.map_err(fault(WHAT))?;
        let created = u64::try_from(get::<i64>(&merged, "created")?).unwrap_or(0);
        self.client.batch_execute("commit").await.map_err(fault(WHAT))?;
        let Self { client, rows, .. } = *self;
        client.give_back();
        Ok(Stored { created, duplicates: rows - created })
    }
}

#[derive(Clone)]
struct Encoder {
    keys: Arc<KeyRing>,
    random: Arc<dyn Random>,
    now: Timestamp,
}

impl Encoder {
    /// Rows in the binary format of `COPY`.
    fn encode(&self, first: u64, rows: &[CustomerDetails]) -> Vec<u8> {
        let mut ids = vec![[0; 10]; rows.len()];
        self.random.fill(ids.as_flattened_mut());
        let mut out = Vec::with_capacity(rows.len() * 400);
        for (at, (row, id)) in rows.iter().zip(ids).enumerate() {
            self.encode_row(first + at as u64, row, CustomerId::new(self.now, id), &mut out);
        }
        out
    }

    fn encode_row(&self, seq: u64, row: &CustomerDetails, id: CustomerId, out: &mut Vec<u8>) {
        out.extend_from_slice(&COLUMNS.to_be_bytes());
        field(out, &seq.to_be_bytes());
        field(out, id.as_uuid().as_bytes());
        text(out, Some(&row.name));
        self.sealed(PHONE, row.phone.expose().as_bytes(), out);
        field(out, &self.keys.phone_index(&row.phone));
        text(out, Some(row.phone.last4()));
        text(out, row.state.as_deref());
        text(out, row.loan_id.as_deref());
        optional(out, row.amount.map(|amount| amount.0.to_be_bytes()));
        optional(out, row.due_date.map(|day| days_since_2000(day).to_be_bytes()));
        text(out, Some(row.language.code()));
        match serde_json::to_vec(&row.attributes) {
            Ok(json) if !row.attributes.is_empty() => self.sealed(ATTRIBUTES, &json, out),
            _ => optional(out, None::<[u8; 0]>),
        }
    }

    fn sealed(&self, column: &'static str, plain: &[u8], out: &mut Vec<u8>) {
        let length_at = out.len();
        out.extend_from_slice(&[0; 4]);
        self.keys.seal_into(column, plain, out);
        let length = length_of(out.len() - length_at - 4);
        out[length_at..length_at + 4].copy_from_slice(&length);
    }
}

const COPY_TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

fn copy_header() -> Vec<u8> {
    let mut header = b"PGCOPY\n\xff\r\n\0".to_vec();
    header.extend_from_slice(&[0; 8]);
    header
}

fn length_of(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).expect("a cell of a sheet is far smaller than 2 GiB").to_be_bytes()
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length_of(bytes.len()));
    out.extend_from_slice(bytes);
}

fn optional<const N: usize>(out: &mut Vec<u8>, bytes: Option<[u8; N]>) {
    match bytes {
        Some(bytes) => field(out, &bytes),
        None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
    }
}

/// Postgres text can not hold a NUL; one stray byte must not cost the whole sheet.
fn text(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) if value.contains('\0') => field(out, value.replace('\0', "").as_bytes()),
        Some(value) => field(out, value.as_bytes()),
        None => optional(out, None::<[u8; 0]>),
    }
}

fn days_since_2000(day: Date) -> i32 {
    day.duration_since(date(2000, 1, 1)).as_hours().div_euclid(24) as i32
}
