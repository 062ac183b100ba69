use std::sync::Arc;
use std::time::Duration;

use shared::adapters::memory::MemoryFeed;
use shared::adapters::redis::{RedisConnection, RedisFeed, RedisPace, RedisSettings, SteadyPace};
use shared::domain::feed::{FeedEvent, FeedPosition, LogLevel};
use shared::ports::feed::Feed;
use shared::ports::pace::{Pace, Pacing};

use crate::support::World;

super::contract!(
    events_are_read_in_order_from_where_one_is,
    a_reader_waits_for_the_next_event,
    a_reader_who_was_away_too_long_is_told,
    a_burst_is_inside_the_limit_and_then_one_waits,
    a_hold_is_for_everyone_and_one_budget_is_not_another,
);

fn event(n: usize) -> FeedEvent {
    FeedEvent::Log {
        level: LogLevel::Info,
        message: format!("event {n}"),
        call_id: None,
        at: jiff::Timestamp::UNIX_EPOCH,
    }
}

async fn events_are_read_in_order_from_where_one_is(world: &World) {
    let feed = &world.app.feed;
    assert_eq!(feed.newest().await.expect("read"), FeedPosition::default());
    let mut positions = Vec::new();
    for n in 0..5 {
        positions.push(feed.publish(&event(n)).await.expect("published"));
    }
    assert!(positions.is_sorted());
    assert_eq!(feed.newest().await.expect("read"), positions[4]);
    let all = feed.after(FeedPosition::default(), 10, Duration::ZERO).await.expect("read");
    assert_eq!((all.events.len(), all.gap), (5, false));
    let some = feed.after(positions[1], 2, Duration::ZERO).await.expect("read");
    assert_eq!((some.events, some.gap), (vec![(positions[2], event(2)), (positions[3], event(3))], false));
    let none = feed.after(positions[4], 10, Duration::ZERO).await.expect("read");
    assert_eq!((none.events.len(), none.gap), (0, false));
}

async fn a_reader_waits_for_the_next_event(world: &World) {
    let first = world.app.feed.publish(&event(0)).await.expect("published");
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let feed = world.app.feed.clone();
            tokio::spawn(async move { feed.after(first, 10, Duration::from_secs(15)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let second = world.app.feed.publish(&event(1)).await.expect("published");
    for reader in readers {
        let slice = reader.await.expect("not panicked").expect("read");
        assert_eq!(slice.events, [(second, event(1))]);
    }
}

async fn a_reader_who_was_away_too_long_is_told(world: &World) {
    let feed: Arc<dyn Feed> = match &world.servers {
        Some(servers) => Arc::new(RedisFeed::with_cap(servers.redis(), 10)),
        None => Arc::new(MemoryFeed::with_cap(world.app.clock.clone(), 10)),
    };
    let early = feed.publish(&event(0)).await.expect("published");
    // Redis drops whole blocks, so the cap is far exceeded before the first block goes.
    for n in 1..500 {
        feed.publish(&event(n)).await.expect("published");
    }
    assert!(feed.after(early, 10, Duration::ZERO).await.expect("read").gap);
    assert!(feed.after(FeedPosition::default(), 10, Duration::ZERO).await.expect("read").gap);
    let newest = feed.newest().await.expect("read");
    assert!(!feed.after(newest, 10, Duration::ZERO).await.expect("read").gap);
}

async fn a_burst_is_inside_the_limit_and_then_one_waits(world: &World) {
    let mut granted = 0;
    let waiting = loop {
        match world.app.pace.take("dial", 60).await.expect("asked") {
            Pacing::Go => granted += 1,
            Pacing::Wait(wait) => break wait,
        }
        assert!(granted <= 60, "a minute's limit was given out at once");
    };
    assert!(granted >= 6 && waiting > Duration::ZERO);
    assert!(matches!(world.app.pace.take("none", 0).await.expect("asked"), Pacing::Wait(_)));
}

async fn a_hold_is_for_everyone_and_one_budget_is_not_another(world: &World) {
    world.app.pace.hold("dial", Duration::from_secs(60)).await.expect("held");
    world.app.pace.hold("dial", Duration::from_secs(1)).await.expect("a shorter hold changes nothing");
    match world.app.pace.take("dial", 150).await.expect("asked") {
        Pacing::Wait(wait) => assert!(wait > Duration::from_secs(1)),
        Pacing::Go => panic!("everyone waits"),
    }
    assert_eq!(world.app.pace.take("read", 40).await.expect("asked"), Pacing::Go);
}

#[tokio::test]
async fn without_redis_the_pace_is_slow_and_not_none() {
    // Nothing listens on port 1.
    let settings = RedisSettings { url: "redis://127.0.0.1:1".into(), prefix: String::new() };
    let redis = RedisConnection::open(&settings).expect("an address");
    let (app, _parts) = shared::wiring::memory_app();
    let away = Arc::new(RedisPace::new(redis));
    assert!(away.take("dial", 150).await.is_err());
    let pace = SteadyPace::new(away, app.clock.clone());
    assert_eq!(pace.take("dial", 150).await.expect("never fails"), Pacing::Go);
    assert!(matches!(pace.take("dial", 150).await.expect("never fails"), Pacing::Wait(_)));
    pace.hold("read", Duration::from_secs(5)).await.expect("never fails");
    assert!(matches!(pace.take("read", 150).await.expect("never fails"), Pacing::Wait(_)));
}
