//! What wakes each function: the queue it reads, the files it is told of, the clock.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::app::expect_upload;
use shared::wiring::memory_app;

use super::{function, template};

/// Everything beside requests, which are compared with the routes of the code.
fn woken_by() -> BTreeMap<&'static str, (&'static str, Value)> {
    let messages = |queue: &str| {
        let source = json!({ "Fn::GetAtt": [queue, "Arn"] });
        ("SQS", json!({ "Queue": source, "BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"] }))
    };
    let every_minute = || ("ScheduleV2", json!({ "ScheduleExpression": "rate(1 minute)" }));
    let files = json!({
        "Bucket": { "Ref": "ObjectsBucket" },
        "Events": "s3:ObjectCreated:*",
        "Filter": { "S3Key": { "Rules": [{ "Name": "prefix", "Value": "uploads/" }] } },
    });
    BTreeMap::from([
        ("dial", messages("DialQueue")),
        ("events", messages("CallEventsQueue")),
        ("feeder", every_minute()),
        ("ingest", ("S3", files)),
        ("reconcile", every_minute()),
    ])
}

#[test]
fn every_function_is_woken_by_what_it_is_for_and_by_nothing_else() {
    let mut expected = woken_by();
    for function in template().functions() {
        let events: Vec<_> = function.events.iter().filter(|(kind, _)| kind != "HttpApi").collect();
        let own = expected.remove(function.folder.as_str());
        let own: Vec<(String, Value)> = own.into_iter().map(|(kind, source)| (kind.to_owned(), source)).collect();
        assert_eq!(events, own.iter().collect::<Vec<_>>(), "left template.yaml, right what {} is for", function.folder);
    }
    assert!(expected.is_empty(), "the template lacks {:?}", expected.keys());
}

#[test]
fn only_the_functions_with_routes_take_requests_and_nobody_wakes_the_migrations() {
    let quiet = template().functions().into_iter().filter(|function| function.events.is_empty());
    assert_eq!(quiet.map(|function| function.folder).collect::<BTreeSet<_>>(), BTreeSet::from(["migrate".to_owned()]));
}

#[test]
fn a_queue_is_read_where_the_code_sends_to() {
    for (folder, variable) in [("dial", "DIAL_QUEUE_URL"), ("events", "CALL_EVENTS_QUEUE_URL")] {
        let function = function(folder);
        assert_eq!(function.events[0].1["Queue"]["Fn::GetAtt"][0], function.variables[variable]["Ref"], "{folder}");
    }
}

#[tokio::test]
async fn a_file_is_told_of_where_the_code_lets_it_be_sent() {
    let function = function("ingest");
    let (_, told) = &function.events[0];
    let bucket = &template().find("ObjectsBucket").expect("a bucket")["Properties"]["BucketName"].clone();
    assert_eq!((&told["Bucket"]["Ref"], &function.variables["OBJECTS_BUCKET"]), (&"ObjectsBucket".into(), bucket));
    let (app, parts) = memory_app();
    let expected = expect_upload(&app, "a.csv", 1).await.expect("an address");
    let key = parts.objects.arrive(&expected.address.url, "x".into()).expect("taken");
    let prefix = told["Filter"]["S3Key"]["Rules"][0]["Value"].as_str().expect("a prefix");
    assert_eq!(key.strip_prefix(prefix), Some(expected.upload.id.to_string().as_str()));
}
