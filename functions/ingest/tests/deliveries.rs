//! News of files as Lambda brings them, over the memory doubles.

use bytes::Bytes;
use shared::app::{App, Error, expect_upload};
use shared::domain::id::UploadId;
use shared::domain::upload::{Upload, UploadStatus};
use shared::wiring::{MemoryParts, memory_app};

async fn sent(app: &App, parts: &MemoryParts, filename: &str, content: &'static str) -> (UploadId, String) {
    let expected = expect_upload(app, filename, content.len() as u64).await.expect("an address");
    let key = parts.objects.arrive(&expected.address.url, Bytes::from_static(content.as_bytes())).expect("taken");
    (expected.upload.id, key)
}

async fn record(app: &App, id: UploadId) -> Upload {
    app.uploads.find(id).await.expect("read").expect("there")
}

#[tokio::test]
async fn a_file_is_imported_and_the_same_news_again_changes_nothing() {
    let (app, parts) = memory_app();
    let (id, key) = sent(&app, &parts, "a.csv", "Name,Phone\nAsha Test,9876543210\n").await;
    for delivery in ["one", "two", "one"] {
        ingest::handle(&app, &key, delivery).await.expect("done with");
    }
    let done = record(&app, id).await;
    assert_eq!((done.upload_status, done.processed_records, done.duplicate_records), (UploadStatus::Completed, 1, 0));
}

#[tokio::test]
async fn a_sheet_that_can_not_be_used_is_done_with_and_its_record_says_why() {
    let (app, parts) = memory_app();
    let (id, key) = sent(&app, &parts, "a.csv", "Name,City\nAsha,Pune\n").await;
    ingest::handle(&app, &key, "one").await.expect("not again");
    let done = record(&app, id).await;
    assert_eq!(done.upload_status, UploadStatus::Failed);
    assert!(done.processing_errors[0].problem.contains("Name, City"), "{done:?}");
}

#[tokio::test]
async fn while_a_store_is_away_the_news_shall_come_again_and_then_it_is_imported() {
    let (app, parts) = memory_app();
    let (id, key) = sent(&app, &parts, "a.csv", "Name,Phone\nAsha Test,9876543210\n").await;
    parts.objects.go_away(true);
    assert!(matches!(ingest::handle(&app, &key, "one").await, Err(Error::Unavailable(_))));
    let waiting = record(&app, id).await;
    assert_eq!(waiting.upload_status, UploadStatus::Failed, "nobody works on it now");
    assert!(waiting.processing_errors[0].problem.contains("tried again"), "{waiting:?}");
    parts.objects.go_away(false);
    parts.records.break_settings(true);
    assert!(ingest::handle(&app, &key, "one").await.is_err());
    parts.records.break_settings(false);
    ingest::handle(&app, &key, "one").await.expect("imported");
    let done = record(&app, id).await;
    assert_eq!((done.upload_status, done.processed_records), (UploadStatus::Completed, 1));
    assert_eq!(done.processing_errors, []);
    assert_eq!(app.objects.get(&key).await.expect("read"), None, "what is stored sealed is not kept open");
}

#[tokio::test]
async fn other_objects_are_none_of_its_business() {
    let (app, _) = memory_app();
    ingest::handle(&app, "exports/a.csv", "one").await.expect("left alone");
}
