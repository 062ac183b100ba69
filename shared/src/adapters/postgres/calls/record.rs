//! A call's row as our record, and back.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::super::sql::{Param, fault, get, known, row, rows, word};
use crate::adapters::call_record::CallRecord;
use crate::domain::call::{Call, Disposition};
use crate::domain::id::{CallId, CallSid, CampaignId, CustomerId};
use crate::domain::language::Language;
use crate::domain::money::Paise;
use crate::domain::status::{CallStatus, FailureClass};
use crate::ports::StoreError;

/// Everything a list or the status machine needs; transcripts stay where they are.
const SELECT: &str = "
    select s.id, s.call_sid, s.customer_id, coalesce(c.name, '') as customer_name,
           coalesce(c.phone_last4, '') as phone_last4, s.campaign_id, s.attempt, s.playbook, s.status,
           s.outcome_unknown,
           s.not_before, s.released_until, s.requested_at, s.dialed_at, s.answered_at, s.agent_transfer_time,
           s.end_time, s.duration_s, s.failure_class, s.reason, s.disposition, s.language_detected, s.agent,
           s.cost_paise, s.recording_url, s.updated_at
    from call_sessions s left join customers c on c.id = s.customer_id
    where ";

pub(super) fn call_of(row: &Row) -> Result<Call, StoreError> {
    let sid: Option<&str> = get(row, "call_sid")?;
    let sid = sid.map(CallSid::parse).transpose().map_err(|error| StoreError::corrupt("a call's Sid", error))?;
    Ok(Call {
        call_id: CallId::from_uuid(get(row, "id")?),
        call_sid: sid,
        customer_id: CustomerId::from_uuid(get(row, "customer_id")?),
        customer_name: get(row, "customer_name")?,
        phone_last4: get(row, "phone_last4")?,
        campaign_id: get::<Option<_>>(row, "campaign_id")?.map(CampaignId::from_uuid),
        attempt: get(row, "attempt")?,
        playbook: get(row, "playbook")?,
        status: known(row, "status", CallStatus::parse)?,
        outcome_unknown: get(row, "outcome_unknown")?,
        not_before: get(row, "not_before")?,
        requested_at: get(row, "requested_at")?,
        dialed_at: get(row, "dialed_at")?,
        answered_at: get(row, "answered_at")?,
        agent_transfer_time: get(row, "agent_transfer_time")?,
        end_time: get(row, "end_time")?,
        duration_s: get(row, "duration_s")?,
        failure_class: word(row, "failure_class", FailureClass::parse)?,
        reason: get(row, "reason")?,
        disposition: word(row, "disposition", Disposition::parse)?,
        language: word(row, "language_detected", |text| Language::parse(text).ok())?,
        agent: get(row, "agent")?,
        cost: get::<Option<i64>>(row, "cost_paise")?.map(Paise),
        updated_at: get(row, "updated_at")?,
    })
}

/// The call that `condition` names.
pub(super) async fn one(
    client: &impl GenericClient,
    condition: &str,
    params: &[Param<'_>],
) -> Result<Option<Call>, StoreError> {
    row(client, &format!("{SELECT}{condition}"), params).await?.map(|row| call_of(&row)).transpose()
}

/// The calls that `condition` (with its order) names.
pub(super) async fn many(
    client: &impl GenericClient,
    condition: &str,
    limit: u32,
    params: &[Param<'_>],
) -> Result<Vec<Call>, StoreError> {
    let found = rows(client, &format!("{SELECT}{condition} limit {limit}"), params).await?;
    found.iter().map(call_of).collect()
}

/// Reads a record and locks its row until the transaction ends. Everything that changes a status
/// goes through here: without the lock two reports decide on the same old status, and the
/// later write undoes the earlier.
pub(super) async fn locked(
    client: &impl GenericClient,
    condition: &str,
    params: &[Param<'_>],
) -> Result<Option<CallRecord>, StoreError> {
    let found = row(client, &format!("{SELECT}{condition} for update of s"), params).await?;
    found
        .map(|row| {
            Ok(CallRecord {
                call: call_of(&row)?,
                released_until: get(&row, "released_until")?,
                recording_url: get(&row, "recording_url")?,
            })
        })
        .transpose()
}

/// Writes back what the status machine may have changed. The driver's own error comes out: the
/// caller knows what a collision means.
pub(super) async fn save(client: &impl GenericClient, record: &CallRecord) -> Result<(), tokio_postgres::Error> {
    let call = &record.call;
    let sql = "
        update call_sessions set call_sid = $2, status = $3, outcome_unknown = $4, not_before = $5,
               released_until = $6, dialed_at = $7, answered_at = $8, agent_transfer_time = $9, end_time = $10,
               duration_s = $11, failure_class = $12, reason = $13, agent = $14, recording_url = $15,
               updated_at = $16, disposition = $17
        where id = $1";
    let statement = client.prepare_cached(sql).await?;
    let params: [Param<'_>; 17] = [
        &call.call_id.as_uuid(),
        &call.call_sid.as_ref().map(CallSid::as_str),
        &call.status.as_str(),
        &call.outcome_unknown,
        &call.not_before,
        &record.released_until,
        &call.dialed_at,
        &call.answered_at,
        &call.agent_transfer_time,
        &call.end_time,
        &call.duration_s,
        &call.failure_class.map(FailureClass::as_str),
        &call.reason,
        &call.agent,
        &record.recording_url,
        &call.updated_at,
        &call.disposition.map(Disposition::as_str),
    ];
    client.execute(&statement, &params).await?;
    Ok(())
}

/// `save` where a collision has no meaning of its own.
pub(super) async fn save_plainly(client: &impl GenericClient, record: &CallRecord) -> Result<(), StoreError> {
    save(client, record).await.map_err(fault("the call"))
}
