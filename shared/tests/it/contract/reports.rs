use jiff::SignedDuration;
use shared::domain::call::{CallRef, ConversationResult, Disposition, Recorded, StatusReport};
use shared::domain::cost::Meters;
use shared::domain::id::CallId;
use shared::domain::language::Language;
use shared::domain::money::Paise;
use shared::domain::page::PageRequest;
use shared::domain::status::{CallStatus, FailureClass, Source, Step};
use shared::domain::timings::{Timings, TurnTimes};
use shared::domain::transcript::{Line, Speaker, Transcript};
use shared::ports::calls::{CallFilter, DialOutcome};

use crate::support::{World, conversation, sid};

super::contract!(
    a_call_heard_of_meanwhile_is_not_written_off,
    a_call_is_followed_from_ringing_to_its_end,
    the_same_report_twice_is_stored_once,
    a_late_report_is_kept_and_changes_nothing,
    the_first_sid_binds_and_another_is_refused,
    a_report_that_names_no_call_of_ours_is_answered_so,
    a_report_proves_that_the_call_exists,
    a_report_on_an_order_whose_phone_is_in_use_is_kept_for_later,
    the_carriers_own_record_corrects_a_final_state,
    an_answer_into_silence_is_a_failure_whoever_reports_first,
    the_carriers_details_fill_in_what_the_stream_did_not_know,
    under_a_storm_of_reports_every_call_ends,
    what_a_conversation_leaves_is_read_back_and_replaced,
    a_hand_over_that_nobody_took_is_a_call_back_whichever_is_written_first,
    a_call_that_ends_before_an_agent_took_it_over_is_a_call_back,
    a_completed_call_that_left_no_conversation_is_silent,
    the_recordings_of_a_call_stand_beside_each_other,
    figures_and_series_count_every_call_once,
    a_list_of_calls_is_filtered,
);

async fn record(world: &World, report: &StatusReport) -> Recorded {
    world.app.calls.record_report(report, world.now()).await.expect("recorded")
}

fn with_sid(report: StatusReport, text: &str) -> StatusReport {
    StatusReport { call: CallRef { call_sid: Some(sid(text)), ..report.call }, ..report }
}

async fn a_call_is_followed_from_ringing_to_its_end(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let start = world.now();
    for status in [CallStatus::Ringing, CallStatus::InProgress, CallStatus::AgentTransfer] {
        world.clock.advance(SignedDuration::from_secs(10));
        let report = world.report(call, status, Source::Webhook);
        let Recorded::Stored { call, step } = record(world, &report).await else { panic!("a known call") };
        assert_eq!((call.status, step), (status, Step::Moved(status)));
    }
    world.clock.advance(SignedDuration::from_secs(10));
    let end = StatusReport { duration_s: Some(25), ..world.report(call, CallStatus::Completed, Source::Webhook) };
    record(world, &end).await;
    let call = world.app.calls.find(call).await.expect("read").expect("there");
    let after = |seconds| Some(start + SignedDuration::from_secs(seconds));
    assert_eq!((call.answered_at, call.agent_transfer_time, call.end_time), (after(20), after(30), after(40)));
    assert_eq!((call.duration_s, call.failure_class, call.reason), (Some(25), None, None));
    let history = world.app.calls.updates(call.call_id).await.expect("read");
    let words: Vec<_> = history.iter().map(|update| update.status.as_str()).collect();
    assert_eq!(words, ["ringing", "in_progress", "agent_transfer", "completed"]);
    assert_eq!(history[0].extra, serde_json::json!({"To": "*******3210"}));
}

async fn the_same_report_twice_is_stored_once(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let report = world.report(call, CallStatus::Ringing, Source::Webhook);
    assert!(matches!(record(world, &report).await, Recorded::Stored { .. }));
    assert_eq!(record(world, &report).await, Recorded::Duplicate);
    assert_eq!(world.app.calls.updates(call).await.expect("read").len(), 1);
}

