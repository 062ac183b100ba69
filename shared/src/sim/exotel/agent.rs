//! The Connect applet: whom it dials, and what those people do (exotel.md 6).

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::choices::AgentConduct;
use super::engine::Call;
use super::flow::Applets;
use super::truth::AgentTruth;

/// Numbers a Connect answer may hold.
const MOST_AGENTS: usize = 10;

/// The attempts of one Connect applet.
pub(super) struct Dialled {
    attempts: Vec<AgentTruth>,
    conduct: AgentConduct,
}

/// Asks whom to dial and dials one after the other until somebody answers.
pub(super) async fn connect(call: &Call, url: &str, deadline: Instant) -> Dialled {
    let applets = Applets::new(call);
    let conduct = call.switches().agent;
    let mut dialled = Dialled { attempts: Vec::new(), conduct };
    // Whatever is wrong with the answer: nobody is dialled.
    let plan = applets.connect(url).await.unwrap_or_default();
    let numbers = plan["destination"]["numbers"].as_array().cloned().unwrap_or_default();
    for number in numbers.iter().filter_map(Value::as_str).take(MOST_AGENTS) {
        let attempt = ring(call, number, &plan, deadline).await;
        let answered = attempt.answered;
        dialled.attempts.push(attempt);
        if answered {
            break;
        }
    }
    dialled
}

async fn ring(call: &Call, number: &str, plan: &Value, deadline: Instant) -> AgentTruth {
    let applets = Applets::new(call);
    let events = plan["dial_passthru_event_url"].as_str();
    let tell = async |event: &str| {
        if let Some(url) = events {
            applets.agent_leg(url, number, event).await;
        }
    };
    let switches = call.switches();
    let answered = switches.agent == AgentConduct::Answers;
    let limit = |key: &str, ms: u64| plan[key].as_u64().map_or(ms, |seconds| ms.min(seconds * 1_000));
    tell("Dial").await;
    tell("Ringing").await;
    sleep(switches.wait(limit("max_ringing_duration", switches.agent_ring_ms))).await;
    let index = note(call, AgentTruth { number: number.to_owned(), answered, talk_ms: 0 });
    let mut talk_ms = 0;
    if answered {
        tell("Answered").await;
        let left = deadline.saturating_duration_since(Instant::now());
        let talk = switches.wait(limit("max_conversation_duration", switches.agent_talk_ms)).min(left);
        sleep(talk).await;
        talk_ms = u64::try_from(talk.as_millis()).unwrap_or(u64::MAX);
        call.amend(|truth| truth.agents[index].talk_ms = talk_ms);
    }
    tell("Terminal").await;
    AgentTruth { number: number.to_owned(), answered, talk_ms }
}

/// Adds an attempt to the call's truth; answers its place.
fn note(call: &Call, attempt: AgentTruth) -> usize {
    let mut index = 0;
    call.amend(|truth| {
        truth.transferred |= attempt.answered;
        index = truth.agents.len();
        truth.agents.push(attempt);
    });
    index
}

impl Dialled {
    /// Somebody took the call.
    pub(super) fn answered(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.answered)
    }

    /// What the Passthru after Connect adds.
    pub(super) fn fields(&self, exophone: &str) -> Vec<(String, String)> {
        let Some(last) = self.attempts.last() else {
            return vec![("DialCallStatus".to_owned(), "no-answer".to_owned())];
        };
        let (status, cause, code) = match self.conduct {
            AgentConduct::Answers => ("completed", "16", "NORMAL_CLEARING"),
            AgentConduct::Busy => ("busy", "17", "USER_BUSY"),
            AgentConduct::NoAnswer => ("no-answer", "1003", "RING_TIMEOUT"),
            AgentConduct::Failed => ("failed", "1", "UNALLOCATED_NUMBER"),
        };
        let mut fields = vec![
            ("DialCallStatus".to_owned(), status.to_owned()),
            ("DialWhomNumber".to_owned(), last.number.clone()),
            ("DialCallDuration".to_owned(), (last.talk_ms / 1_000).to_string()),
            ("OutgoingPhoneNumber".to_owned(), exophone.to_owned()),
        ];
        for (index, attempt) in self.attempts.iter().enumerate() {
            let leg = [
                ("Number", attempt.number.clone()),
                ("Type", "single".to_owned()),
                ("OnCallDuration", (attempt.talk_ms / 1_000).to_string()),
                ("CauseCode", code.to_owned()),
                ("Cause", cause.to_owned()),
            ];
            fields.extend(leg.map(|(key, value)| (format!("Legs[{index}][{key}]"), value)));
        }
        if last.answered {
            let recording = format!("https://recordings.example.test/agent/{}.mp3", last.talk_ms);
            fields.push(("RecordingUrl".to_owned(), recording));
        }
        fields
    }
}
