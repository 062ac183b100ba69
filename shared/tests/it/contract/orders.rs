use jiff::SignedDuration;
use shared::domain::call::NewOrder;
use shared::domain::campaign::CampaignStatus;
use shared::domain::gate::Verdict;
use shared::domain::id::{CallId, CustomerId};
use shared::domain::settings::AccountSettings;
use shared::domain::status::{CallStatus, FailureClass, Source};
use shared::ports::calls::{Claim, DialOutcome, Placed};

use crate::support::{World, phone, sid};

super::contract!(
    the_same_order_placed_again_is_the_same_order,
    an_open_single_order_is_the_customers_only_one,
    single_orders_at_the_same_moment_are_one,
    an_order_for_nobody_is_refused_and_the_others_stay,
    a_lease_keeps_an_order_from_being_released_twice,
    orders_of_a_paused_campaign_are_not_released,
    orders_of_a_cancelled_campaign_end_without_a_lease,
    giving_back_never_makes_an_order_due_earlier,
    a_refusal_for_now_stored_again_late_does_not_free_the_next_claim,
    a_claimed_order_is_ours_and_only_once,
    two_orders_of_one_phone_claimed_at_once_give_one_call,
    many_workers_on_one_order_give_one_call,
    an_order_keeps_what_it_is_for,
    the_gate_reads_the_do_not_call_list_inside_the_claim,
    without_readable_settings_nobody_is_phoned,
    attempts_are_counted_per_phone_and_give_backs_are_not,
    a_customer_who_is_gone_is_skipped,
    exotels_answers_are_stored_as_they_mean,
    an_answer_never_undoes_a_report_that_came_first,
    what_nobody_knows_is_found_again,
);

async fn the_same_order_placed_again_is_the_same_order(world: &World) {
    let customer = world.customer(10).await;
    let campaign = world.campaign("one").await;
    let first = NewOrder { campaign_id: Some(campaign), ..world.new_order(customer) };
    let again = NewOrder { call_id: world.app.new_id(CallId::new), ..first.clone() };
    let keyed = NewOrder { idempotency_key: Some("key-1".to_owned()), ..world.new_order(customer) };
    let keyed_again = NewOrder { call_id: world.app.new_id(CallId::new), ..keyed.clone() };
    let retry = NewOrder { call_id: world.app.new_id(CallId::new), attempt: 2, ..first.clone() };
    let orders = [first.clone(), again, keyed.clone(), keyed_again, retry.clone()];
    let placed = world.app.calls.place(&orders).await.expect("placed");
    let (one, two) = (first.call_id, keyed.call_id);
    let expected =
        [Placed::New(one), Placed::Existing(one), Placed::New(two), Placed::Existing(two), Placed::New(retry.call_id)];
    assert_eq!(placed, expected);
    let repeated = world.app.calls.place(&orders).await.expect("placed");
    assert!(repeated.iter().all(|p| matches!(p, Placed::Existing(_))), "{repeated:?}");
}

async fn an_order_keeps_what_it_is_for(world: &World) {
    let appointment =
        NewOrder { playbook: Some("appointment_reminder".to_owned()), ..world.new_order(world.customer(10).await) };
    let usual = world.new_order(world.customer(11).await);
    world.app.calls.place(&[appointment.clone(), usual.clone()]).await.expect("placed");
    for order in [appointment, usual] {
        let stored = world.app.calls.find(order.call_id).await.expect("read").expect("stored");
        assert_eq!(stored.playbook, order.playbook);
    }
}

