//! Uploading customers, over the memory doubles.

use std::sync::Arc;

use async_trait::async_trait;
use shared::adapters::sheet::SheetFile;
use shared::app::{App, Error, NewUpload, upload_customers};
use shared::domain::feed::{FeedEvent, FeedPosition};
use shared::domain::id::{CustomerId, UploadId};
use shared::domain::language::Language;
use shared::domain::page::{Page, PageRequest};
use shared::domain::phone::PhoneNumber;
use shared::domain::settings::AccountSettings;
use shared::domain::sheet::{RowRules, SheetError};
use shared::domain::upload::{MAX_STORED_ERRORS, Upload, UploadStatus};
use shared::ports::StoreError;
use shared::ports::customers::{CustomerFilter, CustomerImport, Customers, Stored};
use shared::ports::sheets::{CustomerSheet, SheetBatch};
use shared::wiring::{MemoryParts, memory_app};
use tokio::sync::mpsc;

fn file(name: &str) -> NewUpload {
    NewUpload { filename: name.to_owned(), storage_key: None, bytes: 1 }
}

async fn upload(app: &App, name: &str, text: impl Into<String>) -> Result<Upload, Error> {
    let sheet = Box::new(SheetFile::from_bytes(name, text.into().into()));
    upload_customers(app, sheet, file(name)).await
}

async fn last_record(app: &App) -> Upload {
    app.uploads.list(&PageRequest::default()).await.expect("a list").items.remove(0)
}

async fn events(parts: &MemoryParts) -> Vec<FeedEvent> {
    let app = parts.app();
    let slice = app.feed.after(FeedPosition::default(), 1_000, std::time::Duration::ZERO).await.expect("the feed");
    slice.events.into_iter().map(|(_, event)| event).collect()
}

#[tokio::test]
async fn good_rows_are_stored_and_bad_rows_reported() {
    let (app, parts) = memory_app();
    let text = "Name,Phone,State,EMI\nAsha,9876543210,Kerala,1500\n,9876543211,,\nRavi,9876543212,,1 lakh\n";
    let done = upload(&app, "a.csv", text).await.expect("an outcome");
    assert_eq!(done.upload_status, UploadStatus::PartialFailure);
    assert_eq!((done.total_records, done.processed_records, done.failed_records), (3, 1, 2));
    let rows: Vec<(u64, &str)> = done.processing_errors.iter().map(|e| (e.row, e.column.as_str())).collect();
    assert_eq!(rows, [(3, "Name"), (4, "EMI")]);
    let phone = PhoneNumber::parse("9876543210").expect("valid");
    let stored = app.customers.by_phone(&phone).await.expect("customers");
    assert_eq!(stored[0].details.language, Language::Malayalam);
    assert_eq!(last_record(&app).await, done);
    assert!(matches!(
        &events(&parts).await[..],
        [
            FeedEvent::UploadProgress { status: UploadStatus::Processing, total_records: 0, .. },
            FeedEvent::UploadProgress { status: UploadStatus::PartialFailure, .. }
        ]
    ));
}

#[tokio::test]
async fn the_newest_row_of_a_person_and_loan_wins_and_is_counted() {
    let (app, _) = memory_app();
    let text = "Name,Phone,Loan ID,EMI\nAsha,9876543210,L1,1\nAsha,098765 43210,L1,2\nAsha,9876543210,L2,3\n";
    let first = upload(&app, "a.csv", text).await.expect("an outcome");
    assert_eq!((first.processed_records, first.duplicate_records), (3, 1));
    assert_eq!(first.upload_status, UploadStatus::Completed);
    let again = upload(&app, "a.csv", text).await.expect("an outcome");
    assert_eq!(again.duplicate_records, 3);
    let phone = PhoneNumber::parse("9876543210").expect("valid");
    let mut amounts: Vec<i64> = app
        .customers
        .by_phone(&phone)
        .await
        .expect("both")
        .iter()
        .filter_map(|c| c.details.amount)
        .map(|a| a.0)
        .collect();
    amounts.sort_unstable();
    assert_eq!(amounts, [200, 300]);
}

#[tokio::test]
async fn the_settings_say_whom_an_upload_may_hold_and_how_to_greet() {
    let (app, parts) = memory_app();
    let settings = AccountSettings {
        default_language: Language::English,
        reach: shared::domain::phone::Reach::World,
        ..AccountSettings::default()
    };
    app.settings.replace(&settings, "tests", parts.app().clock.now()).await.expect("settings");
    let done = upload(&app, "a.csv", "Name,Phone\nAsha,+14155550100\n").await.expect("an outcome");
    assert_eq!(done.upload_status, UploadStatus::Completed);
    let stored = app.customers.list(&CustomerFilter::default(), &PageRequest::default()).await.expect("a list");
    assert_eq!(stored.items[0].details.language, Language::English);
}

#[tokio::test]
async fn every_refused_file_has_its_code_and_a_failed_record() {
    for (name, text, expected) in [
        ("a.csv", "", "empty_file"),
        ("a.csv", "Name,Phone\n\n,\n", "header_only"),
        ("a.csv", "Name,City\nAsha,Pune\n", "no_phone_column"),
        ("a.csv", "Phone,City\n9876543210,Pune\n", "no_name_column"),
        ("a.pdf", "Name,Phone\n", "unsupported_format"),
        ("a.csv", "%PDF-1.4", "not_a_sheet"),
        ("a.xlsx", "PK\u{3}\u{4}", "unreadable"),
    ] {
        let (app, _) = memory_app();
        let refusal = upload(&app, name, text).await.expect_err("refused");
        assert!(matches!(refusal, Error::Invalid { code, .. } if code == expected), "{name} {text:?}: {refusal:?}");
        let record = last_record(&app).await;
        assert_eq!(record.upload_status, UploadStatus::Failed);
        assert_eq!(record.processing_errors[0].problem, refusal.to_string());
        assert!(record.finished_at.is_some());
    }
}

