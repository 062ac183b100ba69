use jiff::SignedDuration;
use jiff::civil::date;
use shared::domain::access::{ApiKey, Scope};
use shared::domain::id::{ApiKeyId, PromiseId};
use shared::domain::money::Paise;
use shared::domain::page::{Page, PageRequest};
use shared::domain::settings::AccountSettings;
use shared::ports::StoreError;
use shared::ports::records::{Begun, HeldKey, Promise, SavedAnswer};

use crate::support::{World, phone};

super::contract!(
    a_number_is_on_the_list_until_it_is_taken_off,
    the_list_is_read_in_pages_newest_first,
    the_last_promise_of_a_call_counts,
    settings_are_the_newest_version_and_the_defaults_before_any,
    an_api_key_is_found_by_its_hash_revoked_or_not,
    a_keyed_request_is_done_once_and_answered_again,
    a_key_of_a_request_that_died_is_free_again,
    a_slow_first_try_neither_answers_nor_frees_a_key_that_is_anothers_by_now,
    a_key_is_fresh_for_one_of_many_at_once,
    the_records_answer,
);

async fn a_number_is_on_the_list_until_it_is_taken_off(world: &World) {
    let list = &world.app.do_not_call;
    assert!(!list.contains(&phone(10)).await.expect("read"));
    for _ in 0..2 {
        list.add(&phone(10), "asked", "call", world.now()).await.expect("added");
    }
    assert!(list.contains(&phone(10)).await.expect("read"));
    assert!(!list.contains(&phone(11)).await.expect("read"));
    assert!(list.remove(&phone(10)).await.expect("removed"));
    assert!(!list.remove(&phone(10)).await.expect("was not on"));
}

