//! Lists and figures over many calls.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::super::PostgresRecords;
use super::super::sql::{Conditions, contains_pattern, cursor, get, id_or_none, page, row, rows};
use super::{LIVE, record};
use crate::adapters::call_record::slices;
use crate::domain::call::Call;
use crate::domain::id::CampaignId;
use crate::domain::page::{Page, PageRequest};
use crate::ports::StoreError;
use crate::ports::calls::{CallFilter, CallStatistics, SeriesPoint};

pub(super) async fn list(
    records: &PostgresRecords,
    filter: &CallFilter,
    request: &PageRequest,
) -> Result<Page<Call>, StoreError> {
    let mut conditions = Conditions::new();
    if let Some(status) = filter.status {
        conditions.add("s.status = $?", status.as_str());
    }
    match filter.live {
        Some(true) => conditions.must(&format!("s.{LIVE}")),
        Some(false) => conditions.must(&format!("not s.{LIVE}")),
        None => {}
    }
    if let Some(campaign) = &filter.campaign_id {
        conditions.add("s.campaign_id = $?", id_or_none(campaign));
    }
    if let Some(customer) = &filter.customer_id {
        conditions.add("s.customer_id = $?", id_or_none(customer));
    }
    if let Some(since) = filter.since {
        conditions.add("s.requested_at >= $?", since);
    }
    if let Some(q) = &filter.q {
        // The first condition is the one with an index; the second keeps loan ids out.
        conditions.add("lower(c.name || ' ' || coalesce(c.loan_id, '')) like $?", contains_pattern(q));
        conditions.add("lower(c.name) like $?", contains_pattern(q));
    }
    if let Some(text) = &request.cursor {
        conditions.add("s.id < $?", cursor(text)?);
    }
    let limit = request.rows();
    let sql = format!("{} order by s.id desc", conditions.sql());
    let calls = record::many(&records.client().await?, &sql, limit + 1, &conditions.params()).await?;
    Ok(page(calls, limit, |call| call.call_id.as_uuid()))
}

pub(super) async fn statistics(
    records: &PostgresRecords,
    since: Option<Timestamp>,
    campaign: Option<CampaignId>,
) -> Result<CallStatistics, StoreError> {
    let mut conditions = Conditions::new();
    if let Some(since) = since {
        conditions.add("requested_at >= $?", since);
    }
    if let Some(campaign) = campaign {
        conditions.add("campaign_id = $?", campaign.as_uuid());
    }
    let sql = format!(
        "select count(*) as total,
                count(*) filter (where status = 'queued') as queued,
                count(*) filter (where {LIVE}) as active,
                count(*) filter (where status = 'completed') as completed,
                count(*) filter (where status = 'failed') as failed,
                count(*) filter (where status = 'not_picked') as not_picked,
                count(*) filter (where status = 'skipped') as skipped,
                count(agent_transfer_time) as transferred,
                coalesce(avg(duration_s) filter (where status = 'completed'), 0)::float8 as average_duration
         from call_sessions where {}",
        conditions.sql()
    );
    let Some(found) = row(&records.client().await?, &sql, &conditions.params()).await? else {
        return Ok(CallStatistics::default());
    };
    Ok(CallStatistics {
        total_calls: get(&found, "total")?,
        queued_calls: get(&found, "queued")?,
        active_calls: get(&found, "active")?,
        completed_calls: get(&found, "completed")?,
        failed_calls: get(&found, "failed")?,
        not_picked_calls: get(&found, "not_picked")?,
        skipped_calls: get(&found, "skipped")?,
        transferred_calls: get(&found, "transferred")?,
        average_duration: get(&found, "average_duration")?,
        ..CallStatistics::default()
    }
    .with_rates())
}

pub(super) async fn series(
    records: &PostgresRecords,
    since: Timestamp,
    until: Timestamp,
    step_s: u32,
) -> Result<Vec<SeriesPoint>, StoreError> {
    let (count, step) = slices(since, until, step_s);
    let sql = "
        with counted as (
            select floor(extract(epoch from requested_at - $1) / $3::bigint)::bigint as slice,
                   count(*) as requested,
                   count(*) filter (where status = 'completed') as completed,
                   count(*) filter (where status = 'failed') as failed,
                   count(*) filter (where status = 'not_picked') as not_picked
            from call_sessions where requested_at >= $1 and requested_at < $2 group by 1
        )
        select slice, coalesce(requested, 0) as requested, coalesce(completed, 0) as completed,
               coalesce(failed, 0) as failed, coalesce(not_picked, 0) as not_picked
        from generate_series(0, $4::bigint - 1) as slice left join counted using (slice) order by slice";
    let (step, count) = (step as i64, count as i64);
    let found = rows(&records.client().await?, sql, &[&since, &until, &step, &count]).await?;
    let of_row = |row: &Row| {
        Ok(SeriesPoint {
            at: since + jiff::SignedDuration::from_secs(get::<i64>(row, "slice")? * step),
            requested: get(row, "requested")?,
            completed: get(row, "completed")?,
            failed: get(row, "failed")?,
            not_picked: get(row, "not_picked")?,
        })
    };
    found.iter().map(of_row).collect()
}
