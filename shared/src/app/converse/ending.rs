//! What a conversation reports while it lasts and leaves behind when it is over.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use crate::app::recordings::{journal_key, recording_key};
use crate::app::{App, record_or_park};
use crate::domain::call::{CallRef, ConversationResult, Disposition, StatusReport};
use crate::domain::id::PromiseId;
use crate::domain::language::Language;
use crate::domain::session::{CallSession, HandOver};
use crate::domain::settings::Prices;
use crate::domain::status::{CallStatus, Source};
use crate::ports::StoreError;
use crate::ports::records::Promise;

/// Waits before each further try of a write that must not be lost: a restart of the database
/// takes some seconds.
const TRIES_AFTER: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10)];

/// The record's share before a report goes to the queue; the call does not wait for it.
const RECORD_WITHIN: Duration = Duration::from_secs(1);

/// The stream is open: somebody is on the line.
pub async fn note_in_progress(app: &App, session: &CallSession) {
    report(app, session, CallStatus::InProgress, "the conversation began").await;
}

/// Writes the wish for an agent where the flow's next step looks for it (Redis, then Postgres).
/// Must be done before the socket is closed.
pub async fn note_hand_over(app: &App, session: &CallSession, reason: &str, language: Language) {
    if let Some(sid) = &session.call_sid {
        let wish = HandOver { reason: reason.to_owned(), language, requested_at: app.clock.now(), untaken: false };
        match app.sessions.request_hand_over(sid, &wish).await {
            Ok(true) => {}
            Ok(false) => put_with_wish(app, session, wish).await,
            Err(error) => {
                tracing::error!(%error, call.id = %session.call_id, "the hand-over could not be written to redis; the record has it");
            }
        }
    }
    report(app, session, CallStatus::AgentTransfer, reason).await;
}

/// Redis has lost the session: write it anew, with the wish in it.
async fn put_with_wish(app: &App, session: &CallSession, wish: HandOver) {
    let Some(sid) = &session.call_sid else { return };
    let renewed = CallSession { hand_over: Some(wish), status: CallStatus::AgentTransfer, ..session.clone() };
    if let Err(error) = app.sessions.put(sid, &renewed).await {
        tracing::error!(%error, call.id = %session.call_id, "the hand-over could not be written to redis; the record has it");
    }
}

async fn report(app: &App, session: &CallSession, status: CallStatus, message: &str) {
    let report = StatusReport {
        call: CallRef { call_id: Some(session.call_id), call_sid: session.call_sid.clone() },
        status,
        source: Source::Stream,
        failure_class: None,
        message: message.to_owned(),
        occurred_at: app.clock.now(),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::Value::Null,
        call_back_due: false,
        dedupe_key: format!("stream:{}:{status}", session.call_id),
    };
    // Never fails: what the record does not take goes to the queue, and that is logged there.
    record_or_park(app, report, RECORD_WITHIN).await;
}

/// Saves the conversation and what was agreed in it. Tries again where a store is away; what is
/// still not written after that is logged. The prices are those the call began with: a store that is
/// away at its end leaves no call without a cost.
pub async fn finish_conversation(app: &App, session: &CallSession, result: &ConversationResult, prices: &Prices) {
    if result.disposition == Disposition::DoNotCall {
        keep_trying("do-not-call wish", session, || block_phone(app, session)).await;
    }
    if result.disposition == Disposition::PromiseToPay {
        let promise = Promise {
            id: app.new_id(PromiseId::new),
            customer_id: session.customer.id,
            call_id: session.call_id,
            amount: result.promise.map(|promise| promise.amount).or(session.customer.amount),
            // "I will pay" names no day, and when the loan was due is none that was promised.
            due_date: result.promise.map(|promise| promise.date),
            created_at: app.clock.now(),
        };
        keep_trying("promise", session, || app.promises.record(&promise)).await;
    }
    let mut whole = with_what_was_said_before(app, session, result.clone()).await;
    whole.cost = Some(whole.meters.cost(prices));
    keep_trying("conversation", session, || app.calls.save_conversation(session.call_id, &whole)).await;
}

/// A carrier may open a stream again that broke in mid-call: then one call has two conversations,
/// and the second must not write over what was said in the first.
async fn with_what_was_said_before(app: &App, session: &CallSession, result: ConversationResult) -> ConversationResult {
    match app.calls.conversation(session.call_id).await {
        Ok(Some(before)) => result.after(before),
        Ok(None) => result,
        Err(error) => {
            tracing::warn!(%error, call.id = %session.call_id, "nobody knows whether this call had a conversation before");
            result
        }
    }
}

/// Keeps the recording of a conversation that began at that moment. Tries again as above; a
/// recording that can not be kept is lost, and the call is none the worse for it.
pub async fn keep_recording(app: &App, session: &CallSession, began: Timestamp, recording: &Path) {
    let key = recording_key(session.call_id, began);
    let keep = || async {
        app.objects.upload(&key, "audio/wav", recording).await?;
        app.calls.keep_recording(session.call_id, &key).await
    };
    keep_trying("recording", session, keep).await;
}

/// Keeps the journal of a conversation that began at that moment, beside its recording. Tries again as above.
pub async fn keep_journal(app: &App, session: &CallSession, began: Timestamp, journal: Bytes) {
    let key = journal_key(session.call_id, began);
    let keep = || app.objects.put(&key, "application/x-ndjson", journal.clone());
    keep_trying("journal", session, keep).await;
}

async fn block_phone(app: &App, session: &CallSession) -> Result<(), StoreError> {
    match app.calls.phone_of(session.call_id).await? {
        Some(phone) => app.do_not_call.add(&phone, "asked for on the phone", "voicebot", app.clock.now()).await,
        None => {
            tracing::error!(call.id = %session.call_id, "a do-not-call wish has no number to go with it");
            Ok(())
        }
    }
}

async fn keep_trying<F, T>(what: &'static str, session: &CallSession, attempt: F)
where
    F: Fn() -> T,
    T: Future<Output = Result<(), StoreError>>,
{
    let mut waits = TRIES_AFTER.iter();
    loop {
        match (attempt().await, waits.next()) {
            (Ok(()), _) => return,
            (Err(error), Some(wait)) => {
                tracing::warn!(%error, call.id = %session.call_id, what, "not saved; trying again");
                tokio::time::sleep(*wait).await;
            }
            (Err(error), None) => {
                tracing::error!(%error, call.id = %session.call_id, what, "not saved after all tries");
                return;
            }
        }
    }
}
