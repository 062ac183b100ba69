//! Orders go out at the permitted pace, once per lease.

use jiff::SignedDuration;
use shared::app::release_orders;
use shared::domain::settings::AccountSettings;
use shared::ports::queue::QueueMessage;

use crate::dialing::{order, world};

async fn at_pace(customers: usize, calls_per_minute: u32) -> (shared::app::App, shared::adapters::memory::MemoryParts) {
    let (app, parts, ids) = world(customers).await;
    let settings = AccountSettings { calls_per_minute, ..AccountSettings::default() };
    app.settings.replace(&settings, "tests", app.clock.now()).await.expect("stored");
    for id in ids {
        order(&app, id).await;
    }
    (app, parts)
}

#[tokio::test]
async fn no_more_than_two_minutes_of_pace_are_out_at_once() {
    let (app, parts) = at_pace(250, 100).await;
    let first = release_orders(&app).await.expect("released");
    assert_eq!((first.released, first.on_lease), (200, 0));
    let second = release_orders(&app).await.expect("released");
    assert_eq!((second.released, second.on_lease), (0, 200));
    assert_eq!(parts.queue.take().len(), 200);
}

#[tokio::test]
async fn messages_become_visible_as_fast_as_they_may_be_dialled() {
    let (app, parts) = at_pace(40, 20).await;
    release_orders(&app).await.expect("released");
    let delays: Vec<u64> = parts.queue.take().iter().map(|(_, delay)| delay.as_secs()).collect();
    assert_eq!(delays.len(), 40);
    assert_eq!([delays[0], delays[10], delays[20], delays[30]], [0, 30, 60, 90]);
}

#[tokio::test]
async fn an_order_whose_message_was_lost_is_released_again_after_its_lease() {
    let (app, parts) = at_pace(1, 10).await;
    release_orders(&app).await.expect("released");
    let lost = parts.queue.take();
    assert_eq!(release_orders(&app).await.expect("nothing").released, 0);
    parts.clock.advance(SignedDuration::from_mins(6));
    assert_eq!(release_orders(&app).await.expect("released").released, 1);
    let again: Vec<QueueMessage> = parts.queue.take().into_iter().map(|(message, _)| message).collect();
    assert_eq!(again, [lost[0].0.clone()]);
}

#[tokio::test]
async fn unreadable_settings_or_a_pace_of_zero_release_nothing() {
    let (app, parts) = at_pace(3, 0).await;
    assert_eq!(release_orders(&app).await.expect("nothing").released, 0);
    parts.records.break_settings(true);
    assert!(release_orders(&app).await.is_err());
    assert!(parts.queue.take().is_empty());
}