#[tokio::test]
async fn a_sheet_of_bad_rows_only_failed_and_says_why() {
    let (app, _) = memory_app();
    let text = format!("Name,Phone\n{}", "Asha,12\n".repeat(500));
    let done = upload(&app, "a.csv", text).await.expect("an outcome");
    assert_eq!((done.upload_status, done.failed_records), (UploadStatus::Failed, 500));
    assert_eq!(done.processing_errors.len(), MAX_STORED_ERRORS);
}

#[tokio::test]
async fn a_sheet_that_breaks_off_stores_nothing() {
    let (app, _) = memory_app();
    let mut text = "Name,Phone\n".to_owned();
    text.push_str(&"Asha,9876543210\n".repeat(6_000));
    text.push_str(&format!("{}\n", "x,".repeat(600)));
    assert!(upload(&app, "a.csv", text).await.is_err());
    let record = last_record(&app).await;
    assert_eq!((record.upload_status, record.processed_records), (UploadStatus::Failed, 0));
    let phone = PhoneNumber::parse("9876543210").expect("valid");
    assert!(app.customers.by_phone(&phone).await.expect("a list").is_empty());
}

#[tokio::test]
async fn a_long_sheet_shows_its_progress() {
    let (app, parts) = memory_app();
    upload_customers(&app, Box::new(Batches(9)), file("a.csv")).await.expect("an outcome");
    let seen: Vec<i64> = events(&parts)
        .await
        .into_iter()
        .map(|event| match event {
            FeedEvent::UploadProgress { total_records, .. } => total_records,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [0, 20_000, 40_000, 45_000]);
}

#[tokio::test]
async fn a_filename_is_only_a_name() {
    let (app, _) = memory_app();
    let name = format!("C:\\fake\\path/..\\a\u{0}{}.csv", "b".repeat(300));
    upload(&app, &name, "Name,Phone\nAsha,9876543210\n").await.expect("an outcome");
    let stored = last_record(&app).await.filename;
    assert!(stored.starts_with("ab") && stored.chars().count() == 200, "{stored}");
}

/// So many batches of 5,000 refused rows.
struct Batches(usize);

impl CustomerSheet for Batches {
    fn read(self: Box<Self>, _: RowRules) -> mpsc::Receiver<Result<SheetBatch, SheetError>> {
        let (sender, receiver) = mpsc::channel(self.0);
        for _ in 0..self.0 {
            let batch = SheetBatch { refused: 5_000, ..SheetBatch::default() };
            sender.try_send(Ok(batch)).expect("room");
        }
        receiver
    }
}

/// Records whose import fails in one way.
struct Broken(Arc<dyn Customers>, How);

#[derive(Clone, Copy)]
enum How {
    Away,
    Panics,
}

#[async_trait]
impl Customers for Broken {
    async fn import(&self, _: UploadId) -> Result<Box<dyn CustomerImport>, StoreError> {
        Ok(Box::new(BrokenImport(self.1)))
    }
    async fn find(&self, id: CustomerId) -> Result<Option<shared::domain::customer::Customer>, StoreError> {
        self.0.find(id).await
    }
    async fn find_many(&self, ids: &[CustomerId]) -> Result<Vec<shared::domain::customer::Customer>, StoreError> {
        self.0.find_many(ids).await
    }
    async fn by_phone(&self, phone: &PhoneNumber) -> Result<Vec<shared::domain::customer::Customer>, StoreError> {
        self.0.by_phone(phone).await
    }
    async fn list(
        &self,
        filter: &CustomerFilter,
        page: &PageRequest,
    ) -> Result<Page<shared::domain::customer::Customer>, StoreError> {
        self.0.list(filter, page).await
    }
    async fn ids(
        &self,
        filter: &CustomerFilter,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<CustomerId>, StoreError> {
        self.0.ids(filter, after, limit).await
    }
}

struct BrokenImport(How);

#[async_trait]
impl CustomerImport for BrokenImport {
    async fn add(&mut self, _: Vec<shared::domain::customer::CustomerDetails>) -> Result<(), StoreError> {
        match self.0 {
            How::Away => Err(StoreError::unavailable("postgres", "pulled out")),
            How::Panics => panic!("on purpose"),
        }
    }
    async fn finish(self: Box<Self>) -> Result<Stored, StoreError> {
        Ok(Stored::default())
    }
}

#[tokio::test]
async fn whatever_breaks_no_upload_stays_processing() {
    for how in [How::Away, How::Panics] {
        let (mut app, _) = memory_app();
        app.customers = Arc::new(Broken(app.customers.clone(), how));
        let error = upload(&app, "a.csv", "Name,Phone\nAsha,9876543210\n").await.expect_err("broken");
        match how {
            How::Away => assert!(matches!(error, Error::Unavailable(_)), "{error:?}"),
            How::Panics => assert!(matches!(error, Error::Bug(_)), "{error:?}"),
        }
        let record = last_record(&app).await;
        assert_eq!((record.upload_status, record.processed_records), (UploadStatus::Failed, 0));
        assert_eq!(record.processing_errors[0].problem, error.to_string());
    }
}
