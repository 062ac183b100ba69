//! The claim: phone locked, facts read, gate asked, verdict stored, all in one transaction. After
//! it has committed, and only then, may Exotel be asked.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;

use super::super::PostgresRecords;
use super::super::sql::{Param, fault, get, row, word};
use super::record::{locked, save_plainly};
use super::{LIVE, read};
use crate::adapters::call_record::{CallRecord, attempt_windows};
use crate::domain::campaign::CampaignStatus;
use crate::domain::gate::{GateFacts, Verdict, judge};
use crate::domain::id::CallId;
use crate::domain::settings::AccountSettings;
use crate::domain::status::CallStatus;
use crate::ports::StoreError;
use crate::ports::calls::{Claim, ClaimedOrder};

pub(super) async fn claim(
    records: &PostgresRecords,
    call: CallId,
    settings: Option<&AccountSettings>,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    let mut client = records.client().await?;
    let transaction = client.transaction().await.map_err(fault("the claim"))?;
    let Some(phone_index) = lock_phone(&transaction, call).await? else { return Ok(Claim::NotQueued) };
    let Some(mut record) = locked(&transaction, "s.id = $1", &[&call.as_uuid()]).await? else {
        return Ok(Claim::NotQueued);
    };
    if record.call.status != CallStatus::Queued {
        return Ok(Claim::NotQueued);
    }
    let customer = read::session_customer(&transaction, call).await?;
    let phone = read::phone_of(records, &transaction, call).await?;
    let exists = customer.is_some() && phone.is_some();
    let facts = facts(&transaction, &record, &phone_index, exists, (settings, now)).await?;
    let verdict = judge(&facts, settings, now);
    record.verdict(&verdict, now);
    save_plainly(&transaction, &record).await?;
    transaction.commit().await.map_err(fault("the claim"))?;
    Ok(match (verdict, phone, customer) {
        (Verdict::Call, Some(phone), Some(customer)) => {
            Claim::Claimed(Box::new(ClaimedOrder { call: record.call, phone, customer }))
        }
        (verdict, _, _) => Claim::Refused(verdict),
    })
}

/// Two orders of one phone are judged one after the other, so that the second sees the first.
async fn lock_phone(client: &impl GenericClient, call: CallId) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "select phone_index from call_sessions where id = $1 and status = 'queued'";
    let Some(found) = row(client, sql, &[&call.as_uuid()]).await? else { return Ok(None) };
    let phone_index: Vec<u8> = get(&found, "phone_index")?;
    let mut key = [0; 8];
    key.copy_from_slice(phone_index.get(..8).unwrap_or(&[0; 8]));
    row(client, "select pg_advisory_xact_lock($1)", &[&i64::from_be_bytes(key)]).await?;
    Ok(Some(phone_index))
}

async fn facts(
    client: &impl GenericClient,
    record: &CallRecord,
    phone_index: &[u8],
    customer_exists: bool,
    (settings, now): (Option<&AccountSettings>, Timestamp),
) -> Result<GateFacts, StoreError> {
    let call = &record.call;
    let (today, week) = attempt_windows(settings, now);
    let sql = format!(
        "select exists (select 1 from do_not_call where phone_index = $1) as on_do_not_call,
                exists (select 1 from call_sessions where phone_index = $1 and id <> $2 and {LIVE}) as live,
                (select count(*) from call_sessions where phone_index = $1 and id <> $2 and dialed_at >= $3) as today,
                (select count(*) from call_sessions where phone_index = $1 and id <> $2 and dialed_at >= $4) as week,
                (select status from campaigns where id = $5) as campaign"
    );
    let campaign = call.campaign_id.map(|id| id.as_uuid());
    let params: [Param<'_>; 5] = [&phone_index, &call.call_id.as_uuid(), &today, &week, &campaign];
    let found = row(client, &sql, &params).await?;
    let found = found.ok_or_else(|| StoreError::unavailable("postgres", "the facts of a call were not answered"))?;
    let count = |column| get::<i64>(&found, column).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(GateFacts {
        customer_exists,
        on_do_not_call: get(&found, "on_do_not_call")?,
        live_call_to_phone: get(&found, "live")?,
        attempts_today: count("today")?,
        attempts_this_week: count("week")?,
        campaign: word(&found, "campaign", CampaignStatus::parse)?,
        not_before: call.not_before,
    })
}
