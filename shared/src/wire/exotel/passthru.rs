//! What the Passthru applet and the Connect applet's agent events ask with (exotel.md 4.1, 5.4, 6).

use jiff::Timestamp;

use super::custom_field::CustomField;
use super::fields::Fields;
use super::time;
use crate::domain::id::CallSid;
use crate::domain::phone::mask;

/// More legs than one Connect applet tries.
const MAX_LEGS: usize = 20;

/// The query of a Passthru applet, wherever in the flow it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PassthruQuery {
    /// Exotel's id.
    pub call_sid: Option<CallSid>,
    /// What the order to call carried.
    pub custom: CustomField,
    /// `in-progress`, …
    pub call_status: Option<String>,
    /// `call-attempt`, `completed`, `client-hangup`, `incomplete`, `voicemail`.
    pub call_type: Option<String>,
    /// Keys pressed in an earlier applet, without the quotes Exotel puts around them.
    pub digits: Option<String>,
    /// When it was asked.
    pub at: Option<Timestamp>,
    /// When the call was created.
    pub created: Option<Timestamp>,
    /// After Connect.
    pub dial: Option<AgentDial>,
    /// After the voicebot.
    pub stream: Option<StreamFacts>,
    masked: serde_json::Value,
}

/// How ringing the agents ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentDial {
    /// `completed`, `busy`, `no-answer`, `failed`, `canceled`.
    pub status: Option<String>,
    /// The last number tried, masked.
    pub agent: Option<String>,
    /// One per attempt.
    pub legs: Vec<AgentAttempt>,
}

/// One attempt to reach an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAttempt {
    /// Masked.
    pub agent: Option<String>,
    /// Seconds spoken.
    pub on_call_s: Option<i32>,
    /// `NORMAL_CLEARING`, `RING_TIMEOUT`, …
    pub cause: Option<String>,
}

/// What Exotel says of the voicebot's stream. Its address is not kept: it may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFacts {
    /// `completed`, `failed`, `cancelled`.
    pub status: Option<String>,
    /// Seconds.
    pub duration_s: Option<i32>,
    /// `bot`, `user`, `caller`, `system`, `na`.
    pub disconnected_by: Option<String>,
    /// Opaque text, cut to 200 characters.
    pub error: Option<String>,
    /// `Streaming_call_throttled`, …
    pub detail: Option<String>,
    /// Link to the stream's recording.
    pub recording_url: Option<String>,
}

impl PassthruQuery {
    /// Reads what is there; nothing is mandatory.
    pub fn read(fields: &Fields) -> Self {
        let word = |name: &str| fields.get(name).map(str::to_lowercase);
        let time = |name: &str| fields.get(name).and_then(time::parse);
        Self {
            call_sid: sid_of(fields),
            custom: fields.get("CustomField").map(CustomField::parse).unwrap_or_default(),
            call_status: word("CallStatus"),
            call_type: word("CallType"),
            digits: fields.get("digits").map(str::to_owned),
            at: time("CurrentTime"),
            created: time("Created").or_else(|| time("StartTime")),
            dial: AgentDial::read(fields),
            stream: StreamFacts::read(fields),
            masked: fields.masked(),
        }
    }

    /// All fields for the record, masked, with the pairs of `CustomField` under `custom`.
    pub fn extra(&self) -> serde_json::Value {
        let mut extra = self.masked.clone();
        if !self.custom.pairs.is_empty() {
            extra["custom"] = self.custom.masked();
        }
        extra
    }

    /// Whether an agent spoke with the customer: by what is said of the dial, else by `CallType`.
    pub fn agent_answered(&self) -> bool {
        match self.dial.as_ref().filter(|dial| dial.tells()) {
            Some(dial) => dial.answered(),
            None => self.call_type.as_deref() == Some("completed"),
        }
    }
}

