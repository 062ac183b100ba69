//! Secrets in Secrets Manager.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret, SecretString};

use crate::ports::StoreError;
use crate::ports::secrets::SecretStore;

/// The secrets of one account and region, by name or ARN.
#[derive(Debug, Clone)]
pub struct SecretsManager {
    client: Client,
}

impl SecretsManager {
    /// In that region.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }
}

#[async_trait]
impl SecretStore for SecretsManager {
    async fn get(&self, id: &str) -> Result<Option<SecretString>, StoreError> {
        match self.client.get_secret_value().secret_id(id).send().await {
            Ok(answer) => Ok(answer.secret_string.map(SecretString::from)),
            // Also what a secret without any value answers.
            Err(error) if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) => Ok(None),
            Err(error) => Err(StoreError::unavailable("secretsmanager", error)),
        }
    }

    async fn put(&self, id: &str, text: &SecretString) -> Result<(), StoreError> {
        let request = self.client.put_secret_value().secret_id(id).secret_string(text.expose_secret());
        request.send().await.map_err(|error| StoreError::unavailable("secretsmanager", error))?;
        Ok(())
    }
}
