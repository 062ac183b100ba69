//! The dashboard, as CloudFront serves it in AWS.

use axum::Router;
use axum::routing::get;
use shared::http::Page;

/// One file without a build; read at compile time so that the program needs no folder beside it.
const ORIGINAL: &str = include_str!("../../../dashboard/original.html");

/// The addresses of the page.
pub(crate) fn routes() -> Router {
    let page = Page::new(ORIGINAL);
    let show = get(|| async move { page });
    Router::new()
        .route("/", show.clone())
        .route("/original", show.clone())
        .route("/static/enhanced_dashboard.html", show)
}
