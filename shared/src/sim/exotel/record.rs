//! The carrier's own record of a call, and how it writes numbers and times (exotel.md 1.5, 3.1).

use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::choices::NumberShape;
use super::truth::Outcome;

/// What the details endpoint knows.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) sid: String,
    pub(super) account_sid: String,
    /// The customer, in the shape we write numbers.
    pub(super) from: String,
    pub(super) exophone: String,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) answered: Option<Timestamp>,
    pub(super) ended: Option<Ended>,
    /// The connect request asked for a recording.
    pub(super) record: bool,
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) at: Timestamp,
    pub(super) outcome: Outcome,
    /// From then on duration, price and end time are known.
    pub(super) settled: Instant,
}

impl Record {
    /// Exotel's word for where the call stands.
    pub(super) fn status(&self) -> &'static str {
        self.ended.map_or("in-progress", |ended| ended.outcome.as_str())
    }

    /// Seconds the customer was on the line.
    pub(super) fn on_call_s(&self) -> i64 {
        match (self.answered, self.ended) {
            (Some(answered), Some(ended)) => (ended.at - answered).get_seconds().max(0),
            _ => 0,
        }
    }

    /// Where the recording lies, once there is one.
    pub(super) fn recording_url(&self) -> Option<String> {
        let recorded = self.record && self.answered.is_some() && self.ended.is_some();
        recorded.then(|| format!("https://recordings.example.test/{}/{}.mp3", self.account_sid, self.sid))
    }

    /// The `Call` object, with its `Details` where asked for.
    pub(super) fn to_json(&self, details: bool) -> Value {
        let settled = self.ended.filter(|ended| Instant::now() >= ended.settled);
        let duration = settled.map(|ended| (ended.at - self.created).get_seconds().max(0).to_string());
        let price = settled.map(|_| format!("{:.6}", f64::from(u32::try_from(self.on_call_s()).unwrap_or(0)) * 0.01));
        let mut call = json!({
            "Sid": self.sid,
            "ParentCallSid": null,
            "DateCreated": ist(self.created),
            "DateUpdated": ist(self.updated),
            "AccountSid": self.account_sid,
            "To": null,
            "From": self.from,
            "PhoneNumberSid": self.exophone,
            "Status": self.status(),
            "StartTime": ist(self.created),
            "EndTime": settled.map(|ended| ist(ended.at)),
            "Duration": duration,
            "Price": price,
            "Direction": "outbound-api",
            "AnsweredBy": null,
            "ForwardedFrom": null,
            "CallerName": null,
            "Uri": format!("/v1/Accounts/{}/Calls.json/{}", self.account_sid, self.sid),
            "RecordingUrl": self.recording_url(),
        });
        if details {
            call["Details"] = json!({
                "ConversationDuration": 0,
                "Leg1Status": self.ended.map(|ended| ended.outcome.as_str()),
                "Leg2Status": null,
                "Legs": [{"Leg": {"Id": 1, "OnCallDuration": self.on_call_s()}}],
            });
        }
        call
    }
}

/// `YYYY-MM-DD HH:MM:SS` in Indian time, the way Exotel writes times without a zone.
pub(super) fn ist(at: Timestamp) -> String {
    in_india(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `Mon, 23 Nov 2026 10:15:04`: the one field `Created` of a Passthru.
pub(super) fn ist_long(at: Timestamp) -> String {
    in_india(at).strftime("%a, %d %b %Y %H:%M:%S").to_string()
}

fn in_india(at: Timestamp) -> jiff::Zoned {
    let offset = tz::Offset::UTC.saturating_add(SignedDuration::from_mins(330));
    at.to_zoned(TimeZone::fixed(offset))
}

/// The last ten digits: what two spellings of an Indian number share.
pub(super) fn last_ten(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(10)..].to_owned()
}

/// A number in one of the shapes.
pub(super) fn shaped(number: &str, shape: NumberShape) -> String {
    let ten = last_ten(number);
    match shape {
        NumberShape::LeadingZero => format!("0{ten}"),
        NumberShape::E164 => format!("+91{ten}"),
        NumberShape::Bare => ten,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_indian() {
        assert_eq!(ist(Timestamp::UNIX_EPOCH), "1970-01-01 05:30:00");
        assert_eq!(ist_long(Timestamp::UNIX_EPOCH), "Thu, 01 Jan 1970 05:30:00");
    }

    #[test]
    fn numbers_take_the_asked_shape() {
        assert_eq!(shaped("+919000000001", NumberShape::LeadingZero), "09000000001");
        assert_eq!(shaped("09000000001", NumberShape::E164), "+919000000001");
        assert_eq!(shaped("9000000001", NumberShape::Bare), "9000000001");
    }
}
