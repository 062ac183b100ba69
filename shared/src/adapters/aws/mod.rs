//! AWS services as our queue, audit trail, object storage, secrets and master key, through the
//! official SDK.

mod audit;
mod keys;
mod objects;
mod queue;
mod secrets;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

pub use audit::DynamoAudit;
pub use keys::KmsKeyWrap;
pub use objects::S3Objects;
pub use queue::SqsQueue;
pub use secrets::SecretsManager;

/// Credentials and region from where AWS puts them; `endpoint` replaces the services' own address
/// (a local AWS server).
///
/// TLS goes through rustls with ring, as everywhere else in the product.
pub async fn sdk_config(region: String, endpoint: Option<String>) -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region)).http_client(http);
    match endpoint {
        Some(url) => loader.endpoint_url(url).load().await,
        None => loader.load().await,
    }
}
