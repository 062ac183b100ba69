//! What Exotel answered and what was reported since. The row is locked first, always.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use super::super::PostgresRecords;
use super::super::sql::{Param, change, collides, fault};
use super::record::{locked, save, save_plainly};
use crate::adapters::call_record::{CallRecord, history_of};
use crate::domain::call::{Call, Recorded, StatusReport, StatusUpdate};
use crate::domain::id::CallId;
use crate::domain::status::{Source, Step};
use crate::ports::StoreError;
use crate::ports::calls::DialOutcome;

pub(super) async fn record_dial(
    records: &PostgresRecords,
    call: CallId,
    outcome: &DialOutcome,
    now: Timestamp,
) -> Result<Option<Call>, StoreError> {
    let mut client = records.client().await?;
    let transaction = client.transaction().await.map_err(fault("the call"))?;
    let Some(mut record) = locked(&transaction, "s.id = $1", &[&call.as_uuid()]).await? else { return Ok(None) };
    let applied = record.dialled(outcome, now);
    if applied {
        save_plainly(&transaction, &record).await?;
    }
    let (status, message) = history_of(outcome);
    let update = StatusUpdate {
        status,
        source: Source::Dial,
        message: message.to_owned(),
        occurred_at: now,
        received_at: now,
        applied,
        extra: serde_json::Value::Null,
    };
    note(&transaction, call, &update, None).await?;
    transaction.commit().await.map_err(fault("the call"))?;
    Ok(Some(record.call))
}

pub(super) async fn record_report(
    records: &PostgresRecords,
    report: &StatusReport,
    now: Timestamp,
) -> Result<Recorded, StoreError> {
    let mut client = records.client().await?;
    let transaction = client.transaction().await.map_err(fault("the report"))?;
    let Some(mut record) = named(&transaction, report).await? else { return Ok(Recorded::UnknownCall) };
    let id = record.call.call_id;
    let changed = record.report(report, now);
    let update = StatusUpdate {
        status: report.status,
        source: report.source,
        message: report.message.clone(),
        occurred_at: report.occurred_at,
        received_at: now,
        applied: matches!(changed, Ok(Step::Moved(_))),
        extra: report.extra.clone(),
    };
    // Leaving the transaction without a commit undoes whatever was written in it.
    if !note(&transaction, id, &update, Some(&report.dedupe_key)).await? {
        return Ok(Recorded::Duplicate);
    }
    let Ok(step) = changed else { return Ok(Recorded::SidConflict) };
    match save(&transaction, &record).await {
        Ok(()) => {}
        Err(error) if collides(&error, "call_sessions_call_sid_key") => return Ok(Recorded::SidConflict),
        Err(error) if collides(&error, "call_sessions_one_live_per_phone") => return Ok(Recorded::PhoneInUse),
        Err(error) => return Err(fault("the report")(error)),
    }
    transaction.commit().await.map_err(fault("the report"))?;
    Ok(Recorded::Stored { call: Box::new(record.call), step })
}

/// The call a report is about: by our id, else by Exotel's.
async fn named(client: &impl GenericClient, report: &StatusReport) -> Result<Option<CallRecord>, StoreError> {
    if let Some(id) = report.call.call_id {
        let found = locked(client, "s.id = $1", &[&id.as_uuid()]).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    match &report.call.call_sid {
        Some(sid) => locked(client, "s.call_sid = $1", &[&sid.as_str()]).await,
        None => Ok(None),
    }
}

/// Adds a line of history; `false` where one with the same key is there already.
async fn note(
    client: &impl GenericClient,
    call: CallId,
    update: &StatusUpdate,
    dedupe_key: Option<&str>,
) -> Result<bool, StoreError> {
    let sql = "insert into call_status_updates
                   (call_session_id, status, source, message, occurred_at, received_at, applied, extra_data, dedupe_key)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (dedupe_key) do nothing";
    let params: [Param<'_>; 9] = [
        &call.as_uuid(),
        &update.status.as_str(),
        &update.source.as_str(),
        &update.message,
        &update.occurred_at,
        &update.received_at,
        &update.applied,
        &update.extra,
        &dedupe_key,
    ];
    Ok(change(client, "the report", sql, &params).await? == 1)
}
