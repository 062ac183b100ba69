//! Orders single calls, and asks live calls to hand over. Campaigns are ordered in `bulk`.
//! Nothing is dialled here: orders are written, and `dial_next` looks at them.

mod bulk;

use std::time::Duration;

use jiff::Timestamp;

use crate::app::{App, Error, announce};
use crate::domain::access::Actor;
use crate::domain::call::{Call, NewOrder};
use crate::domain::feed::LogLevel;
use crate::domain::id::{CallId, CallSid, CustomerId};
use crate::domain::page::PageRequest;
use crate::domain::session::HandOver;
use crate::domain::status::CallStatus;
use crate::ports::calls::{CallFilter, Placed};
use crate::ports::queue::QueueMessage;

pub use bulk::{BulkFilter, BulkRequest, OrderedCampaign, SkippedCustomer, trigger_bulk};

/// First look at the record after the order was queued; each further one waits half as long again.
const FIRST_LOOK: Duration = Duration::from_millis(60);
/// The records are shared with every call: no order looks more than twice a second.
const SLOWEST_LOOK: Duration = Duration::from_millis(500);

/// A single order, as far as it came while we waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggeredCall {
    /// Ours, to follow the call with.
    pub call_id: CallId,
    /// Exotel's, where it has accepted the call by now.
    pub call_sid: Option<CallSid>,
    /// Where it stands.
    pub status: CallStatus,
    /// Why it waits, where it does.
    pub reason: Option<String>,
    /// Where it waits: not before this.
    pub not_before: Timestamp,
}

/// Orders one call and waits at most `wait` for what becomes of it.
///
/// The same key is the same order, and a customer who has an open single order gets no second: it is
/// that order that is followed. Without a key, a customer who is being phoned by a campaign is a
/// conflict. A call that a rule or the carrier refused is an error that says why.
pub async fn trigger_one(
    app: &App,
    actor: &Actor,
    customer: CustomerId,
    playbook: Option<&str>,
    idempotency_key: Option<&str>,
    wait: Duration,
) -> Result<TriggeredCall, Error> {
    let playbook = known_playbook(app, playbook)?;
    let order = NewOrder {
        call_id: app.new_id(CallId::new),
        customer_id: customer,
        campaign_id: None,
        attempt: 1,
        not_before: app.clock.now(),
        idempotency_key: idempotency_key.map(|key| scoped(actor, key)),
        playbook: Some(playbook),
    };
    if idempotency_key.is_none() {
        refuse_beside_a_campaign(app, customer).await?;
    }
    let call_id = match app.calls.place_single(&order).await? {
        Placed::New(id) => {
            tracing::info!(call.id = %id, customer.id = %customer, "a call was ordered");
            // The feeder finds the order by itself within a minute; this is for the person who waits.
            if let Err(error) = app.queue.send(&[QueueMessage::DialV1 { call_id: id }], Duration::ZERO).await {
                tracing::warn!(%error, call.id = %id, "the order was not queued; the feeder will release it");
            }
            id
        }
        Placed::Existing(id) => id,
        Placed::NoCustomer(_) => return Err(Error::NotFound { what: "customer" }),
    };
    let call = follow(app, call_id, wait).await?;
    if call.customer_id != customer {
        // Answers are kept for a day, orders for ever: a key used again later must not pass another
        // person's call off as this one's.
        let detail = "this `Idempotency-Key` was used for a call to another customer; use a new one";
        return Err(Error::invalid("idempotency_mismatch", detail));
    }
    outcome(call)
}

/// What an order is for, by name: nothing is ordered that nobody could talk about, and what is usual may
/// be something else by the time the phone rings.
fn known_playbook(app: &App, named: Option<&str>) -> Result<String, Error> {
    let unknown = || {
        let (named, names) = (named.unwrap_or_default(), app.playbooks.names());
        Error::invalid("unknown_playbook", format!("there is no playbook `{named}`; there are {names}"))
    };
    Ok(app.playbooks.find(named).ok_or_else(unknown)?.name.clone())
}

/// Keys are the caller's own: two API keys may use the same text.
fn scoped(actor: &Actor, key: &str) -> String {
    match actor.key_id {
        Some(id) => format!("{id}:{key}"),
        None => format!("{}:{key}", actor.name),
    }
}

/// Nobody is phoned right after a campaign's call that is still on.
async fn refuse_beside_a_campaign(app: &App, customer: CustomerId) -> Result<(), Error> {
    let live = CallFilter { customer_id: Some(customer.to_string()), live: Some(true), ..CallFilter::default() };
    let live = app.calls.list(&live, &PageRequest::default()).await?;
    match live.items.iter().find(|call| call.campaign_id.is_some()) {
        Some(call) => {
            let detail = format!("this customer is being phoned (call {})", call.call_id);
            Err(Error::Conflict { code: "call_in_progress", detail })
        }
        None => Ok(()),
    }
}

/// Looks at the record until the order has an outcome or the time is over.
async fn follow(app: &App, call_id: CallId, wait: Duration) -> Result<Call, Error> {
    let mut waited = Duration::ZERO;
    let mut pause = FIRST_LOOK;
    loop {
        let call = app.calls.find(call_id).await?.ok_or(Error::NotFound { what: "call" })?;
        if decided(&call, app.clock.now()) || waited >= wait {
            return Ok(call);
        }
        let pause_now = pause.min(wait - waited);
        tokio::time::sleep(pause_now).await;
        waited += pause_now;
        pause = (pause * 3 / 2).min(SLOWEST_LOOK);
    }
}

/// Nothing more is to be learnt by waiting a few seconds.
fn decided(call: &Call, now: Timestamp) -> bool {
    match call.status {
        CallStatus::Queued => call.not_before > now,
        CallStatus::Dialing => call.outcome_unknown,
        _ => true,
    }
}

fn outcome(call: Call) -> Result<TriggeredCall, Error> {
    let reason = call.reason.clone();
    let code = call.failure_class.map_or("refused", |class| class.as_str());
    let in_words = |what: &str| reason.clone().unwrap_or_else(|| what.to_owned());
    match call.status {
        CallStatus::Skipped => Err(Error::Conflict { code, detail: in_words("a rule forbids this call") }),
        CallStatus::Failed => Err(Error::Invalid { code, detail: in_words("the carrier refused this call") }),
        _ => Ok(TriggeredCall {
            call_id: call.call_id,
            call_sid: call.call_sid,
            status: call.status,
            reason,
            not_before: call.not_before,
        }),
    }
}

/// Asks a live conversation to hand over to a human agent.
pub async fn transfer_to_agent(app: &App, sid: &CallSid, reason: &str) -> Result<Call, Error> {
    let call = app.calls.find_by_sid(sid).await?.ok_or(Error::NotFound { what: "call" })?;
    let conflict = |detail: String| Err(Error::Conflict { code: "not_live", detail });
    if call.status != CallStatus::InProgress {
        return conflict(format!("only a call in progress can be handed over; this one is {}", call.status));
    }
    let Some(session) = app.sessions.get(sid).await? else {
        return conflict("this call has no live conversation".to_owned());
    };
    let hand_over = HandOver {
        reason: reason.to_owned(),
        language: call.language.unwrap_or(session.customer.language),
        requested_at: app.clock.now(),
        untaken: false,
    };
    if !app.sessions.request_hand_over(sid, &hand_over).await? {
        return conflict("this call has no live conversation".to_owned());
    }
    announce::log(app, LogLevel::Info, Some(call.call_id), "an operator asked for a hand-over").await;
    Ok(call)
}
