//! One order, one request to the carrier, whatever goes wrong around it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shared::app::dial_next;
use shared::app::dial_next::Dialed;
use shared::domain::campaign::{CampaignSettings, CampaignStatus};
use shared::domain::feed::{FeedEvent, LogLevel};
use shared::domain::id::CampaignId;
use shared::domain::settings::{AccountSettings, CallingWindow};
use shared::domain::status::{CallStatus, FailureClass};
use shared::domain::token::CallTokens;
use shared::ports::calls::{Claim, DialOutcome};
use shared::ports::campaigns::NewCampaign;
use shared::ports::pace::Pacing;
use shared::ports::queue::QueueMessage;
use shared::ports::telephony::TelephonyError;

use crate::dialing::{Script, ScriptedCarrier, call, order, place, place_for, sid, unknown, world};
use crate::forgetful::ForgetfulCalls;

#[tokio::test]
async fn an_accepted_call_has_its_sid_and_its_session() {
    let (app, _, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let id = order(&app, customers[0]).await;
    assert_eq!(dial_next(&app, &carrier, id).await.expect("asked"), Dialed::Accepted(sid("sid1")));
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.call_sid), (CallStatus::Initiated, Some(sid("sid1"))));
    let session = app.sessions.get(&sid("sid1")).await.expect("readable").expect("linked");
    assert_eq!((session.call_id, session.customer.id), (id, customers[0]));
}

