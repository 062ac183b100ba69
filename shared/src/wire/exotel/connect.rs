//! `POST Calls/connect`: the form we send and what an answer means (exotel.md 1).

use serde_json::Value;

use super::lenient;
use crate::domain::id::{CallId, CallSid};
use crate::domain::phone::mask_in_text;
use crate::domain::status::FailureClass;

/// What goes into one request to phone a customer and lead them into a flow.
#[derive(Clone, Copy)]
pub struct ConnectForm<'a> {
    /// The customer, E.164.
    pub from: &'a str,
    /// The ExoPhone.
    pub caller_id: &'a str,
    /// The flow's address at Exotel.
    pub flow_url: &'a str,
    /// Ours.
    pub call_id: CallId,
    /// Seconds of ringing; cut to the regulator's 60.
    pub ring_timeout_s: u32,
    /// Seconds for the whole call; cut to Exotel's 14400.
    pub call_limit_s: u32,
    /// Where status reports go.
    pub status_callback: &'a str,
}

impl ConnectForm<'_> {
    /// The form's fields, in the documented case, array fields indexed.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("From", self.from.to_owned()),
            ("CallerId", self.caller_id.to_owned()),
            ("Url", self.flow_url.to_owned()),
            ("CallType", "trans".to_owned()),
            ("TimeLimit", self.call_limit_s.clamp(1, 14_400).to_string()),
            ("TimeOut", self.ring_timeout_s.clamp(1, 60).to_string()),
            // Exotel carries 128 characters and back: an id fits, a customer's data does not.
            ("CustomField", format!("temp_call_id={}", self.call_id)),
            ("StatusCallback", self.status_callback.to_owned()),
            ("StatusCallbackEvents[0]", "terminal".to_owned()),
            ("StatusCallbackEvents[1]", "answered".to_owned()),
            ("StatusCallbackContentType", "application/json".to_owned()),
        ]
    }
}

/// What an answer to the request means for the one question that matters: may there be a call?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectAnswer {
    /// Handed to an operator under this Sid.
    Accepted(CallSid),
    /// Surely no call, and the same request would be refused again.
    Refused {
        /// Why, as a class.
        class: FailureClass,
        /// Exotel's words.
        reason: String,
    },
    /// Surely no call: too many requests.
    SlowDown,
    /// Surely no call, and none for any other order: credentials, balance, account.
    AccountBlocked {
        /// Why, as a class.
        class: FailureClass,
        /// Exotel's words.
        reason: String,
    },
    /// There may be a call.
    Unclear {
        /// What was seen.
        reason: String,
    },
}

/// Reads an answer. The body may be JSON, XML, HTML or empty: only the status is relied on, and a
/// Sid is looked for wherever the status says success.
pub fn read_answer(status: u16, body: &str) -> ConnectAnswer {
    let reason = || reason_of(status, body);
    match status {
        200..=299 => match sid_of(body) {
            Some(sid) => ConnectAnswer::Accepted(sid),
            None => ConnectAnswer::Unclear { reason: format!("HTTP {status} without a call sid") },
        },
        401 | 404 => ConnectAnswer::AccountBlocked { class: FailureClass::Credentials, reason: reason() },
        402 => ConnectAnswer::AccountBlocked { class: FailureClass::Balance, reason: reason() },
        429 => ConnectAnswer::SlowDown,
        // 408: the request may have been read. 409: what it conflicts with may be our own call.
        408 | 409 => ConnectAnswer::Unclear { reason: reason() },
        400..=499 => {
            let reason = reason();
            ConnectAnswer::Refused { class: class_of_refusal(&reason), reason }
        }
        // 5xx: origination may have gone on behind the gateway that gave up (exotel.md 1.3).
        _ => ConnectAnswer::Unclear { reason: reason() },
    }
}

/// The words Exotel uses for the do-not-disturb register are not documented; these are the
/// register's own names.
fn class_of_refusal(reason: &str) -> FailureClass {
    let words = reason.to_ascii_uppercase();
    let words: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if words.iter().any(|w| matches!(*w, "DND" | "NDNC" | "NCPR" | "TRAI")) {
        FailureClass::Dnd
    } else {
        FailureClass::Refused
    }
}

/// The Sid in an answer: JSON with any case of the keys, or the XML form.
fn sid_of(body: &str) -> Option<CallSid> {
    if let Ok(value) = serde_json::from_str::<Value>(body) {
        let call = lenient::call_object(&value)?;
        return CallSid::parse(&lenient::text(call, "Sid")?).ok();
    }
    CallSid::parse(xml_text(body, "Sid")?).ok()
}

