//! Everything the simulated providers can do wrong, one fault a call: the customer still hears what the
//! call is for, never waits long, and the record says what was said.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde_json::json;
use shared::domain::language::Language;
use shared::sim::model::{self, Behaviour, InStream};
use shared::sim::sarvam::{self, Delay, Finals, Garbage};

use crate::support::{Person, World};

/// Products at the same time, within one story.
const AT_ONCE: usize = 6;

type Fault<S> = (&'static str, fn(&mut S));

const HEARING: [Fault<sarvam::Switches>; 17] = [
    ("refused", |s| s.realtime.refuse = Some((503, "internal_server_error".to_owned()))),
    ("over the limit", |s| s.realtime.refuse = Some((429, "rate_limit_exceeded_error".to_owned()))),
    ("silent", |s| s.realtime.silent = true),
    ("closed at once", |s| s.realtime.close = Some((1011, "server error".to_owned()))),
    ("cut within an utterance", |s| s.realtime.cut_after = Some(1)),
    ("silent after a final", |s| s.realtime.hang_after = Some(1)),
    ("an error instead of a final", |s| s.realtime.error = Some(500)),
    ("slow", |s| {
        s.delays.stt_final = Delay::Fixed(Duration::from_millis(250));
        s.realtime.slower = Some(4);
    }),
    ("half a message", |s| s.realtime.garbage = Some(Garbage::CutJson)),
    ("messages of an unknown kind", |s| s.realtime.garbage = Some(Garbage::UnknownKind)),
    ("binary messages", |s| s.realtime.garbage = Some(Garbage::Binary)),
    ("both sockets refused", |s| {
        s.realtime.refuse = Some((503, "internal_server_error".to_owned()));
        s.socket = s.realtime.clone();
    }),
    ("finals in two parts", |s| s.finals = Finals { split: true, ..Finals::default() }),
    ("finals before the end was told", |s| s.finals = Finals { before_end: true, ..Finals::default() }),
    ("finals without a language", |s| s.finals = Finals { no_language: true, ..Finals::default() }),
    ("finals in another language", |s| {
        s.finals = Finals { other_language: Some(Language::Odia), ..Finals::default() };
    }),
    ("finals twice", |s| s.finals = Finals { twice: true, ..Finals::default() }),
];

const SPEAKING: [Fault<sarvam::Switches>; 12] = [
    ("refused", |s| s.tts.refuse = Some((503, "internal_server_error".to_owned()))),
    ("over the limit", |s| s.tts.refuse = Some((429, "rate_limit_exceeded_error".to_owned()))),
    ("closed at once", |s| s.tts.close = Some((1011, "server error".to_owned()))),
    ("cut within a sentence", |s| s.tts.cut_after = Some(1)),
    ("silent within a sentence", |s| s.tts.hang_after = Some(1)),
    ("an error instead of audio", |s| s.tts.error = Some(500)),
    ("slow", |s| {
        s.delays.tts_first = Delay::Fixed(Duration::from_millis(300));
        s.tts.slower = Some(4);
    }),
    ("half a message", |s| s.tts.garbage = Some(Garbage::CutJson)),
    ("messages of an unknown kind", |s| s.tts.garbage = Some(Garbage::UnknownKind)),
    ("binary messages", |s| s.tts.garbage = Some(Garbage::Binary)),
    ("audio with its end cut off", |s| s.tts.garbage = Some(Garbage::CutBase64)),
    ("audio that is none", |s| s.tts.garbage = Some(Garbage::NotBase64)),
];

const THINKING: [Fault<model::Switches>; 16] = [
    ("over the limit", |s| s.faults.refuse = Some((429, "ThrottlingException".to_owned()))),
    ("over the limit, and for how long", |s| {
        s.faults.refuse = Some((429, "ThrottlingException".to_owned()));
        s.faults.retry_after = Some(Duration::from_secs(30));
    }),
    ("forbidden", |s| s.faults.refuse = Some((403, "AccessDeniedException".to_owned()))),
    ("silent within an answer", |s| s.faults.in_stream = Some((2, InStream::Silence))),
    ("an answer that just ends", |s| s.faults.in_stream = Some((2, InStream::End))),
    ("cut within a message", |s| s.faults.in_stream = Some((2, InStream::Cut))),
    ("a damaged message", |s| s.faults.in_stream = Some((1, InStream::Damaged))),
    ("an error within an answer", |s| {
        s.faults.in_stream = Some((1, InStream::Error("modelStreamErrorException".to_owned())));
    }),
    ("tells too early", |s| s.behaviour = Behaviour::TellsDebtEarly),
    ("says nothing", |s| s.behaviour = Behaviour::Empty),
    ("answers in English", |s| s.behaviour = Behaviour::SpeaksEnglish),
    ("arguments that are none", |s| s.behaviour = Behaviour::BrokenArguments),
    ("a tool that is none", |s| s.behaviour = Behaviour::InventsTool),
    ("messages in small pieces", |s| s.chop = Some(7)),
    ("messages of unknown kinds", |s| s.novelties = true),
    ("thoughts before words", |s| s.thoughts = true),
];

pub(crate) async fn whatever_is_wrong_with_hearing_a_customer_is_understood() {
    let under =
        |(name, fault): Fault<sarvam::Switches>| told(name, understood(move |world| world.speech().set(fault))).boxed();
    every(HEARING.map(under).into()).await;
}

pub(crate) async fn whatever_is_wrong_with_speaking_a_customer_hears_the_reason() {
    let under =
        |(name, fault): Fault<sarvam::Switches>| told(name, understood(move |world| world.speech().set(fault))).boxed();
    every(SPEAKING.map(under).into()).await;
}

pub(crate) async fn whatever_is_wrong_with_thinking_a_promise_is_taken() {
    every(THINKING.map(|(name, fault)| told(name, promised(fault)).boxed()).into()).await;
}

/// A call to somebody who says who they are and listens.
async fn understood(break_it: impl FnOnce(&World)) {
    let world = World::start().await;
    break_it(&world);
    ends_as(&world, Person::new(101), "informed").await;
    let speech = world.speech();
    assert!(speech.counts().faulty > 0 || speech.switches().finals != Finals::default(), "nothing went wrong");
    world.end().await;
}

/// A call to somebody who promises in Tamil.
async fn promised(fault: fn(&mut model::Switches)) {
    let world = World::start().await;
    world.model().set(fault);
    ends_as(&world, Person::speaking(120, Language::Tamil), "promise_to_pay").await;
    assert!(!world.model().visits().is_empty(), "no model was asked");
    world.end().await;
}

async fn ends_as(world: &World, person: Person, disposition: &str) {
    let calls = world.phone(&[person]).await;
    let call = &calls[&person.digits];
    assert_eq!((&call["status"], &call["disposition"]), (&json!("completed"), &json!(disposition)), "{call}");
    world.transcript(call).await;
    world.everybody_was_phoned_once(&[person]);
}

/// Answers the fault under which a call did not go as it should.
async fn told(fault: &'static str, call: impl Future<Output = ()>) -> Option<&'static str> {
    AssertUnwindSafe(call).catch_unwind().await.err().map(|_| fault)
}

/// All calls, and what went wrong with any of them at once.
async fn every(calls: Vec<BoxFuture<'static, Option<&'static str>>>) {
    let results: Vec<_> = futures_util::stream::iter(calls).buffer_unordered(AT_ONCE).collect().await;
    let failed: Vec<&str> = results.into_iter().flatten().collect();
    assert!(failed.is_empty(), "not under: {failed:?}");
}
