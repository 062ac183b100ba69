//! The product's own HTTP API, as any client uses it.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::start_error::StartError;

/// A client with a key.
pub struct Api {
    base_url: String,
    key: String,
    http: reqwest::Client,
}

impl Api {
    /// For the product at that address.
    pub fn new(base_url: &str, key: &str) -> Self {
        shared::adapters::tls::install_provider();
        Self { base_url: base_url.to_owned(), key: key.to_owned(), http: reqwest::Client::new() }
    }

    /// Uploads a sheet; answers the upload's report.
    pub async fn upload(&self, filename: &str, sheet: Vec<u8>) -> Result<Value, StartError> {
        let part = reqwest::multipart::Part::bytes(sheet).file_name(filename.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        self.answer(self.http.post(self.url("/api/upload-customers")).multipart(form)).await
    }

    /// Starts a campaign over an upload; answers its id and counts.
    pub async fn call_upload(&self, upload_id: &str) -> Result<Value, StartError> {
        self.post("/api/trigger-bulk-calls", &json!({"upload_id": upload_id})).await
    }

    /// Every call of a campaign.
    pub async fn calls_of(&self, campaign_id: &str) -> Result<Vec<Value>, StartError> {
        let mut calls = Vec::new();
        let mut cursor = String::new();
        loop {
            let query = [("campaign_id", campaign_id), ("limit", "200"), ("cursor", &cursor)];
            let query = &query[..if cursor.is_empty() { 2 } else { 3 }];
            let page = self.answer(self.http.get(self.url("/api/calls")).query(query)).await?;
            calls.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return Ok(calls),
            }
        }
    }

    /// Any route that is read.
    pub async fn get(&self, path: &str) -> Result<Value, StartError> {
        self.answer(self.http.get(self.url(path))).await
    }

    /// Any route that takes JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, StartError> {
        self.answer(self.http.post(self.url(path)).json(body)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// One request; where the product says that it is asked too often, the same again when it says.
    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, StartError> {
        let mut request = request.bearer_auth(&self.key);
        loop {
            let again = request.try_clone();
            let response = request.send().await?;
            let (status, wait) = (response.status(), retry_after(&response));
            let body = response.text().await?;
            match (again, wait) {
                (Some(again), Some(wait)) if status == StatusCode::TOO_MANY_REQUESTS => {
                    tokio::time::sleep(wait).await;
                    request = again;
                }
                _ if status.is_success() => return Ok(serde_json::from_str(&body)?),
                _ => return Err(format!("{status}: {body}").into()),
            }
        }
    }
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
