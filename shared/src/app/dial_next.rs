//! Takes one order through ceiling, pace and claim, and asks the carrier, once.
//!
//! Order matters: the permit is taken before the claim, because a claimed order must be asked
//! about at once; the claim is committed before the request leaves, because a worker that dies in
//! between must leave a record that says so. After the request nothing here fails: whatever
//! could not be stored is found again by `reconcile_calls`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use crate::app::{App, Error, announce};
use crate::domain::call::{Call, CallRef, StatusReport};
use crate::domain::campaign::CampaignStatus;
use crate::domain::feed::LogLevel;
use crate::domain::gate::Verdict;
use crate::domain::id::{CallId, CallSid};
use crate::domain::playbook::Playbook;
use crate::domain::session::CallSession;
use crate::domain::settings::AccountSettings;
use crate::domain::status::{CallStatus, FailureClass, Source};
use crate::domain::token::CallTokens;
use crate::ports::calls::{Claim, ClaimedOrder, DialOutcome};
use crate::ports::pace::Pacing;
use crate::ports::queue::QueueMessage;
use crate::ports::telephony::{Dial, Telephony, TelephonyError};
use crate::ports::with_causes;

/// The budget every dial request is counted in.
pub const DIAL_BUDGET: &str = "dial";
/// Where the carrier asks us to slow down and does not say for how long.
const DEFAULT_BACK_OFF: Duration = Duration::from_secs(5);
/// Where it says "no time". The record tells this claim from the next one by this moment.
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(1);
/// A blocked account blocks every order; a minute leaves people time to see it.
const BLOCKED_HOLD: Duration = Duration::from_secs(60);
/// How long a worker waits for a permit itself. An order given back waits for the next run of the
/// feeder, up to a minute, which a person who pressed "call" would notice.
const PATIENCE: Duration = Duration::from_secs(5);
/// Two workers told to wait "no time" would ask each other's permit away in a tight loop.
const SHORTEST_WAIT: Duration = Duration::from_millis(20);
/// With all lines in use, one frees up within seconds.
const LINES_FULL_WAIT: SignedDuration = SignedDuration::from_secs(15);
/// Without the shared pace nobody knows how fast the others go.
const NO_PACE_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// A deployment that brings the playbook, or takes it away, takes minutes.
const UNKNOWN_PLAYBOOK_WAIT: SignedDuration = SignedDuration::from_mins(5);
/// Waits before storing the carrier's answer again: a database fail-over takes seconds.
const STORE_AGAIN_AFTER_MS: [u64; 3] = [100, 500, 2_000];

/// What became of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialed {
    /// The carrier accepted it.
    Accepted(CallSid),
    /// Surely no call: the order is `failed`.
    Refused(FailureClass),
    /// There may be a call: `reconcile_calls` finds out.
    Unknown,
    /// Back to `queued`, not before that moment; no attempt counted.
    GivenBack {
        /// Not before.
        until: Timestamp,
    },
    /// A rule ended it: `skipped`.
    Skipped(FailureClass),
    /// Claimed before, final, or gone: an old message.
    NothingToDo,
}

/// Dials the order unless something forbids it. An error means that the carrier was **not** asked;
/// the message may be delivered again.
pub async fn dial_next(app: &App, telephony: &dyn Telephony, call_id: CallId) -> Result<Dialed, Error> {
    // An old message must not use up a permit.
    let queued = app.calls.find(call_id).await?.filter(|call| call.status == CallStatus::Queued);
    let Some(order) = queued else { return Ok(Dialed::NothingToDo) };
    let settings = match app.settings.current().await {
        Ok(settings) => Some(settings),
        Err(error) => {
            tracing::error!(%error, "the settings could not be read; the gate stays closed");
            None
        }
    };
    let Some(playbook) = app.playbooks.find(order.playbook.as_deref()) else {
        let until = app.clock.now() + UNKNOWN_PLAYBOOK_WAIT;
        let reason = "its playbook is not known here; nobody is phoned without one";
        tracing::error!(playbook = order.playbook, "an order names a playbook that is not known here");
        app.calls.give_back(call_id, until, reason).await?;
        return Ok(Dialed::GivenBack { until });
    };
    let settings = settings.map(|settings| binding(settings, playbook));
    if let Some(settings) = &settings
        && let Some((until, reason)) = no_room(app, &order, settings).await?
    {
        app.calls.give_back(call_id, until, reason).await?;
        return Ok(Dialed::GivenBack { until });
    }
    match app.calls.claim(call_id, settings.as_ref(), app.clock.now()).await? {
        Claim::Claimed(order) => Ok(ask(app, telephony, *order, &settings.unwrap_or_default()).await),
        Claim::Refused(verdict) => refused_by_gate(app, call_id, verdict).await,
        Claim::NotQueued => Ok(Dialed::NothingToDo),
    }
}

