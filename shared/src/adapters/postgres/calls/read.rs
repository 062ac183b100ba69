//! What is asked about one call, and what its conversation left.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::super::PostgresRecords;
use super::super::customers::{PHONE, open_phone};
use super::super::sql::{Param, change, get, known, row, rows};
use super::{LIVE, SUMMARY, TRANSCRIPT};
use crate::domain::call::{ConversationResult, StatusUpdate};
use crate::domain::id::{CallId, CustomerId};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::phone::PhoneNumber;
use crate::domain::session::SessionCustomer;
use crate::domain::status::{CallStatus, Source};
use crate::domain::transcript::Transcript;
use crate::ports::StoreError;

pub(super) async fn session_customer(
    client: &impl GenericClient,
    call: CallId,
) -> Result<Option<SessionCustomer>, StoreError> {
    let sql = "select c.id, c.name, c.state, c.loan_id, c.amount_paise, c.due_date, c.language_code
               from call_sessions s join customers c on c.id = s.customer_id where s.id = $1";
    let of_row = |row: Row| {
        Ok(SessionCustomer {
            id: CustomerId::from_uuid(get(&row, "id")?),
            name: get(&row, "name")?,
            state: get(&row, "state")?,
            loan_id: get(&row, "loan_id")?,
            amount: get::<Option<i64>>(&row, "amount_paise")?.map(Paise),
            due_date: get(&row, "due_date")?,
            language: known(&row, "language_code", |text| Language::parse(text).ok())?,
        })
    };
    row(client, sql, &[&call.as_uuid()]).await?.map(of_row).transpose()
}

pub(super) async fn phone_of(
    records: &PostgresRecords,
    client: &impl GenericClient,
    call: CallId,
) -> Result<Option<PhoneNumber>, StoreError> {
    let sql = "select c.phone from call_sessions s join customers c on c.id = s.customer_id where s.id = $1";
    let found = row(client, sql, &[&call.as_uuid()]).await?;
    found.map(|row| open_phone(&records.keys, PHONE, get(&row, "phone")?)).transpose()
}

pub(super) async fn live_count(client: &impl GenericClient) -> Result<u32, StoreError> {
    let found = row(client, &format!("select count(*) as n from call_sessions where {LIVE}"), &[]).await?;
    let n: i64 = found.map(|row| get(&row, "n")).transpose()?.unwrap_or(0);
    Ok(u32::try_from(n).unwrap_or(u32::MAX))
}

pub(super) async fn save_conversation(
    records: &PostgresRecords,
    call: CallId,
    result: &ConversationResult,
) -> Result<(), StoreError> {
    let transcript = serde_json::to_vec(&result.transcript).map_err(|e| StoreError::corrupt("the transcript", e))?;
    let sql = "update call_sessions set conversation_transcript = $2, summary = $3, disposition = $4,
                      intent_detected = $5, language_detected = $6, duration_s = coalesce(duration_s, $7),
                      timings = $8, updated_at = $9
               where id = $1";
    let params: [Param<'_>; 9] = [
        &call.as_uuid(),
        &records.keys.seal(TRANSCRIPT, &transcript),
        &records.keys.seal(SUMMARY, result.summary.as_bytes()),
        &result.disposition.as_str(),
        &result.intent,
        &result.language.code(),
        &result.duration_s,
        &result.timings,
        &records.clock.now(),
    ];
    change(&records.client().await?, "the conversation", sql, &params).await?;
    Ok(())
}

async fn opened(
    records: &PostgresRecords,
    call: CallId,
    sql: &str,
    (column, what): (&'static str, &'static str),
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(found) = row(&records.client().await?, sql, &[&call.as_uuid()]).await? else { return Ok(None) };
    let Some(sealed) = get::<Option<&[u8]>>(&found, "sealed")? else { return Ok(None) };
    records.keys.open(column, sealed).map(Some).map_err(|error| StoreError::corrupt(what, error))
}

pub(super) async fn transcript(records: &PostgresRecords, call: CallId) -> Result<Option<Transcript>, StoreError> {
    let what = "the transcript";
    let sql = "select conversation_transcript as sealed from call_sessions where id = $1";
    let Some(bytes) = opened(records, call, sql, (TRANSCRIPT, what)).await? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| StoreError::corrupt(what, error))
}

pub(super) async fn summary(records: &PostgresRecords, call: CallId) -> Result<Option<String>, StoreError> {
    let what = "the summary";
    let sql = "select summary as sealed from call_sessions where id = $1";
    let Some(bytes) = opened(records, call, sql, (SUMMARY, what)).await? else { return Ok(None) };
    String::from_utf8(bytes).map(Some).map_err(|error| StoreError::corrupt(what, error))
}

pub(super) async fn updates(client: &impl GenericClient, call: CallId) -> Result<Vec<StatusUpdate>, StoreError> {
    let sql = "select * from (
                   select id, status, source, message, occurred_at, received_at, applied, extra_data
                   from call_status_updates where call_session_id = $1 order by id desc limit 500
               ) newest order by id";
    let found = rows(client, sql, &[&call.as_uuid()]).await?;
    let of_row = |row: &Row| {
        Ok(StatusUpdate {
            status: known(row, "status", CallStatus::parse)?,
            source: known(row, "source", Source::parse)?,
            message: get(row, "message")?,
            occurred_at: get(row, "occurred_at")?,
            received_at: get(row, "received_at")?,
            applied: get(row, "applied")?,
            extra: get(row, "extra_data")?,
        })
    };
    found.iter().map(of_row).collect()
}