async fn the_list_is_read_in_pages_newest_first(world: &World) {
    let list = &world.app.do_not_call;
    // Two at the same moment, then a newer one.
    for (n, seconds) in [(10, 0), (11, 0), (12, 1)] {
        world.clock.advance(SignedDuration::from_secs(seconds));
        list.add(&phone(n), "asked", "call", world.now()).await.expect("added");
    }
    let (mut seen, mut page) = (Vec::new(), PageRequest { cursor: None, limit: Some(1) });
    loop {
        let found = list.list(&page).await.expect("read");
        assert_eq!(found.items.len(), 1);
        seen.extend(found.items);
        match found.next_cursor {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen[0].phone, phone(12));
    assert_eq!((seen[0].reason.as_str(), seen[0].source.as_str(), seen[0].created_at), ("asked", "call", world.now()));
    let mut others: Vec<_> = seen[1..].iter().map(|entry| entry.phone.clone()).collect();
    others.sort();
    assert_eq!(others, [phone(10), phone(11)]);
    let rubbish = PageRequest { cursor: Some("rubbish".to_owned()), limit: None };
    assert!(matches!(list.list(&rubbish).await, Err(StoreError::Conflict { .. })));
}

async fn the_last_promise_of_a_call_counts(world: &World) {
    let customer = world.customer(10).await;
    let call = world.order(customer).await;
    let promise = |paise| Promise {
        id: world.app.new_id(PromiseId::new),
        customer_id: customer,
        call_id: call,
        amount: Some(Paise(paise)),
        due_date: Some(date(2026, 11, 30)),
        created_at: world.now(),
    };
    world.app.promises.record(&promise(100)).await.expect("stored");
    // A day is not carried over from the one before.
    let last = Promise { due_date: None, ..promise(200) };
    world.app.promises.record(&last).await.expect("stored");
    assert_eq!(world.app.promises.of_customer(customer).await.expect("read"), [last]);
}

async fn settings_are_the_newest_version_and_the_defaults_before_any(world: &World) {
    assert_eq!(world.app.settings.current().await.expect("read"), AccountSettings::default());
    for attempts_per_day in [1, 2] {
        let version = AccountSettings { attempts_per_day, ..Default::default() };
        world.app.settings.replace(&version, "test", world.now()).await.expect("stored");
    }
    assert_eq!(world.app.settings.current().await.expect("read").attempts_per_day, 2);
    world.break_settings().await;
    let answer = world.app.settings.current().await;
    assert!(matches!(answer, Err(StoreError::Corrupt { .. })), "unreadable is never a default");
}

async fn an_api_key_is_found_by_its_hash_revoked_or_not(world: &World) {
    let mut key = ApiKey {
        id: world.app.new_id(ApiKeyId::new),
        name: "dashboard".to_owned(),
        scopes: vec![Scope::Read, Scope::Pii],
        created_at: world.now(),
        revoked_at: None,
    };
    world.app.api_keys.create(&key, [7; 32]).await.expect("stored");
    let twin = ApiKey { id: world.app.new_id(ApiKeyId::new), ..key.clone() };
    assert!(matches!(world.app.api_keys.create(&twin, [7; 32]).await, Err(StoreError::Conflict { .. })));
    assert_eq!(world.app.api_keys.by_hash([7; 32]).await.expect("read"), Some(key.clone()));
    assert_eq!(world.app.api_keys.by_hash([8; 32]).await.expect("read"), None);
    assert!(world.app.api_keys.revoke(key.id, world.now()).await.expect("revoked"));
    assert!(!world.app.api_keys.revoke(twin.id, world.now()).await.expect("not there"));
    key.revoked_at = Some(world.now());
    let page = PageRequest { cursor: None, limit: Some(1) };
    let list = async |page: &PageRequest| world.app.api_keys.list(page).await.expect("read");
    assert_eq!(list(&page).await, Page { items: vec![key.clone()], next_cursor: None });
    let newer = ApiKey { id: world.app.new_id(ApiKeyId::new), ..key.clone() };
    world.app.api_keys.create(&newer, [9; 32]).await.expect("stored");
    let first = list(&page).await;
    assert_eq!(first.items, [newer]);
    assert_eq!(list(&PageRequest { cursor: first.next_cursor, ..page }).await.items, [key]);
}

/// Begins with the key `k`, now.
async fn begin(world: &World, request: [u8; 32]) -> Begun {
    world.app.idempotency.begin("scope", "k", request, world.now()).await.expect("asked")
}

fn held(begun: Begun) -> HeldKey {
    match begun {
        Begun::Fresh(held) => held,
        taken => panic!("{taken:?}"),
    }
}

fn answered(body: &str) -> SavedAnswer {
    SavedAnswer { status: 202, body: body.to_owned() }
}

async fn a_keyed_request_is_done_once_and_answered_again(world: &World) {
    let keys = &world.app.idempotency;
    let first = held(begin(world, [1; 32]).await);
    assert_eq!(begin(world, [1; 32]).await, Begun::InProgress);
    let answer = answered("{\"success\":true}");
    assert!(keys.finish(&first, &answer, world.now()).await.expect("stored"));
    assert_eq!(begin(world, [1; 32]).await, Begun::Answered(answer));
    assert_eq!(begin(world, [2; 32]).await, Begun::Mismatch);
    let other = async |request| keys.begin("scope", "other", request, world.now()).await.expect("asked");
    keys.abandon(&held(other([2; 32]).await)).await.expect("freed");
    held(other([3; 32]).await);
    world.clock.advance(SignedDuration::from_hours(24));
    // Answers are kept for a day.
    held(begin(world, [2; 32]).await);
}

async fn a_key_of_a_request_that_died_is_free_again(world: &World) {
    held(begin(world, [1; 32]).await);
    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(begin(world, [2; 32]).await, Begun::Mismatch, "what died may be half done: its key means that request");
    held(begin(world, [1; 32]).await);
    world.clock.advance(SignedDuration::from_hours(24));
    // But not for ever.
    held(begin(world, [2; 32]).await);
}

async fn a_slow_first_try_neither_answers_nor_frees_a_key_that_is_anothers_by_now(world: &World) {
    let keys = &world.app.idempotency;
    // As clocks are, finer than the records keep it.
    world.clock.advance(SignedDuration::from_nanos(123_456_789));
    let slow = held(begin(world, [1; 32]).await);
    world.clock.advance(SignedDuration::from_secs(60));
    let second = held(begin(world, [1; 32]).await);
    keys.abandon(&slow).await.expect("nothing to free");
    assert_eq!(begin(world, [1; 32]).await, Begun::InProgress, "the second holder still works on it");
    assert!(!keys.finish(&slow, &answered("\"slow\""), world.now()).await.expect("nothing to answer"));
    assert_eq!(begin(world, [1; 32]).await, Begun::InProgress, "the second holder still works on it");
    assert!(keys.finish(&second, &answered("\"second\""), world.now()).await.expect("stored"));
    assert!(!keys.finish(&slow, &answered("\"slow\""), world.now()).await.expect("nothing to answer"));
    assert_eq!(begin(world, [1; 32]).await, Begun::Answered(answered("\"second\"")));
}

async fn a_key_is_fresh_for_one_of_many_at_once(world: &World) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (app, now) = (world.app.clone(), world.now());
        tasks.spawn(async move { app.idempotency.begin("scope", "k", [1; 32], now).await });
    }
    let begun: Vec<Begun> = tasks.join_all().await.into_iter().map(|begun| begun.expect("asked")).collect();
    assert_eq!(begun.iter().filter(|begun| matches!(begun, Begun::Fresh(_))).count(), 1);
}

async fn the_records_answer(world: &World) {
    world.app.records.ping().await.expect("there");
    let (busy, most) = world.app.records.pool();
    assert!(busy <= most && most > 0);
}
