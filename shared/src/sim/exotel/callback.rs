//! Status callbacks: bodies, copies, repeats (exotel.md 2).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::Traffic;
use super::choices::{CallbackBody, CallbackFields, MissingRecording};
use super::connect::CallbackOrder;
use super::engine::Call;
use super::record::{Record, ist};

/// What a callback tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Ringing,
    Answered,
    Terminal,
}

impl Event {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Terminal => "terminal",
        }
    }
}

/// Sends an event as often as the switches say, where it was asked for.
pub(super) async fn deliver(call: &Call, event: Event) {
    let Some(order) = &call.plan.order.callback else {
        return;
    };
    let extended = call.switches().callback_fields == CallbackFields::Extended;
    let asked = extended && order.events.iter().any(|asked| asked == event.as_str());
    let wanted = asked || event == Event::Terminal && (!extended || order.events.is_empty());
    let Some(record) = call.record().filter(|_| wanted) else {
        return;
    };
    // Without asked-for events even a terminal callback has its four fields only.
    let fields = if asked { extended_fields(call, &record, event) } else { plain_fields(call, &record) };
    for _ in 0..call.switches().callback_copies {
        let (copy, order, fields) = (call.clone(), order.clone(), fields.clone());
        if call.switches().callback_parallel {
            call.world.spawn(async move { insist(&copy, &order, event, &fields).await });
        } else {
            insist(&copy, &order, event, &fields).await;
        }
    }
}

/// Sends one copy until somebody takes it.
async fn insist(call: &Call, order: &CallbackOrder, event: Event, fields: &Value) {
    let mut waits = call.switches().callback_retry_ms.iter();
    while !send(call, order, event, fields).await {
        let Some(wait) = waits.next() else {
            return;
        };
        sleep(call.switches().wait(*wait)).await;
    }
}

async fn send(call: &Call, order: &CallbackOrder, event: Event, fields: &Value) -> bool {
    let sid = call.plan.sid.clone();
    let status = fields["Status"].as_str().unwrap_or_default().to_owned();
    call.world.note(Traffic::CallbackSent { sid: sid.clone(), event: event.as_str(), status });
    let limit = Duration::from_millis(call.switches().callback_timeout_ms);
    let request = call.world.http.post(&order.url).timeout(limit);
    let request = match call.switches().callback_body {
        CallbackBody::AsAsked if order.json => request.json(fields),
        CallbackBody::AsAsked | CallbackBody::Multipart => {
            let form = flat(fields).into_iter().fold(reqwest::multipart::Form::new(), |form, (k, v)| form.text(k, v));
            request.multipart(form)
        }
        CallbackBody::Urlencoded => request.form(&flat(fields)),
        CallbackBody::Empty => request,
    };
    let http_status = request.send().await.ok().map(|response| response.status().as_u16());
    let taken = http_status.is_some_and(|status| (200..300).contains(&status));
    if taken {
        call.amend(|truth| truth.callbacks_taken += 1);
    }
    call.world.note(Traffic::CallbackAnswered { sid, event: event.as_str(), http_status });
    taken
}

fn plain_fields(call: &Call, record: &Record) -> Value {
    let mut fields = json!({
        "CallSid": record.sid,
        "Status": record.status(),
        "DateUpdated": ist(record.updated),
    });
    add_recording(call, record, &mut fields);
    fields
}

fn extended_fields(call: &Call, record: &Record, event: Event) -> Value {
    let terminal = event == Event::Terminal;
    // `answered` and `ringing` describe the moment, also where they are delivered late.
    let (status, leg) = match event {
        Event::Ringing => ("ringing", ""),
        Event::Answered => ("in-progress", "in-progress"),
        Event::Terminal => (record.status(), record.status()),
    };
    let ended = record.ended.filter(|_| terminal);
    let mut fields = json!({
        "CallSid": record.sid,
        "EventType": event.as_str(),
        "Status": status,
        "DateCreated": ist(record.created),
        "DateUpdated": ist(record.updated),
        "StartTime": ist(record.created),
        "EndTime": ended.map(|ended| ist(ended.at)).unwrap_or_default(),
        "From": record.from,
        "To": "",
        "PhoneNumberSid": record.exophone,
        "Direction": "outbound-api",
        "ConversationDuration": 0,
        "Legs": [{
            "OnCallDuration": if terminal { record.on_call_s() } else { 0 },
            "Status": leg,
            "AnsweredBy": "NA",
        }],
    });
    if terminal {
        fields["CustomField"] = json!(call.plan.order.custom_field);
        add_recording(call, record, &mut fields);
    }
    fields
}

fn add_recording(call: &Call, record: &Record, fields: &mut Value) {
    match (record.recording_url(), call.switches().missing_recording) {
        (Some(url), _) => fields["RecordingUrl"] = json!(url),
        (None, MissingRecording::Absent) => {}
        (None, MissingRecording::Empty) => fields["RecordingUrl"] = json!(""),
        (None, MissingRecording::NullText) => fields["RecordingUrl"] = json!("null"),
    }
}

/// JSON as form fields: `Legs[0][Status]` and its like.
fn flat(fields: &Value) -> Vec<(String, String)> {
    fn add(name: String, value: &Value, out: &mut Vec<(String, String)>) {
        match value {
            Value::Object(inner) => {
                for (key, value) in inner {
                    let name = if name.is_empty() { key.clone() } else { format!("{name}[{key}]") };
                    add(name, value, out);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    add(format!("{name}[{index}]"), value, out);
                }
            }
            Value::String(text) => out.push((name, text.clone())),
            Value::Null => out.push((name, String::new())),
            Value::Bool(_) | Value::Number(_) => out.push((name, value.to_string())),
        }
    }
    let mut out = Vec::new();
    add(String::new(), fields, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_become_flat_keys() {
        let fields = flat(&json!({"CallSid": "a", "Legs": [{"OnCallDuration": 9, "Status": "completed"}]}));
        let text: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(text, ["CallSid=a", "Legs[0][OnCallDuration]=9", "Legs[0][Status]=completed"]);
    }
}
