use shared::domain::call::NewOrder;
use shared::domain::campaign::CampaignStatus;
use shared::domain::page::PageRequest;
use shared::domain::status::{CallStatus, Source};

use crate::support::World;

super::contract!(
    the_same_campaign_created_again_is_the_same_campaign,
    a_campaign_counts_its_orders_and_closes_when_all_are_final,
    a_status_changes_only_from_where_it_may,
);

async fn the_same_campaign_created_again_is_the_same_campaign(world: &World) {
    let first = world.campaign("one").await;
    assert_eq!(world.campaign("one").await, first);
    let second = world.campaign("two").await;
    assert_ne!(first, second);
    let page = world.app.campaigns.list(&PageRequest::default()).await.expect("read");
    assert_eq!(page.items.len(), 2);
    let found = world.app.campaigns.find(first).await.expect("read").expect("there");
    assert_eq!((found.status, found.total, found.created_by.as_str()), (CampaignStatus::Running, 0, "test"));
}

async fn a_campaign_counts_its_orders_and_closes_when_all_are_final(world: &World) {
    let campaign = world.campaign("one").await;
    assert_eq!(world.app.campaigns.close_finished(world.now()).await.expect("looked"), [], "not begun is not over");
    let mut calls = Vec::new();
    for nn in 10..13 {
        let order = NewOrder { campaign_id: Some(campaign), ..world.new_order(world.customer(nn).await) };
        calls.push(order.call_id);
        world.app.calls.place(&[order]).await.expect("placed");
    }
    world.claim(calls[0]).await;
    world.claim(calls[1]).await;
    let end = async |call| {
        let report = world.report(call, CallStatus::Completed, Source::Webhook);
        world.app.calls.record_report(&report, world.now()).await.expect("recorded");
    };
    end(calls[0]).await;
    let found = world.app.campaigns.find(campaign).await.expect("read").expect("there");
    assert_eq!((found.total, found.queued, found.live, found.finished), (3, 1, 1, 1));
    assert_eq!(world.app.campaigns.close_finished(world.now()).await.expect("looked"), []);
    world.claim(calls[2]).await;
    end(calls[1]).await;
    end(calls[2]).await;
    let closed = world.app.campaigns.close_finished(world.now()).await.expect("looked");
    assert_eq!(
        closed.iter().map(|c| (c.id, c.status, c.finished)).collect::<Vec<_>>(),
        [(campaign, CampaignStatus::Completed, 3)]
    );
    assert_eq!(world.app.campaigns.close_finished(world.now()).await.expect("looked"), []);
}

async fn a_status_changes_only_from_where_it_may(world: &World) {
    let id = world.campaign("one").await;
    let change = async |from: &[CampaignStatus], to| {
        world.app.campaigns.set_status(id, from, to, world.now()).await.expect("asked")
    };
    assert!(!change(&[CampaignStatus::Paused], CampaignStatus::Running).await);
    assert!(change(&[CampaignStatus::Running, CampaignStatus::Scheduled], CampaignStatus::Paused).await);
    assert!(!change(&[CampaignStatus::Running], CampaignStatus::Paused).await);
}
