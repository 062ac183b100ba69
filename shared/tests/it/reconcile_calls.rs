//! Every call reaches a truthful end, from the carrier's own record where nothing else came.

use jiff::{SignedDuration, Timestamp};
use shared::app::reconcile_calls::{ReconcileLimits, ReconcileReport};
use shared::app::trigger_calls::{BulkRequest, trigger_bulk};
use shared::app::{App, dial_next, reconcile_calls};
use shared::domain::call::{CallRef, Disposition, StatusReport};
use shared::domain::campaign::CampaignStatus;
use shared::domain::feed::FeedEvent;
use shared::domain::id::{CallId, CustomerId};
use shared::domain::status::{CallStatus, FailureClass, Source};
use shared::ports::telephony::TelephonyError;
use shared::wiring::MemoryParts;

use crate::dialing::{Script, ScriptedCarrier, actor, call, minutes, order, record, sid, unknown, world};
use crate::support::conversation;

/// A webhook's report, as the other functions record it.
pub(crate) fn report(call_id: CallId, sid_text: Option<&str>, status: CallStatus) -> StatusReport {
    StatusReport {
        call: CallRef { call_id: Some(call_id), call_sid: sid_text.map(sid) },
        status,
        source: Source::Webhook,
        failure_class: None,
        message: "told by the test".to_owned(),
        occurred_at: "2026-11-23T06:30:10Z".parse().expect("a timestamp"),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::Value::Null,
        call_back_due: false,
        dedupe_key: format!("test:{call_id}:{status}"),
    }
}

async fn run(app: &App, carrier: &ScriptedCarrier) -> ReconcileReport {
    let limits = ReconcileLimits { patience: std::time::Duration::ZERO, ..ReconcileLimits::default() };
    reconcile_calls(app, carrier, &limits).await.expect("reconciled")
}

/// One call of unknown outcome, asked for at the moment answered.
async fn one_unknown() -> (App, MemoryParts, CallId, ScriptedCarrier, Timestamp) {
    let (app, parts, customers) = world(1).await;
    let carrier = ScriptedCarrier::answering(vec![unknown()]);
    let id = order(&app, customers[0]).await;
    let asked = app.clock.now();
    dial_next(&app, &carrier, id).await.expect("asked");
    (app, parts, id, carrier, asked)
}

/// One accepted call that nothing was heard of since.
async fn one_accepted() -> (App, MemoryParts, CallId, ScriptedCarrier) {
    let (app, parts, customers) = world(1).await;
    let carrier = ScriptedCarrier::default();
    let id = order(&app, customers[0]).await;
    dial_next(&app, &carrier, id).await.expect("asked");
    (app, parts, id, carrier)
}

fn knows(carrier: &ScriptedCarrier, raw: &str, status: Option<CallStatus>, at: Timestamp) {
    carrier.details.lock().expect("not poisoned").insert(sid("sid1"), record("sid1", raw, status, at));
}

#[tokio::test]
async fn a_call_found_in_the_list_is_bound_and_not_dialled_again() {
    let (app, parts, id, carrier, asked) = one_unknown().await;
    let there = record("found", "in-progress", Some(CallStatus::Initiated), asked + SignedDuration::from_secs(2));
    carrier.list.lock().expect("not poisoned").push(there);
    minutes(&parts, 3);
    assert_eq!(run(&app, &carrier).await.bound, 1);
    let stored = call(&app, id).await;
    assert_eq!(
        (stored.status, stored.call_sid, stored.outcome_unknown),
        (CallStatus::Initiated, Some(sid("found")), false)
    );
    assert!(app.sessions.get(&sid("found")).await.expect("readable").is_some());
    assert_eq!(carrier.requests().len(), 1);
}

#[tokio::test]
async fn a_call_found_when_it_was_over_gets_its_end() {
    let (app, parts, id, carrier, asked) = one_unknown().await;
    carrier.list.lock().expect("not poisoned").push(record("found", "completed", Some(CallStatus::Completed), asked));
    minutes(&parts, 3);
    run(&app, &carrier).await;
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.duration_s), (CallStatus::Completed, Some(42)));
}

#[tokio::test]
async fn a_call_is_not_given_up_before_its_time_and_not_kept_after() {
    let (app, parts, id, carrier, _) = one_unknown().await;
    minutes(&parts, 19);
    assert_eq!(run(&app, &carrier).await.not_placed, 0);
    assert_eq!(call(&app, id).await.status, CallStatus::Dialing);
    minutes(&parts, 1);
    assert_eq!(run(&app, &carrier).await.not_placed, 1);
    let stored = call(&app, id).await;
    assert_eq!((stored.status, stored.failure_class), (CallStatus::Failed, Some(FailureClass::NotPlaced)));
    assert!(!stored.outcome_unknown);
    assert_eq!(run(&app, &carrier).await, ReconcileReport::default());
}

