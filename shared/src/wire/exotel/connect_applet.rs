//! Our answers to the applets that ask where to go: the Connect applet ("whom shall I dial?") and
//! the Voicebot applet ("which socket?") (exotel.md 5.1, 6).

use serde::Serialize;

/// Exotel reads the whole address of a stream up to this length, exclusively (exotel.md 1.2).
pub const MAX_STREAM_URL: usize = 600;

/// Agents tried for one hand-over; an integrator reports five as Exotel's own limit.
const MAX_AGENTS: usize = 5;
/// The whisper is spoken before the two are joined: a few seconds.
const MAX_WHISPER_CHARS: usize = 160;

/// `{"url": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamAddress {
    /// `wss://…`, shorter than [`MAX_STREAM_URL`].
    pub url: String,
}

/// The answer to a Connect applet with a dynamic address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectAnswer {
    fetch_after_attempt: bool,
    destination: Destination,
    #[serde(flatten)]
    ring: Option<Ring>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Destination {
    numbers: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Ring {
    record: bool,
    recording_channels: &'static str,
    max_ringing_duration: u32,
    max_conversation_duration: u32,
    music_on_hold: Music,
    start_call_playback: Playback,
    parallel_ringing: Parallel,
    dial_passthru_event_url: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Music {
    r#type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Playback {
    playback_to: &'static str,
    r#type: &'static str,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Parallel {
    activate: bool,
    max_parallel_attempts: u8,
}

/// How agents are rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringing {
    /// E.164 or `0`-prefixed, tried in this order.
    pub numbers: Vec<String>,
    /// Spoken to the agent only, before the two are joined. Never an amount.
    pub whisper: String,
    /// Where Exotel reports each agent's leg.
    pub event_url: String,
    /// Seconds each agent's phone may ring.
    pub ring_s: u32,
    /// Seconds the two may talk.
    pub talk_s: u32,
}

impl ConnectAnswer {
    /// Dial nobody: Exotel takes the applet's other exit.
    pub fn nobody() -> Self {
        Self { fetch_after_attempt: false, destination: Destination { numbers: Vec::new() }, ring: None }
    }

    /// Ring these, one after the other.
    pub fn ring(ringing: Ringing) -> Self {
        let mut answer = Self::nobody();
        answer.destination.numbers = ringing.numbers.into_iter().take(MAX_AGENTS).collect();
        answer.ring = Some(Ring {
            record: true,
            recording_channels: "dual",
            max_ringing_duration: ringing.ring_s,
            max_conversation_duration: ringing.talk_s,
            music_on_hold: Music { r#type: "operator_tone" },
            start_call_playback: Playback {
                playback_to: "callee",
                r#type: "text",
                value: ringing.whisper.chars().take(MAX_WHISPER_CHARS).collect(),
            },
            parallel_ringing: Parallel { activate: false, max_parallel_attempts: 1 },
            dial_passthru_event_url: ringing.event_url,
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_answer_has_exotels_own_shape() {
        let answer = ConnectAnswer::ring(Ringing {
            numbers: vec!["+919000000002".to_owned()],
            whisper: "Loan reminder, Hindi.".to_owned(),
            event_url: "https://api.example.test/agent-leg?k=secret".to_owned(),
            ring_s: 30,
            talk_s: 1800,
        });
        assert_eq!(
            serde_json::to_value(answer).expect("serialises"),
            json!({
                "fetch_after_attempt": false,
                "destination": {"numbers": ["+919000000002"]},
                "record": true, "recording_channels": "dual",
                "max_ringing_duration": 30, "max_conversation_duration": 1800,
                "music_on_hold": {"type": "operator_tone"},
                "start_call_playback": {"playback_to": "callee", "type": "text", "value": "Loan reminder, Hindi."},
                "parallel_ringing": {"activate": false, "max_parallel_attempts": 1},
                "dial_passthru_event_url": "https://api.example.test/agent-leg?k=secret",
            })
        );
    }

    #[test]
    fn nobody_is_an_empty_list() {
        let answer = serde_json::to_value(ConnectAnswer::nobody()).expect("serialises");
        assert_eq!(answer, json!({"fetch_after_attempt": false, "destination": {"numbers": []}}));
    }
}
