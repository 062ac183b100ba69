//! Form bodies and queries as the carrier reads and writes them, apart from the product's own code.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use reqwest::Url;

/// The largest connect request we read.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

/// Fields in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=b&c=d`.
    pub(super) fn from_query(text: &str) -> Self {
        let Ok(mut url) = Url::parse("http://form.invalid/") else {
            return Self::default();
        };
        url.set_query(Some(text));
        Self(url.query_pairs().into_owned().collect())
    }

    /// Reads an urlencoded or multipart body; an error says what else it was.
    pub(super) async fn from_request(request: Request) -> Result<Self, String> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if kind.starts_with("multipart/form-data") {
            return Self::from_multipart(request).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(format!("Unsupported content type '{kind}'"));
        }
        let body = axum::body::to_bytes(request.into_body(), BODY_LIMIT_BYTES).await.map_err(|e| e.to_string())?;
        Ok(Self::from_query(&String::from_utf8_lossy(&body)))
    }

    async fn from_multipart(request: Request) -> Result<Self, String> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(|e| e.to_string())?;
        let mut fields = Vec::new();
        while let Some(part) = parts.next_field().await.map_err(|e| e.to_string())? {
            let name = part.name().unwrap_or_default().to_owned();
            fields.push((name, part.text().await.map_err(|e| e.to_string())?));
        }
        Ok(Self(fields))
    }

    /// The first value of a field that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The fields as a query, without a list's cursors.
    pub(super) fn without_cursor(&self) -> String {
        let kept = self.0.iter().filter(|(key, _)| key != "After" && key != "Before");
        let kept: Vec<(String, String)> = kept.cloned().collect();
        with_query("http://form.invalid/", &kept)
            .ok()
            .and_then(|url| url.query().map(str::to_owned))
            .unwrap_or_default()
    }

    /// All values of an array field, `Name[0]` or `Name[]`.
    pub(super) fn array(&self, name: &str) -> Vec<String> {
        let is_item =
            |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']'));
        self.0.iter().filter(|(key, _)| is_item(key)).map(|(_, value)| value.clone()).collect()
    }
}

/// A URL with fields added to whatever query it has.
pub(super) fn with_query(url: &str, fields: &[(String, String)]) -> Result<Url, String> {
    let mut url = Url::parse(url).map_err(|e| e.to_string())?;
    if !fields.is_empty() {
        url.query_pairs_mut().extend_pairs(fields);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_an_array_are_read() {
        let fields = Fields::from_query("Events%5B0%5D=terminal&Events[]=answered&EventsX=no&From=%2B91900");
        assert_eq!(fields.array("Events"), ["terminal", "answered"]);
        assert_eq!(fields.get("From"), Some("+91900"));
    }

    #[test]
    fn a_query_is_added_to_the_one_a_url_has() {
        let url = with_query("http://a.test/p?k=secret", &[("A".to_owned(), "b c".to_owned())]).unwrap();
        assert_eq!(url.as_str(), "http://a.test/p?k=secret&A=b+c");
    }
}
