//! Placing orders, leasing them to the queue, giving them back.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::super::PostgresRecords;
use super::super::sql::{Param, change, fault, get, row, rows};
use super::LIVE;
use crate::domain::call::NewOrder;
use crate::domain::id::CallId;
use crate::ports::StoreError;
use crate::ports::calls::Placed;

/// Larger statements gain nothing and hold more memory on both sides.
const AT_ONCE: usize = 2_000;

const ORDERS: &str =
    "unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::timestamptz[], $6::text[], $7::text[])
    with ordinality as o(id, customer_id, campaign_id, attempt, not_before, idempotency_key, playbook, at)";

pub(super) async fn place(records: &PostgresRecords, orders: &[NewOrder]) -> Result<Vec<Placed>, StoreError> {
    let now = records.clock.now();
    let mut client = records.client().await?;
    let mut placed = Vec::with_capacity(orders.len());
    for chunk in orders.chunks(AT_ONCE) {
        let transaction = client.transaction().await.map_err(fault("the orders"))?;
        placed.extend(place_chunk(&transaction, chunk, now).await?);
        transaction.commit().await.map_err(fault("the orders"))?;
    }
    Ok(placed)
}

/// Two requests at the same moment wait for each other: the lock is the customer's and ends with the
/// transaction, so the second one sees what the first one wrote.
pub(super) async fn place_single(records: &PostgresRecords, order: &NewOrder) -> Result<Placed, StoreError> {
    let now = records.clock.now();
    let mut client = records.client().await?;
    let transaction = client.transaction().await.map_err(fault("the order"))?;
    let (_, lock) = order.customer_id.as_uuid().as_u64_pair();
    row(&transaction, "select pg_advisory_xact_lock($1)", &[&lock.cast_signed()]).await?;
    let placed = match earlier(&transaction, order, now).await? {
        Some(id) => Placed::Existing(id),
        None => {
            let placed = place_chunk(&transaction, std::slice::from_ref(order), now).await?;
            placed.into_iter().next().unwrap_or(Placed::NoCustomer(order.customer_id))
        }
    };
    transaction.commit().await.map_err(fault("the order"))?;
    Ok(placed)
}

/// The order this request means, where there is one: that of its key, or the customer's open one, which
/// from then on is that key's too.
async fn earlier(
    client: &impl deadpool_postgres::GenericClient,
    order: &NewOrder,
    now: Timestamp,
) -> Result<Option<CallId>, StoreError> {
    let id_of = |found: Option<Row>| found.map(|row| get(&row, "id").map(CallId::from_uuid)).transpose();
    let same_key = "select id from call_sessions where idempotency_key = $1
                    union all select call_id from order_keys where idempotency_key = $1";
    if let Some(id) = id_of(row(client, same_key, &[&order.idempotency_key]).await?)? {
        return Ok(Some(id));
    }
    let open = format!(
        "select id from call_sessions
         where customer_id = $1 and campaign_id is null and (status = 'queued' or {LIVE})
         order by id desc limit 1"
    );
    let open = id_of(row(client, &open, &[&order.customer_id.as_uuid()]).await?)?;
    if let (Some(id), Some(key)) = (open, &order.idempotency_key) {
        let keep = "with first as (
                        update call_sessions set idempotency_key = $2 where id = $1 and idempotency_key is null
                        returning id)
                    insert into order_keys (idempotency_key, call_id, created_at)
                    select $2, $1, $3 where not exists (select 1 from first)";
        change(client, "the order", keep, &[&id.as_uuid(), key, &now]).await?;
    }
    Ok(open)
}

