//! JSON bodies whose faults are answered in our own form.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;

/// A JSON body. 415 for another type, 413 above the route's limit, 400 for what is no JSON, 422 for
/// JSON that does not fit (an unknown field is named, with those there are) or that holds a NUL
/// character, which the records can not.
pub struct JsonBody<T>(pub T);

impl<T, S> FromRequest<S> for JsonBody<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        if !is_json(request.headers()) {
            let detail = "send the body as `Content-Type: application/json`";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than this route takes")
            }
            status => Failure::new(status, "bad_body", "the body did not arrive whole; send it again"),
        })?;
        if let Some(place) = nul_in(&bytes) {
            let detail = format!("`{place}` holds a NUL character (\\u0000); leave it out");
            return Err(Failure::invalid("invalid_body", detail));
        }
        match Json::<T>::from_bytes(&bytes) {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection @ JsonRejection::JsonDataError(_)) => {
                Err(Failure::invalid("invalid_body", rejection.body_text()))
            }
            Err(rejection) => Err(Failure::new(rejection.status(), "bad_body", rejection.body_text())),
        }
    }
}

/// `application/json`, with or without parameters, and everything `+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Where the first text or name with a NUL stands. Nearly no body has the six letters of its escape
/// anywhere, and only those are looked at closer.
fn nul_in(bytes: &[u8]) -> Option<String> {
    if !bytes.windows(6).any(|six| six == b"\\u0000") {
        return None;
    }
    // What can not be read at all is refused where it is read.
    place_of_nul(&serde_json::from_slice(bytes).ok()?, String::new())
}

fn place_of_nul(value: &Value, place: String) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then_some(place),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| place_of_nul(item, format!("{place}/{at}")))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            let within = format!("{place}/{}", name.replace('\0', "\u{fffd}"));
            if name.contains('\0') { Some(within) } else { place_of_nul(item, within) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_where_it_stands_and_an_escaped_backslash_is_none() {
        assert_eq!(nul_in(br#"{"a":[1,{"b":"x\u0000"}]}"#).as_deref(), Some("/a/1/b"));
        assert_eq!(nul_in(br#"{"a\u0000":1}"#).as_deref(), Some("/a\u{fffd}"));
        assert_eq!(nul_in(br#"{"a":"x\\u0000"}"#), None);
        assert_eq!(nul_in(br#"{"a":"x\u0000"#), None);
    }

    #[test]
    fn a_type_is_json_whatever_its_case_and_parameters() {
        let kind =
            |text| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, axum::http::HeaderValue::from_static(text))]));
        assert!(kind("Application/JSON; charset=utf-8") && kind("application/problem+json"));
        assert!(!kind("text/json") && !kind("multipart/form-data") && !is_json(&HeaderMap::new()));
    }
}
