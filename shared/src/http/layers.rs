//! What every router of ours is wrapped in.

use std::any::Any;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use uuid::Uuid;

use super::Failure;

/// The address, and all headers together. API Gateway refuses more than 10 KiB of headers; the
/// programs that stand behind no gateway refuse here what no caller of ours needs.
const MAX_HEAD_BYTES: usize = 16 * 1024;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the request being answered, as it is in the log and in the answer's header.
pub(super) fn current_request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// A future that goes on elsewhere, and is still the same request.
pub(super) fn with_request_id<F: Future>(work: F) -> impl Future<Output = F::Output> {
    REQUEST_ID.scope(current_request_id(), work)
}

/// Request ids, a log line per request, a limit to what comes before the body, our own form for
/// what leads nowhere, and no panic that reaches a user.
pub fn with_layers(router: impl Into<Router>) -> Router {
    router
        .into()
        .fallback(|| async { Failure::new(StatusCode::NOT_FOUND, "no_such_route", "there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            let detail = "this address does not take this method; the header `Allow` names those it takes";
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(CatchPanicLayer::custom(after_a_panic))
        .layer(middleware::from_fn(identify))
}

async fn identify(request: Request, next: Next) -> Response {
    let given = request.headers().get("x-request-id").and_then(|v| v.to_str().ok());
    let plain =
        |id: &&str| !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let id = given.filter(plain).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let span =
        tracing::info_span!("request", request.id = %id, method = %request.method(), path = request.uri().path());
    let answer = async {
        match oversized(&request) {
            Some(failure) => failure.into_response(),
            None => next.run(request).await,
        }
    };
    let mut response = REQUEST_ID.scope(id.clone(), answer).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn oversized(request: &Request) -> Option<Failure> {
    let address = request.uri().path_and_query().map_or(0, |asked| asked.as_str().len());
    if address > MAX_HEAD_BYTES {
        let detail = format!("the address is longer than {MAX_HEAD_BYTES} bytes");
        return Some(Failure::new(StatusCode::URI_TOO_LONG, "address_too_long", detail));
    }
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (headers > MAX_HEAD_BYTES).then(|| {
        let detail = format!("the headers are longer than {MAX_HEAD_BYTES} bytes together");
        Failure::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_long", detail)
    })
}

fn after_a_panic(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("unknown"), "a request met a fault of ours");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side").into_response()
}
