//! The live view: its figures, and the dashboard's socket behind a real server.

use shared::app::overview::{Scope, dashboard_data};
use shared::domain::call::{CallRef, NewOrder, StatusReport};
use shared::domain::customer::CustomerDetails;
use shared::domain::id::{CallId, CallSid, UploadId};
use shared::domain::language::Language;
use shared::domain::phone::PhoneNumber;
use shared::domain::status::{CallStatus, Source};
use shared::wiring::memory_app;
use shared::{app::App, app::record_status};

pub(crate) async fn call_in(app: &App, status: CallStatus, phone: &str) -> (CallId, CallSid) {
    let details = CustomerDetails {
        name: format!("Customer {phone}"),
        phone: PhoneNumber::parse(phone).expect("a number"),
        state: None,
        loan_id: None,
        amount: None,
        due_date: None,
        language: Language::Hindi,
        attributes: Default::default(),
    };
    let name = details.name.clone();
    let mut import = app.customers.import(app.new_id(UploadId::new)).await.expect("an import");
    import.add(vec![details]).await.expect("added");
    import.finish().await.expect("finished");
    let customers = app.customers.list(&Default::default(), &Default::default()).await.expect("a page").items;
    let customer_id = customers.iter().find(|c| c.details.name == name).expect("stored").id;
    let (call_id, now) = (app.new_id(CallId::new), app.clock.now());
    let order = NewOrder::single(call_id, customer_id, now);
    app.calls.place(&[order]).await.expect("placed");
    let sid = CallSid::parse(&format!("sid{phone}")).expect("a sid");
    report(app, call_id, &sid, status).await;
    (call_id, sid)
}

pub(crate) async fn report(app: &App, call_id: CallId, sid: &CallSid, status: CallStatus) {
    let report = StatusReport {
        call: CallRef { call_id: Some(call_id), call_sid: Some(sid.clone()) },
        status,
        source: Source::Webhook,
        failure_class: None,
        message: String::new(),
        occurred_at: app.clock.now(),
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::Value::Null,
        call_back_due: false,
        dedupe_key: format!("{call_id}{status}"),
    };
    record_status(app, report).await.expect("recorded");
}

#[tokio::test]
async fn live_calls_and_finished_calls_stand_in_their_own_lists() {
    let (app, _) = memory_app();
    let (live, _) = call_in(&app, CallStatus::Ringing, "9000000001").await;
    let (over, _) = call_in(&app, CallStatus::Completed, "9000000002").await;
    let data = dashboard_data(&app, Scope::default()).await.expect("figures");
    let ids = |calls: &[shared::app::views::CallView]| calls.iter().map(|c| c.call_id).collect::<Vec<_>>();
    assert_eq!(ids(&data.active_calls), [live]);
    assert_eq!(ids(&data.recent_calls), [over]);
    assert_eq!((data.statistics.total_calls, data.statistics.active_calls), (2, 1));
    assert_eq!(data.system.notes, Vec::<String>::new());
}
