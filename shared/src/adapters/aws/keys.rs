//! The master key in KMS: it wraps our data keys and never leaves KMS.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;

use crate::ports::StoreError;
use crate::ports::keys::KeyWrap;

/// The part of the encryption context that says what a key is for.
const PURPOSE: &str = "voice-calls:purpose";

/// One KMS key.
#[derive(Debug, Clone)]
pub struct KmsKeyWrap {
    client: Client,
    key: String,
}

impl KmsKeyWrap {
    /// The key of that id or ARN.
    pub fn new(config: &SdkConfig, key: String) -> Self {
        Self { client: Client::new(config), key }
    }
}

#[async_trait]
impl KeyWrap for KmsKeyWrap {
    async fn new_key(&self, purpose: &str) -> Result<Vec<u8>, StoreError> {
        let request = self.client.generate_data_key_without_plaintext().key_id(&self.key);
        let request = request.key_spec(DataKeySpec::Aes256).encryption_context(PURPOSE, purpose);
        let answer = request.send().await.map_err(|error| StoreError::unavailable("kms", error))?;
        let wrapped = answer.ciphertext_blob.ok_or_else(|| StoreError::unavailable("kms", "no key in the answer"))?;
        Ok(wrapped.into_inner())
    }

    async fn open(&self, purpose: &str, wrapped: &[u8]) -> Result<Vec<u8>, StoreError> {
        // Naming the key refuses what somebody wrapped with another one.
        let request = self.client.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(wrapped));
        let answer = request.encryption_context(PURPOSE, purpose).send().await.map_err(|error| {
            match error.as_service_error().is_some_and(is_refusal) {
                true => StoreError::corrupt("a wrapped key", error),
                false => StoreError::unavailable("kms", error),
            }
        })?;
        let key = answer.plaintext.ok_or_else(|| StoreError::unavailable("kms", "no key in the answer"))?;
        Ok(key.into_inner())
    }
}

fn is_refusal(error: &DecryptError) -> bool {
    error.is_invalid_ciphertext_exception() || error.is_incorrect_key_exception()
}