async fn a_late_report_is_kept_and_changes_nothing(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    record(world, &world.report(call, CallStatus::Completed, Source::Webhook)).await;
    let late = record(world, &world.report(call, CallStatus::Ringing, Source::Webhook)).await;
    assert!(matches!(late, Recorded::Stored { step: Step::Ignored, .. }));
    assert_eq!(world.status(call).await, CallStatus::Completed);
    let history = world.app.calls.updates(call).await.expect("read");
    assert_eq!(history.iter().map(|update| update.applied).collect::<Vec<_>>(), [true, false]);
}

async fn the_first_sid_binds_and_another_is_refused(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let other = world.dialing(world.customer(11).await).await;
    record(world, &with_sid(world.report(call, CallStatus::Ringing, Source::Webhook), "sid-a")).await;
    record(world, &with_sid(world.report(other, CallStatus::Ringing, Source::Webhook), "sid-b")).await;
    let before = world.app.calls.find(call).await.expect("read");
    for wrong in ["sid-b", "sid-c"] {
        let report = with_sid(world.report(call, CallStatus::Completed, Source::Webhook), wrong);
        assert_eq!(record(world, &report).await, Recorded::SidConflict);
    }
    assert_eq!(world.app.calls.find(call).await.expect("read"), before);
    // A call without a Sid can not take another's either.
    let third = world.dialing(world.customer(12).await).await;
    let report = with_sid(world.report(third, CallStatus::Ringing, Source::Passthru), "sid-a");
    assert_eq!(record(world, &report).await, Recorded::SidConflict);
    assert_eq!(world.status(third).await, CallStatus::Dialing);
    assert_eq!(world.app.calls.updates(third).await.expect("read"), [], "a refused report leaves no line");
}

async fn a_report_that_names_no_call_of_ours_is_answered_so(world: &World) {
    let nobody = world.app.new_id(CallId::new);
    let report = world.report(nobody, CallStatus::Ringing, Source::Webhook);
    assert_eq!(record(world, &report).await, Recorded::UnknownCall);
    let nameless = StatusReport { call: CallRef { call_id: None, call_sid: None }, ..report.clone() };
    assert_eq!(record(world, &nameless).await, Recorded::UnknownCall);
    // Known by its Sid only.
    let call = world.dialing(world.customer(10).await).await;
    world.app.calls.record_dial(call, &DialOutcome::Accepted(sid("sid-a")), world.now()).await.expect("stored");
    let by_sid = StatusReport { call: CallRef { call_id: None, call_sid: Some(sid("sid-a")) }, ..report };
    assert!(matches!(record(world, &by_sid).await, Recorded::Stored { .. }));
    assert_eq!(world.status(call).await, CallStatus::Ringing);
}

async fn a_report_proves_that_the_call_exists(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let outcome = DialOutcome::Unknown { reason: "504".to_owned() };
    world.app.calls.record_dial(call, &outcome, world.now()).await.expect("stored");
    record(world, &with_sid(world.report(call, CallStatus::Ringing, Source::Webhook), "sid-a")).await;
    let stored = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!((stored.outcome_unknown, stored.call_sid), (false, Some(sid("sid-a"))));
}

async fn a_report_on_an_order_whose_phone_is_in_use_is_kept_for_later(world: &World) {
    let customer = world.customer(10).await;
    // "Not now", said the carrier of the second order, and placed it all the same.
    let (live, queued) = (world.dialing(customer).await, world.order(customer).await);
    let answered = with_sid(world.report(queued, CallStatus::InProgress, Source::Webhook), "sid-b");
    assert_eq!(record(world, &answered).await, Recorded::PhoneInUse);
    assert_eq!(world.status(queued).await, CallStatus::Queued);
    assert!(world.app.calls.updates(queued).await.expect("read").is_empty(), "so that the same report can come again");
    let ended = with_sid(world.report(queued, CallStatus::Completed, Source::Webhook), "sid-b");
    record(world, &world.report(live, CallStatus::Completed, Source::Webhook)).await;
    assert!(matches!(record(world, &answered).await, Recorded::Stored { step: Step::Moved(_), .. }));
    assert!(matches!(record(world, &ended).await, Recorded::Stored { step: Step::Moved(_), .. }));
    assert_eq!(world.status(queued).await, CallStatus::Completed);
}

