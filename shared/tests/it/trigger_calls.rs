//! Ordering calls: one, or a campaign; never everybody by accident, never twice for one key.

use std::time::Duration;

use shared::app::Error;
use shared::app::campaigns::{CampaignChange, change_campaign};
use shared::app::dial_next;
use shared::app::trigger_calls::{BulkFilter, BulkRequest, transfer_to_agent, trigger_bulk, trigger_one};
use shared::domain::campaign::{CampaignSettings, CampaignStatus};
use shared::domain::id::{CustomerId, UploadId};
use shared::domain::page::PageRequest;
use shared::domain::status::{CallStatus, FailureClass};
use shared::ports::calls::CallFilter;
use shared::ports::queue::QueueMessage;
use shared::ports::telephony::TelephonyError;

use crate::dialing::{Script, ScriptedCarrier, actor, add_customers, call, sid, world};

const NO_WAIT: Duration = Duration::ZERO;

fn code(error: Error) -> &'static str {
    match error {
        Error::Invalid { code, .. } | Error::Conflict { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

fn ids(customers: &[CustomerId]) -> BulkRequest {
    BulkRequest { customer_ids: Some(customers.iter().map(ToString::to_string).collect()), ..BulkRequest::default() }
}

fn by_filter(filter: BulkFilter) -> BulkRequest {
    BulkRequest { filter: Some(filter), ..BulkRequest::default() }
}

async fn order_count(app: &shared::app::App) -> usize {
    let page = shared::domain::page::PageRequest { cursor: None, limit: Some(200) };
    app.calls.list(&CallFilter::default(), &page).await.expect("listed").items.len()
}

#[tokio::test]
async fn a_single_order_is_stored_and_queued_at_once() {
    let (app, parts, customers) = world(1).await;
    let call = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect("ordered");
    assert_eq!((call.status, call.call_sid), (CallStatus::Queued, None));
    assert_eq!(parts.queue.take(), [(QueueMessage::DialV1 { call_id: call.call_id }, Duration::ZERO)]);
}

#[tokio::test]
async fn an_order_survives_a_queue_that_is_away() {
    let (app, parts, customers) = world(1).await;
    parts.queue.go_away(true);
    let call = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect("ordered");
    parts.queue.go_away(false);
    shared::app::release_orders(&app).await.expect("released");
    assert_eq!(parts.queue.take()[0].0, QueueMessage::DialV1 { call_id: call.call_id });
}

/// Orders a call and lets one worker take it while the order is waited for.
async fn ordered_and_dialed(carrier: ScriptedCarrier) -> Result<(CallStatus, Option<String>), Error> {
    let (app, parts, customers) = world(1).await;
    let who = actor();
    let ordered = trigger_one(&app, &who, customers[0], None, None, Duration::from_secs(8));
    let worker = async {
        loop {
            match parts.queue.take().as_slice() {
                [(QueueMessage::DialV1 { call_id }, _)] => return dial_next(&app, &carrier, *call_id).await,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    let (ordered, dialed) = tokio::join!(ordered, worker);
    dialed.expect("asked");
    ordered.map(|call| (call.status, call.call_sid.map(|sid| sid.to_string())))
}

#[tokio::test(start_paused = true)]
async fn who_waits_hears_the_carriers_answer() {
    let accepted = ordered_and_dialed(ScriptedCarrier::default()).await.expect("accepted");
    assert_eq!(accepted, (CallStatus::Initiated, Some("sid1".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_call_the_carrier_refused_is_an_error_with_its_reason() {
    let refused = TelephonyError::Refused { class: FailureClass::Dnd, reason: "HTTP 403: NDNC".to_owned() };
    let error = ordered_and_dialed(ScriptedCarrier::answering(vec![Script::Fail(refused)])).await.expect_err("refused");
    assert_eq!(error.to_string(), "HTTP 403: NDNC");
    assert_eq!(code(error), "dnd");
}

#[tokio::test(start_paused = true)]
async fn a_call_of_unknown_outcome_is_reported_as_dialing() {
    let unknown = ScriptedCarrier::answering(vec![crate::dialing::unknown()]);
    assert_eq!(ordered_and_dialed(unknown).await.expect("told"), (CallStatus::Dialing, None));
}

#[tokio::test]
async fn the_same_key_is_the_same_order() {
    let (app, parts, customers) = world(1).await;
    let first = trigger_one(&app, &actor(), customers[0], None, Some("k1"), NO_WAIT).await.expect("ordered");
    let again = trigger_one(&app, &actor(), customers[0], None, Some("k1"), NO_WAIT).await.expect("found");
    assert_eq!(first.call_id, again.call_id);
    assert_eq!(parts.queue.take().len(), 1);
}

#[tokio::test]
async fn a_key_of_another_customers_call_is_refused_and_answers_nothing_of_it() {
    let (app, _, customers) = world(2).await;
    trigger_one(&app, &actor(), customers[0], None, Some("k1"), NO_WAIT).await.expect("ordered");
    let other = trigger_one(&app, &actor(), customers[1], None, Some("k1"), NO_WAIT).await.expect_err("refused");
    assert_eq!(code(other), "idempotency_mismatch");
}

#[tokio::test]
async fn a_double_click_orders_one_call() {
    let (app, _, customers) = world(2).await;
    let first = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect("ordered");
    let again = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect("found");
    assert_eq!((again.call_id, again.status), (first.call_id, CallStatus::Queued));
    dial_next(&app, &ScriptedCarrier::default(), first.call_id).await.expect("asked");
    let live = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect("found");
    assert_eq!((live.call_id, live.status), (first.call_id, CallStatus::Initiated));
    trigger_one(&app, &actor(), customers[1], None, None, NO_WAIT).await.expect("somebody else");
    assert_eq!(order_count(&app).await, 2);
}

#[tokio::test]
async fn who_is_being_phoned_by_a_campaign_is_not_ordered_beside_it() {
    let (app, parts, customers) = world(1).await;
    trigger_bulk(&app, &actor(), &ids(&customers), None).await.expect("ordered");
    let queued = parts.queue.take();
    let QueueMessage::DialV1 { call_id } = queued[0].0 else { panic!("{queued:?}") };
    dial_next(&app, &ScriptedCarrier::default(), call_id).await.expect("asked");
    let beside = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect_err("refused");
    assert_eq!(code(beside), "call_in_progress");
}

#[tokio::test]
async fn an_unknown_customer_is_not_found() {
    let (app, _, _) = world(0).await;
    let nobody = app.new_id(CustomerId::new);
    let error = trigger_one(&app, &actor(), nobody, None, None, NO_WAIT).await.expect_err("nobody");
    assert!(matches!(error, Error::NotFound { what: "customer" }));
}

#[tokio::test]
async fn nobody_is_phoned_where_the_request_names_nobody() {
    let (app, _, _) = world(3).await;
    let unknown = app.new_id(CustomerId::new);
    for (request, expected) in [
        (BulkRequest::default(), "one_selector"),
        (ids(&[]), "empty_list"),
        (ids(&[unknown]), "empty_list"),
        (by_filter(BulkFilter::default()), "empty_filter"),
        (by_filter(BulkFilter { q: Some("  ".to_owned()), ..BulkFilter::default() }), "empty_filter"),
        (by_filter(BulkFilter { state: Some("Goa".to_owned()), ..BulkFilter::default() }), "empty_list"),
        (
            by_filter(BulkFilter { all: true, state: Some("Kerala".to_owned()), ..BulkFilter::default() }),
            "empty_filter",
        ),
        (
            BulkRequest { filter: Some(BulkFilter { all: true, ..BulkFilter::default() }), ..ids(&[unknown]) },
            "one_selector",
        ),
    ] {
        let error = trigger_bulk(&app, &actor(), &request, None).await.expect_err("refused");
        assert_eq!(code(error), expected, "{request:?}");
    }
    assert_eq!(order_count(&app).await, 0);
}

#[tokio::test]
async fn everybody_is_phoned_only_where_it_is_said() {
    let (app, _, customers) = world(5).await;
    let request = by_filter(BulkFilter { all: true, ..BulkFilter::default() });
    let ordered = trigger_bulk(&app, &actor(), &request, None).await.expect("ordered");
    assert_eq!((ordered.total, ordered.queued), (5, 5));
    assert_eq!(order_count(&app).await, customers.len());
}

#[tokio::test]
async fn who_can_not_be_phoned_is_named_with_a_reason() {
    let (app, parts, customers) = world(2).await;
    let stranger = app.new_id(CustomerId::new).to_string();
    let first = customers[0].to_string();
    let listed = vec![first.clone(), "42".to_owned(), stranger.clone(), first.clone(), customers[1].to_string()];
    let request = BulkRequest { customer_ids: Some(listed), ..BulkRequest::default() };
    let ordered = trigger_bulk(&app, &actor(), &request, None).await.expect("ordered");
    assert_eq!((ordered.total, ordered.queued), (5, 2));
    let mut skipped: Vec<_> = ordered.skipped.into_iter().map(|s| (s.customer_id, s.reason)).collect();
    skipped.sort();
    let mut expected = vec![
        ("42".to_owned(), "not a customer id".to_owned()),
        (first, "listed more than once".to_owned()),
        (stranger, "no such customer".to_owned()),
    ];
    expected.sort();
    assert_eq!(skipped, expected);
    assert_eq!(parts.queue.take().len(), 2);
}

#[tokio::test]
async fn the_same_key_is_the_same_campaign_and_orders_nobody_anew() {
    let (app, parts, _) = world(4).await;
    let request = by_filter(BulkFilter { state: Some("Kerala".to_owned()), ..BulkFilter::default() });
    let first = trigger_bulk(&app, &actor(), &request, Some("k1")).await.expect("ordered");
    parts.clock.advance(jiff::SignedDuration::from_mins(10));
    // Two more of them since.
    add_customers(&app, app.new_id(UploadId::new), 4, 4).await;
    let again = trigger_bulk(&app, &actor(), &request, Some("k1")).await.expect("found");
    assert_eq!(first, again);
    assert_eq!(order_count(&app).await, 2);
    let other = trigger_bulk(&app, &actor(), &request, Some("k2")).await.expect("ordered");
    assert_ne!(other.campaign_id, first.campaign_id);
    assert_eq!(other.queued, 4);
}

#[tokio::test]
async fn what_a_crash_left_unwritten_is_finished_by_the_same_key() {
    let (app, _, customers) = world(3).await;
    let first = trigger_bulk(&app, &actor(), &ids(&customers[..1]), Some("k1")).await.expect("ordered");
    let again = trigger_bulk(&app, &actor(), &ids(&customers), Some("k1")).await.expect("finished");
    assert_eq!((again.campaign_id, again.queued), (first.campaign_id, 3));
    assert_eq!(order_count(&app).await, 3);
}

#[tokio::test]
async fn a_list_longer_than_a_page_is_ordered_whole() {
    let (app, _, customers) = world(1_101).await;
    let listed = trigger_bulk(&app, &actor(), &ids(&customers), None).await.expect("ordered");
    assert_eq!(listed.queued, 1_101);
    let all = by_filter(BulkFilter { all: true, ..BulkFilter::default() });
    assert_eq!(trigger_bulk(&app, &actor(), &all, None).await.expect("ordered").queued, 1_101);
}

#[tokio::test]
async fn a_campaign_for_later_sends_nothing_now() {
    let (app, parts, customers) = world(1).await;
    let start_at = Some(app.clock.now() + jiff::SignedDuration::from_hours(2));
    let settings = CampaignSettings { start_at, ..CampaignSettings::default() };
    trigger_bulk(&app, &actor(), &BulkRequest { settings, ..ids(&customers) }, None).await.expect("ordered");
    assert!(parts.queue.take().is_empty());
}

#[tokio::test]
async fn settings_that_mean_nothing_are_refused() {
    let (app, _, customers) = world(1).await;
    for settings in [
        CampaignSettings { calls_per_minute: Some(0), ..CampaignSettings::default() },
        CampaignSettings { max_attempts: Some(6), ..CampaignSettings::default() },
    ] {
        let request = BulkRequest { settings, ..ids(&customers) };
        let error = trigger_bulk(&app, &actor(), &request, None).await.expect_err("refused");
        assert_eq!(code(error), "invalid_settings");
    }
}

#[tokio::test]
async fn what_calls_are_for_stands_with_each_order_and_must_be_known() {
    let (app, _, customers) = world(2).await;
    let named = |name: &str| CampaignSettings { playbook: Some(name.to_owned()), ..CampaignSettings::default() };
    trigger_bulk(&app, &actor(), &ids(&customers[1..]), None).await.expect("ordered");
    let orders = app.calls.list(&CallFilter::default(), &PageRequest::default()).await.expect("listed").items;
    assert_eq!(orders[0].playbook.as_deref(), Some("payment_reminder"), "what is usual when it is ordered");
    let request = BulkRequest { settings: named("appointment_reminder"), ..ids(&customers[..1]) };
    trigger_bulk(&app, &actor(), &request, None).await.expect("ordered");
    let single = trigger_one(&app, &actor(), customers[1], Some("appointment_reminder"), None, NO_WAIT).await;
    single.expect("ordered");
    let orders = app.calls.list(&CallFilter::default(), &PageRequest::default()).await.expect("listed").items;
    let appointments = orders.iter().filter(|order| order.playbook.as_deref() == Some("appointment_reminder"));
    assert_eq!((orders.len(), appointments.count()), (3, 2));

    let request = BulkRequest { settings: named("poem"), ..ids(&customers) };
    let unknown = trigger_bulk(&app, &actor(), &request, None).await.expect_err("refused");
    assert!(unknown.to_string().contains("there are `payment_reminder`, `appointment_reminder`"), "{unknown}");
    assert_eq!(code(unknown), "unknown_playbook");
    let unknown = trigger_one(&app, &actor(), customers[0], Some("poem"), None, NO_WAIT).await.expect_err("refused");
    assert_eq!((code(unknown), order_count(&app).await), ("unknown_playbook", 3));
}

#[tokio::test]
async fn a_cancelled_campaigns_orders_are_never_dialled() {
    let (app, parts, customers) = world(2).await;
    let ordered = trigger_bulk(&app, &actor(), &ids(&customers), None).await.expect("ordered");
    let id = ordered.campaign_id;
    let paused = change_campaign(&app, id, CampaignChange::Pause).await.expect("paused");
    assert_eq!(paused.status, CampaignStatus::Paused);
    change_campaign(&app, id, CampaignChange::Pause).await.expect("pausing again is no error");
    change_campaign(&app, id, CampaignChange::Cancel).await.expect("cancelled");
    let carrier = ScriptedCarrier::default();
    for (message, _) in parts.queue.take() {
        let QueueMessage::DialV1 { call_id } = message else { panic!("{message:?}") };
        dial_next(&app, &carrier, call_id).await.expect("judged");
        assert_eq!(call(&app, call_id).await.failure_class, Some(FailureClass::CampaignCancelled));
    }
    assert!(carrier.requests().is_empty());
    let error = change_campaign(&app, id, CampaignChange::Resume).await.expect_err("too late");
    assert_eq!(code(error), "campaign_status");
}

#[tokio::test]
async fn only_a_live_conversation_can_be_handed_over() {
    let (app, _, customers) = world(1).await;
    let ordered = trigger_one(&app, &actor(), customers[0], None, None, NO_WAIT).await.expect("ordered");
    dial_next(&app, &ScriptedCarrier::default(), ordered.call_id).await.expect("asked");
    let sid = sid("sid1");
    assert_eq!(code(transfer_to_agent(&app, &sid, "asked").await.expect_err("not answered")), "not_live");
    let answered = crate::reconcile_calls::report(ordered.call_id, Some("sid1"), CallStatus::InProgress);
    shared::app::record_status(&app, answered).await.expect("stored");
    transfer_to_agent(&app, &sid, "asked").await.expect("asked for");
    let session = app.sessions.get(&sid).await.expect("readable").expect("live");
    assert_eq!(session.hand_over.map(|h| h.reason).as_deref(), Some("asked"));
}
