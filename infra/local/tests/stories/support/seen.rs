//! What a story looks at when a call is over: what the person lived, what went over the wires, and
//! what was stored and shown of it.

use std::time::Duration;

use local::agreement::{Utterance, differences};
use serde_json::Value;
use shared::domain::feed::{FeedEvent, FeedPosition, LogLevel};
use shared::domain::id::CallId;
use shared::domain::transcript::Line;
use shared::sim::exotel::{CallTruth, Traffic};

use super::world::text;
use super::{Person, World};

impl World {
    /// What the person of a call lived; none where no phone ever rang.
    pub(crate) fn truth_of(&self, call: &Value) -> Option<CallTruth> {
        let id = call["call_id"].as_str().expect("an id");
        let truth = self.exotel().truth();
        truth.calls.into_iter().find(|t| t.custom_field.as_deref().is_some_and(|field| field.contains(id)))
    }

    /// What the person lived in the one call to them.
    pub(crate) fn lived(&self, person: Person) -> CallTruth {
        let truth = self.exotel().truth();
        let mut calls = truth.calls.into_iter().filter(|call| call.to.ends_with(&person.number()));
        let call = calls.next().expect("the phone rang");
        assert!(calls.next().is_none(), "the phone of {} rang twice", person.digits);
        call
    }

    /// How often the carrier was asked to phone this person.
    pub(crate) fn asked(&self, person: Person) -> usize {
        let of_person = |event: &Traffic| matches!(event, Traffic::ConnectRequested { number, .. } if number.ends_with(&person.number()));
        self.traffic().iter().filter(|event| of_person(event)).count()
    }

    /// How many calls to this person were placed.
    pub(crate) fn placed(&self, person: Person) -> usize {
        self.exotel().truth().calls.iter().filter(|call| call.to.ends_with(&person.number())).count()
    }

    /// Everything that went over the carrier's wires.
    pub(crate) fn traffic(&self) -> Vec<Traffic> {
        self.exotel().traffic(0).into_iter().map(|line| line.event).collect()
    }

    /// The status an applet of the flow was answered with in this call.
    pub(crate) fn applet(&self, sid: &str, wanted: &str) -> Option<u16> {
        self.traffic().into_iter().find_map(|event| match event {
            Traffic::AppletAnswered { sid: of, applet, http_status } if of == sid && applet == wanted => http_status,
            _ => None,
        })
    }

    /// What was stored of the conversation, after it was held against what was heard and said.
    pub(crate) async fn transcript(&self, call: &Value) -> Vec<Line> {
        let stored = self.stored_lines(call).await;
        assert_eq!(self.transcript_differences(call).await, Vec::<String>::new(), "{stored:#?}");
        stored
    }

    /// In what the stored transcript differs from what was heard and said.
    pub(crate) async fn transcript_differences(&self, call: &Value) -> Vec<String> {
        let stored = self.stored_lines(call).await;
        let lived = self.truth_of(call).expect("a conversation");
        let utterance =
            |text: &str, complete| Utterance { words: text.split_whitespace().map(str::to_owned).collect(), complete };
        let heard: Vec<_> = lived.heard.iter().map(|h| utterance(&h.text, h.complete)).collect();
        let said: Vec<_> = lived.said.iter().map(|s| utterance(&s.text, s.complete)).collect();
        differences(&stored, &heard, &said)
    }

    /// What the caller was last understood to want.
    pub(crate) async fn intent(&self, call: &Value) -> Option<String> {
        let id: CallId = text(&call["call_id"]).parse().expect("an id");
        self.product.app.calls.conversation(id).await.expect("read").expect("a conversation").intent
    }

    /// What was stored of the conversation.
    async fn stored_lines(&self, call: &Value) -> Vec<Line> {
        let id: CallId = text(&call["call_id"]).parse().expect("an id");
        self.product.app.calls.transcript(id).await.expect("read").unwrap_or_default().lines
    }

    /// The lines of the system log that people saw, of that level.
    pub(crate) async fn feed(&self, wanted: LogLevel) -> Vec<String> {
        let slice = self.product.app.feed.after(FeedPosition::default(), 10_000, Duration::ZERO).await;
        let line = |event| match event {
            FeedEvent::Log { level, message, .. } if level == wanted => Some(message),
            _ => None,
        };
        slice.expect("read").events.into_iter().filter_map(|(_, event)| line(event)).collect()
    }

    /// Everybody's phone rang once, and nobody's twice.
    pub(crate) fn everybody_was_phoned_once(&self, people: &[Person]) {
        for person in people {
            assert_eq!(self.placed(*person), 1, "calls to {}", person.digits);
        }
        assert_eq!(self.exotel().truth().calls.len(), people.len());
    }
}