async fn the_carriers_own_record_corrects_a_final_state(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let failed = world.report(call, CallStatus::Failed, Source::Webhook);
    record(world, &StatusReport { failure_class: Some(FailureClass::Carrier), ..failed }).await;
    record(world, &world.report(call, CallStatus::Completed, Source::Webhook)).await;
    let stored = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!((stored.status, stored.failure_class), (CallStatus::Failed, Some(FailureClass::Carrier)));
    let truth = StatusReport { duration_s: Some(42), ..world.report(call, CallStatus::Completed, Source::Reconcile) };
    record(world, &truth).await;
    let stored = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!((stored.status, stored.failure_class, stored.duration_s), (CallStatus::Completed, None, Some(42)));
}

async fn an_answer_into_silence_is_a_failure_whoever_reports_first(world: &World) {
    let silence = |call| StatusReport {
        failure_class: Some(FailureClass::Conversation),
        ..world.report(call, CallStatus::Failed, Source::Passthru)
    };
    let completed = |call, source| world.report(call, CallStatus::Completed, source);
    for (nn, source) in [(10, Source::Webhook), (11, Source::Reconcile)] {
        let call = world.dialing(world.customer(nn).await).await;
        record(world, &completed(call, source)).await;
        record(world, &silence(call)).await;
        let late = world.app.calls.find(call).await.expect("read").expect("there");
        assert_eq!((late.status, late.failure_class), (CallStatus::Failed, Some(FailureClass::Conversation)));
        let call = world.dialing(world.customer(nn + 10).await).await;
        record(world, &silence(call)).await;
        record(world, &completed(call, source)).await;
        assert_eq!(world.status(call).await, CallStatus::Failed, "answered, says the carrier: by nobody who was heard");
    }
    // Somebody spoke: one stream of two that did not open takes nothing back.
    let call = world.dialing(world.customer(30).await).await;
    record(world, &completed(call, Source::Webhook)).await;
    let result = ConversationResult {
        transcript: Transcript::default(),
        disposition: Disposition::Informed,
        intent: None,
        promise: None,
        language: Language::Hindi,
        summary: String::new(),
        duration_s: 20,
        timings: Timings::default(),
        meters: Meters::default(),
        cost: None,
    };
    world.app.calls.save_conversation(call, &result).await.expect("saved");
    record(world, &silence(call)).await;
    assert_eq!(world.status(call).await, CallStatus::Completed);
}

async fn the_carriers_details_fill_in_what_the_stream_did_not_know(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    record(world, &world.report(call, CallStatus::Completed, Source::Stream)).await;
    let details = StatusReport {
        duration_s: Some(31),
        agent: Some("*******1111".to_owned()),
        ..world.report(call, CallStatus::Completed, Source::Webhook)
    };
    assert!(matches!(record(world, &details).await, Recorded::Stored { step: Step::Ignored, .. }));
    let stored = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!((stored.duration_s, stored.agent.as_deref()), (Some(31), Some("*******1111")));
}

/// In a trial, the obvious statement without a lock left 129 of 3,699 finished calls `in_progress`.
async fn under_a_storm_of_reports_every_call_ends(world: &World) {
    let statuses = [CallStatus::Initiated, CallStatus::Ringing, CallStatus::InProgress, CallStatus::Completed];
    let sources = [Source::Webhook, Source::Stream];
    for round in 0..6_u8 {
        let mut tasks = tokio::task::JoinSet::new();
        let mut calls = Vec::new();
        for nn in 0..4 {
            let call = world.dialing(world.customer(10 + round * 4 + nn).await).await;
            calls.push(call);
            for report in statuses.iter().flat_map(|status| sources.map(|source| world.report(call, *status, source))) {
                let (app, now) = (world.app.clone(), world.now());
                tasks.spawn(async move { app.calls.record_report(&report, now).await });
            }
        }
        while let Some(done) = tasks.join_next().await {
            assert!(matches!(done.expect("not panicked").expect("recorded"), Recorded::Stored { .. }));
        }
        for call in calls {
            assert_eq!(world.status(call).await, CallStatus::Completed);
            assert_eq!(world.app.calls.updates(call).await.expect("read").len(), 8);
        }
    }
}

