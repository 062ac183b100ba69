//! Campaigns.

use async_trait::async_trait;
use jiff::Timestamp;

use super::state::{CampaignRow, MemoryRecords, State, page_of};
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::id::CampaignId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::status::CallStatus;
use crate::ports::StoreError;
use crate::ports::campaigns::{Campaigns, NewCampaign};

fn counted(state: &State, id: CampaignId, row: &CampaignRow) -> Campaign {
    let count = |keep: fn(CallStatus) -> bool| {
        let of_campaign = state.calls.values().map(|c| &c.record.call).filter(|c| c.campaign_id == Some(id));
        of_campaign.filter(|c| keep(c.status)).count() as i64
    };
    Campaign {
        id,
        name: row.name.clone(),
        status: row.status,
        settings: row.settings.clone(),
        total: count(|_| true),
        queued: count(|s| s == CallStatus::Queued),
        live: count(CallStatus::is_live),
        finished: count(CallStatus::is_final),
        created_by: row.created_by.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

#[async_trait]
impl Campaigns for MemoryRecords {
    async fn create(&self, campaign: &NewCampaign) -> Result<CampaignId, StoreError> {
        let mut state = self.state();
        let same = state.campaigns.iter().find(|(_, row)| row.idempotency_key == campaign.idempotency_key);
        if let Some((id, _)) = same {
            return Ok(*id);
        }
        let row = CampaignRow {
            name: campaign.name.clone(),
            idempotency_key: campaign.idempotency_key.clone(),
            status: CampaignStatus::Running,
            settings: campaign.settings.clone(),
            created_by: campaign.created_by.clone(),
            created_at: campaign.created_at,
            updated_at: campaign.created_at,
        };
        state.campaigns.insert(campaign.id, row);
        Ok(campaign.id)
    }

    async fn find(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        let state = self.state();
        Ok(state.campaigns.get(&id).map(|row| counted(&state, id, row)))
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<Campaign>, StoreError> {
        let state = self.state();
        page_of(state.campaigns.iter().rev().map(|(id, row)| (id.as_uuid(), counted(&state, *id, row))), page)
    }

    async fn set_status(
        &self,
        id: CampaignId,
        from: &[CampaignStatus],
        to: CampaignStatus,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(row) = state.campaigns.get_mut(&id).filter(|row| from.contains(&row.status)) else {
            return Ok(false);
        };
        row.status = to;
        row.updated_at = now;
        Ok(true)
    }

    async fn close_finished(&self, now: Timestamp) -> Result<Vec<Campaign>, StoreError> {
        let mut state = self.state();
        let done = |campaign: &Campaign| campaign.total > 0 && campaign.total == campaign.finished;
        let running = state.campaigns.iter().filter(|(_, row)| row.status == CampaignStatus::Running);
        let ids: Vec<_> = running.map(|(id, row)| counted(&state, *id, row)).filter(done).map(|c| c.id).collect();
        for id in &ids {
            if let Some(row) = state.campaigns.get_mut(id) {
                row.status = CampaignStatus::Completed;
                row.updated_at = now;
            }
        }
        Ok(ids.iter().filter_map(|id| state.campaigns.get(id).map(|row| counted(&state, *id, row))).collect())
    }
}