/// The settings as they bind an order: nobody is phoned outside of its playbook's legal hours.
fn binding(settings: AccountSettings, playbook: &Playbook) -> AccountSettings {
    let calling_window = settings.calling_window.within(playbook.window.hours());
    AccountSettings { calling_window, ..settings }
}

/// Until when there is no line or no permit for this order; `None` once a permit is taken.
async fn no_room(
    app: &App,
    order: &Call,
    settings: &AccountSettings,
) -> Result<Option<(Timestamp, &'static str)>, Error> {
    // Read outside the claim: workers that race may overshoot by as many as they are.
    if app.calls.live_count().await? >= settings.calls_in_flight {
        return Ok(Some((app.clock.now() + LINES_FULL_WAIT, "all lines are in use")));
    }
    let account_pace = settings.calls_per_minute;
    if let Some(id) = order.campaign_id
        && let Some(campaign) = app.campaigns.find(id).await?
    {
        if campaign.status != CampaignStatus::Running {
            // The gate refuses it; a paused campaign must not eat the others' permits.
            return Ok(None);
        }
        if let Some(pace) = campaign.settings.calls_per_minute {
            // Its own permit first: losing one to a busy account slows only this campaign.
            let wait = permit(app, &format!("{DIAL_BUDGET}:{id}"), pace.min(account_pace)).await;
            if let Some(wait) = wait {
                return Ok(Some((app.clock.now() + wait, "the campaign's pace")));
            }
        }
    }
    let wait = permit(app, DIAL_BUDGET, account_pace).await;
    Ok(wait.map(|wait| (app.clock.now() + wait, "the account's pace")))
}

/// `None` with a permit taken, else how long to wait beyond our own patience.
async fn permit(app: &App, budget: &str, per_minute: u32) -> Option<SignedDuration> {
    let mut patience = PATIENCE;
    loop {
        match app.pace.take(budget, per_minute).await {
            Ok(Pacing::Go) => return None,
            Ok(Pacing::Wait(wait)) if wait <= patience => {
                let wait = wait.max(SHORTEST_WAIT);
                patience = patience.saturating_sub(wait);
                tokio::time::sleep(wait).await;
            }
            Ok(Pacing::Wait(wait)) => return Some(SignedDuration::try_from(wait).unwrap_or(NO_PACE_WAIT)),
            Err(error) => {
                tracing::warn!(%error, budget, "the shared pace can not be read; the order waits");
                return Some(NO_PACE_WAIT);
            }
        }
    }
}

async fn refused_by_gate(app: &App, call_id: CallId, verdict: Verdict) -> Result<Dialed, Error> {
    match verdict {
        Verdict::Wait { until, .. } => Ok(Dialed::GivenBack { until }),
        Verdict::Skip { class, reason } => {
            if let Some(call) = app.calls.find(call_id).await? {
                announce::call_changed(app, &call, Source::Dial, &reason).await;
            }
            Ok(Dialed::Skipped(class))
        }
        // The store claims what the gate lets through, so this verdict is never a refusal.
        Verdict::Call => Ok(Dialed::NothingToDo),
    }
}

/// The order is ours and committed as `dialing`: from here on nothing is returned to the queue.
async fn ask(app: &App, telephony: &dyn Telephony, order: ClaimedOrder, settings: &AccountSettings) -> Dialed {
    let call_id = order.call.call_id;
    let session = CallSession {
        call_id,
        call_sid: None,
        customer: order.customer,
        playbook: order.call.playbook.clone(),
        status: CallStatus::Dialing,
        hand_over: None,
        created_at: app.clock.now(),
    };
    if let Err(error) = app.sessions.put_temp(&session).await {
        tracing::warn!(%error, call.id = %call_id, "no session was written; the bot will read the records");
    }
    announce::call_changed(app, &order.call, Source::Dial, "asking the carrier").await;
    let dial = Dial {
        call_id,
        to: order.phone,
        ring_timeout_s: settings.ring_timeout_s,
        call_limit_s: settings.call_limit_s,
        status_callback: status_callback(app, call_id),
    };
    let asked = telephony.dial(&dial).await;
    let (outcome, dialed) = judge(app, asked);
    slow_down(app, &order.call, &outcome, &dialed).await;
    store(app, call_id, &outcome).await;
    dialed
}

fn status_callback(app: &App, call_id: CallId) -> String {
    let tokens = CallTokens::new(app.secrets.signing.expose_secret().as_bytes());
    format!("{}/exotel-webhook?call_id={call_id}&s={}", app.urls.public_base, tokens.sign_callback(call_id))
}

