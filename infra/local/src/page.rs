//! The dashboard, as CloudFront serves it in AWS.

use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

/// One file without a build; read at compile time so that the program needs no folder beside it.
const ORIGINAL: &str = include_str!("../../../dashboard/original.html");

/// The addresses of the page.
pub(crate) fn routes() -> Router {
    Router::new()
        .route("/", get(original))
        .route("/original", get(original))
        .route("/static/enhanced_dashboard.html", get(original))
}

async fn original() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-cache")], Html(ORIGINAL))
}