async fn an_open_single_order_is_the_customers_only_one(world: &World) {
    let customer = world.customer(10).await;
    let (first, again) = (world.new_order(customer), world.new_order(customer));
    let place = async |order: &NewOrder| world.app.calls.place_single(order).await.expect("placed");
    assert_eq!(place(&first).await, Placed::New(first.call_id));
    assert_eq!(place(&again).await, Placed::Existing(first.call_id));
    world.app.calls.claim(first.call_id, Some(&AccountSettings::default()), world.now()).await.expect("claimed");
    assert_eq!(place(&again).await, Placed::Existing(first.call_id), "a call that is being placed is open");
    let refused = DialOutcome::Refused { class: FailureClass::BadNumber, reason: "no such number".to_owned() };
    world.app.calls.record_dial(first.call_id, &refused, world.now()).await.expect("stored");
    assert_eq!(place(&again).await, Placed::New(again.call_id), "a call that is over is not");
    let keyed = NewOrder { idempotency_key: Some("another".to_owned()), ..world.new_order(customer) };
    assert_eq!(place(&keyed).await, Placed::Existing(again.call_id), "whatever the key");
    let keyed_too = NewOrder { idempotency_key: Some("a third".to_owned()), ..world.new_order(customer) };
    assert_eq!(place(&keyed_too).await, Placed::Existing(again.call_id), "however many keys");
    world.app.calls.claim(again.call_id, Some(&AccountSettings::default()), world.now()).await.expect("claimed");
    world.app.calls.record_dial(again.call_id, &refused, world.now()).await.expect("stored");
    for keyed in [&keyed, &keyed_too] {
        assert_eq!(place(keyed).await, Placed::Existing(again.call_id), "what it was answered with, also when over");
    }
    let nobody = world.app.new_id(CustomerId::new);
    assert_eq!(place(&world.new_order(nobody)).await, Placed::NoCustomer(nobody));
    let elsewhere = NewOrder { idempotency_key: Some("mine".to_owned()), ..world.new_order(world.customer(11).await) };
    assert_eq!(place(&elsewhere).await, Placed::New(elsewhere.call_id));
    let mistaken = NewOrder { customer_id: customer, call_id: world.app.new_id(CallId::new), ..elsewhere.clone() };
    assert_eq!(place(&mistaken).await, Placed::Existing(elsewhere.call_id), "a key is one order, open ones or not");
}

async fn single_orders_at_the_same_moment_are_one(world: &World) {
    let customer = world.customer(10).await;
    let orders: Vec<NewOrder> = (0..8).map(|_| world.new_order(customer)).collect();
    let placing = orders.iter().map(|order| world.app.calls.place_single(order));
    let placed = futures_util::future::try_join_all(placing).await.expect("placed");
    let new = placed.iter().filter(|placed| matches!(placed, Placed::New(_))).count();
    assert_eq!(new, 1, "{placed:?}");
}

async fn an_order_for_nobody_is_refused_and_the_others_stay(world: &World) {
    let nobody = world.app.new_id(CustomerId::new);
    let good = world.new_order(world.customer(10).await);
    let placed = world.app.calls.place(&[world.new_order(nobody), good.clone()]).await.expect("placed");
    assert_eq!(placed, [Placed::NoCustomer(nobody), Placed::New(good.call_id)]);
    assert_eq!(world.app.calls.place(&[]).await.expect("nothing to do"), []);
}

async fn a_lease_keeps_an_order_from_being_released_twice(world: &World) {
    let minute = SignedDuration::from_secs(60);
    let calls = [world.order(world.customer(10).await).await, world.order(world.customer(11).await).await];
    let later = NewOrder { not_before: world.now() + minute * 10, ..world.new_order(world.customer(12).await) };
    world.app.calls.place(&[later]).await.expect("placed");
    let release = async |limit| {
        let now = world.now();
        world.app.calls.release_due(now, now + minute, limit).await.expect("released")
    };
    let first = release(1).await;
    let second = release(10).await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert!(calls.iter().all(|call| first.contains(call) || second.contains(call)));
    assert_eq!(release(10).await, []);
    assert_eq!(world.app.calls.released_now(world.now()).await.expect("counted"), 2);
    // A worker that died gives its orders back by not coming.
    world.clock.advance(minute);
    assert_eq!(world.app.calls.released_now(world.now()).await.expect("counted"), 0);
    assert_eq!(release(10).await.len(), 2);
    world.app.calls.give_back(calls[0], world.now() + minute * 2, "no permit").await.expect("given back");
    assert_eq!(world.app.calls.released_now(world.now()).await.expect("counted"), 1);
    let call = world.app.calls.find(calls[0]).await.expect("read").expect("there");
    assert_eq!(
        (call.status, call.not_before, call.reason.as_deref()),
        (CallStatus::Queued, world.now() + minute * 2, Some("no permit"))
    );
}

