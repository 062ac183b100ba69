//! The product's addresses, as far as the flow asks them, with answers that bring out what we want
//! to know.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::log::{Event, Log};
use super::{Inquiry, stream};

/// How long a request is left unanswered at most: longer than any page says the carrier waits.
pub(super) const UNANSWERED: Duration = Duration::from_secs(40);
/// A field that is there, with JSON's `null` in it.
pub(super) const NULL: &str = "<null>";

#[derive(Clone)]
struct Desk {
    inquiry: Arc<Inquiry>,
    log: Arc<Log>,
    /// In the addresses we give away ourselves.
    token: Arc<str>,
}

type Pairs = Vec<(String, String)>;

/// Serves until dropped; answers why it stopped.
pub(super) async fn serve(listener: TcpListener, inquiry: Arc<Inquiry>, log: Arc<Log>, token: String) -> String {
    let desk = Desk { inquiry, log, token: token.into() };
    let routes = Router::new()
        .route("/passthru-handler", any(passthru_a))
        .route("/voicebot-url", any(voicebot_url))
        .route("/ws/voicebot/doctor", any(open_stream))
        .route("/passthru-handler/next", any(passthru_b))
        .route("/agent-number", any(connect))
        .route("/passthru-handler/after-agent", any(passthru_c))
        .route("/exotel-webhook", any(callback))
        .with_state(desk);
    match axum::serve(listener, routes).await {
        Ok(()) => "it was told to".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// One request of the carrier.
struct Asked {
    method: Method,
    address: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl<S: Send + Sync> axum::extract::FromRequest<S> for Asked {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Response> {
        let (method, address) = (request.method().clone(), request.uri().clone());
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self { method, address, headers, body })
    }
}

impl Desk {
    /// Notes a request, unless a stranger made it.
    fn note(&self, applet: &'static str, asked: &Asked) -> Result<(), StatusCode> {
        let query: Pairs = Query::try_from_uri(&asked.address).map(|Query(pairs)| pairs).unwrap_or_default();
        let has = |name: &str, value: &str| query.iter().any(|(key, given)| key == name && given == value);
        if !has("k", self.inquiry.edge.exotel_shared_secret.expose_secret()) && !has("t", &self.token) {
            return Err(StatusCode::FORBIDDEN);
        }
        let header = |name: &str| asked.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let content_type = header(CONTENT_TYPE.as_str());
        let mut fields: Pairs = query.into_iter().filter(|(key, _)| key != "k" && key != "t").collect();
        fields.extend(body_fields(&content_type, &asked.body));
        let (method, peer) = (asked.method.to_string(), header("x-forwarded-for"));
        self.log.add(Event::Request { applet, method, fields, content_type, peer });
        Ok(())
    }
}

async fn passthru_a(State(desk): State<Desk>, asked: Asked) -> Result<&'static str, StatusCode> {
    desk.note("passthru_a", &asked).map(|()| "OK")
}

async fn voicebot_url(State(desk): State<Desk>, asked: Asked) -> Result<axum::Json<Value>, StatusCode> {
    desk.note("voicebot_url", &asked)?;
    let base = &desk.inquiry.edge.public_ws_url;
    // No more than three parameters, the sample rate counted or not.
    let url = format!("{base}/ws/voicebot/doctor?t={}&a=1&sample-rate=8000", desk.token);
    Ok(axum::Json(json!({"url": url})))
}

async fn open_stream(
    State(desk): State<Desk>,
    Query(parameters): Query<Pairs>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, StatusCode> {
    if !parameters.iter().any(|(key, value)| key == "t" && **value == *desk.token) {
        return Err(StatusCode::FORBIDDEN);
    }
    let (faults, person) = (desk.inquiry.questions.faults, desk.inquiry.questions.person);
    let refused = faults && !desk.log.has(|event| matches!(event, Event::Handshake { .. }));
    desk.log.add(Event::Handshake { refused });
    match (refused, faults) {
        (true, _) => Err(StatusCode::SERVICE_UNAVAILABLE),
        (false, true) => Ok(upgrade.on_upgrade(move |socket| stream::drop_once(socket, desk.log, person))),
        (false, false) => Ok(upgrade.on_upgrade(move |socket| stream::drive(socket, desk.log, person))),
    }
}

/// Neither 200 nor 302, or nothing at all: which branch is that?
async fn passthru_b(State(desk): State<Desk>, asked: Asked) -> StatusCode {
    if let Err(refused) = desk.note("passthru_b", &asked) {
        return refused;
    }
    if desk.inquiry.questions.faults && asked.method != Method::HEAD {
        let _until_it_gives_up = Waiting(&desk.log);
        sleep(UNANSWERED).await;
    }
    StatusCode::INTERNAL_SERVER_ERROR
}

/// A request without an answer; dropped with its connection when the carrier gives up.
struct Waiting<'a>(&'a Log);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.add(Event::GaveUp);
    }
}

/// Nobody is rung.
async fn connect(State(desk): State<Desk>, asked: Asked) -> Result<axum::Json<Value>, StatusCode> {
    desk.note("connect", &asked)?;
    Ok(axum::Json(json!({"fetch_after_attempt": false, "destination": {"numbers": []}})))
}

async fn passthru_c(State(desk): State<Desk>, asked: Asked) -> StatusCode {
    desk.note("passthru_c", &asked).err().unwrap_or(StatusCode::FOUND)
}

async fn callback(State(desk): State<Desk>, asked: Asked) -> Result<axum::Json<Value>, StatusCode> {
    desk.note("callback", &asked)?;
    Ok(axum::Json(json!({"status": "success"})))
}

/// The fields of a body in any of the formats in which reports come; of a multipart one every part
/// with its name.
fn body_fields(content_type: &str, body: &[u8]) -> Pairs {
    let text = String::from_utf8_lossy(body);
    if let Ok(Value::Object(fields)) = serde_json::from_str(&text) {
        let plain = |value: Value| match value {
            Value::String(text) => text,
            Value::Null => NULL.to_owned(),
            other => other.to_string(),
        };
        return fields.into_iter().map(|(key, value)| (key, plain(value))).collect();
    }
    if content_type.starts_with("multipart/") {
        let parts = text.split("name=\"").skip(1).filter_map(|part| {
            let (name, rest) = part.split_once('"')?;
            let value = rest.split_once("\r\n\r\n")?.1.split("\r\n").next()?;
            Some((name.to_owned(), value.to_owned()))
        });
        return parts.collect();
    }
    let uri: Result<Uri, _> = format!("/?{text}").parse();
    uri.ok().and_then(|uri| Query::<Pairs>::try_from_uri(&uri).ok()).map(|Query(pairs)| pairs).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_every_format_are_read() {
        let expected = [("CallSid".to_owned(), "a1".to_owned()), ("Status".to_owned(), "completed".to_owned())];
        let multipart = "--x\r\nContent-Disposition: form-data; name=\"CallSid\"\r\n\r\na1\r\n--x\r\n\
            Content-Disposition: form-data; name=\"Status\"\r\n\r\ncompleted\r\n--x--\r\n";
        assert_eq!(body_fields("application/json", br#"{"CallSid":"a1","Status":"completed"}"#), expected);
        assert_eq!(body_fields("multipart/form-data; boundary=x", multipart.as_bytes()), expected);
        assert_eq!(body_fields("application/x-www-form-urlencoded", b"CallSid=a1&Status=completed"), expected);
        assert!(body_fields("", b"").is_empty());
        let nothing = body_fields("application/json", br#"{"a":null,"b":"null"}"#);
        assert_eq!(nothing.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), [NULL, "null"]);
    }
}