async fn what_a_conversation_leaves_is_read_back_and_replaced(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    assert_eq!(world.app.calls.transcript(call).await.expect("read"), None);
    assert_eq!(world.app.calls.conversation(call).await.expect("read"), None);
    let line = |text: &str| Line {
        speaker: Speaker::Caller,
        text: text.to_owned(),
        language: Language::Hindi,
        start_ms: 100,
        end_ms: 900,
        interrupted: false,
        estimated: false,
        word_starts_ms: Vec::new(),
    };
    let mut result = ConversationResult {
        transcript: Transcript { lines: vec![line("हाँ")] },
        disposition: Disposition::HungUp,
        intent: None,
        promise: None,
        language: Language::Hindi,
        summary: "Hung up.".to_owned(),
        duration_s: 12,
        timings: Timings { turns: vec![TurnTimes { voice_end_ms: Some(900), ..TurnTimes::default() }] },
        meters: Meters { line_ms: 12_000, llm_tokens_read: 1_500, ..Meters::default() },
        cost: Some(Paise(97)),
    };
    world.app.calls.save_conversation(call, &result).await.expect("stored");
    result.transcript.lines.push(line("कल दूँगी"));
    result.disposition = Disposition::PromiseToPay;
    result.summary = "Will pay tomorrow.".to_owned();
    world.app.calls.save_conversation(call, &result).await.expect("stored");
    assert_eq!(world.app.calls.conversation(call).await.expect("read"), Some(result.clone()));
    assert_eq!(world.app.calls.transcript(call).await.expect("read"), Some(result.transcript));
    let stored = world.app.calls.find(call).await.expect("read").expect("there");
    assert_eq!(
        (stored.disposition, stored.language, stored.duration_s, stored.cost),
        (Some(Disposition::PromiseToPay), Some(Language::Hindi), Some(12), Some(Paise(97)))
    );
}

async fn a_hand_over_that_nobody_took_is_a_call_back_whichever_is_written_first(world: &World) {
    for (phone, report_first) in [(10, true), (11, false)] {
        let call = world.dialing(world.customer(phone).await).await;
        let untaken =
            StatusReport { call_back_due: true, ..world.report(call, CallStatus::InProgress, Source::Passthru) };
        let transferred = conversation(Disposition::Transferred);
        if report_first {
            record(world, &untaken).await;
            world.app.calls.save_conversation(call, &transferred).await.expect("stored");
        } else {
            world.app.calls.save_conversation(call, &transferred).await.expect("stored");
            record(world, &untaken).await;
        }
        let stored = world.app.calls.find(call).await.expect("read").expect("there");
        assert_eq!(stored.disposition, Some(Disposition::CallbackRequested), "report first: {report_first}");
    }
    // What was decided for good is not undone by it, and is what stands after it.
    let call = world.dialing(world.customer(12).await).await;
    world.app.calls.save_conversation(call, &conversation(Disposition::DoNotCall)).await.expect("stored");
    let untaken = StatusReport { call_back_due: true, ..world.report(call, CallStatus::InProgress, Source::Passthru) };
    record(world, &untaken).await;
    let disposition = async || world.app.calls.find(call).await.expect("read").expect("there").disposition;
    assert_eq!(disposition().await, Some(Disposition::DoNotCall));
    world.app.calls.save_conversation(call, &conversation(Disposition::PromiseToPay)).await.expect("stored");
    assert_eq!(disposition().await, Some(Disposition::PromiseToPay));
}