async fn orders_of_a_paused_campaign_are_not_released(world: &World) {
    let campaign = world.campaign("one").await;
    let order = NewOrder { campaign_id: Some(campaign), ..world.new_order(world.customer(10).await) };
    world.app.calls.place(std::slice::from_ref(&order)).await.expect("placed");
    let switch = async |from, to| {
        assert!(world.app.campaigns.set_status(campaign, &[from], to, world.now()).await.expect("changed"));
    };
    let release = async || {
        let now = world.now();
        world.app.calls.release_due(now, now + SignedDuration::from_secs(60), 10).await.expect("released")
    };
    switch(CampaignStatus::Running, CampaignStatus::Paused).await;
    assert_eq!(release().await, []);
    assert!(matches!(world.claim(order.call_id).await, Claim::Refused(Verdict::Wait { .. })));
    switch(CampaignStatus::Paused, CampaignStatus::Running).await;
    world.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(release().await, [order.call_id]);
    switch(CampaignStatus::Running, CampaignStatus::Cancelled).await;
    assert!(matches!(world.claim(order.call_id).await, Claim::Refused(Verdict::Skip { .. })));
    let call = world.app.calls.find(order.call_id).await.expect("read").expect("there");
    assert_eq!(
        (call.status, call.failure_class, call.end_time),
        (CallStatus::Skipped, Some(FailureClass::CampaignCancelled), Some(world.now()))
    );
}

async fn orders_of_a_cancelled_campaign_end_without_a_lease(world: &World) {
    let campaign = world.campaign("one").await;
    let mut orders = Vec::new();
    for nn in 10..13 {
        orders.push(NewOrder { campaign_id: Some(campaign), ..world.new_order(world.customer(nn).await) });
    }
    world.app.calls.place(&orders).await.expect("placed");
    assert!(matches!(world.claim(orders[0].call_id).await, Claim::Claimed(_)));
    let all = [CampaignStatus::Running];
    assert!(world.app.campaigns.set_status(campaign, &all, CampaignStatus::Cancelled, world.now()).await.expect("set"));
    let single = world.order(world.customer(20).await).await;
    let now = world.now();
    let until = now + SignedDuration::from_secs(60);
    // One place only: the cancelled orders are older and must not take it.
    assert_eq!(world.app.calls.release_due(now, until, 1).await.expect("released"), [single]);
    assert_eq!(world.status(orders[0].call_id).await, CallStatus::Dialing, "a call being placed goes on");
    for order in &orders[1..] {
        let call = world.app.calls.find(order.call_id).await.expect("read").expect("there");
        assert_eq!(
            (call.status, call.failure_class, call.end_time, call.dialed_at),
            (CallStatus::Skipped, Some(FailureClass::CampaignCancelled), Some(now), None)
        );
        assert_eq!(world.claim(order.call_id).await, Claim::NotQueued);
    }
}

async fn giving_back_never_makes_an_order_due_earlier(world: &World) {
    let hour = SignedDuration::from_hours(1);
    let order = NewOrder { not_before: world.now() + hour, ..world.new_order(world.customer(10).await) };
    world.app.calls.place(std::slice::from_ref(&order)).await.expect("placed");
    world.app.calls.give_back(order.call_id, world.now(), "no line").await.expect("given back");
    let call = world.app.calls.find(order.call_id).await.expect("read").expect("there");
    assert_eq!(call.not_before, order.not_before);
}

/// A fail-over can lose the answer to a commit: the worker stores its outcome again, while another
/// worker may hold the order by now and be asking the carrier.
async fn a_refusal_for_now_stored_again_late_does_not_free_the_next_claim(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let until = world.now() + SignedDuration::from_secs(5);
    let not_now = DialOutcome::NotNow { until, reason: "slow down".to_owned() };
    world.app.calls.record_dial(call, &not_now, world.now()).await.expect("stored");
    assert_eq!(world.status(call).await, CallStatus::Queued);
    world.clock.advance(SignedDuration::from_secs(5));
    assert!(matches!(world.claim(call).await, Claim::Claimed(_)));
    world.app.calls.record_dial(call, &not_now, world.now()).await.expect("noted");
    assert_eq!(world.status(call).await, CallStatus::Dialing);
    assert_eq!(world.claim(call).await, Claim::NotQueued, "nobody asks the carrier a second time");
}

