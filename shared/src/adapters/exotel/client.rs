//! The HTTPS connection to Exotel. Knows addresses, credentials and time limits; reads no body.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use super::Timeouts;
use crate::config::ExotelSection;
use crate::ports::BoxError;

/// Answers are a few kilobytes, a page of 100 calls under 200; more is not for us.
const LARGEST_BODY: usize = 1024 * 1024;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) body: String,
}

/// Nothing usable came back.
pub(super) enum NoAnswer {
    /// The connection never stood: the request was not sent.
    NotSent,
    /// It was, or may have been, sent.
    Unclear(BoxError),
}

pub(super) struct Client {
    http: reqwest::Client,
    account: Url,
    key: String,
    token: SecretString,
    timeouts: Timeouts,
}

impl Client {
    pub(super) fn new(config: &ExotelSection, timeouts: Timeouts) -> Result<Self, BoxError> {
        let base = config.base_url.trim_end_matches('/');
        let account = Url::parse(&format!("{base}/v1/Accounts/{}/", config.account_sid))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .connect_timeout(timeouts.connect)
            .redirect(redirect::Policy::none())
            // A repeated POST is a second call; not even a "safe" repeat is left to the library.
            .retry(retry::never())
            // A kept connection that the other end has closed looks like a cut request, and each
            // of those is a call of unknown outcome. A fresh one costs a handshake.
            .pool_max_idle_per_host(0)
            // The configuration alone says where requests go.
            .no_proxy()
            .build()?;
        Ok(Self { http, account, key: config.api_key.clone(), token: config.api_token.clone(), timeouts })
    }

    pub(super) async fn post(&self, path: &str, form: &[(&str, String)]) -> Result<Answer, NoAnswer> {
        self.send(self.http.post(self.address(path)?).form(form), self.timeouts.dial).await
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, NoAnswer> {
        self.send(self.http.get(self.address(path)?).query(query), self.timeouts.read).await
    }

    fn address(&self, path: &str) -> Result<Url, NoAnswer> {
        self.account.join(path).map_err(|error| NoAnswer::Unclear(error.into()))
    }

    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<Answer, NoAnswer> {
        let request = request.basic_auth(&self.key, Some(self.token.expose_secret())).timeout(limit);
        let mut response = request.send().await.map_err(sort)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::Unclear(error.without_url().into()))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_BODY {
                return Err(NoAnswer::Unclear("the answer is too large".into()));
            }
        }
        Ok(Answer { status, retry_after, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// The address is left out of errors: a look-up's query holds the customer's number.
fn sort(error: reqwest::Error) -> NoAnswer {
    if error.is_connect() || error.is_builder() {
        let error: BoxError = error.without_url().into();
        tracing::warn!(error = ?error, "no connection to the carrier");
        NoAnswer::NotSent
    } else {
        NoAnswer::Unclear(error.without_url().into())
    }
}

fn tls() -> Result<rustls::ClientConfig, BoxError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