async fn a_call_that_ends_before_an_agent_took_it_over_is_a_call_back(world: &World) {
    let cases = [
        (13, Disposition::Transferred, None, Disposition::CallbackRequested),
        (14, Disposition::Transferred, Some("*******0002"), Disposition::Transferred),
        (15, Disposition::PromiseToPay, None, Disposition::PromiseToPay),
    ];
    for (phone, left, agent, expected) in cases {
        let call = world.dialing(world.customer(phone).await).await;
        record(world, &world.report(call, CallStatus::AgentTransfer, Source::Stream)).await;
        world.app.calls.save_conversation(call, &conversation(left)).await.expect("stored");
        let agent = agent.map(str::to_owned);
        record(world, &StatusReport { agent, ..world.report(call, CallStatus::AgentTransfer, Source::Passthru) }).await;
        record(world, &world.report(call, CallStatus::Completed, Source::Webhook)).await;
        let stored = world.app.calls.find(call).await.expect("read").expect("there");
        assert_eq!(stored.disposition, Some(expected), "{left:?}");
    }
}

async fn a_completed_call_that_left_no_conversation_is_silent(world: &World) {
    let silent = async || {
        let found = world.app.calls.silent(world.now(), 10).await.expect("read");
        found.into_iter().map(|call| call.call_id).collect::<Vec<_>>()
    };
    let spoken = world.dialing(world.customer(10).await).await;
    let unheard = world.dialing(world.customer(11).await).await;
    let _live = world.dialing(world.customer(12).await).await;
    for call in [spoken, unheard] {
        record(world, &world.report(call, CallStatus::Completed, Source::Webhook)).await;
    }
    world.app.calls.save_conversation(spoken, &conversation(Disposition::Informed)).await.expect("stored");
    assert_eq!(silent().await, [], "over since this moment");
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(silent().await, [unheard]);
}

async fn the_recordings_of_a_call_stand_beside_each_other(world: &World) {
    let call = world.dialing(world.customer(10).await).await;
    let kept = async || world.app.calls.recordings(call).await.expect("read");
    assert_eq!(kept().await, Vec::<String>::new());
    for key in ["recordings/a/1.wav", "recordings/a/2.wav", "recordings/a/1.wav"] {
        world.app.calls.keep_recording(call, key).await.expect("noted");
    }
    assert_eq!(kept().await, ["recordings/a/1.wav", "recordings/a/2.wav"]);
    let other = world.dialing(world.customer(11).await).await;
    assert_eq!(world.app.calls.recordings(other).await.expect("read"), Vec::<String>::new());
}

async fn ended(world: &World, nn: u8, status: CallStatus, duration_s: Option<i32>) -> CallId {
    let call = world.dialing(world.customer(nn).await).await;
    record(world, &StatusReport { duration_s, ..world.report(call, status, Source::Webhook) }).await;
    call
}

async fn figures_and_series_count_every_call_once(world: &World) {
    let start = world.now();
    ended(world, 10, CallStatus::Completed, Some(30)).await;
    ended(world, 11, CallStatus::Completed, Some(60)).await;
    world.clock.advance(SignedDuration::from_mins(10));
    ended(world, 12, CallStatus::Failed, None).await;
    ended(world, 13, CallStatus::NotPicked, None).await;
    world.dialing(world.customer(14).await).await;
    world.order(world.customer(15).await).await;
    let all = world.app.calls.statistics(None, None).await.expect("counted");
    let counts = (all.total_calls, all.queued_calls, all.active_calls, all.completed_calls, all.failed_calls);
    assert_eq!(counts, (6, 1, 1, 2, 1));
    assert_eq!((all.not_picked_calls, all.success_rate, all.failure_rate), (1, 0.5, 0.25));
    assert_eq!(all.average_duration, 45.0);
    let late = world.app.calls.statistics(Some(world.now()), None).await.expect("counted");
    assert_eq!((late.total_calls, late.completed_calls), (4, 0));
    let none = world.app.calls.statistics(None, Some(world.campaign("empty").await)).await.expect("counted");
    assert_eq!((none.total_calls, none.success_rate), (0, 0.0));
    let until = start + SignedDuration::from_mins(15);
    let series = world.app.calls.series(start, until, 300).await.expect("counted");
    let points: Vec<_> = series.iter().map(|p| (p.requested, p.completed, p.failed, p.not_picked)).collect();
    assert_eq!(points, [(2, 2, 0, 0), (0, 0, 0, 0), (4, 0, 1, 1)]);
    assert_eq!(series[2].at, start + SignedDuration::from_mins(10));
    let wide = world.app.calls.series(start, start + SignedDuration::from_hours(24), 1).await.expect("counted");
    assert!(wide.len() <= 500 && wide.iter().map(|p| p.requested).sum::<i64>() == 6);
}

