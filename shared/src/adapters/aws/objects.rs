//! Files in S3.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::ports::StoreError;
use crate::ports::objects::{GetAddress, Objects, PutAddress};

/// One bucket.
#[derive(Debug, Clone)]
pub struct S3Objects {
    client: Client,
    bucket: String,
}

impl S3Objects {
    /// The bucket of that name.
    pub fn new(config: &SdkConfig, bucket: String) -> Self {
        // Path style works for every endpoint; bucket names as host names do not on a local server.
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true);
        // Else an address to put to would carry the checksum of an empty file.
        let config = config.request_checksum_calculation(RequestChecksumCalculation::WhenRequired).build();
        Self { client: Client::from_conf(config), bucket }
    }
}

#[async_trait]
impl Objects for S3Objects {
    async fn put(&self, key: &str, content_type: &str, body: Bytes) -> Result<(), StoreError> {
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        request.body(ByteStream::from(body)).send().await.map_err(|e| StoreError::unavailable("s3", e))?;
        Ok(())
    }

    async fn upload(&self, key: &str, content_type: &str, file: &Path) -> Result<(), StoreError> {
        let body = ByteStream::from_path(file).await.map_err(|e| StoreError::unavailable("disk", e))?;
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        request.body(body).send().await.map_err(|e| StoreError::unavailable("s3", e))?;
        Ok(())
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => {
                let body = object.body.collect().await.map_err(|e| StoreError::unavailable("s3", e))?;
                Ok(Some(body.into_bytes()))
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => Ok(None),
            Err(error) => Err(StoreError::unavailable("s3", error)),
        }
    }

    async fn download(&self, key: &str, into: &mut File) -> Result<Option<u64>, StoreError> {
        let mut body = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object.body,
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => return Ok(None),
            Err(error) => return Err(StoreError::unavailable("s3", error)),
        };
        let mut bytes = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|e| StoreError::unavailable("s3", e))?;
            bytes += piece.len() as u64;
            into.write_all(&piece).await.map_err(|e| StoreError::unavailable("disk", e))?;
        }
        into.flush().await.map_err(|e| StoreError::unavailable("disk", e))?;
        Ok(Some(bytes))
    }

    async fn put_address(&self, key: &str, bytes: u64, valid_for: Duration) -> Result<PutAddress, StoreError> {
        let fault = |error: crate::ports::BoxError| StoreError::unavailable("s3", error);
        let config = PresigningConfig::expires_in(valid_for).map_err(|e| fault(e.into()))?;
        let end = Timestamp::try_from(config.start_time() + config.expires()).map_err(|e| fault(e.into()))?;
        let length = i64::try_from(bytes).map_err(|e| fault(e.into()))?;
        let request = self.client.put_object().bucket(&self.bucket).key(key).content_length(length);
        let signed = request.presigned(config).await.map_err(|e| fault(e.into()))?;
        let headers = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(PutAddress { url: signed.uri().to_owned(), headers, expires_at: end })
    }

    async fn get_address(&self, key: &str, valid_for: Duration) -> Result<GetAddress, StoreError> {
        let fault = |error: crate::ports::BoxError| StoreError::unavailable("s3", error);
        let config = PresigningConfig::expires_in(valid_for).map_err(|e| fault(e.into()))?;
        let end = Timestamp::try_from(config.start_time() + config.expires()).map_err(|e| fault(e.into()))?;
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let signed = request.presigned(config).await.map_err(|e| fault(e.into()))?;
        Ok(GetAddress { url: signed.uri().to_owned(), expires_at: end })
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key);
        request.send().await.map_err(|e| StoreError::unavailable("s3", e))?;
        Ok(())
    }
}
