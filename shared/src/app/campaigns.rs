//! Pausing, resuming and cancelling campaigns. Orders follow by themselves: the gate looks at the
//! campaign each time one of them is about to be dialled.

use crate::app::{App, Error, announce, release_orders};
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::feed::{FeedEvent, LogLevel};
use crate::domain::id::CampaignId;

/// What may be asked of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignChange {
    /// Dial nothing new until it is resumed.
    Pause,
    /// Go on.
    Resume,
    /// Never dial what is not dialled yet.
    Cancel,
}

impl CampaignChange {
    fn to(self) -> CampaignStatus {
        match self {
            Self::Pause => CampaignStatus::Paused,
            Self::Resume => CampaignStatus::Running,
            Self::Cancel => CampaignStatus::Cancelled,
        }
    }

    fn from(self) -> &'static [CampaignStatus] {
        match self {
            Self::Pause => &[CampaignStatus::Running, CampaignStatus::Scheduled],
            Self::Resume => &[CampaignStatus::Paused, CampaignStatus::Scheduled],
            Self::Cancel => &[CampaignStatus::Running, CampaignStatus::Scheduled, CampaignStatus::Paused],
        }
    }

    /// For the audit trail: `pause_campaign`.
    pub fn action(self) -> &'static str {
        match self {
            Self::Pause => "pause_campaign",
            Self::Resume => "resume_campaign",
            Self::Cancel => "cancel_campaign",
        }
    }
}

/// Makes the change and answers the campaign as it is then. A change that is already so is no
/// error; one that is no longer possible is a conflict.
pub async fn change_campaign(app: &App, id: CampaignId, change: CampaignChange) -> Result<Campaign, Error> {
    let to = change.to();
    let changed = app.campaigns.set_status(id, change.from(), to, app.clock.now()).await?;
    let campaign = app.campaigns.find(id).await?.ok_or(Error::NotFound { what: "campaign" })?;
    if campaign.status != to {
        let detail = format!("the campaign is {}", campaign.status.as_str());
        return Err(Error::Conflict { code: "campaign_status", detail });
    }
    if changed {
        announce_progress(app, &campaign).await;
        announce::log(app, LogLevel::Info, None, format!("campaign \"{}\" is {}", campaign.name, to.as_str())).await;
    }
    if change == CampaignChange::Resume
        && let Err(error) = release_orders(app).await
    {
        tracing::warn!(%error, "the orders go out with the feeder's next run");
    }
    Ok(campaign)
}

/// Tells the dashboard the campaign's counts.
pub(super) async fn announce_progress(app: &App, campaign: &Campaign) {
    announce::publish(
        app,
        FeedEvent::CampaignProgress {
            campaign_id: campaign.id,
            total: campaign.total,
            queued: campaign.queued,
            live: campaign.live,
            finished: campaign.finished,
        },
    )
    .await;
}
