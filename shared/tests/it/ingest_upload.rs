//! Large sheets through the object store, over the memory doubles; and the objects' own promises.

use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use shared::adapters::local::{FolderObjects, NotTaken, PutQuery};
use shared::adapters::sheet::SheetFile;
use shared::app::{App, Error, RejectedPlace, claim_upload, expect_upload, ingest_upload, rejected_rows};
use shared::domain::feed::FeedEvent;
use shared::domain::token::CallTokens;
use shared::domain::upload::{RejectedRow, RejectedRows, Upload, UploadStatus};
use shared::ports::objects::Objects;
use shared::wiring::{MemoryParts, memory_app};

use crate::contract::objects::promises;

const SHEET: &str = "Name,Phone,Note\nAsha Test,9876543210,\nRavi Test,98765,\"=1+1\"\n";

/// Announces the sheet, sends it, and answers its record and the key it went under.
async fn sent(app: &App, parts: &MemoryParts, sheet: &str) -> (Upload, String) {
    let expected = expect_upload(app, "C:\\lists\\a.csv", sheet.len() as u64).await.expect("an address");
    let key = parts.objects.arrive(&expected.address.url, sheet.to_owned().into()).expect("taken");
    (expected.upload, key)
}

async fn delivered(app: &App, key: &str, delivery: &str, sheet: &str) -> Option<Result<Upload, Error>> {
    let upload = claim_upload(app, key, delivery).await.expect("an answer")?;
    let file = Box::new(SheetFile::from_bytes(upload.filename.clone(), sheet.to_owned().into()));
    Some(ingest_upload(app, file, upload, sheet.len() as u64).await)
}

fn statuses(parts: &MemoryParts) -> Vec<UploadStatus> {
    let shown = |event| match event {
        FeedEvent::UploadProgress { status, .. } => status,
        other => panic!("{other:?}"),
    };
    parts.feed.events().into_iter().map(shown).collect()
}

#[tokio::test]
async fn a_large_sheet_is_announced_sent_and_imported_once_however_often_it_is_reported() {
    let (app, parts) = memory_app();
    let (upload, key) = sent(&app, &parts, SHEET).await;
    assert_eq!((upload.filename.as_str(), upload.upload_status), ("a.csv", UploadStatus::AwaitingFile));
    assert_eq!(key, format!("uploads/{}", upload.id));
    let done = delivered(&app, &key, "first", SHEET).await.expect("claimed").expect("imported");
    assert_eq!(done.upload_status, UploadStatus::PartialFailure);
    assert_eq!((done.processed_records, done.failed_records, done.duplicate_records), (1, 1, 0));
    for delivery in ["first", "second"] {
        assert!(delivered(&app, &key, delivery, SHEET).await.is_none(), "{delivery}");
    }
    assert_eq!(app.uploads.find(upload.id).await.expect("read"), Some(done));
    assert_eq!(app.objects.get(&key).await.expect("read"), None, "what is stored sealed is not kept open");
    use UploadStatus::{AwaitingFile, PartialFailure, Processing};
    assert_eq!(statuses(&parts), [AwaitingFile, Processing, PartialFailure]);
}

#[tokio::test]
async fn two_deliveries_at_once_have_one_winner() {
    let (app, parts) = memory_app();
    let (_, key) = sent(&app, &parts, SHEET).await;
    let (one, two) = tokio::join!(delivered(&app, &key, "one", SHEET), delivered(&app, &key, "two", SHEET));
    assert_eq!([one, two].iter().flatten().count(), 1);
}

#[tokio::test]
async fn what_can_not_be_a_sheet_or_is_too_large_gets_no_address() {
    let (app, _) = memory_app();
    let code = async |name: &str, bytes| match expect_upload(&app, name, bytes).await {
        Err(Error::Invalid { code, .. }) => code,
        Err(Error::TooLarge { .. }) => "too_large",
        other => panic!("{other:?}"),
    };
    assert_eq!(code("a.pdf", 10).await, "unsupported_format");
    assert_eq!(code("a.csv", 0).await, "empty_file");
    assert_eq!(code("a.xls", 20 * 1024 * 1024 + 1).await, "too_large");
    assert_eq!(code("a.csv", 513 * 1024 * 1024).await, "too_large");
    assert!(expect_upload(&app, "a.csv", 512 * 1024 * 1024).await.is_ok());
}

