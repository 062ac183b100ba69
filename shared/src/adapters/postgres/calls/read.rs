//! What is asked about one call.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::super::PostgresRecords;
use super::super::customers::{PHONE, open_phone};
use super::super::sql::{get, known, row, rows};
use super::LIVE;
use crate::domain::call::StatusUpdate;
use crate::domain::id::{CallId, CustomerId};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::phone::PhoneNumber;
use crate::domain::session::SessionCustomer;
use crate::domain::status::{CallStatus, Source};
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