async fn a_claimed_order_is_ours_and_only_once(world: &World) {
    let customer = world.customer(10).await;
    let call = world.order(customer).await;
    let Claim::Claimed(claimed) = world.claim(call).await else { panic!("a clean order at noon is called") };
    assert_eq!(claimed.phone, phone(10));
    assert_eq!((claimed.customer.id, claimed.customer.name.as_str()), (customer, "Asha Kumari 10"));
    assert_eq!((claimed.call.status, claimed.call.dialed_at), (CallStatus::Dialing, Some(world.now())));
    assert_eq!(world.app.calls.find(call).await.expect("read"), Some(claimed.call));
    assert_eq!(world.claim(call).await, Claim::NotQueued);
    assert_eq!(world.claim(world.app.new_id(CallId::new)).await, Claim::NotQueued);
    assert_eq!(world.app.calls.live_count().await.expect("counted"), 1);
    assert_eq!(world.app.calls.phone_of(call).await.expect("read"), Some(phone(10)));
    assert_eq!(world.app.calls.session_customer(call).await.expect("read"), Some(claimed.customer));
}

async fn claim_all(world: &World, calls: &[CallId]) -> Vec<Claim> {
    let now = world.now();
    let tasks: Vec<_> = calls
        .iter()
        .map(|call| {
            let (app, call) = (world.app.clone(), *call);
            tokio::spawn(async move { app.calls.claim(call, Some(&AccountSettings::default()), now).await })
        })
        .collect();
    let mut claims = Vec::new();
    for task in tasks {
        claims.push(task.await.expect("not panicked").expect("judged"));
    }
    claims
}

async fn two_orders_of_one_phone_claimed_at_once_give_one_call(world: &World) {
    for nn in 10..20 {
        let customer = world.customer(nn).await;
        let calls = [world.order(customer).await, world.order(customer).await];
        let claims = claim_all(world, &calls).await;
        let claimed = claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count();
        let waiting = claims.iter().filter(|claim| matches!(claim, Claim::Refused(Verdict::Wait { .. }))).count();
        assert_eq!((claimed, waiting), (1, 1), "{claims:?}");
    }
}

async fn many_workers_on_one_order_give_one_call(world: &World) {
    let call = world.order(world.customer(10).await).await;
    let claims = claim_all(world, &[call; 8]).await;
    assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count(), 1);
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::NotQueued).count(), 7);
}

async fn the_gate_reads_the_do_not_call_list_inside_the_claim(world: &World) {
    let call = world.order(world.customer(10).await).await;
    world.app.do_not_call.add(&phone(10), "asked on the phone", "call", world.now()).await.expect("added");
    assert!(matches!(world.claim(call).await, Claim::Refused(Verdict::Skip { class: FailureClass::DoNotCall, .. })));
    assert_eq!(world.status(call).await, CallStatus::Skipped);
    assert_eq!(world.claim(call).await, Claim::NotQueued);
}

async fn without_readable_settings_nobody_is_phoned(world: &World) {
    let call = world.order(world.customer(10).await).await;
    let claim = world.app.calls.claim(call, None, world.now()).await.expect("judged");
    assert!(matches!(claim, Claim::Refused(Verdict::Wait { .. })));
    let stored = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!((stored.status, stored.dialed_at), (CallStatus::Queued, None));
    assert!(stored.not_before > world.now() && stored.reason.is_some());
    // A second message of the same order finds it waiting, and does not know better why.
    assert!(matches!(world.claim(call).await, Claim::Refused(Verdict::Wait { .. })));
    let again = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!((again.not_before, again.reason), (stored.not_before, stored.reason));
}

async fn attempts_are_counted_per_phone_and_give_backs_are_not(world: &World) {
    let customer = world.customer(10).await;
    let not_now = DialOutcome::NotNow { until: world.now() + SignedDuration::from_secs(1), reason: "429".to_owned() };
    for _ in 0..5 {
        let call = world.dialing(customer).await;
        let back = world.app.calls.record_dial(call, &not_now, world.now()).await.expect("stored").expect("there");
        assert_eq!((back.status, back.dialed_at), (CallStatus::Queued, None));
    }
    for _ in 0..3 {
        let call = world.dialing(customer).await;
        let report = world.report(call, CallStatus::NotPicked, Source::Webhook);
        world.app.calls.record_report(&report, world.now()).await.expect("recorded");
    }
    let fourth = world.order(customer).await;
    assert!(matches!(
        world.claim(fourth).await,
        Claim::Refused(Verdict::Skip { class: FailureClass::AttemptLimit, .. })
    ));
    world.clock.advance(SignedDuration::from_hours(24));
    world.dialing(customer).await;
}

