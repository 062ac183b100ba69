//! One batch of the queue.

use shared::domain::call::{CallRef, StatusReport};
use shared::domain::id::CallSid;
use shared::domain::status::{CallStatus, Source};
use shared::ports::queue::QueueMessage;
use shared::wiring::memory_app;

fn unknown_call() -> String {
    let report = StatusReport {
        call: CallRef { call_id: None, call_sid: CallSid::parse("abc").ok() },
        status: CallStatus::Completed,
        source: Source::Webhook,
        failure_class: None,
        message: String::new(),
        occurred_at: jiff::Timestamp::UNIX_EPOCH,
        duration_s: None,
        recording_url: None,
        agent: None,
        extra: serde_json::json!({}),
        call_back_due: false,
        dedupe_key: "k".to_owned(),
    };
    serde_json::to_string(&QueueMessage::ReportV1 { report: Box::new(report), tries: 0 }).expect("serialises")
}

#[tokio::test]
async fn only_what_could_not_be_put_anywhere_is_brought_again() {
    let (app, parts) = memory_app();
    let batch = || vec![("a".to_owned(), "unreadable".to_owned()), ("b".to_owned(), unknown_call())];
    assert_eq!(events::handle(&app, batch()).await, Vec::<String>::new());
    assert_eq!(parts.queue.take().len(), 1);
    parts.queue.go_away(true);
    assert_eq!(events::handle(&app, batch()).await, ["b"]);
}
