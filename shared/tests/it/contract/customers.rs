use std::collections::HashSet;

use jiff::SignedDuration;
use shared::domain::id::UploadId;
use shared::domain::language::Language;
use shared::domain::page::PageRequest;
use shared::domain::upload::{RejectedRow, RejectedRows, RowError, Upload, UploadStatus};
use shared::ports::StoreError;
use shared::ports::customers::{CustomerFilter, Stored};

use crate::support::{World, details, phone};

super::contract!(
    a_customer_reads_back_as_the_sheet_had_it,
    the_newest_row_of_a_phone_and_loan_wins_and_is_counted,
    one_person_may_owe_two_loans_and_none_is_a_loan_too,
    an_import_that_is_dropped_stores_nothing,
    an_import_given_up_while_it_begins_swallows_nothing_that_follows,
    a_list_comes_newest_first_in_pages_without_gaps,
    a_filter_finds_by_name_loan_state_and_language,
    all_ids_of_a_filter_come_in_order_and_in_pieces,
    a_cursor_nobody_gave_out_is_a_conflict,
    an_upload_is_begun_and_finished,
    the_news_that_a_file_came_is_taken_once_and_by_the_same_delivery_again,
    refused_rows_are_kept_in_parts,
    the_same_sheet_twice_at_once_counts_every_row_once,
);

async fn a_customer_reads_back_as_the_sheet_had_it(world: &World) {
    let id = world.customer(10).await;
    let found = world.app.customers.find(id).await.expect("read").expect("there");
    assert_eq!(found.details, details(10));
    assert_eq!((found.created_at, found.updated_at), (world.now(), world.now()));
    assert_eq!(world.app.customers.find_many(&[id]).await.expect("read"), [found]);
    let mut bare = details(11);
    (bare.state, bare.amount, bare.due_date) = (None, None, None);
    bare.attributes.clear();
    bare.name = "राम\0 'quoted', \"name\"\t".to_owned();
    world.import(vec![bare.clone()]).await;
    let found = world.app.customers.by_phone(&phone(11)).await.expect("read").remove(0);
    assert_eq!(found.details.name.replace('\0', ""), bare.name.replace('\0', ""));
    assert_eq!((found.details.state, found.details.amount, found.details.due_date), (None, None, None));
}

async fn the_newest_row_of_a_phone_and_loan_wins_and_is_counted(world: &World) {
    let id = world.customer(10).await;
    world.clock.advance(SignedDuration::from_hours(1));
    let named = |name: &str| {
        let mut row = details(10);
        row.name = name.to_owned();
        row
    };
    let stored = world.import(vec![named("Second"), details(11), named("Third")]).await;
    assert_eq!(stored, Stored { created: 1, duplicates: 2 });
    let found = world.app.customers.find(id).await.expect("read").expect("the id stays");
    assert_eq!(found.details.name, "Third");
    assert_eq!(found.updated_at - found.created_at, jiff::Span::new().seconds(3600).fieldwise());
}

async fn one_person_may_owe_two_loans_and_none_is_a_loan_too(world: &World) {
    let with = |loan: Option<&str>| {
        let mut row = details(10);
        row.loan_id = loan.map(str::to_owned);
        row
    };
    let stored = world.import(vec![with(Some("A")), with(Some("B")), with(None), with(None)]).await;
    assert_eq!(stored, Stored { created: 3, duplicates: 1 });
    assert_eq!(world.app.customers.by_phone(&phone(10)).await.expect("read").len(), 3);
}

async fn an_import_that_is_dropped_stores_nothing(world: &World) {
    let mut import = world.app.customers.import(world.app.new_id(UploadId::new)).await.expect("opened");
    import.add(vec![details(10)]).await.expect("added");
    import.add(vec![details(11)]).await.expect("added");
    drop(import);
    let page = world.app.customers.list(&CustomerFilter::default(), &PageRequest::default()).await.expect("read");
    assert_eq!(page.items, []);
    // The store is as good as before.
    assert_eq!(world.import(vec![details(10)]).await, Stored { created: 1, duplicates: 0 });
}

