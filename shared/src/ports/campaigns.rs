//! Campaign records.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::domain::campaign::{Campaign, CampaignSettings, CampaignStatus};
use crate::domain::id::CampaignId;
use crate::domain::page::{Page, PageRequest};

/// A campaign about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of the record")]
pub struct NewCampaign {
    pub id: CampaignId,
    pub name: String,
    pub idempotency_key: String,
    pub settings: CampaignSettings,
    pub created_by: String,
    pub created_at: Timestamp,
}

/// The campaigns.
#[async_trait]
pub trait Campaigns: Send + Sync {
    /// Stores it `running`; the same idempotency key answers with the campaign stored first.
    async fn create(&self, campaign: &NewCampaign) -> Result<CampaignId, StoreError>;
    /// One campaign with its counts.
    async fn find(&self, id: CampaignId) -> Result<Option<Campaign>, StoreError>;
    /// A page, newest first.
    async fn list(&self, page: &PageRequest) -> Result<Page<Campaign>, StoreError>;
    /// Changes the status where it is one of `from`; `false` where it was not.
    async fn set_status(
        &self,
        id: CampaignId,
        from: &[CampaignStatus],
        to: CampaignStatus,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Marks running campaigns `completed` whose every order is final; answers them.
    async fn close_finished(&self, now: Timestamp) -> Result<Vec<Campaign>, StoreError>;
}
