//! Wrapped keys and secrets: what memory promises, KMS and Secrets Manager hold.

use std::sync::Arc;

use secrecy::ExposeSecret;
use shared::adapters::aws::{KmsKeyWrap, SecretsManager};
use shared::adapters::crypto::KeyRing;
use shared::adapters::key_envelope::{DataKeys, opened};
use shared::adapters::memory::{MemoryKeyWrap, MemorySecrets};
use shared::adapters::system::OsRandom;
use shared::ports::StoreError;
use shared::ports::keys::KeyWrap;
use shared::ports::secrets::SecretStore;

use super::{aws, fresh};

async fn kms() -> KmsKeyWrap {
    let config = aws().await;
    let made = aws_sdk_kms::Client::new(&config).create_key().send().await.expect("a key");
    KmsKeyWrap::new(&config, made.key_metadata.and_then(|key| key.arn).expect("its ARN"))
}

fn in_memory() -> MemoryKeyWrap {
    MemoryKeyWrap::new(Arc::new(OsRandom::new()))
}

async fn secrets_manager() -> (SecretsManager, String) {
    let config = aws().await;
    let name = fresh("secret");
    aws_sdk_secretsmanager::Client::new(&config).create_secret().name(&name).send().await.expect("a secret");
    (SecretsManager::new(&config), name)
}

async fn a_key_opens_for_its_purpose_only(wrap: &dyn KeyWrap) {
    let one = wrap.new_key("data 1").await.expect("a key");
    let two = wrap.new_key("data 1").await.expect("a key");
    let open = wrap.open("data 1", &one).await.expect("opens");
    assert_eq!(open.len(), 32);
    assert_eq!(wrap.open("data 1", &one).await.expect("opens"), open, "the same again");
    assert_ne!(wrap.open("data 1", &two).await.expect("opens"), open, "every key is drawn anew");
    assert!(!one.windows(32).any(|part| part == open), "the wrapped form does not hold the key");
    assert!(matches!(wrap.open("data 2", &one).await, Err(StoreError::Corrupt { .. })), "another purpose");
    let mut changed = one.clone();
    *changed.last_mut().expect("not empty") ^= 1;
    assert!(wrap.open("data 1", &changed).await.is_err(), "changed bytes");
}

#[tokio::test]
async fn a_wrapped_key_opens_for_its_purpose_only() {
    a_key_opens_for_its_purpose_only(&in_memory()).await;
    a_key_opens_for_its_purpose_only(&kms().await).await;
}

#[tokio::test]
async fn another_master_key_opens_nothing() {
    let (first, second) = (kms().await, kms().await);
    let wrapped = first.new_key("index").await.expect("a key");
    assert!(second.open("index", &wrapped).await.is_err());
    let wrapped = in_memory().new_key("index").await.expect("a key");
    assert!(in_memory().open("index", &wrapped).await.is_err());
}

async fn a_secret_is_empty_until_it_is_filled(store: &dyn SecretStore, id: &str) {
    assert!(store.get(id).await.expect("an answer").is_none(), "made but never filled");
    assert!(store.get("nobody-made-this").await.expect("an answer").is_none());
    for text in ["first", "second"] {
        store.put(id, &text.into()).await.expect("filled");
        assert_eq!(store.get(id).await.expect("an answer").expect("a text").expose_secret(), text);
    }
    assert!(store.put("nobody-made-this", &"x".into()).await.is_err(), "filling makes no secret");
}

#[tokio::test]
async fn secrets_are_read_and_replaced() {
    let memory = MemorySecrets::default();
    memory.create("secret");
    a_secret_is_empty_until_it_is_filled(&memory, "secret").await;
    let (manager, name) = secrets_manager().await;
    a_secret_is_empty_until_it_is_filled(&manager, &name).await;
}

#[tokio::test]
async fn data_keys_live_wrapped_in_their_secret_and_rotate() {
    let (manager, name) = secrets_manager().await;
    let (manager, wrap) = (Arc::new(manager), Arc::new(kms().await));
    let keys = DataKeys::new(manager.clone(), wrap.clone(), name.clone());
    let ring = async || {
        let text = manager.get(&name).await.expect("an answer").expect("filled");
        let open = opened(text.expose_secret(), &*wrap).await.expect("opens");
        KeyRing::parse(&open, Arc::new(OsRandom::new())).expect("readable")
    };
    assert!(keys.make_if_missing().await.expect("made"));
    assert!(!keys.make_if_missing().await.expect("left alone"));
    let sealed = ring().await.seal("customers.phone", b"before");
    keys.add().await.expect("added");
    keys.write_with_newest().await.expect("switched");
    let rotated = ring().await;
    assert_eq!(rotated.open("customers.phone", &sealed).expect("old values open"), b"before");
    assert_ne!(rotated.seal("c", b"x")[1..5], sealed[1..5], "the key's number is in what it sealed");
}
