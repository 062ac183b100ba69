//! Campaigns. Their counts are read from the orders themselves (an index holds them), so they can
//! not drift.

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::PostgresRecords;
use super::sql::{Conditions, Param, change, cursor, get, json, known, page, row, rows, to_json};
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::id::CampaignId;
use crate::domain::page::{Page, PageRequest};
use crate::ports::StoreError;
use crate::ports::campaigns::{Campaigns, NewCampaign};

const SELECT: &str = "
    select p.id, p.name, p.status, p.settings, p.created_by, p.created_at, p.updated_at, n.*
    from campaigns p
    cross join lateral (
        select count(*) as total,
               count(*) filter (where s.status = 'queued') as queued,
               count(*) filter (where s.status in
                   ('dialing', 'initiated', 'ringing', 'in_progress', 'agent_transfer')) as live,
               count(*) filter (where s.status in ('completed', 'failed', 'not_picked', 'skipped')) as finished
        from call_sessions s where s.campaign_id = p.id
    ) n
    where ";

fn campaign_of(row: &Row) -> Result<Campaign, StoreError> {
    Ok(Campaign {
        id: CampaignId::from_uuid(get(row, "id")?),
        name: get(row, "name")?,
        status: known(row, "status", CampaignStatus::parse)?,
        settings: json("a campaign's settings", get(row, "settings")?)?,
        total: get(row, "total")?,
        queued: get(row, "queued")?,
        live: get(row, "live")?,
        finished: get(row, "finished")?,
        created_by: get(row, "created_by")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
    })
}

#[async_trait]
impl Campaigns for PostgresRecords {
    async fn create(&self, campaign: &NewCampaign) -> Result<CampaignId, StoreError> {
        let client = self.client().await?;
        let settings = to_json("a campaign's settings", &campaign.settings)?;
        // The empty update makes the statement answer the row that is there already.
        let sql =
            "insert into campaigns (id, name, idempotency_key, status, settings, created_by, created_at, updated_at)
                   values ($1, $2, $3, 'running', $4, $5, $6, $6)
                   on conflict (idempotency_key) do update set idempotency_key = excluded.idempotency_key
                   returning id";
        let params: [Param<'_>; 6] = [
            &campaign.id.as_uuid(),
            &campaign.name,
            &campaign.idempotency_key,
            &settings,
            &campaign.created_by,
            &campaign.created_at,
        ];
        let found = row(&client, sql, &params).await?;
        found.map_or(Ok(campaign.id), |row| get(&row, "id").map(CampaignId::from_uuid))
    }

    async fn find(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        let sql = format!("{SELECT} p.id = $1");
        row(&self.client().await?, &sql, &[&id.as_uuid()]).await?.map(|row| campaign_of(&row)).transpose()
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Campaign>, StoreError> {
        let mut conditions = Conditions::new();
        if let Some(text) = &request.cursor {
            conditions.add("p.id < $?", cursor(text)?);
        }
        let limit = request.rows();
        let sql = format!("{SELECT} {} order by p.id desc limit {}", conditions.sql(), limit + 1);
        let found = rows(&self.client().await?, &sql, &conditions.params()).await?;
        let campaigns: Result<Vec<_>, _> = found.iter().map(campaign_of).collect();
        Ok(page(campaigns?, limit, |campaign| campaign.id.as_uuid()))
    }

    async fn set_status(
        &self,
        id: CampaignId,
        from: &[CampaignStatus],
        to: CampaignStatus,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let from: Vec<&str> = from.iter().map(|status| status.as_str()).collect();
        let sql = "update campaigns set status = $3, updated_at = $4 where id = $1 and status = any($2)";
        let params: [Param<'_>; 4] = [&id.as_uuid(), &from, &to.as_str(), &now];
        Ok(change(&self.client().await?, "the campaign", sql, &params).await? == 1)
    }

    async fn close_finished(&self, now: Timestamp) -> Result<Vec<Campaign>, StoreError> {
        let client = self.client().await?;
        // A campaign whose orders are still being written has none yet: it is not finished.
        let sql = "update campaigns p set status = 'completed', updated_at = $1
                   where p.status = 'running'
                     and exists (select 1 from call_sessions s where s.campaign_id = p.id)
                     and not exists (select 1 from call_sessions s where s.campaign_id = p.id and s.status in
                         ('queued', 'dialing', 'initiated', 'ringing', 'in_progress', 'agent_transfer'))
                   returning p.id";
        let closed = rows(&client, sql, &[&now]).await?;
        let ids: Vec<uuid::Uuid> = closed.iter().map(|row| get(row, "id")).collect::<Result<_, _>>()?;
        let found = rows(&client, &format!("{SELECT} p.id = any($1) order by p.id"), &[&ids]).await?;
        found.iter().map(campaign_of).collect()
    }
}