#[tokio::test]
async fn a_file_that_did_not_arrive_whole_is_refused_and_says_so() {
    let (app, parts) = memory_app();
    let (upload, key) = sent(&app, &parts, SHEET).await;
    let claimed = claim_upload(&app, &key, "x").await.expect("an answer").expect("free");
    let half = Box::new(SheetFile::from_bytes("a.csv", Bytes::from_static(b"Name,Phone\n")));
    let refusal = ingest_upload(&app, half, claimed, 11).await.expect_err("refused");
    assert!(refusal.to_string().contains("11 of its"), "{refusal}");
    let record = app.uploads.find(upload.id).await.expect("read").expect("there");
    assert_eq!((record.upload_status, record.finished_at.is_some()), (UploadStatus::Failed, true));
}

#[tokio::test]
async fn objects_that_are_no_uploads_are_left_alone() {
    let (app, _) = memory_app();
    for key in ["exports/x", "uploads/no-id", "uploads/0192f0aa-4c1e-7d10-b7a1-2f5d9b3c1e77", ""] {
        assert_eq!(claim_upload(&app, key, "x").await.expect("an answer"), None, "{key}");
    }
}

#[tokio::test]
async fn refused_rows_come_back_as_a_table_that_can_be_corrected_and_sent_again() {
    let (app, parts) = memory_app();
    let (upload, key) = sent(&app, &parts, SHEET).await;
    delivered(&app, &key, "x", SHEET).await.expect("claimed").expect("imported");
    let page = rejected_rows(&app, upload.id, RejectedPlace::default(), true).await.expect("a table");
    let problem =
        "an Indian phone number has 10 digits after +91; this one has 5; write it like 98765 43210 or +91 98765 43210";
    let expected =
        format!("\u{feff}Row,Columns,Problem,Name,Phone,Note\r\n3,Phone,\"{problem}\",Ravi Test,98765,\"'=1+1\"\r\n");
    assert_eq!((page.csv.as_str(), page.next), (expected.as_str(), None));
    let masked = rejected_rows(&app, upload.id, RejectedPlace::default(), false).await.expect("a table").csv;
    assert!(masked.contains(",R*** ****,*****,\"'=*+*\"\r\n"), "{masked}");

    let corrected = page.csv.replace(",98765,", ",9876543211,");
    let again = shared::app::upload_customers(
        &app,
        Box::new(SheetFile::from_bytes("again.csv", corrected.clone().into())),
        shared::app::NewUpload { filename: "again.csv".into(), storage_key: None, bytes: corrected.len() as u64 },
    );
    assert_eq!(again.await.expect("taken").upload_status, UploadStatus::Completed);
}

/// Every page of the refused rows, put one behind the other, and how many they were.
async fn all_pages(app: &App, upload: &Upload) -> (String, usize) {
    let (mut csv, mut from, mut pages) = (String::new(), Some(RejectedPlace::default()), 0);
    while let Some(place) = from {
        let page = rejected_rows(app, upload.id, place, true).await.expect("a page");
        let answer = serde_json::to_string(&page.csv).expect("JSON").len();
        assert!(answer < 5_000_000, "a Lambda could not answer {answer} bytes");
        assert_ne!(page.next, from, "a page must go on");
        csv.push_str(&page.csv);
        // As the header of the answer and the query of the next request have it.
        from = page.next.map(|place| RejectedPlace::try_from(place.to_string()).expect("reads back"));
        pages += 1;
    }
    (csv, pages)
}

fn row_numbers(csv: &str) -> Vec<u64> {
    csv.lines().skip(1).map(|l| l.split(',').next().and_then(|n| n.parse().ok()).expect("a row")).collect()
}

#[tokio::test]
async fn many_refused_rows_come_in_pages_without_gaps() {
    let (app, parts) = memory_app();
    // Quotes grow twice: in the table, and in the JSON that a Lambda answers.
    for (note, count) in [("x".repeat(200), 30_000), (format!("\"{}\"", "\"\"".repeat(350)), 12_000)] {
        let sheet: String = (0..count).map(|n| format!("A,{n},{note}\n")).collect();
        let sheet = format!("Name,Phone,Note\n{sheet}");
        let (upload, key) = sent(&app, &parts, &sheet).await;
        delivered(&app, &key, "x", &sheet).await.expect("claimed").expect("an outcome");
        let (csv, pages) = all_pages(&app, &upload).await;
        assert!(pages > 1);
        assert_eq!(row_numbers(&csv), (2..count + 2).collect::<Vec<u64>>());
    }
}

