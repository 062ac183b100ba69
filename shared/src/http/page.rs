//! A page that is one file, served with a policy under which nothing but the page itself runs.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest;

/// One HTML file with its inline style and script, and the headers it is served with.
#[derive(Clone)]
pub struct Page {
    html: &'static str,
    policy: HeaderValue,
}

impl Page {
    /// The policy names the SHA-256 of the page's one `<style>` and one `<script>`: a script that
    /// found its way into the page some other way does not run.
    pub fn new(html: &'static str) -> Self {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self' ws: wss:; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            hash_of(html, "script"),
            hash_of(html, "style"),
        );
        // Hashes are base64 and the rest is fixed, so the fallback is never served.
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { html, policy }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let fixed = [
            (header::CONTENT_SECURITY_POLICY, self.policy),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (fixed, Html(self.html)).into_response()
    }
}

/// `sha256-…` of the text between the first such tag and its end, as a browser computes it.
fn hash_of(html: &str, tag: &str) -> String {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let text = html.split_once(&open).and_then(|(_, rest)| rest.split_once(&close)).map_or("", |(text, _)| text);
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    format!("sha256-{}", STANDARD.encode(hash.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_what_is_in_the_page() {
        // printf abc | openssl dgst -sha256 -binary | base64
        let abc = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        assert_eq!(hash_of("<style>x</style><script>abc</script>", "script"), abc);
        let page = Page::new("<style>x</style><script>abc</script>").into_response();
        let policy = page.headers()["content-security-policy"].to_str().expect("text");
        assert!(policy.contains(&format!("script-src '{abc}'")), "{policy}");
    }
}