async fn a_list_of_calls_is_filtered(world: &World) {
    let done = ended(world, 10, CallStatus::Completed, Some(30)).await;
    world.clock.advance(SignedDuration::from_secs(1));
    let customer = world.customer(11).await;
    let live = world.dialing(customer).await;
    let list = async |filter: CallFilter| {
        let page = world.app.calls.list(&filter, &PageRequest::default()).await.expect("read");
        page.items.into_iter().map(|call| call.call_id).collect::<Vec<_>>()
    };
    let all = CallFilter::default();
    assert_eq!(list(all.clone()).await, [live, done]);
    assert_eq!(list(CallFilter { status: Some(CallStatus::Completed), ..all.clone() }).await, [done]);
    assert_eq!(list(CallFilter { live: Some(true), ..all.clone() }).await, [live]);
    assert_eq!(list(CallFilter { live: Some(false), ..all.clone() }).await, [done]);
    assert_eq!(list(CallFilter { customer_id: Some(customer.to_string()), ..all.clone() }).await, [live]);
    assert_eq!(list(CallFilter { since: Some(world.now()), ..all.clone() }).await, [live]);
    assert_eq!(list(CallFilter { q: Some("KUMARI 10".to_owned()), ..all.clone() }).await, [done]);
    assert_eq!(list(CallFilter { q: Some("LN-010".to_owned()), ..all.clone() }).await, []);
    assert_eq!(list(CallFilter { campaign_id: Some("none".to_owned()), ..all }).await, []);
    let first = PageRequest { cursor: None, limit: Some(1) };
    let page = world.app.calls.list(&CallFilter::default(), &first).await.expect("read");
    assert_eq!((page.items[0].call_id, page.items[0].phone_last4.as_str()), (live, "3211"));
    let second = PageRequest { cursor: page.next_cursor, limit: Some(1) };
    let page = world.app.calls.list(&CallFilter::default(), &second).await.expect("read");
    assert_eq!((page.items[0].call_id, page.next_cursor), (done, None));
}

/// Reconcile works through a list it read a minute ago.
async fn a_call_heard_of_meanwhile_is_not_written_off(world: &World) {
    let write_off = |call| StatusReport {
        failure_class: Some(FailureClass::NotPlaced),
        ..world.report(call, CallStatus::Failed, Source::Reconcile)
    };
    let ringing = world.dialing(world.customer(10).await).await;
    let mut report = world.report(ringing, CallStatus::Ringing, Source::Webhook);
    report.call.call_sid = Some(sid("late"));
    world.app.calls.record_report(&report, world.now()).await.expect("recorded");
    let given_back = world.order(world.customer(11).await).await;
    let silent = world.dialing(world.customer(12).await).await;
    for (call, then) in [(ringing, CallStatus::Ringing), (given_back, CallStatus::Queued), (silent, CallStatus::Failed)]
    {
        world.app.calls.record_report(&write_off(call), world.now()).await.expect("recorded");
        assert_eq!(world.status(call).await, then);
    }
}