#[tokio::test]
async fn a_row_larger_than_a_page_comes_alone_and_whole() {
    let (app, _) = memory_app();
    let upload = expect_upload(&app, "a.csv", 1).await.expect("an address").upload;
    let row = |row, cell: String| RejectedRow { row, problems: Vec::new(), cells: vec![cell] };
    let big = "y".repeat(4_500_000);
    let rows = vec![row(2, "x".to_owned()), row(3, big.clone()), row(4, "z".to_owned())];
    let part = RejectedRows { headers: vec!["Note".to_owned()], rows };
    app.uploads.keep_rejected(upload.id, 0, &part).await.expect("kept");
    let (csv, pages) = all_pages(&app, &upload).await;
    assert_eq!((row_numbers(&csv), pages), (vec![2, 3, 4], 3));
    assert!(csv.contains(&format!("3,,,{big}\r\n4,,,z\r\n")));
}

// --- the objects ---------------------------------------------------------------------------------

#[tokio::test]
async fn objects_in_memory_keep_their_promises() {
    let (_, parts) = memory_app();
    let objects = &parts.objects;
    promises(&**objects, async |url, body| objects.arrive(&url, body).is_some()).await;
    let address = objects.put_address("uploads/y", 1, Duration::from_secs(60)).await.expect("an address");
    parts.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(objects.arrive(&address.url, Bytes::from_static(b"1")), None, "too late");
}

#[tokio::test]
async fn objects_in_a_folder_keep_their_promises() {
    let (_, parts) = memory_app();
    let folder = std::env::temp_dir().join(format!("objects-{}", std::process::id()));
    let tokens = CallTokens::new(b"secret");
    let objects = FolderObjects::new(folder.clone(), "http://localhost:1".to_owned(), tokens, parts.clock.clone());
    let send = async |url: String, body: Bytes| put(&objects, &url, body).await.is_ok();
    promises(&objects, send).await;

    let address = objects.put_address("uploads/y", 1, Duration::from_secs(60)).await.expect("an address");
    let other = address.url.replace("uploads/y", "uploads/z");
    assert!(matches!(put(&objects, &other, Bytes::from_static(b"1")).await, Err(NotTaken::BadAddress)));
    parts.clock.advance(SignedDuration::from_secs(61));
    assert!(matches!(put(&objects, &address.url, Bytes::from_static(b"1")).await, Err(NotTaken::BadAddress)));
    objects.put("recordings/a", "audio/wav", Bytes::from_static(b"heard")).await.expect("stored");
    let address = objects.get_address("recordings/a", Duration::from_secs(60)).await.expect("an address");
    let ask = async |url: String| {
        let (path, query) = url.split_once('?').expect("a query");
        let key = path.strip_prefix("http://localhost:1/local-objects/").expect("our own address").to_owned();
        objects.give(&key, &fields_of(query)).await.expect("an answer")
    };
    assert_eq!(ask(address.url.clone()).await, Some(Bytes::from_static(b"heard")));
    objects.put("recordings/b", "audio/wav", Bytes::from_static(b"other")).await.expect("stored");
    assert_eq!(ask(address.url.replace("recordings/a", "recordings/b")).await, None, "another object");
    parts.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(ask(address.url).await, None, "too late");

    for key in ["../secret", "/etc/passwd", "a/../../b", ""] {
        assert!(objects.get(key).await.is_err(), "{key}");
        assert!(objects.put_address(key, 1, Duration::from_secs(1)).await.is_err(), "{key}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.join("uploads")).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "no half file is left: {left:?}");
    std::fs::remove_dir_all(&folder).expect("removed");
}

async fn put(objects: &FolderObjects, url: &str, body: Bytes) -> Result<(), NotTaken> {
    let (path, query) = url.split_once('?').expect("a query");
    let key = path.strip_prefix("http://localhost:1/local-objects/").expect("our own address");
    let query: PutQuery = fields_of(query);
    let pieces = body.chunks(2).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect::<Vec<_>>();
    objects.receive(key, &query, futures_util::stream::iter(pieces)).await
}

fn fields_of<T: serde::de::DeserializeOwned>(query: &str) -> T {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let fields: serde_json::Map<String, serde_json::Value> = pairs
        .map(|(name, value)| (name.to_owned(), value.parse::<i64>().map_or_else(|_| value.into(), Into::into)))
        .collect();
    serde_json::from_value(fields.into()).expect("a query of ours")
}
