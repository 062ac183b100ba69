//! What the simulated carrier does where the real one's behaviour is a choice, a fault or our guess.
//!
//! The defaults are the documented behaviour (exotel.md 8.3); every guess is a field.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The behaviour of one call (or of all, as defaults). Durations are milliseconds of tokio's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// How long the connect request takes. 40 000 outlasts every sensible client; the call is
    /// placed all the same.
    pub connect_latency_ms: u64,
    /// Answer the connect request with this instead of 200.
    pub refuse: Option<Refusal>,
    /// The customer has answered (and the flow runs) before the connect request is answered.
    pub answer_before_response: bool,
    /// A `CustomField` above 128 characters is cut instead of refused.
    pub cut_long_custom_field: bool,
    /// Ringing before the customer answers.
    pub ring_ms: u64,
    /// Before the operator says busy, dead number or cancelled.
    pub refuse_ring_ms: u64,
    /// Ringing until "no answer"; without it the request's `TimeOut` (30 s where absent).
    pub no_answer_ms: Option<u64>,
    /// Shape of the customer's number in everything we send.
    pub number_shape: NumberShape,
    /// The ExoPhone stands in `CallFrom`/`start.from` and the customer in `CallTo`/`start.to`.
    pub swap_from_to: bool,

    /// Fields of the status callbacks.
    pub callback_fields: CallbackFields,
    /// Body of the status callbacks.
    pub callback_body: CallbackBody,
    /// From the end of the call to the terminal callback.
    pub callback_delay_ms: u64,
    /// How often each callback is sent: 0 loses it, 2 duplicates it.
    pub callback_copies: u32,
    /// Copies leave at the same time instead of one after the other.
    pub callback_parallel: bool,
    /// `answered` is delivered only after `terminal` (extended fields only).
    pub answered_after_terminal: bool,
    /// Waits before further tries after a non-2xx answer or a timeout.
    pub callback_retry_ms: Vec<u64>,
    /// How long a callback waits for its answer.
    pub callback_timeout_ms: u64,
    /// `RecordingUrl` where nothing was recorded.
    pub missing_recording: MissingRecording,
    /// From the end of the call until `Duration`, `Price` and `EndTime` stand in the details.
    pub settle_ms: u64,

    /// Calls in the list are wrapped, `{"Call": {...}}`. Follows the defaults, not a call's own.
    pub list_wraps_calls: bool,

    /// Every Passthru is preceded by a HEAD request to the same address.
    pub head_before_get: bool,
    /// How long a Passthru waits for its answer.
    pub passthru_timeout_ms: u64,
    /// What follows a Passthru answered with neither 200 nor 302, or not at all.
    pub passthru_other: PassthruOther,
    /// Passthru A is sent twice.
    pub passthru_a_twice: bool,
    /// From the end of the stream to Passthru B.
    pub passthru_b_delay_ms: u64,
    /// How often Passthru B is sent: 0 omits it (branch B follows), 2 duplicates it.
    pub passthru_b_copies: u32,
    /// The call ends and its terminal callback goes out before Passthru B is sent.
    pub passthru_b_after_end: bool,
    /// Passthru B carries `Stream[RecordingUrl]`.
    pub stream_recording: bool,
    /// Passthru B carries one JSON key `Stream` instead of flat `Stream[...]` keys.
    pub stream_report_as_json: bool,

    /// How the dynamic Voicebot address is asked for.
    pub voicebot_request: VoicebotRequest,
    /// How long a WebSocket handshake may take.
    pub handshake_ms: u64,
    /// Further tries after a failed handshake.
    pub handshake_retries: u32,
    /// The stream can not be opened at all (`3009 failed to establish ws conn`).
    pub refuse_stream: bool,
    /// The longest stream.
    pub stream_limit_ms: u64,
    /// Length of one inbound media message; a multiple of 20.
    pub media_ms: u64,
    /// Nothing is sent for a while, then everything at once.
    pub stall: Option<Stall>,
    /// Silence is noise at about -60 dBFS instead of zeros.
    pub line_noise: bool,
    /// The bot's own voice comes back.
    pub echo: Option<Echo>,
    /// Sequence numbers, chunks and timestamps are JSON integers instead of strings.
    pub integers: bool,
    /// How `start.media_format` is written.
    pub media_format: MediaFormat,
    /// `sample-rate` counts as a custom parameter and stands among them in `start`.
    pub sample_rate_is_parameter: bool,
    /// WebSocket close code when the customer hangs up or time is up.
    pub hang_up_code: u16,
    /// A customer who hangs up cuts the TCP connection: no `stop`, no close frame (1006).
    pub cut_on_hang_up: bool,
    /// Cut the TCP connection so long after the start of the stream, the customer still there.
    pub cut_stream_after_ms: Option<u64>,
    /// Marks waiting at `clear` come back at once instead of being dropped.
    pub return_cleared_marks: bool,
    /// A media message above 100 000 bytes ends the stream.
    pub drop_oversized: bool,
    /// More than 30 s of queued audio ends the stream 4 s later.
    pub drop_flooded: bool,

    /// What the agents dialled by the Connect applet do.
    pub agent: AgentConduct,
    /// Ringing of an agent's phone.
    pub agent_ring_ms: u64,
    /// How long customer and agent talk.
    pub agent_talk_ms: u64,

    /// The caller's pause after the bot fell silent before answering it.
    pub reply_pause_ms: u64,
    /// A talking caller hangs up after so much silence.
    pub patience_ms: u64,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            connect_latency_ms: 700,
            refuse: None,
            answer_before_response: false,
            cut_long_custom_field: false,
            ring_ms: 3_000,
            refuse_ring_ms: 1_500,
            no_answer_ms: None,
            number_shape: NumberShape::LeadingZero,
            swap_from_to: false,
            callback_fields: CallbackFields::Plain,
            callback_body: CallbackBody::AsAsked,
            callback_delay_ms: 2_000,
            callback_copies: 1,
            callback_parallel: false,
            answered_after_terminal: false,
            callback_retry_ms: vec![300_000, 900_000],
            callback_timeout_ms: 15_000,
            missing_recording: MissingRecording::Absent,
            settle_ms: 120_000,
            list_wraps_calls: false,
            head_before_get: false,
            passthru_timeout_ms: 5_000,
            passthru_other: PassthruOther::BranchB,
            passthru_a_twice: false,
            passthru_b_delay_ms: 0,
            passthru_b_copies: 1,
            passthru_b_after_end: false,
            stream_recording: false,
            stream_report_as_json: false,
            voicebot_request: VoicebotRequest::Get,
            handshake_ms: 10_000,
            handshake_retries: 1,
            refuse_stream: false,
            stream_limit_ms: 3_600_000,
            media_ms: 20,
            stall: None,
            line_noise: false,
            echo: None,
            integers: false,
            media_format: MediaFormat::Raw,
            sample_rate_is_parameter: false,
            hang_up_code: 1_000,
            cut_on_hang_up: false,
            cut_stream_after_ms: None,
            return_cleared_marks: false,
            drop_oversized: false,
            drop_flooded: false,
            agent: AgentConduct::Answers,
            agent_ring_ms: 2_000,
            agent_talk_ms: 5_000,
            reply_pause_ms: 1_000,
            patience_ms: 20_000,
        }
    }
}

