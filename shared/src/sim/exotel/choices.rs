//! The words switches are set with: one type per question that has more answers than yes and no.

use serde::{Deserialize, Serialize};

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
    /// No phone rings, and yet a terminal callback says `failed` (exotel.md 8.2).
    #[serde(default)]
    pub reported: bool,
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

/// After a Passthru whose answer is unusable, or does not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum PassthruOther {
    BranchA,
    BranchB,
    HangUp,
}

/// The applets that ask an address of ours and go on with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum Applet {
    PassthruA,
    PassthruB,
    PassthruC,
    VoicebotUrl,
    Connect,
}

impl Applet {
    /// As it stands in the log.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::PassthruA => "passthru_a",
            Self::PassthruB => "passthru_b",
            Self::PassthruC => "passthru_c",
            Self::VoicebotUrl => "voicebot_url",
            Self::Connect => "connect",
        }
    }
}

/// What goes wrong between one applet and the address it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mishap {
    /// Whose request.
    pub applet: Applet,
    /// Something in front of the address answers with this status; the request gets no further.
    #[serde(default)]
    pub answered: Option<u16>,
    /// The answer is so much longer under way.
    #[serde(default)]
    pub late_ms: u64,
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

impl Stall {
    /// Whether it goes on at that time of the stream.
    pub(super) fn holds(self, at_ms: u64) -> bool {
        (self.at_ms..self.at_ms + self.for_ms).contains(&at_ms)
    }
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

/// Spelling of `start.media_format` (exotel.md 5.2), with a rate of 8,000 for example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFormat {
    /// `raw`, `8000`, `128`.
    Raw,
    /// `audio/x-raw`, `8000`, `16`.
    Bits16,
    /// `audio/x-raw`, `8000Hz`, `128kbps`.
    WithUnits,
    /// `base64`, `8000`, `128`.
    Base64,
    /// All three empty.
    Blank,
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