impl AgentDial {
    fn read(fields: &Fields) -> Option<Self> {
        let legs: Vec<_> = (0..MAX_LEGS).map_while(|i| AgentAttempt::read(fields, i)).collect();
        let status = fields.get("DialCallStatus").map(str::to_lowercase);
        let agent = fields.get("DialWhomNumber").map(mask);
        (status.is_some() || agent.is_some() || !legs.is_empty()).then_some(Self { status, agent, legs })
    }

    /// Whether how it ended is said at all.
    fn tells(&self) -> bool {
        self.status.is_some() || self.legs.iter().any(|leg| leg.on_call_s.is_some())
    }

    /// `completed` says the leg was answered; without it, seconds spoken do.
    fn answered(&self) -> bool {
        match self.status.as_deref() {
            Some("completed") => true,
            Some("busy" | "no-answer" | "failed" | "canceled" | "cancelled") => false,
            Some(_) | None => self.legs.iter().any(|leg| leg.on_call_s.is_some_and(|s| s > 0)),
        }
    }

    /// The agent who answered, else the last one tried; masked.
    pub fn whom(&self) -> Option<&str> {
        let spoke = self.legs.iter().find(|leg| leg.on_call_s.is_some_and(|s| s > 0));
        spoke.and_then(|leg| leg.agent.as_deref()).or(self.agent.as_deref())
    }
}

impl AgentAttempt {
    fn read(fields: &Fields, i: usize) -> Option<Self> {
        let prefix = format!("Legs[{i}]");
        fields.has_prefix(&prefix).then(|| Self {
            agent: fields.get(&format!("{prefix}[Number]")).map(mask),
            on_call_s: fields.seconds(&format!("{prefix}[OnCallDuration]")),
            cause: fields.get(&format!("{prefix}[CauseCode]")).map(|text| text.chars().take(60).collect()),
        })
    }
}

impl StreamFacts {
    fn read(fields: &Fields) -> Option<Self> {
        let part = |name: &str| fields.get(&format!("Stream[{name}]"));
        fields.has_prefix("Stream[").then(|| Self {
            status: part("Status").map(str::to_lowercase),
            duration_s: fields.seconds("Stream[Duration]"),
            disconnected_by: part("DisconnectedBy").map(str::to_lowercase),
            error: part("Error").map(|text| text.chars().take(200).collect()),
            detail: part("DetailedStatus").map(|text| text.chars().take(100).collect()),
            recording_url: part("RecordingUrl").filter(|url| url.starts_with("http")).map(str::to_owned),
        })
    }

    /// The stream failed before a word could be spoken. One that failed later was a conversation.
    pub fn never_opened(&self) -> bool {
        let unconnected = self.disconnected_by.as_deref().is_none_or(|who| who == "na");
        self.status.as_deref() == Some("failed") && unconnected && self.duration_s.unwrap_or(0) == 0
    }

    /// Status, side and error in one line for people.
    pub fn summary(&self) -> String {
        let parts = [&self.status, &self.disconnected_by, &self.detail, &self.error];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// Where the leg to an agent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentEvent {
    /// Exotel dials the agent.
    Dial,
    /// The agent's phone rings.
    Ringing,
    /// The agent took the call.
    Answered,
    /// The leg is over.
    Terminal,
}

impl AgentEvent {
    /// The word for records and people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dial => "dial",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Terminal => "terminal",
        }
    }
}

/// One event of the Connect applet about an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentLegEvent {
    /// Whose call.
    pub call_sid: Option<CallSid>,
    /// `None` for a word we do not know.
    pub event: Option<AgentEvent>,
    /// The agent's number, masked.
    pub agent: Option<String>,
    /// `busy` while that agent is being called or talks, `free` after.
    pub agent_state: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// All fields, masked.
    pub masked: serde_json::Value,
}

impl AgentLegEvent {
    /// Reads what is there; nothing is mandatory.
    pub fn read(fields: &Fields) -> Self {
        let event = fields.get("EventType").map(str::to_lowercase);
        Self {
            call_sid: sid_of(fields),
            event: event.as_deref().and_then(|word| match word {
                "dial" => Some(AgentEvent::Dial),
                "ringing" => Some(AgentEvent::Ringing),
                "answered" => Some(AgentEvent::Answered),
                "terminal" => Some(AgentEvent::Terminal),
                _ => None,
            }),
            agent: fields.get("DialWhomNumber").map(mask),
            agent_state: fields.get("Status").map(str::to_lowercase),
            at: fields.get("CurrentTime").and_then(time::parse),
            masked: fields.masked(),
        }
    }
}

