//! The function over memory doubles.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use shared::app::{App, keys};
use shared::domain::access::Scope;
use shared::domain::call::NewOrder;
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::phone::PhoneNumber;
use shared::wiring::{MemoryParts, memory_app};
use tower::ServiceExt;

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) parts: MemoryParts,
    pub(crate) router: Router,
}

impl World {
    pub(crate) fn new() -> Self {
        let (app, parts) = memory_app();
        let router = shared::http::with_layers(overview::routes(app.clone()));
        Self { app, parts, router }
    }

    pub(crate) async fn key(&self, scopes: &[Scope]) -> String {
        let made = keys::create_key(&self.app, "test", scopes).await.expect("a key");
        made.secret.expose_secret().to_owned()
    }

    pub(crate) async fn customer(&self, name: &str, phone: &str) -> CustomerId {
        let details = CustomerDetails {
            name: name.to_owned(),
            phone: PhoneNumber::parse(phone).expect("a number"),
            state: Some("Kerala".to_owned()),
            loan_id: None,
            amount: None,
            due_date: None,
            language: Language::Malayalam,
            attributes: [("Guarantor".to_owned(), "X".to_owned())].into(),
        };
        let mut import = self.app.customers.import(self.app.new_id(UploadId::new)).await.expect("an import");
        import.add(vec![details]).await.expect("added");
        import.finish().await.expect("finished");
        let page = self.app.customers.list(&Default::default(), &Default::default()).await.expect("a page");
        page.items.iter().find(|c| c.details.name == name).expect("stored").id
    }

    pub(crate) async fn order(&self, customer_id: CustomerId) -> CallId {
        let call_id = self.app.new_id(CallId::new);
        let order = NewOrder::single(call_id, customer_id, self.app.clock.now());
        self.app.calls.place(&[order]).await.expect("placed");
        call_id
    }

    pub(crate) async fn ask(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    pub(crate) async fn get(&self, key: &str, path: &str) -> (StatusCode, Value) {
        self.ask(key, "GET", path, None).await
    }

    pub(crate) fn audited(&self) -> Vec<String> {
        self.parts.audit.entries().into_iter().map(|entry| entry.action).collect()
    }
}