impl Switches {
    /// These switches with the fields of a JSON object laid over them. The error names the field
    /// that does not exist or does not fit.
    pub fn patched(&self, patch: &Value) -> Result<Self, String> {
        if patch.is_null() {
            return Ok(self.clone());
        }
        let fields = patch.as_object().ok_or("switches are a JSON object")?;
        let mut whole = serde_json::to_value(self).map_err(|e| e.to_string())?;
        if let Value::Object(all) = &mut whole {
            all.extend(fields.clone());
        }
        serde_json::from_value(whole).map_err(|e| e.to_string())
    }
}

/// A connect request answered with something else than 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The `Retry-After` header, in seconds.
    #[serde(default)]
    pub retry_after_s: Option<u32>,
    /// What the body is.
    #[serde(default)]
    pub body: RefusalBody,
    /// The call is placed all the same (the 504 that dials).
    #[serde(default)]
    pub placed: bool,
}

/// Body of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum RefusalBody {
    #[default]
    Json,
    Xml,
    Html,
    Empty,
}

/// How the customer's number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberShape {
    /// `0` and ten digits.
    LeadingZero,
    /// `+91` and ten digits.
    E164,
    /// Ten digits.
    Bare,
}

/// Which fields and events a flow call's callbacks have (exotel.md 12.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackFields {
    /// Four fields, terminal only.
    Plain,
    /// All fields with `CustomField` and legs; `answered` and `ringing` where asked for.
    Extended,
}

/// Body of a status callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackBody {
    /// JSON where the request asked for it, else multipart.
    AsAsked,
    /// Always multipart.
    Multipart,
    /// Always urlencoded.
    Urlencoded,
    /// Nothing at all.
    Empty,
}

/// `RecordingUrl` of a call without recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum MissingRecording {
    Absent,
    Empty,
    NullText,
}

/// After an unusable Passthru answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum PassthruOther {
    BranchA,
    BranchB,
    HangUp,
}

/// The request for the dynamic Voicebot address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoicebotRequest {
    /// GET with `CallSid` and its like in the query.
    Get,
    /// GET without any parameter of the call.
    BareGet,
    /// POST with the parameters as a form.
    Post,
}

/// A pause of the inbound media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// From the start of the stream.
    pub at_ms: u64,
    /// How long nothing is sent.
    pub for_ms: u64,
}

/// The bot's voice as the caller's telephone sends it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// From playing to its return; rounded to 20 ms.
    pub delay_ms: u64,
    /// How much quieter it is, in decibels.
    pub quieter_db: u8,
}

/// Spelling of `start.media_format` (exotel.md 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFormat {
    /// `raw`, `8000`, `128`.
    Raw,
    /// `audio/x-raw`, `8000Hz`, `128kbps`.
    WithUnits,
    /// No such object.
    Absent,
}

/// What every agent's phone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum AgentConduct {
    Answers,
    Busy,
    NoAnswer,
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_its_fields_only() {
        let patched =
            Switches::default().patched(&json!({"ring_ms": 5, "refuse": {"status": 504, "placed": true}})).unwrap();
        assert_eq!(patched.ring_ms, 5);
        assert!(patched.refuse.unwrap().placed);
        assert_eq!(patched.settle_ms, 120_000);
    }

    #[test]
    fn a_patch_with_an_unknown_field_names_it() {
        let error = Switches::default().patched(&json!({"ringms": 5})).unwrap_err();
        assert!(error.contains("ringms"), "{error}");
    }
}
