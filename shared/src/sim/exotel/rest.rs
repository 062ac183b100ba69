//! The account's API: who may ask, how it says no, and everything that is only read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::form::Fields;
use super::record::{Record, last_ten};
use super::{Traffic, World, connect, lock};

/// Calls on a page of the list where the request names no size.
const PAGE_SIZE: usize = 50;
const LARGEST_PAGE: usize = 100;

/// Requests of the last minute that count.
#[derive(Default)]
pub(super) struct RateWindow(VecDeque<Instant>);

impl RateWindow {
    /// Counts a request; `false` where the minute, which lasts `minute`, is full.
    pub(super) fn admit(&mut self, now: Instant, per_minute: usize, minute: Duration) -> bool {
        while self.0.front().is_some_and(|first| now.duration_since(*first) >= minute) {
            self.0.pop_front();
        }
        let free = self.0.len() < per_minute;
        if free {
            self.0.push_back(now);
        }
        free
    }
}

/// The paths under `/v1`.
pub(super) fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/v1/Accounts/{account}/Calls/{file}", get(details).post(connect::connect))
        .route("/v1/Accounts/{account}/{file}", get(listing))
        .with_state(world)
}

/// An answer of the API, in the format the path's ending asked for.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after_s: Option<u32>,
    pub(super) body: Body,
}

/// A body.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Json(Value),
    /// The content of `TwilioResponse`.
    Xml(Value),
    Html(&'static str),
    Empty,
}

impl Answer {
    pub(super) fn ok(json: bool, value: Value) -> Self {
        let body = if json { Body::Json(value) } else { Body::Xml(value) };
        Self { status: 200, retry_after_s: None, body }
    }

