//! One reader for all routes: the query, and behind it whatever a POST brought.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use shared::wire::exotel::fields::Fields;

/// What was asked with. A body that can not be read is passed over: the query alone will do.
pub(crate) struct Ask(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for Ask {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Infallible> {
        let mut fields = Fields::from_query(request.uri().query().unwrap_or_default());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        match Bytes::from_request(request, state).await {
            Ok(body) => match Fields::from_body(kind.as_deref(), &body) {
                Some(more) => fields.extend(more),
                None => tracing::warn!(kind, bytes = body.len(), "an unreadable body on the carrier's routes"),
            },
            Err(rejection) => tracing::warn!(error = %rejection, "an unreadable body on the carrier's routes"),
        }
        Ok(Self(fields))
    }
}