#[tokio::test]
async fn a_list_that_can_not_be_read_proves_no_absence() {
    let (app, parts, id, carrier, _) = one_unknown().await;
    minutes(&parts, 60);
    let fault = TelephonyError::OutcomeUnknown("504".into());
    *carrier.read_fault.lock().expect("not poisoned") = Some(fault);
    assert_eq!(run(&app, &carrier).await.not_placed, 0);
    assert_eq!(call(&app, id).await.status, CallStatus::Dialing);
}

#[tokio::test]
async fn another_orders_call_is_never_taken() {
    let (app, parts, customers) = world(2).await;
    let carrier = ScriptedCarrier::answering(vec![Script::Accept, unknown()]);
    let (theirs, ours) = (order(&app, customers[0]).await, order(&app, customers[1]).await);
    dial_next(&app, &carrier, theirs).await.expect("asked");
    dial_next(&app, &carrier, ours).await.expect("asked");
    let now = app.clock.now();
    let alive = |id: &str, at| record(id, "in-progress", Some(CallStatus::Initiated), at);
    carrier.list.lock().expect("not poisoned").push(alive("sid1", now));
    minutes(&parts, 2);
    assert_eq!(run(&app, &carrier).await.bound, 0);
    assert_eq!(call(&app, ours).await.call_sid, None);
    // Farther from our request than theirs, but nobody's.
    carrier.list.lock().expect("not poisoned").push(alive("free", now + SignedDuration::from_secs(60)));
    minutes(&parts, 1);
    run(&app, &carrier).await;
    assert_eq!(call(&app, ours).await.call_sid, Some(sid("free")));
}

#[tokio::test]
async fn of_several_the_nearest_in_time_is_ours() {
    let (app, parts, id, carrier, asked) = one_unknown().await;
    for (name, seconds) in [("early", -90), ("near", 3), ("late", 200)] {
        let at = asked + SignedDuration::from_secs(seconds);
        carrier.list.lock().expect("not poisoned").push(record(name, "busy", Some(CallStatus::NotPicked), at));
    }
    minutes(&parts, 3);
    run(&app, &carrier).await;
    assert_eq!(call(&app, id).await.call_sid, Some(sid("near")));
}

#[tokio::test]
async fn a_claim_whose_worker_died_is_looked_up_and_written_off() {
    let (app, parts, customers) = world(1).await;
    let id = order(&app, customers[0]).await;
    let settings = app.settings.current().await.expect("readable");
    app.calls.claim(id, Some(&settings), app.clock.now()).await.expect("claimed");
    let carrier = ScriptedCarrier::default();
    minutes(&parts, 1);
    run(&app, &carrier).await;
    assert_eq!(carrier.read_count(), 0, "the request may still be under way");
    minutes(&parts, 24);
    run(&app, &carrier).await;
    assert_eq!(call(&app, id).await.failure_class, Some(FailureClass::NotPlaced));
    assert!(carrier.requests().is_empty());
}

#[tokio::test]
async fn a_call_whose_callbacks_never_came_is_closed_by_its_record() {
    let (app, parts, id, carrier) = one_accepted().await;
    knows(&carrier, "no-answer", Some(CallStatus::NotPicked), app.clock.now());
    minutes(&parts, 2);
    assert_eq!(run(&app, &carrier).await.asked, 0, "news may still come by itself");
    minutes(&parts, 2);
    let report = run(&app, &carrier).await;
    assert_eq!((report.asked, report.ended), (1, 1));
    assert_eq!(call(&app, id).await.status, CallStatus::NotPicked);
}

#[tokio::test]
async fn a_call_that_broke_after_its_answer_does_not_blame_the_number() {
    let (app, parts, id, carrier) = one_accepted().await;
    let answered = report(id, Some("sid1"), CallStatus::InProgress);
    shared::app::record_status(&app, answered).await.expect("stored");
    let mut failed = record("sid1", "failed", Some(CallStatus::Failed), app.clock.now());
    failed.failure_class = Some(FailureClass::BadNumber);
    carrier.details.lock().expect("not poisoned").insert(sid("sid1"), failed);
    minutes(&parts, 5);
    run(&app, &carrier).await;
    assert_eq!(call(&app, id).await.failure_class, Some(FailureClass::Carrier));
}

#[tokio::test]
async fn a_call_the_carrier_calls_alive_is_left_alone_until_it_can_not_be() {
    let (app, parts, id, carrier) = one_accepted().await;
    knows(&carrier, "in-progress", Some(CallStatus::Initiated), app.clock.now());
    minutes(&parts, 30);
    assert_eq!(run(&app, &carrier).await.ended, 0);
    assert_eq!(call(&app, id).await.status, CallStatus::Initiated);
    minutes(&parts, 240);
    assert_eq!(run(&app, &carrier).await.ended, 1);
    assert_eq!(call(&app, id).await.failure_class, Some(FailureClass::Carrier));
}

#[tokio::test]
async fn a_word_we_do_not_know_ends_nothing() {
    let (app, parts, id, carrier) = one_accepted().await;
    knows(&carrier, "paused", None, app.clock.now());
    minutes(&parts, 500);
    assert_eq!(run(&app, &carrier).await.ended, 0);
    assert_eq!(call(&app, id).await.status, CallStatus::Initiated);
}

