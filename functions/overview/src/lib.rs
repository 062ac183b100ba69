//! The reads of the dashboard and the small administrative writes. Handlers only: extract, ask
//! one use-case or port, answer.

mod audit;
mod customers;
mod do_not_call;
mod health;
mod keys;
mod reads;
mod settings;
mod uploads;

use axum::http::header;
use serde_json::Value;
use shared::app::App;
use shared::domain::access::Scope;
use shared::http::{Api, Route};

/// Of all functions together; a test of the local program holds it against the code.
const DOCUMENT: &str = include_str!("../openapi.json");

/// All routes of this function.
pub fn routes(app: App) -> Api {
    let document = Route::get("/api/openapi.json", Scope::Read, "This document").answers::<Value>(200, "OpenAPI 3.1.");
    let json = [(header::CONTENT_TYPE, "application/json")];
    let api = Api::new(app).route(document, move || async move { (json, DOCUMENT) });
    let lists = uploads::routes(customers::routes(reads::routes(health::routes(api))));
    audit::routes(do_not_call::routes(settings::routes(keys::routes(lists))))
}
