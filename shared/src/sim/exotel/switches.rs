//! What the simulated carrier does where the real one's behaviour is a choice, a fault or our guess.
//!
//! The defaults are the documented behaviour (exotel.md 8.3); every guess is a field.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::choices::{
    AgentConduct, CallbackBody, CallbackFields, Echo, MediaFormat, Mishap, MissingRecording, NumberShape,
    PassthruOther, Refusal, Stall, VoicebotRequest,
};
use super::delay::Delay;

/// The behaviour of one call (or of all, as defaults). Durations are milliseconds of the carrier's
/// clock: tokio's, `clock_speed` times as fast. Audio always lasts as long as it sounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// How much faster than in life ringing, callbacks, retries, the request's `TimeOut` and
    /// `TimeLimit`, the longest stream, agents and the minute of the rate limit are. Not: how long an
    /// answer of ours is waited for.
    pub clock_speed: u32,
    /// Requests of the account per sliding minute before 429. Follows the defaults, not a call's own.
    pub requests_per_minute: usize,
    /// Reading (details, list, streams) counts as well and is refused above the rate (exotel.md 1.7).
    /// Follows the defaults, not a call's own.
    pub reads_share_limit: bool,
    /// How long the connect request takes: a number, or a draw. 40 000 outlasts every sensible
    /// client; the call is placed all the same.
    pub connect_latency_ms: Delay,
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
    /// Answered calls are recorded, whatever the request asked for.
    pub recorded: bool,
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
    /// What follows a Passthru answered with neither 200 nor 302.
    pub passthru_other: PassthruOther,
    /// What follows a Passthru not answered in time, or not at all.
    pub passthru_silent: PassthruOther,
    /// What goes wrong with the request of one applet of the flow.
    pub mishap: Option<Mishap>,
    /// Passthru A is drawn as async: the flow goes on at once, and the request leaves so much later.
    pub passthru_a_async_ms: Option<u64>,
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
    /// How long the dynamic Voicebot address is waited for.
    pub voicebot_url_timeout_ms: u64,
    /// A flow that gets no such address hangs up, instead of going on as after a failed stream.
    pub hang_up_without_address: bool,
    /// The requests of the Voicebot and Connect applets carry `CustomField`, as Passthru's do.
    pub custom_field_for_applets: bool,
    /// Streams open at once, of all calls, before this call's fails as throttled.
    pub stream_ceiling: usize,
    /// How long a WebSocket handshake may take.
    pub handshake_ms: u64,
    /// Further tries after a failed handshake.
    pub handshake_retries: u32,
    /// So many handshakes of a stream count as failed although the bot answers them.
    pub lost_handshakes: u32,
    /// The stream can not be opened at all (`3009 failed to establish ws conn`).
    pub refuse_stream: bool,
    /// The longest stream.
    pub stream_limit_ms: u64,
    /// Samples per second both ways: 8000, 16000 or 24000. Without it what the address asks for
    /// with `sample-rate`, else 8000.
    pub sample_rate: Option<u32>,
    /// Length of one inbound media message; a multiple of 20.
    pub media_ms: u64,
    /// Each inbound message is late by up to this much; their order stays.
    pub jitter_ms: u64,
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
    /// A stream whose connection is lost while the customer is there is opened once more.
    pub reconnects: bool,
    /// The bot's pings are answered.
    pub answers_pings: bool,
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
            clock_speed: 1,
            requests_per_minute: 200,
            reads_share_limit: false,
            // About 0.7 s in the mean and 30 s at worst (exotel.md 1.3).
            connect_latency_ms: Delay::Drawn { p50_ms: 660, p95_ms: 1_100, most_ms: 30_000 },
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
            recorded: false,
            missing_recording: MissingRecording::Absent,
            settle_ms: 120_000,
            list_wraps_calls: false,
            head_before_get: false,
            passthru_timeout_ms: 5_000,
            passthru_other: PassthruOther::BranchB,
            passthru_silent: PassthruOther::BranchB,
            mishap: None,
            passthru_a_async_ms: None,
            passthru_a_twice: false,
            passthru_b_delay_ms: 0,
            passthru_b_copies: 1,
            passthru_b_after_end: false,
            stream_recording: false,
            stream_report_as_json: false,
            voicebot_request: VoicebotRequest::Get,
            voicebot_url_timeout_ms: 10_000,
            hang_up_without_address: false,
            custom_field_for_applets: true,
            stream_ceiling: 100,
            handshake_ms: 10_000,
            handshake_retries: 1,
            lost_handshakes: 0,
            refuse_stream: false,
            stream_limit_ms: 3_600_000,
            sample_rate: None,
            media_ms: 20,
            jitter_ms: 0,
            stall: None,
            line_noise: false,
            echo: None,
            integers: false,
            media_format: MediaFormat::Raw,
            sample_rate_is_parameter: false,
            hang_up_code: 1_000,
            cut_on_hang_up: false,
            cut_stream_after_ms: None,
            reconnects: false,
            answers_pings: true,
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
        let patched: Self = serde_json::from_value(whole).map_err(|e| e.to_string())?;
        patched.checked()
    }

    fn checked(self) -> Result<Self, String> {
        if self.clock_speed == 0 {
            return Err("clock_speed must be 1 or more".to_owned());
        }
        if self.sample_rate.is_some_and(|rate| !matches!(rate, 8_000 | 16_000 | 24_000)) {
            return Err("sample_rate must be 8000, 16000 or 24000".to_owned());
        }
        Ok(self)
    }

    /// So many milliseconds of the carrier's clock, in tokio's.
    pub(super) fn wait(&self, ms: u64) -> Duration {
        self.scaled(Duration::from_millis(ms))
    }

    /// A time of the carrier's clock, in tokio's.
    pub(super) fn scaled(&self, time: Duration) -> Duration {
        time / self.clock_speed.max(1)
    }
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
    fn a_patch_that_does_not_fit_names_the_field() {
        for (patch, named) in [
            (json!({"ringms": 5}), "ringms"),
            (json!({"clock_speed": 0}), "clock_speed"),
            (json!({"sample_rate": 44_100}), "sample_rate"),
        ] {
            let error = Switches::default().patched(&patch).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_faster_clock_shortens_every_wait() {
        let switches = Switches::default().patched(&json!({"clock_speed": 60})).unwrap();
        assert_eq!(switches.wait(60_000), Duration::from_secs(1));
    }
}