async fn a_list_comes_newest_first_in_pages_without_gaps(world: &World) {
    for nn in 10..15 {
        world.customer(nn).await;
        world.clock.advance(SignedDuration::from_millis(5));
    }
    let mut request = PageRequest { cursor: None, limit: Some(2) };
    let mut names = Vec::new();
    loop {
        let page = world.app.customers.list(&CustomerFilter::default(), &request).await.expect("read");
        names.extend(page.items.into_iter().map(|c| c.details.name));
        match page.next_cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => break,
        }
    }
    let expected: Vec<String> = (10..15).rev().map(|nn| format!("Asha Kumari {nn}")).collect();
    assert_eq!(names, expected);
}

async fn a_filter_finds_by_name_loan_state_and_language(world: &World) {
    let mut tamil = details(11);
    tamil.language = Language::Tamil;
    tamil.state = Some("Tamil Nadu".to_owned());
    tamil.name = "100% _Kavya_".to_owned();
    world.import(vec![details(10), tamil]).await;
    let names = async |filter: CustomerFilter| {
        let page = world.app.customers.list(&filter, &PageRequest::default()).await.expect("read");
        page.items.into_iter().map(|c| c.details.name).collect::<Vec<_>>()
    };
    let q = |text: &str| CustomerFilter { q: Some(text.to_owned()), ..Default::default() };
    assert_eq!(names(q("kumari")).await, ["Asha Kumari 10"]);
    assert_eq!(names(q("ln-011")).await, ["100% _Kavya_"]);
    assert_eq!(names(q("0% _")).await, ["100% _Kavya_"], "marks of a pattern are plain text");
    assert_eq!(names(q("a%k")).await, Vec::<String>::new());
    let state = CustomerFilter { state: Some("Bihar".to_owned()), ..Default::default() };
    assert_eq!(names(state).await, ["Asha Kumari 10"]);
    let language = CustomerFilter { language: Some(Language::Tamil), ..Default::default() };
    assert_eq!(names(language).await, ["100% _Kavya_"]);
    let nonsense = CustomerFilter { upload_id: Some("no id".to_owned()), ..Default::default() };
    assert_eq!(names(nonsense).await, Vec::<String>::new());
}

async fn all_ids_of_a_filter_come_in_order_and_in_pieces(world: &World) {
    world.import((10..17).map(details).collect()).await;
    let filter = CustomerFilter { q: Some("kumari".to_owned()), ..Default::default() };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let ids = world.app.customers.ids(&filter, after, 3).await.expect("read");
        after = ids.last().copied();
        if ids.is_empty() {
            break;
        }
        all.extend(ids);
    }
    assert!(all.is_sorted());
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 7);
}

async fn a_cursor_nobody_gave_out_is_a_conflict(world: &World) {
    let request = PageRequest { cursor: Some("'; drop table customers".to_owned()), limit: None };
    let answer = world.app.customers.list(&CustomerFilter::default(), &request).await;
    assert!(matches!(answer, Err(StoreError::Conflict { what: "the cursor" })));
}

fn new_upload(world: &World, upload_status: UploadStatus) -> Upload {
    Upload {
        id: world.app.new_id(UploadId::new),
        filename: "november.csv".to_owned(),
        storage_key: None,
        bytes: 1_000,
        total_records: 0,
        processed_records: 0,
        failed_records: 0,
        duplicate_records: 0,
        upload_status,
        processing_errors: Vec::new(),
        upload_time: world.now(),
        finished_at: None,
    }
}

async fn an_upload_is_begun_and_finished(world: &World) {
    let mut upload = new_upload(world, UploadStatus::Processing);
    world.app.uploads.begin(&upload).await.expect("begun");
    assert!(matches!(world.app.uploads.begin(&upload).await, Err(StoreError::Conflict { .. })));
    upload.upload_status = UploadStatus::PartialFailure;
    (upload.total_records, upload.processed_records, upload.failed_records) = (3, 2, 1);
    upload.processing_errors = vec![RowError {
        row: 3,
        column: "Phone".to_owned(),
        value_masked: "***".to_owned(),
        problem: "phone number is missing".to_owned(),
    }];
    upload.finished_at = Some(world.now());
    world.app.uploads.finish(&upload).await.expect("finished");
    assert_eq!(world.app.uploads.find(upload.id).await.expect("read"), Some(upload.clone()));
    assert_eq!(world.app.uploads.list(&PageRequest::default()).await.expect("read").items, [upload]);
}

