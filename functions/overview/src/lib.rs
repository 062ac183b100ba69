//! The reads of the dashboard and the small administrative writes. Handlers only: extract, ask
//! one use-case or port, answer.

mod admin;
mod customers;
mod health;
mod reads;
mod uploads;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::{delete, get, post};
use shared::app::App;

/// All routes of this function. The caller wraps them in `http::with_layers`.
pub fn routes(app: App) -> Router {
    let api = Router::new()
        .route("/api/dashboard-data", get(reads::dashboard_data))
        .route("/api/customers", get(customers::list))
        .route("/api/customers/{id}", get(customers::one))
        .route("/api/calls", get(reads::calls))
        .route("/api/calls/{id}", get(reads::call))
        .route("/api/call-status/{call_sid}", get(reads::call_status))
        .route("/api/campaigns", get(reads::campaigns))
        .route("/api/campaigns/{id}", get(reads::campaign))
        .route("/api/uploads", get(uploads::list))
        .route("/api/uploads/{id}", get(uploads::one))
        .route("/api/uploads/{id}/rejected", get(uploads::rejected))
        .route("/api/keys", get(admin::keys).post(admin::create_key))
        .route("/api/keys/{id}", delete(admin::revoke_key))
        .route("/api/settings", get(admin::settings).put(admin::change_settings))
        .route("/api/do-not-call", post(admin::add_do_not_call).delete(admin::remove_do_not_call))
        .route("/api/do-not-call/check", post(admin::check_do_not_call))
        .route("/api/audit", get(admin::audit))
        // Answers hold personal data: no proxy and no browser may keep them.
        .layer(middleware::map_response(not_stored));
    api.route("/health", get(health::health)).with_state(app)
}

async fn not_stored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
