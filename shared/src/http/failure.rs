//! The only translator of errors into HTTP. The body is always
//! `{"success":false,"code","detail","request_id"}`; the inner cause goes to the log.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Error;
use crate::domain::access::Scope;
use crate::ports::StoreError;

/// What a handler answers.
pub type Answer<T> = Result<T, Failure>;

/// An error on its way to the caller.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry_after_s: Option<u32>,
}

/// The body of every answer that is not a success.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(super) struct Body<'a> {
    /// Always false.
    success: bool,
    /// A word for programs: `not_found`, `invalid_body`, `too_many_requests`, …
    code: &'a str,
    /// A sentence for people that names the thing and the fix.
    detail: &'a str,
    /// The same as in the header `X-Request-Id` and in our log.
    request_id: String,
}

impl Failure {
    /// An error the edge itself found.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_s: None }
    }
    /// No key, or one we do not know.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send a valid API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`",
        )
    }
    /// A key that is valid, but not for this.
    pub(super) fn lacks(scope: Scope) -> Self {
        let detail = format!("this API key lacks the scope `{}`", scope.as_str());
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }
    /// The same request is being worked on.
    pub(super) fn in_progress() -> Self {
        let detail = "the same request is still being worked on; ask again in a moment";
        Self { retry_after_s: Some(1), ..Self::new(StatusCode::CONFLICT, "in_progress", detail) }
    }
    /// A body above its limit.
    pub(super) fn too_large(max_bytes: usize) -> Self {
        let detail = format!("the body is larger than {} KiB", max_bytes / 1024);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }
    /// 422 with a sentence that names the thing and the fix.
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }
    /// The HTTP status, as sockets and tests need it.
    pub fn status(&self) -> StatusCode {
        self.status
    }
    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match &error {
            Error::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not_found", detail),
            Error::Invalid { code, .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail),
            Error::Conflict { code, .. } => Self::new(StatusCode::CONFLICT, code, detail),
            Error::Forbidden { .. } => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            Error::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail),
            Error::TooMany { retry_after_s } => Self {
                retry_after_s: Some(*retry_after_s),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
            },
            Error::Unavailable(_) => {
                tracing::error!(error = chain(&error), "a store or provider is away");
                Self { retry_after_s: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
            }
            Error::Bug(_) => {
                tracing::error!(error = chain(&error), "a fault of ours");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let request_id = super::layers::current_request_id();
        let body = Body { success: false, code: self.code, detail: &self.detail, request_id };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The whole chain of causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
