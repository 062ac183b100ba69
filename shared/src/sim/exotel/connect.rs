//! `POST Calls/connect`: reads the request, decides by the scenario, answers (exotel.md 1).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::choices::{Refusal, RefusalBody};
use super::form::Fields;
use super::persona::Persona;
use super::record::last_ten;
use super::rest::{Answer, Body, admit, within_rate};
use super::scenario::Part;
use super::{Traffic, World, engine};

/// Documented length of `CustomField`.
const LONGEST_CUSTOM_FIELD: usize = 128;
/// Ringing where the request names no `TimeOut`.
const DEFAULT_TIMEOUT_S: u64 = 30;
const LONGEST_TIMEOUT_S: u64 = 60;
const LONGEST_CALL_S: u64 = 14_400;

/// A valid connect request for a flow.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) from: String,
    pub(super) app_id: String,
    pub(super) custom_field: Option<String>,
    pub(super) callback: Option<CallbackOrder>,
    pub(super) time_limit: Duration,
    pub(super) time_out: Duration,
    pub(super) record: bool,
}

/// Where and how status callbacks are wanted.
#[derive(Debug, Clone)]
pub(super) struct CallbackOrder {
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) json: bool,
}

pub(super) async fn connect(
    State(world): State<Arc<World>>,
    Path((account, file)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let json = file.ends_with(".json");
    if !matches!(file.as_str(), "connect" | "connect.json") {
        return Answer::exception(json, 404, "Not found.");
    }
    let headers = request.headers().clone();
    let fields = Fields::from_request(request).await;
    let field = |name| fields.as_ref().ok().and_then(|fields| fields.get(name)).map(str::to_owned);
    let number = field("From").unwrap_or_default();
    world.note(Traffic::ConnectRequested { number: number.clone(), custom_field: field("CustomField") });
    let part = {
        let mut settings = world.settings();
        let defaults = settings.switches.clone();
        settings.scenarios.cast(&number, &defaults)
    };
    let admitted = admit(&world, &account, &headers, json).and_then(|()| within_rate(&world, json));
    let checked = admitted.and_then(|()| {
        let fields = fields.map_err(|e| Answer::exception(json, 400, &e))?;
        Order::read(&fields, &world.config.exophone, part.switches.cut_long_custom_field)
            .map_err(|e| Answer::exception(json, 400, &e))
    });
    match checked {
        Err(answer) => noted(&world, &number, answer, None),
        Ok(order) => carried_out(world, order, part, json).await,
    }
}

/// The request lives on when the client gives up: the call is placed all the same.
async fn carried_out(world: Arc<World>, order: Order, part: Part, json: bool) -> Answer {
    let (tell, answer) = oneshot::channel();
    let inner = world.clone();
    world.spawn(async move {
        // Nobody listens any more where the client has given up.
        let _ = tell.send(originate(&inner, order, part, json).await);
    });
    answer.await.unwrap_or_else(|_| Answer::exception(json, 503, "Shutting down."))
}

async fn originate(world: &Arc<World>, order: Order, mut part: Part, json: bool) -> Answer {
    let latency = part.switches.wait(part.switches.connect_latency_ms.draw(&*world.config.random));
    let early = part.switches.answer_before_response;
    let refusal = part.switches.refuse.clone();
    let number = order.from.clone();
    let reported = refusal.as_ref().is_some_and(|refusal| refusal.reported);
    if reported {
        // No phone rings: the failure is all there is to tell.
        part.persona = Persona::Failed;
        part.switches.refuse_ring_ms = 0;
    }
    let placed = reported || refusal.as_ref().is_none_or(|refusal| refusal.placed);
    // The account's own refusals come at once; the operator's take as long as trying its routes.
    let slow = refusal.as_ref().is_none_or(|refusal| refusal.status >= 500);
    if slow && !early {
        sleep(latency).await;
    }
    let record = placed.then(|| engine::place(world, order, part));
    if slow && early {
        sleep(latency).await;
    }
    let sid = record.as_ref().map(|record| record.sid.clone());
    let answer = match (refusal, record) {
        (Some(refusal), _) => refused(&refusal, json),
        (None, Some(record)) => Answer::ok(json, json!({"Call": record.to_json(false)})),
        (None, None) => Answer::exception(json, 500, "Origination failed."),
    };
    noted(world, &number, answer, sid)
}

fn noted(world: &World, number: &str, answer: Answer, sid: Option<String>) -> Answer {
    world.note(Traffic::ConnectAnswered { number: number.to_owned(), http_status: answer.status, sid });
    answer
}

fn refused(refusal: &Refusal, json: bool) -> Answer {
    let message = match refusal.status {
        402 => "Insufficient balance.",
        403 => "Access to this resource is forbidden.",
        429 => "Rate limit exceeded. Max 200 requests per minute.",
        504 => "Gateway timeout.",
        _ => "The request could not be processed.",
    };
    let mut answer = Answer::exception(json, refusal.status, message);
    answer.retry_after_s = refusal.retry_after_s;
    answer.body = match (refusal.body, answer.body) {
        (RefusalBody::Json, body) => body,
        (RefusalBody::Xml, Body::Json(value) | Body::Xml(value)) => Body::Xml(value),
        (RefusalBody::Html, _) => Body::Html("<html><body><h1>Bad Gateway</h1></body></html>"),
        (RefusalBody::Xml | RefusalBody::Empty, _) => Body::Empty,
    };
    answer
}

impl Order {
    fn read(fields: &Fields, exophone: &str, cut_long: bool) -> Result<Self, String> {
        let need = |name| fields.get(name).ok_or_else(|| format!("The '{name}' parameter is required."));
        let from = need("From")?.to_owned();
        if last_ten(&from).len() < 10 {
            return Err("The 'From' parameter is not a valid phone number.".to_owned());
        }
        if last_ten(need("CallerId")?) != last_ten(exophone) {
            return Err("The 'CallerId' parameter is not an ExoPhone of this account.".to_owned());
        }
        let url = need("Url")?;
        if fields.get("To").is_some() || fields.get("StreamUrl").is_some() {
            return Err("'Url', 'To' and 'StreamUrl' exclude one another.".to_owned());
        }
        let app_id = url
            .split_once("/exoml/start_voice/")
            .map(|(_, app_id)| app_id.trim_end_matches('/').to_owned())
            .filter(|app_id| !app_id.is_empty() && url.starts_with("http"))
            .ok_or("The 'Url' parameter is not an App Bazaar flow.")?;
        Ok(Self {
            from,
            app_id,
            custom_field: custom_field(fields, cut_long)?,
            callback: callback(fields)?,
            time_limit: Duration::from_secs(seconds(fields, "TimeLimit", LONGEST_CALL_S)?.unwrap_or(LONGEST_CALL_S)),
            time_out: Duration::from_secs(seconds(fields, "TimeOut", LONGEST_TIMEOUT_S)?.unwrap_or(DEFAULT_TIMEOUT_S)),
            record: fields.get("Record") == Some("true"),
        })
    }
}

fn custom_field(fields: &Fields, cut_long: bool) -> Result<Option<String>, String> {
    let Some(text) = fields.get("CustomField") else {
        return Ok(None);
    };
    if !cut_long && text.chars().count() > LONGEST_CUSTOM_FIELD {
        return Err(format!("The 'CustomField' parameter exceeds {LONGEST_CUSTOM_FIELD} characters."));
    }
    Ok(Some(text.chars().take(LONGEST_CUSTOM_FIELD).collect()))
}

fn callback(fields: &Fields) -> Result<Option<CallbackOrder>, String> {
    let Some(url) = fields.get("StatusCallback") else {
        return Ok(None);
    };
    if reqwest::Url::parse(url).is_err() {
        return Err("The 'StatusCallback' parameter is not a URL.".to_owned());
    }
    let json = fields.get("StatusCallbackContentType") == Some("application/json");
    Ok(Some(CallbackOrder { url: url.to_owned(), events: fields.array("StatusCallbackEvents"), json }))
}

fn seconds(fields: &Fields, name: &str, most: u64) -> Result<Option<u64>, String> {
    let Some(text) = fields.get(name) else {
        return Ok(None);
    };
    let value = text.parse().ok().filter(|value| (1..=most).contains(value));
    value.map(Some).ok_or_else(|| format!("The '{name}' parameter must be between 1 and {most}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "From=%2B919000000001&CallerId=02200000000\
                        &Url=http://my.exotel.com/acme/exoml/start_voice/77&CustomField=abc&TimeOut=40";

    fn read(query: &str) -> Result<Order, String> {
        Order::read(&Fields::from_query(query), "02200000000", false)
    }

    #[test]
    fn a_flow_request_is_read() {
        let order = read(GOOD).unwrap();
        assert_eq!((order.app_id.as_str(), order.custom_field.as_deref()), ("77", Some("abc")));
        assert_eq!(order.time_out, Duration::from_secs(40));
    }

    #[test]
    fn what_the_documentation_forbids_is_refused() {
        for (bad, named) in [
            ("CallerId=02200000000", "From"),
            (&GOOD.replace("02200000000", "02299999999"), "CallerId"),
            (&GOOD.replace("exoml", "other"), "Url"),
            (&format!("{GOOD}&To=%2B919000000002"), "To"),
            (&format!("{GOOD}&TimeLimit=0"), "TimeLimit"),
            (&GOOD.replace("TimeOut=40", "TimeOut=61"), "TimeOut"),
            (&GOOD.replace("abc", &"x".repeat(129)), "CustomField"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.contains(named), "{bad}: {error}");
        }
    }

    #[test]
    fn a_long_custom_field_may_be_cut_instead() {
        let long = Fields::from_query(&GOOD.replace("abc", &"x".repeat(200)));
        let order = Order::read(&long, "02200000000", true).unwrap();
        assert_eq!(order.custom_field.map(|text| text.len()), Some(128));
    }
}
