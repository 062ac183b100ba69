//! StatusCallback: the four-field form and the extended one (exotel.md 2.2).

use jiff::Timestamp;

use super::custom_field::CustomField;
use super::fields::Fields;
use super::time;
use crate::domain::call::{CallRef, StatusReport};
use crate::domain::id::{CallId, CallSid};
use crate::domain::status::{CallStatus, FailureClass, Source};

/// One status callback.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusCallback {
    /// Whose; absent only in messages that are of no use without a signed address.
    pub call_sid: Option<CallSid>,
    /// `answered`, `terminal`, `ringing`, or the plain form without the field.
    pub event_type: Option<String>,
    /// Exotel's word.
    pub status: Option<String>,
    /// When it happened: the end, else the last change.
    pub at: Option<Timestamp>,
    /// Seconds on the line: of the first leg, else of the conversation.
    pub duration_s: Option<i32>,
    /// Link to the recording.
    pub recording_url: Option<String>,
    /// What we sent; only with `terminal`.
    pub custom: CustomField,
    /// `human` or `machine`, where Exotel listened for it.
    pub answered_by: Option<String>,
    /// All fields, masked.
    pub masked: serde_json::Value,
}

impl StatusCallback {
    /// Reads what is there; nothing is mandatory.
    pub fn read(fields: &Fields) -> Self {
        let time = |name| fields.get(name).and_then(time::parse);
        let conversation = fields.seconds("ConversationDuration").filter(|s| *s > 0);
        Self {
            call_sid: fields.get("CallSid").or_else(|| fields.get("Sid")).and_then(|s| CallSid::parse(s).ok()),
            event_type: fields.get("EventType").map(str::to_lowercase),
            status: fields.first_of(&["Status", "CallStatus"]).map(str::to_lowercase),
            at: time("EndTime").or_else(|| time("DateUpdated")).or_else(|| time("CurrentTime")),
            // A flow call has no second party: its conversation is 0 s long by Exotel's count.
            duration_s: fields
                .seconds("Legs[0][OnCallDuration]")
                .or(conversation)
                .or_else(|| fields.seconds("Duration")),
            recording_url: fields.get("RecordingUrl").filter(|url| url.starts_with("http")).map(str::to_owned),
            custom: fields.get("CustomField").map(CustomField::parse).unwrap_or_default(),
            answered_by: fields
                .get("Legs[0][AnsweredBy]")
                .map(str::to_lowercase)
                .filter(|who| who == "human" || who == "machine"),
            masked: fields.masked(),
        }
    }

    /// The report it makes. `signed` is the call of a signed address and outranks `CustomField`.
    /// `None` where the message names no call or says nothing about it.
    pub fn report(&self, signed: Option<CallId>, now: Timestamp) -> Option<StatusReport> {
        let call_id = signed.or(self.custom.call_id);
        if call_id.is_none() && self.call_sid.is_none() {
            return None;
        }
        let (status, class) = self.meaning()?;
        Some(StatusReport {
            call: CallRef { call_id, call_sid: self.call_sid.clone() },
            status,
            source: Source::Webhook,
            failure_class: class,
            message: self.message(),
            occurred_at: self.at.unwrap_or(now),
            duration_s: self.duration_s.filter(|_| status.is_final()),
            recording_url: self.recording_url.clone(),
            agent: None,
            extra: self.masked.clone(),
            call_back_due: false,
            dedupe_key: self.dedupe_key(call_id),
        })
    }

    /// The word where it is one we do not know: worth an alarm.
    pub fn unknown_word(&self) -> Option<&str> {
        self.status.as_deref().filter(|word| read_status(word).is_none())
    }

    fn meaning(&self) -> Option<(CallStatus, Option<FailureClass>)> {
        let Some(word) = self.status.as_deref() else {
            return match self.event_type.as_deref()? {
                "answered" => Some((CallStatus::InProgress, None)),
                "ringing" => Some((CallStatus::Ringing, None)),
                _ => None,
            };
        };
        let (status, class) = read_status(word).unwrap_or((CallStatus::Initiated, None));
        // Exotel calls a call `in-progress` before anybody answers (exotel.md 1.5): the event knows better.
        let rings = self.event_type.as_deref() == Some("ringing") && !status.is_final();
        let status = if rings { CallStatus::Ringing } else { status };
        // A dead number never has seconds on the line.
        let was_on_line = self.duration_s.is_some_and(|s| s > 0);
        let class =
            if class == Some(FailureClass::BadNumber) && was_on_line { Some(FailureClass::Carrier) } else { class };
        Some((status, class))
    }

    fn message(&self) -> String {
        if let Some(word) = self.unknown_word() {
            return format!("Exotel reports `{}`, a status we do not know", word.chars().take(40).collect::<String>());
        }
        let word = self.status.as_deref().or(self.event_type.as_deref());
        format!("Exotel reports {}", word.unwrap_or("nothing"))
    }

    /// The same message again has the same key (exotel.md 2.4). A later one that brings the
    /// recording is another message: the record may still take it.
    fn dedupe_key(&self, call_id: Option<CallId>) -> String {
        let call = match (&self.call_sid, call_id) {
            (Some(sid), _) => sid.to_string(),
            (None, Some(id)) => id.to_string(),
            (None, None) => String::new(),
        };
        let event = self.event_type.as_deref().unwrap_or("plain");
        let status = self.status.as_deref().unwrap_or("-");
        let recording = if self.recording_url.is_some() { ":recording" } else { "" };
        format!("webhook:{call}:{event}:{status}{recording}").chars().take(200).collect()
    }
}