    /// A `RestException`.
    pub(super) fn exception(json: bool, status: u16, message: &str) -> Self {
        let exception = json!({"RestException": {"Status": status, "Message": message}});
        Self { status, ..Self::ok(json, exception) }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = match self.body {
            Body::Json(value) => (status, axum::Json(value)).into_response(),
            Body::Xml(value) => {
                let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", xml("TwilioResponse", &value));
                (status, [(CONTENT_TYPE, "application/xml")], text).into_response()
            }
            Body::Html(text) => (status, [(CONTENT_TYPE, "text/html")], text).into_response(),
            Body::Empty => status.into_response(),
        };
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// An object as nested elements.
fn xml(name: &str, value: &Value) -> String {
    let inner = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| xml(key, value)).collect(),
        Value::Array(items) => return items.iter().map(|item| xml(name, item)).collect(),
        Value::Null => String::new(),
        Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}

/// Checks the account in the path and the Basic credentials.
pub(super) fn admit(world: &World, account: &str, headers: &HeaderMap, json: bool) -> Result<(), Answer> {
    let expected = STANDARD.encode(format!("{}:{}", world.config.api_key, world.config.api_token));
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.strip_prefix("Basic ") != Some(expected.as_str()) {
        return Err(Answer::exception(json, 401, "Authentication failed. Verify your API key and token."));
    }
    if account != world.config.account_sid {
        return Err(Answer::exception(json, 404, "Account not found."));
    }
    Ok(())
}

/// Counts a request of the account; refuses it where the minute is full.
pub(super) fn within_rate(world: &World, json: bool) -> Result<(), Answer> {
    let switches = world.settings().switches.clone();
    let (per_minute, minute) = (switches.requests_per_minute, switches.scaled(Duration::from_secs(60)));
    if lock(&world.rate).admit(Instant::now(), per_minute, minute) {
        return Ok(());
    }
    Err(Answer::exception(json, 429, &format!("Rate limit exceeded. Max {per_minute} requests per minute.")))
}

/// Checks a request that only reads.
fn admit_reader(world: &World, account: &str, headers: &HeaderMap, json: bool) -> Result<(), Answer> {
    admit(world, account, headers, json)?;
    let counts = world.settings().switches.reads_share_limit;
    if counts { within_rate(world, json) } else { Ok(()) }
}

async fn details(
    State(world): State<Arc<World>>,
    Path((account, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Answer, Answer> {
    let (sid, json) = file.strip_suffix(".json").map_or((file.as_str(), false), |sid| (sid, true));
    world.note(Traffic::ApiRead { path: format!("Calls/{file}") });
    admit_reader(&world, &account, &headers, json)?;
    let fields = Fields::from_query(&query.unwrap_or_default());
    if let Some(minutes) = fields.get("RecordingUrlValidity")
        && !minutes.parse().is_ok_and(|minutes: u32| (5..=60).contains(&minutes))
    {
        return Err(Answer::exception(json, 400, "RecordingUrlValidity must be between 5 and 60."));
    }
    let with_details = fields.get("details") == Some("true");
    let found = lock(&world.records).iter().find(|record| record.sid == sid).map(|record| record.to_json(with_details));
    match found {
        Some(call) => Ok(Answer::ok(json, json!({"Call": call}))),
        None => Err(Answer::exception(json, 404, "Call not found.")),
    }
}

async fn listing(
    State(world): State<Arc<World>>,
    Path((account, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Answer, Answer> {
    world.note(Traffic::ApiRead { path: file.clone() });
    let json = file.ends_with(".json");
    admit_reader(&world, &account, &headers, json)?;
    match file.as_str() {
        "Calls" | "Calls.json" => {
            let fields = Fields::from_query(&query.unwrap_or_default());
            page(&world, &fields).map(|page| Answer::ok(json, page)).map_err(|e| Answer::exception(json, 400, &e))
        }
        "ActiveStreams" => {
            let open = world.open_streams.load(Ordering::Relaxed);
            let stream = json!({"ActiveStreamCount": open, "ThrottleLimit": world.settings().switches.stream_ceiling});
            Ok(Answer::ok(false, json!({"Stream": stream})))
        }
        _ => Err(Answer::exception(json, 404, "Not found.")),
    }
}

/// One page of the list (exotel.md 3.2). Cursors are Sids.
fn page(world: &World, fields: &Fields) -> Result<Value, String> {
    let size = match fields.get("PageSize").map(str::parse::<usize>) {
        None => PAGE_SIZE,
        Some(Ok(size)) if (1..=LARGEST_PAGE).contains(&size) => size,
        Some(_) => return Err("PageSize must be between 1 and 100.".to_owned()),
    };
    let filter = Filter::read(fields)?;
    let mut found: Vec<Record> = lock(&world.records).iter().filter(|record| filter.takes(record)).cloned().collect();
    if fields.get("SortBy") != Some("DateCreated:asc") {
        found.reverse();
    }
    let position = |cursor: &str| found.iter().position(|record| record.sid == cursor);
    let start = match (fields.get("After"), fields.get("Before")) {
        (Some(cursor), _) => position(cursor).map_or(found.len(), |at| at + 1),
        (None, Some(cursor)) => position(cursor).map_or(0, |at| at.saturating_sub(size)),
        (None, None) => 0,
    };
    let shown = &found[start.min(found.len())..(start + size).min(found.len())];
    let base = format!("/v1/Accounts/{}/Calls.json?{}", world.config.account_sid, fields.without_cursor());
    let next = shown.last().filter(|_| start + size < found.len()).map(|last| format!("{base}&After={}", last.sid));
    let previous = shown.first().filter(|_| start > 0).map(|first| format!("{base}&Before={}", first.sid));
    let with_details = fields.get("details") == Some("true");
    let wraps = world.settings().switches.list_wraps_calls;
    let call = |record: &Record| {
        let call = record.to_json(with_details);
        if wraps { json!({"Call": call}) } else { call }
    };
    let calls: Vec<Value> = shown.iter().map(call).collect();
    Ok(json!({
        "Metadata": {
            "Total": found.len(),
            "PageSize": size,
            "FirstPageUri": base,
            "PrevPageUri": previous,
            "NextPageUri": next,
        },
        "Calls": calls,
    }))
}

/// The list's conditions; an absent one takes everything.
struct Filter {
    sids: Option<Vec<String>>,
    created: Vec<(String, String)>,
    from: Option<Vec<String>>,
    to: Option<Vec<String>>,
    exophones: Option<Vec<String>>,
    statuses: Option<Vec<String>>,
    directions: Option<Vec<String>>,
    duration_s: Vec<(String, f64)>,
    price: Vec<(String, f64)>,
}

impl Filter {
    fn read(fields: &Fields) -> Result<Self, String> {
        let items = |name: &str, most: usize| -> Result<Option<Vec<String>>, String> {
            let Some(text) = fields.get(name) else {
                return Ok(None);
            };
            let items: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).collect();
            if items.len() > most { Err(format!("At most {most} values of {name}.")) } else { Ok(Some(items)) }
        };
        let numbers = |name: &str| -> Result<Option<Vec<String>>, String> {
            Ok(items(name, 5)?.map(|numbers| numbers.iter().map(|number| last_ten(number)).collect()))
        };
        let created = bounds(fields, "DateCreated").filter(|bounds| bounds.iter().all(|(_, time)| time.len() == 19));
        // Seconds are written with their unit: `gte:10s`.
        let amounts = |name: &str| {
            let amount = |text: &str| text.trim_end_matches('s').parse().ok();
            let read = |bounds: Vec<(String, String)>| {
                bounds.into_iter().map(|(word, text)| Some((word, amount(&text)?))).collect::<Option<Vec<_>>>()
            };
            bounds(fields, name).and_then(read).ok_or(format!("{name} must look like gte:10s;lte:45s."))
        };
        Ok(Self {
            sids: items("Sid", 100)?,
            created: created.ok_or("DateCreated must look like gte:2026-11-23 10:00:00;lte:2026-11-23 10:10:00.")?,
            from: numbers("From")?,
            to: numbers("To")?,
            exophones: numbers("PhoneNumber")?,
            statuses: items("Status", 10)?,
            directions: items("Direction", 3)?,
            duration_s: amounts("Duration")?,
            price: amounts("Price")?,
        })
    }

    fn takes(&self, record: &Record) -> bool {
        let has = |wanted: &Option<Vec<String>>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|item| item == value))
        };
        // The fixed format without a zone sorts like the times it stands for.
        let created = super::record::ist(record.created);
        has(&self.sids, &record.sid)
            && has(&self.from, &last_ten(&record.from))
            // A flow call has no second number.
            && self.to.is_none()
            && has(&self.exophones, &last_ten(&record.exophone))
            && has(&self.statuses, record.status())
            && has(&self.directions, "outbound-api")
            && self.created.iter().all(|(word, bound)| lies(word, &created, bound))
            && (self.duration_s.is_empty() && self.price.is_empty() || self.takes_settled(record))
    }

    /// What has not settled yet lies in no range.
    fn takes_settled(&self, record: &Record) -> bool {
        let call = record.to_json(false);
        let within = |field: &str, bounds: &[(String, f64)]| {
            let value: Option<f64> = call[field].as_str().and_then(|text| text.parse().ok());
            bounds.iter().all(|(word, bound)| value.is_some_and(|value| lies(word, &value, bound)))
        };
        within("Duration", &self.duration_s) && within("Price", &self.price)
    }
}

/// `gte:a;lte:b` as pairs; `None` where it is written otherwise.
fn bounds(fields: &Fields, name: &str) -> Option<Vec<(String, String)>> {
    let bounds = fields.get(name).unwrap_or_default().split(';').filter(|bound| !bound.is_empty());
    let bound = |text: &str| {
        let (word, value) = text.split_once(':')?;
        matches!(word, "gte" | "gt" | "lte" | "lt").then(|| (word.to_owned(), value.to_owned()))
    };
    bounds.map(bound).collect()
}

fn lies<T: PartialOrd>(word: &str, value: &T, bound: &T) -> bool {
    match word {
        "gte" => value >= bound,
        "gt" => value > bound,
        "lte" => value <= bound,
        _ => value < bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_window_slides() {
        let (mut window, start, minute) = (RateWindow::default(), Instant::now(), Duration::from_secs(60));
        assert!(window.admit(start, 1, minute));
        assert!(!window.admit(start + minute / 2, 1, minute));
        assert!(window.admit(start + minute, 1, minute));
    }

    #[test]
    fn xml_nests_and_escapes() {
        let text = xml("TwilioResponse", &json!({"Call": {"Sid": "a&b", "To": null}}));
        assert_eq!(text, "<TwilioResponse><Call><Sid>a&amp;b</Sid><To></To></Call></TwilioResponse>");
    }
}
