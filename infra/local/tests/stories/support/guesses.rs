//! What nobody knows of the real carrier (exotel.md 12, and every mark `[G]` and `[D2]` that became
//! a switch): each guess by its name, with the switches that make it the other way.
//!
//! How both values of every guess are tried without telling all stories sixty times:
//!
//! - every story that places a call is told twice: with all guesses as they are, and with all of
//!   them the other way ([`Lens::Otherwise`]); the scenarios also with the third value of those that
//!   have three answers ([`Lens::Third`]);
//! - each guess **alone** is turned over the roles of the scenarios that it can touch, all of them
//!   in one campaign on one product;
//! - what nothing of ours can react to is not told at all ([`IMMATERIAL`]).

use serde_json::{Value, json};

/// The part of a call a guess is about: which roles it can touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// How the end of a call is told.
    Ends,
    /// What is read of calls nobody told us of.
    Reads,
    /// What the flow asks, and where it goes on.
    Flow,
    /// Where it goes on after a Passthru that is not answered as it should be.
    Passthru,
    /// The address of the socket, where it comes late.
    Address,
    /// Opening the socket, where that fails at first.
    Handshake,
    /// What goes over the stream.
    Stream,
}

/// One guess turned.
pub(crate) struct Guess {
    pub(crate) name: &'static str,
    pub(crate) part: Part,
    pub(crate) switches: fn() -> Value,
}

macro_rules! guesses {
    ($($part:ident: { $($name:literal => $switches:tt)+ })+) => {
        [$($(Guess { name: $name, part: Part::$part, switches: || json!($switches) }),+),+]
    };
}

/// Each guess alone; the numbers are those of exotel.md 12.
pub(crate) const GUESSES: [Guess; 37] = guesses! {
    Ends: {
        "1: events and CustomField for flow calls" => {"callback_fields": "extended"}
        "callbacks as multipart" => {"callback_body": "multipart"}
        "callbacks as a form" => {"callback_body": "urlencoded"}
        "empty callbacks" => {"callback_body": "empty"}
        "callbacks at once" => {"callback_delay_ms": 0}
        "no recording is empty" => {"missing_recording": "empty"}
        "no recording is the word null" => {"missing_recording": "null_text"}
        "11: everything is recorded" => {"recorded": true, "stream_recording": true}
        "numbers as E.164" => {"number_shape": "e164"}
        "numbers as ten digits" => {"number_shape": "bare"}
    }
    Reads: {
        "calls in the list are wrapped" => {"list_wraps_calls": true}
        "reading counts against the rate" =>
            {"reads_share_limit": true, "requests_per_minute": 4, "clock_speed": 10}
    }
    Flow: {
        "2: HEAD before every Passthru" => {"head_before_get": true}
        "3: the socket is asked for by POST" => {"voicebot_request": "post"}
        "3: the socket is asked for without a word" => {"voicebot_request": "bare_get"}
        "3: applets without CustomField" => {"custom_field_for_applets": false}
        "4: the customer is the called one" => {"swap_from_to": true}
        "the stream's report is JSON" => {"stream_report_as_json": true}
    }
    Passthru: {
        "2: a Passthru that fails hangs up" => {"passthru_other": "hang_up", "passthru_silent": "hang_up"}
        "2: a Passthru that fails goes on" => {"passthru_other": "branch_a", "passthru_silent": "branch_a"}
        "2: a Passthru waits for 15 s" => {"passthru_timeout_ms": 15_000}
    }
    Address: {
        "3: the socket's address is waited for 3 s" => {"voicebot_url_timeout_ms": 3_000}
        "3: without the socket's address the flow hangs up" =>
            {"voicebot_url_timeout_ms": 3_000, "hang_up_without_address": true}
    }
    Handshake: {
        "a handshake is tried once" => {"handshake_retries": 0}
    }
    Stream: {
        "4: cleared marks come back" => {"return_cleared_marks": true}
        "4: media_format with 16 bits" => {"media_format": "bits16"}
        "4: media_format with units" => {"media_format": "with_units"}
        "4: media_format is base64" => {"media_format": "base64"}
        "4: media_format is blank" => {"media_format": "blank"}
        "4: media_format is absent" => {"media_format": "absent"}
        "5: a hang-up is a cut" => {"cut_on_hang_up": true}
        "5: a hang-up closes with 1001" => {"hang_up_code": 1001}
        "numbers as integers, large and uneven messages" => {"integers": true, "media_ms": 100, "jitter_ms": 60}
        "a stream of 16 kHz" => {"sample_rate": 16_000}
        "too much at once is punished" => {"drop_oversized": true, "drop_flooded": true}
        "the bot's voice comes back, on a line with noise" =>
            {"echo": {"delay_ms": 160, "quieter_db": 20}, "line_noise": true}
        "a stream of 24 kHz" => {"sample_rate": 24_000}
    }
};

/// The switches of guesses that nothing of ours can react to, and why: a story told under them would
/// only look like a proof.
pub(crate) const IMMATERIAL: [(&str, &str); 3] = [
    ("answers_pings", "5: the voicebot never pings the carrier, and does not look at pongs"),
    ("sample_rate_is_parameter", "6: the addresses we give out ask for no sample rate"),
    ("cut_long_custom_field", "7: ours is one name and one id, 49 of 128 characters, all of them ASCII"),
];

/// How all guesses stand while a story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lens {
    /// As the simulator has them.
    Default,
    /// Every one the other way.
    Otherwise,
    /// Those with three answers the third way.
    Third,
    /// One the other way: its place in [`GUESSES`].
    Only(usize),
}

impl Lens {
    /// The switches of it.
    pub(crate) fn switches(self) -> Value {
        match self {
            Self::Default => json!({}),
            Self::Otherwise => otherwise(),
            Self::Third => json!({
                "callback_body": "urlencoded", "voicebot_request": "bare_get", "media_format": "absent",
                "number_shape": "bare", "missing_recording": "empty", "hang_up_code": 1001,
                "passthru_other": "hang_up", "passthru_silent": "hang_up",
                "voicebot_url_timeout_ms": 3_000, "hang_up_without_address": true,
            }),
            Self::Only(place) => (GUESSES[place].switches)(),
        }
    }
}

fn otherwise() -> Value {
    json!({
        "callback_fields": "extended", "callback_body": "multipart", "missing_recording": "null_text",
        "recorded": true, "stream_recording": true, "list_wraps_calls": true, "number_shape": "e164",
        "swap_from_to": true,
        "head_before_get": true, "passthru_other": "branch_a", "passthru_silent": "branch_a",
        "passthru_timeout_ms": 15_000, "voicebot_request": "post", "voicebot_url_timeout_ms": 3_000,
        "custom_field_for_applets": false, "stream_report_as_json": true, "handshake_retries": 0,
        "return_cleared_marks": true, "media_format": "with_units", "reconnects": true, "cut_on_hang_up": true,
        "integers": true, "media_ms": 100, "jitter_ms": 60, "sample_rate": 16_000, "drop_oversized": true,
        "drop_flooded": true,
    })
}
