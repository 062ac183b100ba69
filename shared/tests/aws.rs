//! The AWS adapters against a local AWS server that speaks the real protocols
//! (`TEST_AWS_ENDPOINT`, started by `./test.sh`).

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use bytes::Bytes;
use jiff::Timestamp;
use shared::adapters::aws::{DynamoAudit, S3Objects, SqsQueue, sdk_config};
use shared::domain::id::CallId;
use shared::ports::audit::{Audit, AuditEntry};
use shared::ports::clock::Clock;
use shared::ports::objects::Objects;
use shared::ports::queue::{Queue, QueueMessage, QueueName};

struct At(Timestamp);
impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "the test programs are told where their servers are")]
async fn aws() -> SdkConfig {
    let endpoint = std::env::var("TEST_AWS_ENDPOINT").expect("TEST_AWS_ENDPOINT is not set: run ./test.sh");
    sdk_config("ap-south-1".into(), Some(endpoint)).await
}

fn hint(second: i64) -> QueueMessage {
    let at = Timestamp::from_second(second).expect("in range");
    QueueMessage::DialV1 { call_id: CallId::new(at, [7; 10]) }
}

#[tokio::test]
async fn more_messages_than_one_batch_takes_all_arrive() {
    let config = aws().await;
    let client = aws_sdk_sqs::Client::new(&config);
    let mut urls = Vec::new();
    for name in ["dial-test", "events-test"] {
        let made = client.create_queue().queue_name(name).send().await.expect("a queue");
        urls.push(made.queue_url().expect("its address").to_owned());
    }
    let queue = SqsQueue::new(&config, urls[0].clone(), urls[1].clone());
    let hints: Vec<_> = (1..=23).map(hint).collect();
    queue.send(&hints, Duration::ZERO).await.expect("sent");
    assert_eq!(queue.depth(QueueName::Dial).await.expect("a depth"), 23);
    assert_eq!(queue.depth(QueueName::CallEvents).await.expect("a depth"), 0);
    let received = client.receive_message().queue_url(&urls[0]).send().await.expect("messages");
    let body = received.messages()[0].body().expect("a body");
    assert!(hints.contains(&serde_json::from_str(body).expect("one of ours")));
    let gone = SqsQueue::new(&config, format!("{}-gone", urls[0]), urls[1].clone());
    assert!(gone.send(&[hint(1)], Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn audit_entries_come_back_newest_first_over_days() {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let config = aws().await;
    let client = aws_sdk_dynamodb::Client::new(&config);
    let attribute = |name: &str| {
        let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        text.build().expect("complete")
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("complete");
    let table = client.create_table().table_name("audit-test").billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(attribute("day")).attribute_definitions(attribute("at"));
    let table = table.key_schema(key("day", KeyType::Hash)).key_schema(key("at", KeyType::Range));
    table.send().await.expect("a table");

    let now: Timestamp = "2026-11-23T00:10:00Z".parse().expect("a time");
    let audit = DynamoAudit::new(&config, "audit-test".into(), Arc::new(At(now)));
    for (action, minutes_ago) in [("second", 5), ("first", 20), ("third", 0)] {
        let entry = AuditEntry {
            at: now - jiff::SignedDuration::from_mins(minutes_ago),
            actor: "ops".into(),
            action: action.into(),
            subject: "customer:1".into(),
            address: None,
            request_id: None,
        };
        audit.append(&entry).await.expect("noted");
    }
    let actions: Vec<_> = audit.newest(10).await.expect("entries").into_iter().map(|e| e.action).collect();
    assert_eq!(actions, ["third", "second", "first"]);
    assert_eq!(audit.newest(2).await.expect("entries").len(), 2);
}

#[tokio::test]
async fn objects_are_stored_replaced_and_removed() {
    let config = aws().await;
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApSouth1).build();
    client.create_bucket().bucket("objects-test").create_bucket_configuration(place).send().await.expect("a bucket");
    let objects = S3Objects::new(&config, "objects-test".into());
    assert_eq!(objects.get("a/b.csv").await.expect("an answer"), None);
    objects.put("a/b.csv", "text/csv", Bytes::from_static(b"one")).await.expect("stored");
    objects.put("a/b.csv", "text/csv", Bytes::from_static(b"two")).await.expect("replaced");
    assert_eq!(objects.get("a/b.csv").await.expect("an answer"), Some(Bytes::from_static(b"two")));
    let mut file = tokio::fs::File::from_std(tempfile());
    assert_eq!(objects.download("a/b.csv", &mut file).await.expect("an answer"), Some(3));
    assert_eq!(file.metadata().await.expect("a size").len(), 3);
    assert_eq!(objects.download("a/none", &mut file).await.expect("an answer"), None);
    objects.delete("a/b.csv").await.expect("removed");
    objects.delete("a/b.csv").await.expect("nothing there is fine");
    assert_eq!(objects.get("a/b.csv").await.expect("an answer"), None);
}

#[tokio::test]
async fn a_file_sent_to_its_address_is_stored_and_its_size_is_signed() {
    let config = aws().await;
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApSouth1).build();
    client.create_bucket().bucket("addresses-test").create_bucket_configuration(place).send().await.expect("a bucket");
    let objects = S3Objects::new(&config, "addresses-test".into());
    let address = objects.put_address("uploads/x", 5, Duration::from_secs(60)).await.expect("an address");
    assert!(address.url.contains("X-Amz-SignedHeaders=content-length%3Bhost"), "{}", address.url);
    assert!(!address.url.to_lowercase().contains("checksum"), "that of an empty file: {}", address.url);
    assert_eq!(address.headers, [("content-length".to_owned(), "5".to_owned())]);
    assert_eq!(put(&address.url, "12345").await, 200);
    assert_eq!(objects.get("uploads/x").await.expect("an answer"), Some(Bytes::from_static(b"12345")));
}

/// One HTTP PUT, as any client makes it; answers the status.
async fn put(url: &str, body: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an http address");
    let mut socket = tokio::net::TcpStream::connect(host).await.expect("connected");
    let length = body.len();
    let request =
        format!("PUT /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("an answer");
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

fn tempfile() -> std::fs::File {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("s3-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(true).open(&path).expect("a file");
    std::fs::remove_file(path).expect("removed");
    file
}