/// The answer, as the record keeps it and as the worker sees it.
fn judge(app: &App, asked: Result<CallSid, TelephonyError>) -> (DialOutcome, Dialed) {
    match asked {
        Ok(sid) => (DialOutcome::Accepted(sid.clone()), Dialed::Accepted(sid)),
        Err(TelephonyError::Refused { class, reason } | TelephonyError::AccountBlocked { class, reason }) => {
            (DialOutcome::Refused { class, reason }, Dialed::Refused(class))
        }
        Err(TelephonyError::Busy { retry_after }) => {
            let until = app.clock.now() + retry_after.unwrap_or(DEFAULT_BACK_OFF).max(SHORTEST_BACK_OFF);
            let reason = "the carrier asked us to slow down or could not be reached".to_owned();
            (DialOutcome::NotNow { until, reason }, Dialed::GivenBack { until })
        }
        Err(error @ TelephonyError::OutcomeUnknown(_)) => {
            (DialOutcome::Unknown { reason: with_causes(&error) }, Dialed::Unknown)
        }
    }
}

/// What one refusal means for everybody else.
async fn slow_down(app: &App, call: &Call, outcome: &DialOutcome, dialed: &Dialed) {
    match (outcome, dialed) {
        (DialOutcome::NotNow { until, .. }, _) => {
            let wait = Duration::try_from(until.duration_since(app.clock.now())).unwrap_or(DEFAULT_BACK_OFF);
            hold(app, wait).await;
        }
        (DialOutcome::Refused { reason, .. }, Dialed::Refused(FailureClass::Credentials | FailureClass::Balance)) => {
            hold(app, BLOCKED_HOLD).await;
            stop_campaign(app, call).await;
            let message = format!("the carrier does not serve this account; dialling stops: {reason}");
            tracing::error!(reason, "the carrier does not serve this account");
            announce::log(app, LogLevel::Error, Some(call.call_id), message).await;
        }
        _ => {}
    }
}

async fn hold(app: &App, wait: Duration) {
    if let Err(error) = app.pace.hold(DIAL_BUDGET, wait).await {
        tracing::warn!(%error, "the other workers could not be told to wait");
    }
}

/// Every further order of the campaign would fail the same way and be lost.
async fn stop_campaign(app: &App, call: &Call) {
    let Some(id) = call.campaign_id else { return };
    match app.campaigns.set_status(id, &[CampaignStatus::Running], CampaignStatus::Paused, app.clock.now()).await {
        Ok(true) => {
            announce::log(app, LogLevel::Error, None, "the campaign was paused; resume it when the account works").await
        }
        Ok(false) => {}
        Err(error) => tracing::error!(%error, campaign.id = %id, "the campaign could not be paused"),
    }
}

/// Stores the answer, again where that fails. What can not be stored at all stays `dialing` and is
/// found by `reconcile_calls`; an accepted call's Sid also goes through the queue.
async fn store(app: &App, call_id: CallId, outcome: &DialOutcome) {
    let mut waits = STORE_AGAIN_AFTER_MS.into_iter();
    loop {
        match app.calls.record_dial(call_id, outcome, app.clock.now()).await {
            Ok(call) => return after_stored(app, call, outcome).await,
            Err(error) => {
                tracing::warn!(%error, call.id = %call_id, "the carrier's answer is not stored yet");
                let Some(wait) = waits.next() else { break };
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
        }
    }
    tracing::error!(call.id = %call_id, outcome = ?outcome, "the carrier's answer could not be stored; reconciling will find it");
    let DialOutcome::Accepted(sid) = outcome else { return };
    let message = QueueMessage::ReportV1 { report: Box::new(accepted(app, call_id, sid)), tries: 0 };
    if let Err(error) = app.queue.send(&[message], Duration::ZERO).await {
        tracing::error!(%error, call.id = %call_id, "nor could the answer be queued");
    }
}

fn accepted(app: &App, call_id: CallId, sid: &CallSid) -> StatusReport {
    StatusReport {
        call: CallRef { call_id: Some(call_id), call_sid: Some(sid.clone()) },
        status: CallStatus::Initiated,
        source: Source::Dial,
        failure_class: None,
        message: "the carrier accepted the call".to_owned(),
        occurred_at: app.clock.now(),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::Value::Null,
        call_back_due: false,
        dedupe_key: format!("dial:{call_id}:{sid}"),
    }
}

/// The session and the feed follow the record.
async fn after_stored(app: &App, call: Option<Call>, outcome: &DialOutcome) {
    let Some(call) = call else { return };
    if let DialOutcome::Accepted(sid) = outcome {
        let linked = async {
            app.sessions.link(call.call_id, sid).await?;
            app.sessions.set_status(sid, call.status).await
        };
        if let Err(error) = linked.await {
            tracing::warn!(%error, call.id = %call.call_id, "the session is not linked yet; the callbacks will do it");
        }
    }
    let message = match outcome {
        DialOutcome::Accepted(_) => "the carrier accepted the call",
        DialOutcome::Refused { reason, .. } | DialOutcome::NotNow { reason, .. } | DialOutcome::Unknown { reason } => {
            reason
        }
    };
    announce::call_changed(app, &call, Source::Dial, message).await;
}
