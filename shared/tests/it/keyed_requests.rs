//! Requests with an `Idempotency-Key` through the gate, over the memory doubles.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use secrecy::ExposeSecret;
use shared::app::keys::create_key;
use shared::domain::access::Scope;
use shared::http::{Api, Route, with_layers};
use shared::wiring::memory_app;
use tokio::sync::Notify;
use tower::ServiceExt;

/// How often the route's work was begun, and what it waits for.
#[derive(Clone, Default)]
struct Work {
    begun: Arc<AtomicU32>,
    go_on: Arc<Notify>,
}

/// One route, whose first try panics where `breaks`, and which otherwise waits to be told to go on.
async fn routes(work: &Work, breaks: bool) -> (Router, String) {
    let (app, _) = memory_app();
    let key = create_key(&app, "tests", &[Scope::Call]).await.expect("a key");
    let work = work.clone();
    let handler = move || async move {
        let first = work.begun.fetch_add(1, Ordering::Relaxed) == 0;
        assert!(!(breaks && first), "made to panic by the test");
        work.go_on.notified().await;
        "{}"
    };
    let api = Api::new(app).route(Route::post("/work", Scope::Call, "Work"), handler);
    (with_layers(api), key.secret.expose_secret().to_owned())
}

async fn ask(routes: &Router, secret: &str) -> Response {
    let request = Request::post("/work").header("authorization", format!("Bearer {secret}"));
    let request = request.header("idempotency-key", "once").body(Body::empty()).expect("a request");
    routes.clone().oneshot(request).await.expect("an answer")
}

#[tokio::test]
async fn work_that_panicked_may_be_tried_again_at_once() {
    let work = Work::default();
    let (routes, secret) = routes(&work, true).await;
    assert_eq!(ask(&routes, &secret).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    work.go_on.notify_one();
    assert_eq!(ask(&routes, &secret).await.status(), StatusCode::OK);
    assert_eq!(work.begun.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_caller_that_hung_up_finds_its_work_under_way_and_then_done() {
    let work = Work::default();
    let (routes, secret) = routes(&work, false).await;
    {
        let mut asked = pin!(ask(&routes, &secret));
        while work.begun.load(Ordering::Relaxed) == 0 {
            let waits = std::future::poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx).is_pending())).await;
            assert!(waits, "answered before the work was done");
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(ask(&routes, &secret).await.status(), StatusCode::CONFLICT);
    work.go_on.notify_one();
    let answer = loop {
        match ask(&routes, &secret).await {
            busy if busy.status() == StatusCode::CONFLICT => tokio::task::yield_now().await,
            answer => break answer,
        }
    };
    assert_eq!((answer.status(), answer.headers().contains_key("idempotency-replayed")), (StatusCode::OK, true));
    assert_eq!(work.begun.load(Ordering::Relaxed), 1);
}