async fn place_chunk(
    client: &impl deadpool_postgres::GenericClient,
    orders: &[NewOrder],
    now: Timestamp,
) -> Result<Vec<Placed>, StoreError> {
    let ids: Vec<_> = orders.iter().map(|o| o.call_id.as_uuid()).collect();
    let customers: Vec<_> = orders.iter().map(|o| o.customer_id.as_uuid()).collect();
    let campaigns: Vec<_> = orders.iter().map(|o| o.campaign_id.map(|id| id.as_uuid())).collect();
    let attempts: Vec<i16> = orders.iter().map(|o| o.attempt).collect();
    let not_before: Vec<Timestamp> = orders.iter().map(|o| o.not_before).collect();
    let keys: Vec<Option<&str>> = orders.iter().map(|o| o.idempotency_key.as_deref()).collect();
    let playbooks: Vec<Option<&str>> = orders.iter().map(|o| o.playbook.as_deref()).collect();
    let params: [Param<'_>; 7] = [&ids, &customers, &campaigns, &attempts, &not_before, &keys, &playbooks];

    let insert = format!(
        "insert into call_sessions (id, customer_id, phone_index, campaign_id, attempt, not_before, idempotency_key,
                                    playbook, requested_at, updated_at)
         select o.id, o.customer_id, c.phone_index, o.campaign_id, o.attempt, o.not_before, o.idempotency_key,
                o.playbook, $8, $8
         from {ORDERS} join customers c on c.id = o.customer_id
         order by o.at
         on conflict do nothing
         returning id"
    );
    let mut with_now = params.to_vec();
    with_now.push(&now);
    let stored = rows(client, &insert, &with_now).await?;
    let stored: std::collections::HashSet<uuid::Uuid> =
        stored.iter().map(|row| get(row, "id")).collect::<Result<_, _>>()?;
    // Read after the insert: an order that another request stored a moment ago is seen by now.
    let same = format!(
        "select coalesce(
                    (select s.id from call_sessions s where s.id = o.id),
                    (select s.id from call_sessions s where s.idempotency_key = o.idempotency_key),
                    (select s.id from call_sessions s where s.campaign_id = o.campaign_id
                        and s.customer_id = o.customer_id and s.attempt = o.attempt)) as id,
                o.not_before
         from {ORDERS} order by o.at"
    );
    let found = rows(client, &same, &params).await?;
    let outcome = |(order, row): (&NewOrder, &Row)| {
        Ok(match get::<Option<uuid::Uuid>>(row, "id")? {
            None => Placed::NoCustomer(order.customer_id),
            Some(id) if id == order.call_id.as_uuid() && stored.contains(&id) => Placed::New(order.call_id),
            Some(id) => Placed::Existing(CallId::from_uuid(id)),
        })
    };
    orders.iter().zip(&found).map(outcome).collect()
}

/// Ended by one sweep: a few seconds' work for the database, well within the statement's time.
const SWEPT_AT_ONCE: i64 = 5_000;

/// Orders of a cancelled or closed campaign end here. Through the queue each would take the place of
/// an order that may be dialled: a large cancelled campaign would hold up all younger ones for hours.
/// The lateral join makes it one short index scan for each such campaign, and the array a look-up by
/// id for each order, however large the table is.
async fn end_cancelled(client: &impl deadpool_postgres::GenericClient, now: Timestamp) -> Result<(), StoreError> {
    let sql = "
        with cancelled as materialized (
            select q.id from campaigns c cross join lateral (
                select s.id from call_sessions s where s.campaign_id = c.id and s.status = 'queued'
                limit $2 for update of s skip locked
            ) q
            where c.status in ('cancelled', 'completed') limit $2
        )
        update call_sessions set status = 'skipped', failure_class = 'campaign_cancelled',
               reason = 'the campaign was cancelled', end_time = $1, released_until = null, updated_at = $1
        where id = any(array(select id from cancelled))";
    let ended = change(client, "the orders", sql, &[&now, &SWEPT_AT_ONCE]).await?;
    if ended > 0 {
        tracing::info!(ended, "orders of cancelled campaigns were ended");
    }
    Ok(())
}

/// Orders of a campaign that is paused or not begun stay where they are: released, each would only
/// come back and take another order's place.
pub(super) async fn release_due(
    records: &PostgresRecords,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<CallId>, StoreError> {
    let client = records.client().await?;
    end_cancelled(&client, now).await?;
    let sql = "
        with due as materialized (
            select s.id, s.not_before from call_sessions s
            where s.status = 'queued' and s.not_before <= $1
              and (s.released_until is null or s.released_until <= $1)
              and not exists (select 1 from campaigns c
                              where c.id = s.campaign_id and c.status <> 'running')
            order by s.not_before, s.id limit $3
            for update of s skip locked
        ), leased as (
            update call_sessions s set released_until = $2 from due where s.id = due.id returning s.id
        )
        select due.id from due join leased using (id) order by due.not_before, due.id";
    let found = rows(&client, sql, &[&now, &until, &i64::from(limit)]).await?;
    found.iter().map(|row| get(row, "id").map(CallId::from_uuid)).collect()
}

pub(super) async fn released_now(records: &PostgresRecords, now: Timestamp) -> Result<u32, StoreError> {
    let sql = "select count(*) as n from call_sessions where status = 'queued' and released_until > $1";
    let found = row(&records.client().await?, sql, &[&now]).await?;
    let n: i64 = found.map(|row| get(&row, "n")).transpose()?.unwrap_or(0);
    Ok(u32::try_from(n).unwrap_or(u32::MAX))
}

pub(super) async fn give_back(
    records: &PostgresRecords,
    call: CallId,
    until: Timestamp,
    reason: &str,
) -> Result<(), StoreError> {
    let sql = "update call_sessions set not_before = greatest(not_before, $2), reason = $3, released_until = null, updated_at = $4
               where id = $1 and status = 'queued'";
    let params: [Param<'_>; 4] = [&call.as_uuid(), &until, &reason, &records.clock.now()];
    change(&records.client().await?, "the order", sql, &params).await?;
    Ok(())
}
