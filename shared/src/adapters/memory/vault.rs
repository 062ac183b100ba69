//! Secrets and a master key.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use secrecy::SecretString;

use super::super::crypto::KeyRing;
use super::state::lock;
use crate::ports::StoreError;
use crate::ports::clock::Random;
use crate::ports::keys::KeyWrap;
use crate::ports::secrets::SecretStore;

/// Secrets in a map. As in AWS, a secret is made by one and filled by another.
#[derive(Debug, Default)]
pub struct MemorySecrets(Mutex<BTreeMap<String, Option<SecretString>>>);

impl MemorySecrets {
    /// An empty secret.
    pub fn create(&self, id: &str) {
        lock(&self.0).insert(id.to_owned(), None);
    }
}

#[async_trait]
impl SecretStore for MemorySecrets {
    async fn get(&self, id: &str) -> Result<Option<SecretString>, StoreError> {
        Ok(lock(&self.0).get(id).cloned().flatten())
    }
    async fn put(&self, id: &str, text: &SecretString) -> Result<(), StoreError> {
        match lock(&self.0).get_mut(id) {
            Some(kept) => *kept = Some(text.clone()),
            None => return Err(StoreError::unavailable("secrets", format!("there is no secret `{id}`"))),
        }
        Ok(())
    }
}

/// A master key that lives as long as the test.
pub struct MemoryKeyWrap {
    master: KeyRing,
    random: Arc<dyn Random>,
}

impl MemoryKeyWrap {
    /// With a master key drawn from `random`.
    pub fn new(random: Arc<dyn Random>) -> Self {
        let master = KeyRing::parse(&KeyRing::generate(&*random), random.clone());
        Self { master: master.expect("generated keys are readable"), random }
    }
}

#[async_trait]
impl KeyWrap for MemoryKeyWrap {
    async fn new_key(&self, purpose: &str) -> Result<Vec<u8>, StoreError> {
        let mut key = [0; 32];
        self.random.fill(&mut key);
        Ok(self.master.seal("a wrapped key", &[purpose.as_bytes(), b"\0", &key].concat()))
    }
    async fn open(&self, purpose: &str, wrapped: &[u8]) -> Result<Vec<u8>, StoreError> {
        let refused = |cause: &str| StoreError::corrupt("a wrapped key", cause.to_owned());
        let inside = self.master.open("a wrapped key", wrapped).map_err(|error| refused(&error.to_string()))?;
        let key = inside.strip_prefix(purpose.as_bytes()).and_then(|rest| rest.strip_prefix(b"\0"));
        key.map(<[u8]>::to_vec).ok_or_else(|| refused("it was wrapped for another purpose"))
    }
}