/// Whoever uploads hangs up: the request's future is dropped wherever it stands. What is written
/// afterwards must be seen by everybody, not only by the connection that was left half-way.
async fn an_import_given_up_while_it_begins_swallows_nothing_that_follows(world: &World) {
    for polls in 1..12 {
        let mut opening = world.app.customers.import(world.app.new_id(UploadId::new));
        let mut left = polls;
        std::future::poll_fn(|context| {
            left -= 1;
            let ready = opening.as_mut().poll(context).is_ready();
            if ready || left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        drop(opening);
        world.app.do_not_call.add(&phone(polls), "asked", "test", world.now()).await.expect("added");
        if let Some(servers) = &world.servers {
            let count = servers.sql("select count(*) from do_not_call").await;
            assert_eq!(count, Some(polls.to_string()), "given up after {polls} steps");
        }
    }
}

async fn the_news_that_a_file_came_is_taken_once_and_by_the_same_delivery_again(world: &World) {
    let uploads = &world.app.uploads;
    let mut upload = new_upload(world, UploadStatus::AwaitingFile);
    upload.storage_key = Some("uploads/x".to_owned());
    assert_eq!(uploads.claim(upload.id, "a").await.expect("an answer"), None, "nobody knows it");
    uploads.begin(&upload).await.expect("begun");
    let claimed = uploads.claim(upload.id, "a").await.expect("an answer").expect("free");
    upload.upload_status = UploadStatus::Processing;
    assert_eq!(claimed, upload);
    assert_eq!(uploads.claim(upload.id, "b").await.expect("an answer"), None, "another has it");
    assert!(uploads.claim(upload.id, "a").await.expect("an answer").is_some(), "the first try died");
    upload.upload_status = UploadStatus::Failed;
    uploads.finish(&upload).await.expect("finished");
    assert_eq!(uploads.claim(upload.id, "b").await.expect("an answer"), None);
    assert!(uploads.claim(upload.id, "a").await.expect("an answer").is_some(), "a store was away");
    upload.upload_status = UploadStatus::Completed;
    uploads.finish(&upload).await.expect("finished");
    assert_eq!(uploads.claim(upload.id, "a").await.expect("an answer"), None, "it is over");
}

async fn refused_rows_are_kept_in_parts(world: &World) {
    let uploads = &world.app.uploads;
    let upload = new_upload(world, UploadStatus::Processing);
    uploads.begin(&upload).await.expect("begun");
    let part = |row: u64| RejectedRows {
        headers: vec!["Name".to_owned(), "फ़ोन".to_owned()],
        rows: vec![RejectedRow {
            row,
            problems: vec![RowError::of_file("no phone")],
            cells: vec!["Asha \"Test\"".to_owned(), "12".to_owned()],
        }],
    };
    for (number, row) in [(0, 2), (1, 9), (0, 3)] {
        uploads.keep_rejected(upload.id, number, &part(row)).await.expect("kept");
    }
    assert_eq!(uploads.rejected(upload.id, 0).await.expect("read"), Some(part(3)), "the last wins");
    assert_eq!(uploads.rejected(upload.id, 1).await.expect("read"), Some(part(9)));
    assert_eq!(uploads.rejected(upload.id, 2).await.expect("read"), None);
    if let Some(servers) = &world.servers {
        let plain = servers.sql("select count(*) from upload_rejected_rows where position('Asha' in rows::text) > 0");
        assert_eq!(plain.await, Some("0".to_owned()), "they are sealed");
    }
}

/// Both hold their rows before either is merged, in opposite order.
async fn the_same_sheet_twice_at_once_counts_every_row_once(world: &World) {
    let rows = |from: u8| (10..60).map(move |n| details(10 + (n - 10 + from) % 50));
    let mut imports = Vec::new();
    for from in [0, 25] {
        let mut import = world.app.customers.import(world.app.new_id(UploadId::new)).await.expect("opened");
        let rows: Vec<_> = rows(from).collect();
        import.add(if from == 0 { rows } else { rows.into_iter().rev().collect() }).await.expect("added");
        imports.push(import);
    }
    let (second, first) = (imports.pop().expect("two"), imports.pop().expect("two"));
    let (first, second) = tokio::join!(first.finish(), second.finish());
    let (first, second) = (first.expect("stored"), second.expect("stored"));
    assert_eq!(first.created + second.created, 50, "{first:?} {second:?}");
    assert_eq!(first.duplicates + second.duplicates, 50, "{first:?} {second:?}");
    let all = world.app.customers.ids(&CustomerFilter::default(), None, 1_000).await.expect("ids");
    assert_eq!(all.len(), 50);
}