/// Exotel's message where there is one, else the bare status. At most 200 characters, and no
/// digits that could be a phone number.
fn reason_of(status: u16, body: &str) -> String {
    let message = match serde_json::from_str::<Value>(body) {
        Ok(value) => message_of(&value),
        Err(_) => xml_text(body, "Message").map(str::to_owned),
    };
    match message {
        Some(message) => {
            let short: String = message.chars().take(200).collect();
            format!("HTTP {status}: {}", mask_in_text(&short))
        }
        None => format!("HTTP {status}"),
    }
}

/// Of a `RestException`, or of the envelope of the newer products (exotel.md 1.6).
fn message_of(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    if let Some(error) = value.pointer("/response/error_data").and_then(Value::as_object) {
        let parts: Vec<_> = ["message", "description"].iter().filter_map(|key| lenient::text(error, key)).collect();
        return (!parts.is_empty()).then(|| parts.join(": "));
    }
    let exception = lenient::get(object, "RestException").and_then(Value::as_object).unwrap_or(object);
    lenient::text(exception, "Message")
}

/// The text of the first `<tag>…</tag>`; enough for the few flat answers Exotel gives in XML.
fn xml_text<'a>(body: &'a str, tag: &str) -> Option<&'a str> {
    let start = body.find(&format!("<{tag}>"))? + tag.len() + 2;
    let rest = &body[start..];
    Some(rest[..rest.find(&format!("</{tag}>"))?].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(answer: ConnectAnswer) -> (FailureClass, String) {
        match answer {
            ConnectAnswer::Refused { class, reason } => (class, reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_sid_is_found_in_every_shape_of_success() {
        for body in [
            r#"{"Call":{"Sid":"3f9c162m","Status":"in-progress"}}"#,
            r#"{"call":{"sid":"3f9c162m"}}"#,
            r#"{"Sid":"3f9c162m"}"#,
            "<?xml version=\"1.0\"?><TwilioResponse><Call><Sid>3f9c162m</Sid></Call></TwilioResponse>",
        ] {
            assert_eq!(read_answer(200, body), ConnectAnswer::Accepted(CallSid::parse("3f9c162m").expect("a sid")));
        }
    }

    #[test]
    fn a_success_without_a_sid_may_be_a_call() {
        for body in ["", "<html>ok</html>", "{}", r#"{"Call":null}"#, r#"{"Call":{"Sid":null}}"#] {
            assert!(matches!(read_answer(200, body), ConnectAnswer::Unclear { .. }), "{body}");
        }
    }

    #[test]
    fn no_server_fault_is_ever_read_as_no_call() {
        for status in 500..=599 {
            let body = r#"{"RestException":{"Status":500,"Message":"all routes failed"}}"#;
            assert!(matches!(read_answer(status, body), ConnectAnswer::Unclear { .. }), "{status}");
        }
    }

    #[test]
    fn the_registers_name_in_a_refusal_is_dnd() {
        let (class, _) = refused(read_answer(
            403,
            r#"{"RestException":{"Status":403,"Message":"Call blocked: number is in NDNC"}}"#,
        ));
        assert_eq!(class, FailureClass::Dnd);
        let (class, reason) = refused(read_answer(400, "<html>Bad Request</html>"));
        assert_eq!((class, reason.as_str()), (FailureClass::Refused, "HTTP 400"));
    }

    #[test]
    fn a_number_in_exotels_words_is_not_kept() {
        let body = r#"{"RestException":{"Status":400,"Message":"Invalid number +919876543210, check it"}}"#;
        assert_eq!(refused(read_answer(400, body)).1, "HTTP 400: Invalid number +91******3210, check it");
    }

    #[test]
    fn the_forms_numbers_stay_inside_exotels_limits() {
        let call_id = CallId::new(jiff::Timestamp::UNIX_EPOCH, [7; 10]);
        let form = ConnectForm {
            from: "+919876543210",
            caller_id: "02200000000",
            flow_url: "http://my.exotel.com/a/exoml/start_voice/1",
            call_id,
            ring_timeout_s: 600,
            call_limit_s: 0,
            status_callback: "https://api.example.test/exotel-webhook",
        };
        let field = |name: &str| form.fields().into_iter().find(|(k, _)| *k == name).map(|(_, v)| v);
        assert_eq!(field("TimeOut").as_deref(), Some("60"));
        assert_eq!(field("TimeLimit").as_deref(), Some("1"));
        assert!(field("CustomField").is_some_and(|f| f.len() <= 128 && f.ends_with(&call_id.to_string())));
        assert_eq!(field("To"), None);
    }
}
