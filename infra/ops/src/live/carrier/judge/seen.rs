//! The events, by kind.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::live::carrier::log::{Entry, Event};

/// Everything that was seen.
pub(super) struct Seen<'a> {
    pub(super) events: &'a [Entry],
}

/// One request.
pub(super) struct Asked<'a> {
    pub(super) at: Duration,
    pub(super) method: &'a str,
    pub(super) fields: &'a [(String, String)],
    pub(super) content_type: &'a str,
}

impl<'a> Asked<'a> {
    pub(super) fn field(&self, name: &str) -> Option<&'a str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl<'a> Seen<'a> {
    pub(super) fn requests(&self, wanted: &str) -> Vec<Asked<'a>> {
        let of = |(at, event): &'a Entry| match event {
            Event::Request { applet, method, fields, content_type, .. } if *applet == wanted => {
                Some(Asked { at: *at, method, fields, content_type })
            }
            _ => None,
        };
        self.events.iter().filter_map(of).collect()
    }

    /// Those that are no HEAD.
    pub(super) fn asked(&self, wanted: &str) -> Vec<Asked<'a>> {
        self.requests(wanted).into_iter().filter(|asked| asked.method != "HEAD").collect()
    }

    /// The reports of the call's end.
    pub(super) fn terminal_reports(&self) -> Vec<Asked<'a>> {
        let is_last = |asked: &Asked<'_>| !matches!(asked.field("EventType"), Some("answered" | "ringing"));
        self.asked("callback").into_iter().filter(is_last).collect()
    }

    pub(super) fn said(&self, wanted: &'static str) -> impl Iterator<Item = (Duration, &'a Value)> + use<'a> {
        self.events.iter().filter_map(move |(at, event)| match event {
            Event::Said(message) if message["event"] == wanted => Some((*at, message)),
            _ => None,
        })
    }

    pub(super) fn time_of(&self, holds: impl Fn(&Event) -> bool) -> Option<Duration> {
        self.events.iter().find(|(_, event)| holds(event)).map(|(at, _)| *at)
    }

    /// The times at which the stream was asked for.
    pub(super) fn handshakes(&self) -> Vec<Duration> {
        let asked = |(at, event): &Entry| matches!(event, Event::Handshake { .. }).then_some(*at);
        self.events.iter().filter_map(asked).collect()
    }

    /// Whether nobody was on the line any more when that Passthru came.
    pub(super) fn customer_gone(&self, passthru: &Asked<'_>) -> bool {
        passthru.field("CallType") == Some("client-hangup") || self.said("stop").next().is_some()
    }

    /// How the other side ended the stream: its close code, none where it was cut.
    pub(super) fn stream_ended(&self) -> Option<Option<u16>> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::StreamEnded(code) => Some(*code),
            _ => None,
        })
    }

    /// The first call of the list.
    pub(super) fn listed(&self) -> Option<&'a Value> {
        self.events.iter().find_map(|(_, event)| match event {
            Event::Listed { call } if call.is_object() => Some(call),
            _ => None,
        })
    }

    /// Where the requests came from, as far as a proxy tells.
    pub(super) fn peers(&self) -> Vec<&'a str> {
        let peer = |(_, event): &'a Entry| match event {
            Event::Request { peer, .. } if !peer.is_empty() => Some(peer.as_str()),
            _ => None,
        };
        self.events.iter().filter_map(peer).collect::<BTreeSet<_>>().into_iter().collect()
    }
}