/// What Exotel's word means for us; `None` for a word we do not know (exotel.md 3.3, 9).
/// `failed` is most often a dead or wrong number.
pub fn read_status(word: &str) -> Option<(CallStatus, Option<FailureClass>)> {
    Some(match word.trim().to_lowercase().as_str() {
        "queued" | "initiated" => (CallStatus::Initiated, None),
        "ringing" => (CallStatus::Ringing, None),
        "in-progress" | "in_progress" | "answered" => (CallStatus::InProgress, None),
        "completed" => (CallStatus::Completed, None),
        "busy" => (CallStatus::NotPicked, Some(FailureClass::Busy)),
        "no-answer" | "no_answer" => (CallStatus::NotPicked, Some(FailureClass::NoAnswer)),
        "canceled" | "cancelled" => (CallStatus::NotPicked, Some(FailureClass::Cancelled)),
        "failed" => (CallStatus::Failed, Some(FailureClass::BadNumber)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "01935a10-0000-7000-8000-000000000001";

    fn read(query: &str) -> StatusCallback {
        StatusCallback::read(&Fields::from_query(query))
    }
    fn report(query: &str) -> StatusReport {
        read(query).report(None, Timestamp::UNIX_EPOCH).expect("a report")
    }

    #[test]
    fn four_plain_fields_are_enough() {
        let report = report("CallSid=abc&Status=no-answer&DateUpdated=2026-11-23+10:15:04&RecordingUrl=");
        assert_eq!((report.status, report.failure_class), (CallStatus::NotPicked, Some(FailureClass::NoAnswer)));
        assert_eq!((report.recording_url, report.call.call_id), (None, None));
        assert_eq!(Some(report.occurred_at), "2026-11-23T04:45:04Z".parse().ok());
    }

    #[test]
    fn every_word_of_exotel_has_its_place() {
        for (word, status, class) in [
            ("completed", CallStatus::Completed, None),
            ("busy", CallStatus::NotPicked, Some(FailureClass::Busy)),
            ("canceled", CallStatus::NotPicked, Some(FailureClass::Cancelled)),
            ("failed", CallStatus::Failed, Some(FailureClass::BadNumber)),
            ("In-Progress", CallStatus::InProgress, None),
            ("ringing", CallStatus::Ringing, None),
            ("queued", CallStatus::Initiated, None),
        ] {
            let report = report(&format!("CallSid=abc&Status={word}"));
            assert_eq!((report.status, report.failure_class), (status, class), "{word}");
        }
    }

    #[test]
    fn an_unknown_word_is_kept_and_ends_nothing() {
        let report = report("CallSid=abc&Status=parked");
        assert!(!report.status.is_final());
        assert!(report.message.contains("`parked`"), "{}", report.message);
    }

    #[test]
    fn a_failure_after_seconds_on_the_line_is_the_carriers() {
        let report = report("CallSid=abc&Status=failed&Legs[0][OnCallDuration]=12");
        assert_eq!((report.failure_class, report.duration_s), (Some(FailureClass::Carrier), Some(12)));
    }

    #[test]
    fn the_first_legs_seconds_count_and_not_the_conversation_of_two() {
        let report = report("CallSid=abc&Status=completed&ConversationDuration=0&Legs[0][OnCallDuration]=96");
        assert_eq!(report.duration_s, Some(96));
    }

    #[test]
    fn an_answered_event_without_a_status_means_somebody_is_there() {
        assert_eq!(report("CallSid=abc&EventType=answered").status, CallStatus::InProgress);
        assert_eq!(read("CallSid=abc").report(None, Timestamp::UNIX_EPOCH), None);
    }

    #[test]
    fn a_signed_address_outranks_the_custom_field() {
        let signed: CallId = ID.parse().expect("a uuid");
        let callback = read("Status=busy&CustomField=01935a10-0000-7000-8000-000000000002");
        let report = callback.report(Some(signed), Timestamp::UNIX_EPOCH).expect("a report");
        assert_eq!(report.call.call_id, Some(signed));
    }

    #[test]
    fn the_same_message_has_the_same_key_and_another_has_another() {
        let key = |query: &str| report(query).dedupe_key;
        assert_eq!(key("CallSid=a&Status=completed&DateUpdated=1"), key("CallSid=a&Status=completed"));
        assert_ne!(key("CallSid=a&Status=completed"), key("CallSid=a&EventType=terminal&Status=completed"));
        assert_ne!(key("CallSid=a&Status=completed"), key("CallSid=a&Status=completed&RecordingUrl=https://x.test/1"));
        assert_ne!(key("CallSid=a&Status=completed"), key("CallSid=b&Status=completed"));
    }

    proptest! {
        #[test]
        fn no_message_makes_the_reader_panic(body in "((CallSid|Status|EventType|EndTime|Legs\\[0\\]\\[OnCallDuration\\])=[^&]{0,12}&){0,6}") {
            let _ = read(&body).report(None, Timestamp::UNIX_EPOCH);
        }
    }
}
