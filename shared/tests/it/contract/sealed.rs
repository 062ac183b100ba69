//! What only real servers can show: personal data is unreadable in the database, and a wrong key
//! is a fault that says so.

use std::sync::Arc;

use shared::adapters::crypto::KeyRing;
use shared::adapters::memory::memory_app;
use shared::adapters::postgres::migrate;
use shared::adapters::system::OsRandom;
use shared::ports::StoreError;

use crate::support::{phone, real};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_and_no_other_column_of_the_sheet_stands_readable_in_the_database() {
    let world = real().await;
    world.customer(10).await;
    world.app.do_not_call.add(&phone(10), "asked", "call", world.now()).await.expect("added");
    let servers = world.servers.as_ref().expect("on servers");
    for table in ["customers", "do_not_call"] {
        let found = servers
            .sql(&format!(
                "select count(*) from {table} t where t::text like '%98765432%' or t::text like '%Patna%'
                 or t::text like '%' || encode('98765432', 'hex') || '%' or t::text like '%' || encode('Patna', 'hex') || '%'"
            ))
            .await;
        assert_eq!(found.as_deref(), Some("0"), "{table}");
    }
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_wrong_key_a_record_is_corrupt_and_nobody_is_phoned() {
    let world = real().await;
    let customer = world.customer(10).await;
    let call = world.order(customer).await;
    let servers = world.servers.as_ref().expect("on servers");
    let keys = KeyRing::parse(&KeyRing::generate(&OsRandom::new()), Arc::new(OsRandom::new())).expect("keys");
    let (app, _parts) = memory_app();
    let other = servers.app(app, keys);
    assert!(matches!(other.customers.find(customer).await, Err(StoreError::Corrupt { .. })));
    let claim = other.calls.claim(call, Some(&Default::default()), world.now()).await;
    assert!(matches!(claim, Err(StoreError::Corrupt { .. })));
    assert_eq!(world.status(call).await.as_str(), "queued");
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrating_twice_changes_nothing() {
    let world = real().await;
    let servers = world.servers.as_ref().expect("on servers");
    assert_eq!(migrate(&servers.settings()).await.expect("migrated"), Vec::<String>::new());
    world.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_live_call_to_a_phone_is_refused_by_the_database_itself() {
    let world = real().await;
    let customer = world.customer(10).await;
    world.dialing(customer).await;
    let second = world.order(customer).await;
    let servers = world.servers.as_ref().expect("on servers");
    let (client, connection) =
        tokio_postgres::connect(&servers.database_url, tokio_postgres::NoTls).await.expect("connected");
    let driver = tokio::spawn(connection);
    let forced =
        client.execute("update call_sessions set status = 'dialing' where id = $1", &[&second.as_uuid()]).await;
    let error = forced.expect_err("refused");
    assert_eq!(error.as_db_error().and_then(|e| e.constraint()), Some("call_sessions_one_live_per_phone"));
    driver.abort();
    world.remove().await;
}
