//! What is known of one call after its end, and what must be true of it.

use serde_json::{Value, json};
use shared::sim::exotel::{CallTruth, Traffic};

use super::cast::Role;
use crate::support::{Person, World};

/// One call, as the product stored it and as the carrier and the customer lived it.
pub(super) struct Facts<'a> {
    pub(super) world: &'a World,
    pub(super) person: Person,
    /// With its history.
    pub(super) stored: Value,
    pub(super) lived: Option<&'a CallTruth>,
    pub(super) traffic: &'a [Traffic],
}

impl Facts<'_> {
    /// Everything that is not as the role says.
    pub(super) async fn against(&self, role: &Role) -> Vec<String> {
        let mut wrong = Vec::new();
        for (field, expected) in [
            ("status", json!(role.status)),
            ("failure_class", json!(role.class)),
            ("disposition", json!(role.disposition)),
        ] {
            if self.stored[field] != expected {
                wrong.push(format!("{field} is {}, not {expected}", self.stored[field]));
            }
        }
        let next = self.world.applet(self.sid(), "passthru_b");
        wrong.extend(self.must(next == role.next, &format!("passthru_b is answered {:?}, not {next:?}", role.next)));
        let placed = self.world.placed(self.person);
        wrong.extend(self.must(placed == 1, &format!("the phone rings once, not {placed} times")));
        if role.disposition.is_some() {
            wrong.extend(self.world.transcript_differences(&self.stored).await);
        }
        wrong.extend((role.also)(self));
        wrong
    }

    /// Nothing where it holds; else what does not.
    pub(super) fn must(&self, holds: bool, what: &str) -> Vec<String> {
        if holds { Vec::new() } else { vec![format!("not so: {what}")] }
    }

    /// Exotel's id; empty where no phone rang.
    pub(super) fn sid(&self) -> &str {
        self.lived.map_or("", |lived| lived.sid.as_str())
    }

    /// The last sentence was heard to its end, and the bot hung up.
    pub(super) fn heard_the_goodbye(&self) -> Vec<String> {
        let Some(lived) = self.lived else { return self.must(false, "a phone rang") };
        let last = lived.heard.last();
        let mut wrong = self.must(
            last.is_some_and(|heard| heard.complete && heard.text.contains("goodbye")),
            &format!("the goodbye is heard to its end: {last:?}"),
        );
        let by = lived.stream.as_ref().and_then(|stream| stream.disconnected_by.as_deref());
        wrong.extend(self.must(by == Some("bot"), &format!("the bot hangs up, not {by:?}")));
        wrong.extend(self.must(lived.warnings.cut_at_close_ms == 0, "nothing is cut off at the end"));
        wrong
    }

    /// No flow, no stream, no word.
    pub(super) fn nothing_but_a_ring(&self) -> Vec<String> {
        let asked = |event: &&Traffic| matches!(event, Traffic::AppletAsked { sid, .. } if sid == self.sid());
        let asked: Vec<_> = self.traffic.iter().filter(asked).collect();
        let mut wrong = self.must(asked.is_empty(), &format!("the flow does not begin: {asked:?}"));
        wrong.extend(self.must(self.lived.is_some_and(|lived| lived.stream.is_none()), "there is no stream"));
        wrong.extend(self.must(self.stored["answered_at"].is_null(), "nobody answered"));
        wrong
    }

    /// The end was told before the Passthru after the voicebot was asked. Where callbacks are
    /// lost there is nothing to compare.
    pub(super) fn told_before_passthru_b(&self) -> Vec<String> {
        let told = |event: &Traffic| matches!(event, Traffic::CallbackSent { sid, event: "terminal", .. } if sid == self.sid());
        let asked =
            |event: &Traffic| matches!(event, Traffic::AppletAsked { sid, applet: "passthru_b" } if sid == self.sid());
        let (told, asked) = (self.traffic.iter().position(told), self.traffic.iter().position(asked));
        self.must(told.is_some() && told < asked, &format!("the end is told first: {told:?}, {asked:?}"))
    }

    /// Agents were rung, and one of them took the call or none.
    pub(super) fn agents(&self, took: bool) -> Vec<String> {
        let Some(lived) = self.lived else { return self.must(false, "a phone rang") };
        let mut wrong = self.must(!lived.agents.is_empty(), "an agent is rung");
        wrong.extend(self.must(lived.transferred == took, &format!("an agent takes the call: {took}")));
        wrong.extend(self.must(self.stored["agent_transfer_time"].is_string(), "the time of the hand-over is stored"));
        wrong
    }

    /// Whoever was on the line heard nothing, and nothing is said of a conversation.
    pub(super) fn nobody_spoke(&self) -> Vec<String> {
        let mut wrong = self.must(self.stored["transcript"] == json!([]), "there is no transcript");
        let Some(lived) = self.lived else { return self.must(false, "a phone rang") };
        wrong.extend(self.must(lived.answered_at.is_some(), "somebody answered"));
        wrong.extend(self.must(lived.heard.is_empty(), &format!("nothing is heard: {:?}", lived.heard)));
        wrong
    }

    /// The agents' phones stay silent, however much one was wanted.
    pub(super) fn no_agent_is_rung(&self) -> Vec<String> {
        let mut wrong = self.must(self.lived.is_some_and(|lived| lived.agents.is_empty()), "no agent is rung");
        wrong.extend(self.must(self.stored["agent_transfer_time"].is_string(), "the time of the wish is stored"));
        wrong
    }

    /// The carrier was asked so often for the one call.
    pub(super) fn asked(&self, times: usize) -> Vec<String> {
        let asked = self.world.asked(self.person);
        self.must(asked == times, &format!("the carrier is asked {times} times, not {asked}"))
    }

    /// One report of that source ended the call.
    pub(super) fn ended_by(&self, source: &str) -> Vec<String> {
        let ends = |update: &&Value| update["applied"] == true && update["status"] == self.stored["status"];
        let ends: Vec<_> = self.stored["updates"].as_array().into_iter().flatten().filter(ends).collect();
        self.must(ends.len() == 1 && ends[0]["source"] == source, &format!("{source} ends the call once: {ends:?}"))
    }

    /// However long a sentence: little is sent ahead, and in pieces.
    pub(super) fn never_too_much_at_once(&self) -> Vec<String> {
        let Some(lived) = self.lived else { return self.must(false, "a phone rang") };
        let longest = lived.heard.iter().map(|heard| heard.end_ms - heard.start_ms).max().unwrap_or(0);
        let warnings = &lived.warnings;
        let mut wrong = self.must(longest > 10_000, &format!("one sentence is very long, not {longest} ms"));
        wrong.extend(self.must(warnings.flooded + warnings.oversized + warnings.gaps == 0, &format!("{warnings:?}")));
        wrong
    }
}