#[tokio::test]
async fn the_callback_address_names_the_call_and_is_signed() {
    let (app, _, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let id = order(&app, customers[0]).await;
    dial_next(&app, &carrier, id).await.expect("asked");
    let address = carrier.requests().remove(0).status_callback;
    let signature = address
        .strip_prefix(&format!("https://api.example.in/exotel-webhook?call_id={id}&s="))
        .expect("our own address");
    assert!(CallTokens::new(b"signing-secret-of-tests").verify_callback(id, signature));
}

#[tokio::test]
async fn a_message_delivered_again_asks_nobody() {
    let (app, _, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let id = order(&app, customers[0]).await;
    dial_next(&app, &carrier, id).await.expect("asked");
    for _ in 0..5 {
        assert_eq!(dial_next(&app, &carrier, id).await.expect("looked at"), Dialed::NothingToDo);
    }
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn ten_workers_with_the_same_message_make_one_request() {
    let (app, _, customers) = world(1).await;
    let carrier = Arc::new(ScriptedCarrier::default());
    let id = order(&app, customers[0]).await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (app, carrier) = (app.clone(), carrier.clone());
        workers.spawn(async move { dial_next(&app, &*carrier, id).await.expect("looked at") });
    }
    let dialed = workers.join_all().await;
    assert_eq!(dialed.iter().filter(|d| matches!(d, Dialed::Accepted(_))).count(), 1);
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn two_orders_for_one_phone_never_ring_it_at_the_same_time() {
    let (app, _, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let (first, second) = (order(&app, customers[0]).await, order(&app, customers[0]).await);
    dial_next(&app, &carrier, first).await.expect("asked");
    assert!(matches!(dial_next(&app, &carrier, second).await, Ok(Dialed::GivenBack { .. })));
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn a_worker_that_died_after_its_claim_leaves_the_order_undialled_and_unresolved() {
    let (app, parts, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    let settings = AccountSettings::default();
    let claim = app.calls.claim(id, Some(&settings), app.clock.now()).await.expect("claimed");
    assert!(matches!(claim, Claim::Claimed(_)));
    let carrier = ScriptedCarrier::default();
    assert_eq!(dial_next(&app, &carrier, id).await.expect("looked at"), Dialed::NothingToDo);
    assert!(carrier.requests().is_empty());
    parts.clock.advance(SignedDuration::from_mins(3));
    let unresolved = app.calls.unresolved(app.clock.now() - SignedDuration::from_mins(2), 10).await.expect("listed");
    assert_eq!(unresolved.iter().map(|c| c.call_id).collect::<Vec<_>>(), [id]);
}

#[tokio::test]
async fn after_a_timeout_the_order_is_never_asked_about_again() {
    let (app, parts, customers) = world(1).await;
    let carrier = ScriptedCarrier::answering(vec![unknown()]);
    let id = order(&app, customers[0]).await;
    assert_eq!(dial_next(&app, &carrier, id).await.expect("asked"), Dialed::Unknown);
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.outcome_unknown), (CallStatus::Dialing, true));
    assert!(stored.reason.is_some_and(|reason| reason.contains("timed out")));
    parts.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(dial_next(&app, &carrier, id).await.expect("looked at"), Dialed::NothingToDo);
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_holds_everybody_and_costs_no_attempt() {
    let (app, parts, customers) = world(2).await;
    let busy = TelephonyError::Busy { retry_after: Some(Duration::from_secs(30)) };
    let carrier = ScriptedCarrier::answering(vec![Script::Fail(busy)]);
    let (first, second) = (order(&app, customers[0]).await, order(&app, customers[1]).await);
    let until = app.clock.now() + SignedDuration::from_secs(30);
    assert_eq!(dial_next(&app, &carrier, first).await.expect("asked"), Dialed::GivenBack { until });
    let stored = call(&app, first).await;
    assert_eq!((stored.status, stored.attempt, stored.dialed_at), (CallStatus::Queued, 1, None));
    assert!(matches!(dial_next(&app, &carrier, second).await, Ok(Dialed::GivenBack { .. })));
    assert_eq!(carrier.requests().len(), 1);
    parts.clock.advance(SignedDuration::from_secs(31));
    assert!(matches!(dial_next(&app, &carrier, first).await, Ok(Dialed::Accepted(_))));
}

#[tokio::test]
async fn a_short_wait_for_a_permit_is_waited_out_by_the_worker() {
    let (app, parts, customers) = world(1).await;
    app.pace.hold("dial", Duration::from_millis(30)).await.expect("held");
    let id = order(&app, customers[0]).await;
    let carrier = ScriptedCarrier::default();
    let advance = async {
        tokio::task::yield_now().await;
        parts.clock.advance(SignedDuration::from_secs(1));
    };
    let (dialed, ()) = tokio::join!(dial_next(&app, &carrier, id), advance);
    assert!(matches!(dialed, Ok(Dialed::Accepted(_))));
}

#[tokio::test]
async fn at_night_the_order_waits_for_the_morning_and_nobody_is_asked() {
    let (app, parts, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    parts.clock.advance(SignedDuration::from_hours(10));
    let carrier = ScriptedCarrier::default();
    let morning: jiff::Timestamp = "2026-11-24T03:30:00Z".parse().expect("a timestamp");
    assert_eq!(dial_next(&app, &carrier, id).await.expect("looked at"), Dialed::GivenBack { until: morning });
    assert_eq!(call(&app, id).await.not_before, morning);
    assert!(carrier.requests().is_empty());
}

#[tokio::test]
async fn who_asked_not_to_be_called_is_skipped() {
    let (app, _, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    let phone = app.calls.phone_of(id).await.expect("readable").expect("known");
    app.do_not_call.add(&phone, "asked", "tests", app.clock.now()).await.expect("added");
    let carrier = ScriptedCarrier::default();
    assert_eq!(dial_next(&app, &carrier, id).await.expect("judged"), Dialed::Skipped(FailureClass::DoNotCall));
    assert_eq!(call(&app, id).await.status, CallStatus::Skipped);
    assert!(carrier.requests().is_empty());
}

#[tokio::test]
async fn unreadable_settings_phone_nobody() {
    let (app, parts, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    parts.records.break_settings(true);
    let carrier = ScriptedCarrier::default();
    assert!(matches!(dial_next(&app, &carrier, id).await, Ok(Dialed::GivenBack { .. })));
    assert!(carrier.requests().is_empty());
}

#[tokio::test]
async fn with_all_lines_in_use_the_order_goes_back() {
    let (app, _, customers) = world(2).await;
    let settings = AccountSettings { calls_in_flight: 1, ..AccountSettings::default() };
    app.settings.replace(&settings, "tests", app.clock.now()).await.expect("stored");
    let carrier = ScriptedCarrier::default();
    let (first, second) = (order(&app, customers[0]).await, order(&app, customers[1]).await);
    dial_next(&app, &carrier, first).await.expect("asked");
    assert!(matches!(dial_next(&app, &carrier, second).await, Ok(Dialed::GivenBack { .. })));
    assert_eq!(call(&app, second).await.reason.as_deref(), Some("all lines are in use"));
    assert_eq!(carrier.requests().len(), 1);
}

/// Half past eight: the account's hours and those of payments have begun, those of appointments have not.
#[tokio::test]
async fn nobody_is_phoned_outside_the_legal_hours_of_what_the_call_is_for() {
    let (app, parts, customers) = world(2).await;
    let all_day = AccountSettings { calling_window: CallingWindow::HARD_LIMIT, ..AccountSettings::default() };
    app.settings.replace(&all_day, "tests", app.clock.now()).await.expect("stored");
    parts.clock.advance(SignedDuration::from_mins(-210));
    let carrier = ScriptedCarrier::default();
    let payment = order(&app, customers[0]).await;
    let appointment = place_for(&app, customers[1], None, Some("appointment_reminder")).await;
    assert!(matches!(dial_next(&app, &carrier, payment).await, Ok(Dialed::Accepted(_))));
    let until = app.clock.now() + SignedDuration::from_mins(30);
    assert_eq!(dial_next(&app, &carrier, appointment).await.expect("judged"), Dialed::GivenBack { until });
    assert_eq!(call(&app, appointment).await.reason.as_deref(), Some("outside the calling window (09:00 to 19:00)"));
    parts.clock.advance(SignedDuration::from_mins(30));
    assert!(matches!(dial_next(&app, &carrier, appointment).await, Ok(Dialed::Accepted(_))));
    let session = app.sessions.get(&sid("sid2")).await.expect("readable").expect("linked");
    assert_eq!(session.playbook.as_deref(), Some("appointment_reminder"));
}

#[tokio::test]
async fn an_order_whose_playbook_is_not_known_waits_and_says_why() {
    let (app, _, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let id = place_for(&app, customers[0], None, Some("poem")).await;
    assert!(matches!(dial_next(&app, &carrier, id).await, Ok(Dialed::GivenBack { .. })));
    let stored = call(&app, id).await;
    assert_eq!(stored.status, CallStatus::Queued);
    assert!(stored.reason.is_some_and(|reason| reason.contains("playbook is not known")));
    assert!(carrier.requests().is_empty());
}

async fn campaign(app: &shared::app::App, settings: CampaignSettings) -> CampaignId {
    let id = app.new_id(CampaignId::new);
    let now = app.clock.now();
    let new = NewCampaign {
        id,
        name: "November".to_owned(),
        idempotency_key: id.to_string(),
        settings,
        created_by: "tests".to_owned(),
        created_at: now,
    };
    app.campaigns.create(&new).await.expect("stored")
}

#[tokio::test]
async fn a_blocked_account_fails_the_call_pauses_the_campaign_and_says_so() {
    let (app, parts, customers) = world(1).await;
    let blocked = TelephonyError::AccountBlocked { class: FailureClass::Balance, reason: "HTTP 402".to_owned() };
    let carrier = ScriptedCarrier::answering(vec![Script::Fail(blocked)]);
    let campaign = campaign(&app, CampaignSettings::default()).await;
    let id = place(&app, customers[0], Some(campaign)).await;
    assert_eq!(dial_next(&app, &carrier, id).await.expect("asked"), Dialed::Refused(FailureClass::Balance));
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.failure_class), (CallStatus::Failed, Some(FailureClass::Balance)));
    let campaign = app.campaigns.find(campaign).await.expect("readable").expect("stored");
    assert_eq!(campaign.status, CampaignStatus::Paused);
    assert!(matches!(app.pace.take("dial", 150).await, Ok(Pacing::Wait(_))));
    let alarm = |event: &FeedEvent| matches!(event, FeedEvent::Log { level: LogLevel::Error, .. });
    assert!(parts.feed.events().iter().any(alarm));
}

#[tokio::test]
async fn a_paused_campaigns_order_uses_up_no_permit() {
    let (app, _, customers) = world(1).await;
    let one = AccountSettings { calls_per_minute: 1, ..AccountSettings::default() };
    app.settings.replace(&one, "tests", app.clock.now()).await.expect("stored");
    let campaign = campaign(&app, CampaignSettings::default()).await;
    let id = place(&app, customers[0], Some(campaign)).await;
    let running = [CampaignStatus::Running];
    app.campaigns.set_status(campaign, &running, CampaignStatus::Paused, app.clock.now()).await.expect("paused");
    let carrier = ScriptedCarrier::default();
    assert!(matches!(dial_next(&app, &carrier, id).await, Ok(Dialed::GivenBack { .. })));
    assert_eq!(app.pace.take("dial", 1).await.expect("counted"), Pacing::Go);
    assert!(carrier.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_campaign_keeps_its_own_slower_pace() {
    let (app, _, customers) = world(2).await;
    let campaign = campaign(&app, CampaignSettings { calls_per_minute: Some(1), ..Default::default() }).await;
    let (first, second) =
        (place(&app, customers[0], Some(campaign)).await, place(&app, customers[1], Some(campaign)).await);
    let carrier = ScriptedCarrier::default();
    assert!(matches!(dial_next(&app, &carrier, first).await, Ok(Dialed::Accepted(_))));
    assert!(matches!(dial_next(&app, &carrier, second).await, Ok(Dialed::GivenBack { .. })));
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn news_that_was_faster_than_the_answer_is_not_undone() {
    let (app, _, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    let settings = AccountSettings::default();
    app.calls.claim(id, Some(&settings), app.clock.now()).await.expect("claimed");
    let report = crate::reconcile_calls::report(id, Some("sid1"), CallStatus::InProgress);
    app.calls.record_report(&report, app.clock.now()).await.expect("stored");
    let unknown = DialOutcome::Unknown { reason: "timed out".to_owned() };
    app.calls.record_dial(id, &unknown, app.clock.now()).await.expect("stored");
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.outcome_unknown), (CallStatus::InProgress, false));
}

/// The same world behind a store that fails to take the carrier's answer so many times.
fn forgetful(app: &shared::app::App, failures: u32) -> shared::app::App {
    let calls = ForgetfulCalls { inner: app.calls.clone(), failures: failures.into() };
    shared::app::App { calls: Arc::new(calls), ..app.clone() }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_can_not_be_stored_at_once_is_stored_a_little_later() {
    let (app, parts, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    dial_next(&forgetful(&app, 3), &ScriptedCarrier::default(), id).await.expect("asked");
    assert_eq!(call(&app, id).await.call_sid, Some(sid("sid1")));
    assert!(parts.queue.take().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_can_not_be_stored_goes_through_the_queue_and_nobody_is_asked_again() {
    let (app, parts, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let id = order(&app, customers[0]).await;
    let broken = forgetful(&app, 100);
    assert_eq!(dial_next(&broken, &carrier, id).await.expect("asked"), Dialed::Accepted(sid("sid1")));
    assert_eq!(dial_next(&broken, &carrier, id).await.expect("looked at"), Dialed::NothingToDo);
    assert_eq!(carrier.requests().len(), 1);
    let sent = parts.queue.take();
    let [(QueueMessage::ReportV1 { report, .. }, _)] = sent.as_slice() else { panic!("{sent:?}") };
    app.calls.record_report(report, app.clock.now()).await.expect("stored");
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.call_sid), (CallStatus::Initiated, Some(sid("sid1"))));
}