#[tokio::test]
async fn an_answered_call_the_carrier_forgot_counts_as_held() {
    let (app, parts, id, carrier) = one_accepted().await;
    let answered = report(id, Some("sid1"), CallStatus::InProgress);
    shared::app::record_status(&app, answered).await.expect("stored");
    minutes(&parts, 20);
    assert_eq!(run(&app, &carrier).await.ended, 0);
    minutes(&parts, 20);
    assert_eq!(run(&app, &carrier).await.ended, 1);
    assert_eq!(call(&app, id).await.status, CallStatus::Completed);
}

#[tokio::test]
async fn a_completed_call_in_which_nobody_ever_spoke_failed() {
    let (app, parts, customers) = world(2).await;
    let carrier = ScriptedCarrier::default();
    let mut ids = Vec::new();
    for (customer, sid) in customers.iter().zip(["sid1", "sid2"]) {
        let id = order(&app, *customer).await;
        dial_next(&app, &carrier, id).await.expect("asked");
        let over = StatusReport { occurred_at: app.clock.now(), ..report(id, Some(sid), CallStatus::Completed) };
        shared::app::record_status(&app, over).await.expect("stored");
        ids.push(id);
    }
    app.calls.save_conversation(ids[1], &conversation(Disposition::Informed)).await.expect("stored");
    let ended = call(&app, ids[0]).await.end_time;
    minutes(&parts, 29);
    assert_eq!(run(&app, &carrier).await.silent, 0, "its record may still be on the way");
    minutes(&parts, 2);
    assert_eq!(run(&app, &carrier).await.silent, 1);
    assert_eq!(run(&app, &carrier).await.silent, 0);
    let [silent, spoken] = [call(&app, ids[0]).await, call(&app, ids[1]).await];
    assert_eq!((silent.status, silent.failure_class), (CallStatus::Failed, Some(FailureClass::Conversation)));
    assert_eq!(
        (silent.end_time, silent.reason.as_deref()),
        (ended, Some("the phone was answered, and no conversation began"))
    );
    assert_eq!((spoken.status, spoken.disposition), (CallStatus::Completed, Some(Disposition::Informed)));
}

async fn quiet_calls(count: usize) -> (App, MemoryParts, ScriptedCarrier) {
    let (app, parts, customers) = world(count).await;
    let carrier = ScriptedCarrier::default();
    for customer in customers {
        let id = order(&app, customer).await;
        parts.clock.advance(SignedDuration::from_secs(1));
        dial_next(&app, &carrier, id).await.expect("asked");
    }
    minutes(&parts, 30);
    (app, parts, carrier)
}

#[tokio::test]
async fn no_more_is_asked_than_the_reading_budget_allows() {
    let (app, _, carrier) = quiet_calls(12).await;
    let report = run(&app, &carrier).await;
    assert!(report.stopped_early && report.asked < 12, "{report:?}");
    assert_eq!(report.asked, carrier.read_count());
}

#[tokio::test]
async fn a_rate_limit_on_reading_ends_the_run_and_holds_the_next() {
    let (app, _, carrier) = quiet_calls(3).await;
    *carrier.read_fault.lock().expect("not poisoned") = Some(TelephonyError::Busy { retry_after: None });
    let report = run(&app, &carrier).await;
    assert!(report.stopped_early);
    assert_eq!(carrier.read_count(), 1);
    run(&app, &carrier).await;
    assert_eq!(carrier.read_count(), 1);
}

#[tokio::test]
async fn a_campaign_whose_every_order_is_final_is_closed_and_announced() {
    let (app, parts, customers) = world(1).await;
    let one = |id: &CustomerId| BulkRequest { customer_ids: Some(vec![id.to_string()]), ..BulkRequest::default() };
    let ordered = trigger_bulk(&app, &actor(), &one(&customers[0]), None).await.expect("ordered");
    let carrier = ScriptedCarrier::default();
    assert_eq!(run(&app, &carrier).await.campaigns_closed, 0);
    let page = shared::domain::page::PageRequest::default();
    let calls = app.calls.list(&shared::ports::calls::CallFilter::default(), &page).await.expect("listed").items;
    dial_next(&app, &carrier, calls[0].call_id).await.expect("asked");
    let over = report(calls[0].call_id, Some("sid1"), CallStatus::Completed);
    shared::app::record_status(&app, over).await.expect("stored");
    assert_eq!(run(&app, &carrier).await.campaigns_closed, 1);
    let campaign = app.campaigns.find(ordered.campaign_id).await.expect("readable").expect("stored");
    assert_eq!(campaign.status, CampaignStatus::Completed);
    let done = |event: &FeedEvent| matches!(event, FeedEvent::CampaignProgress { finished: 1, total: 1, .. });
    assert!(parts.feed.events().iter().any(done));
}