fn sid_of(fields: &Fields) -> Option<CallSid> {
    fields.get("CallSid").and_then(|text| CallSid::parse(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &str) -> PassthruQuery {
        PassthruQuery::read(&Fields::from_query(query))
    }

    #[test]
    fn stream_facts_are_the_same_as_flat_keys_and_as_json() {
        let flat = read("Stream%5BStatus%5D=completed&Stream[Duration]=96&Stream[DisconnectedBy]=bot").stream;
        let json = read(
            "Stream=%7B%22Status%22%3A%22completed%22%2C%22Duration%22%3A%2296%22%2C%22DisconnectedBy%22%3A%22bot%22%7D",
        )
        .stream;
        assert_eq!(flat, json);
        assert_eq!(flat.expect("facts").duration_s, Some(96));
        assert_eq!(read("CallSid=abc").stream, None);
    }

    #[test]
    fn a_stream_that_broke_after_a_while_was_a_conversation() {
        let facts = |query: &str| read(query).stream.expect("facts");
        assert!(facts("Stream[Status]=failed&Stream[DisconnectedBy]=NA&Stream[Error]=3009+failed").never_opened());
        assert!(facts("Stream[Status]=failed&Stream[DisconnectedBy]=null&Stream[Duration]=0").never_opened());
        assert!(!facts("Stream[Status]=failed&Stream[Duration]=40&Stream[DisconnectedBy]=NA").never_opened());
        assert!(!facts("Stream[Status]=completed&Stream[Duration]=0&Stream[DisconnectedBy]=NA").never_opened());
    }

    #[test]
    fn the_agent_who_spoke_is_named_and_masked() {
        let dial = read(
            "DialCallStatus=completed&DialWhomNumber=09000000003&Legs[0][Number]=09000000002&Legs[0][CauseCode]=RING_TIMEOUT\
             &Legs[1][Number]=09000000003&Legs[1][OnCallDuration]=31",
        )
        .dial
        .expect("a dial");
        assert!(dial.answered());
        assert_eq!((dial.whom(), dial.legs.len()), (Some("*******0003"), 2));
        assert_eq!(dial.legs[0].cause.as_deref(), Some("RING_TIMEOUT"));
    }

    #[test]
    fn no_agent_is_an_answer_too() {
        for no in [
            "DialCallStatus=no-answer&DialWhomNumber=09000000002&CallType=completed",
            "DialWhomNumber=09000000002",
            "CallType=incomplete",
            "",
        ] {
            assert!(!read(no).agent_answered(), "{no}");
        }
        for yes in ["CallType=completed", "DialWhomNumber=09000000002&CallType=completed", "DialCallStatus=completed"] {
            assert!(read(yes).agent_answered(), "{yes}");
        }
        assert_eq!(read("DialWhomNumber=null&DialCallDuration=0").dial, None);
    }

    #[test]
    fn quoted_digits_and_the_1970_constant_are_read_as_meant() {
        let query = read("digits=%221%22&Created=Mon,+23+Nov+2026+10:15:04&EndTime=1970-01-01+05:30:00");
        assert_eq!(query.digits.as_deref(), Some("1"));
        assert_eq!(query.created, "2026-11-23T04:45:04Z".parse().ok());
    }

    proptest! {
        #[test]
        fn no_query_makes_the_reader_panic(query in "((Stream|Legs\\[0\\]\\[Number\\]|CallSid|digits|Created)=[^&]{0,20}&){0,6}\\PC{0,30}") {
            let fields = Fields::from_query(&query);
            let _ = (PassthruQuery::read(&fields), AgentLegEvent::read(&fields));
        }
    }
}