async fn a_customer_who_is_gone_is_skipped(world: &World) {
    let customer = world.customer(10).await;
    let call = world.order(customer).await;
    world.erase(customer).await;
    assert!(matches!(world.claim(call).await, Claim::Refused(Verdict::Skip { class: FailureClass::CustomerGone, .. })));
    assert_eq!(world.status(call).await, CallStatus::Skipped);
}

async fn exotels_answers_are_stored_as_they_mean(world: &World) {
    let answer = async |nn, outcome: DialOutcome| {
        let call = world.dialing(world.customer(nn).await).await;
        world.app.calls.record_dial(call, &outcome, world.now()).await.expect("stored").expect("there")
    };
    let accepted = answer(10, DialOutcome::Accepted(sid("sid-10"))).await;
    assert_eq!((accepted.status, accepted.call_sid.clone()), (CallStatus::Initiated, Some(sid("sid-10"))));
    assert_eq!(world.app.calls.find_by_sid(&sid("sid-10")).await.expect("read"), Some(accepted.clone()));
    let reason = "balance exhausted".to_owned();
    let refused = answer(11, DialOutcome::Refused { class: FailureClass::Balance, reason }).await;
    assert_eq!(
        (refused.status, refused.failure_class, refused.end_time),
        (CallStatus::Failed, Some(FailureClass::Balance), Some(world.now()))
    );
    let unknown = answer(12, DialOutcome::Unknown { reason: "timeout".to_owned() }).await;
    assert_eq!((unknown.status, unknown.outcome_unknown), (CallStatus::Dialing, true));
    assert_eq!(world.claim(unknown.call_id).await, Claim::NotQueued, "never dialled again by itself");
    let history = world.app.calls.updates(accepted.call_id).await.expect("read");
    assert_eq!((history.len(), history[0].source, history[0].applied), (1, Source::Dial, true));
    let nobody = world.app.new_id(CallId::new);
    let outcome = DialOutcome::Accepted(sid("sid-99"));
    assert_eq!(world.app.calls.record_dial(nobody, &outcome, world.now()).await.expect("stored"), None);
}

async fn an_answer_never_undoes_a_report_that_came_first(world: &World) {
    let outcomes = [
        DialOutcome::Accepted(sid("sid-1")),
        DialOutcome::Refused { class: FailureClass::Refused, reason: "no".to_owned() },
        DialOutcome::NotNow { until: world.now(), reason: "429".to_owned() },
        DialOutcome::Unknown { reason: "timeout".to_owned() },
    ];
    for (nn, outcome) in (10..).zip(outcomes) {
        let call = world.dialing(world.customer(nn).await).await;
        let report = world.report(call, CallStatus::Completed, Source::Webhook);
        world.app.calls.record_report(&report, world.now()).await.expect("recorded");
        let after = world.app.calls.record_dial(call, &outcome, world.now()).await.expect("stored").expect("there");
        assert_eq!((after.status, after.outcome_unknown), (CallStatus::Completed, false), "{outcome:?}");
    }
}

async fn what_nobody_knows_is_found_again(world: &World) {
    let minute = SignedDuration::from_secs(60);
    let dead_worker = world.dialing(world.customer(10).await).await;
    world.clock.advance(SignedDuration::from_secs(1));
    let unknown = world.dialing(world.customer(11).await).await;
    let outcome = DialOutcome::Unknown { reason: "timeout".to_owned() };
    world.app.calls.record_dial(unknown, &outcome, world.now()).await.expect("stored");
    let linked = world.dialing(world.customer(12).await).await;
    world.app.calls.record_dial(linked, &DialOutcome::Accepted(sid("s-12")), world.now()).await.expect("stored");
    let ids = async |before| {
        let found = world.app.calls.unresolved(before, 10).await.expect("read");
        found.into_iter().map(|call| call.call_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(world.now() - minute).await, [unknown], "a claim of a moment ago may still be answered");
    world.clock.advance(minute);
    assert_eq!(ids(world.now()).await, [dead_worker, unknown]);
    let quiet = async |before| {
        let found = world.app.calls.quiet(before, 10).await.expect("read");
        found.into_iter().map(|call| call.call_id).collect::<Vec<_>>()
    };
    assert_eq!(quiet(world.now() - minute).await, []);
    assert_eq!(quiet(world.now()).await, [linked]);
    let report = world.report(linked, CallStatus::Ringing, Source::Webhook);
    world.app.calls.record_report(&report, world.now()).await.expect("recorded");
    assert_eq!(quiet(world.now()).await, [], "news ends the quiet");
}
