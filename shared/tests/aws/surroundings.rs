//! Queue, audit trail and files: what the in-process adapters promise, SQS, DynamoDB and S3 hold.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use shared::adapters::aws::{DynamoAudit, S3Objects, SqsQueue};
use shared::adapters::local::{FolderAudit, FolderObjects, LocalQueue};
use shared::adapters::memory::{MemoryAudit, MemoryObjects, MemoryQueue};
use shared::domain::id::CallId;
use shared::domain::token::CallTokens;
use shared::ports::audit::{Audit, AuditEntry};
use shared::ports::objects::Objects;
use shared::ports::queue::{Queue, QueueMessage, QueueName};

use super::{At, aws, fresh};

fn hint(second: i64) -> QueueMessage {
    let at = Timestamp::from_second(second).expect("in range");
    QueueMessage::DialV1 { call_id: CallId::new(at, [7; 10]) }
}

/// A queue of ours and the addresses of both its parts.
async fn sqs() -> (SqsQueue, aws_sdk_sqs::Client, [String; 2]) {
    let config = aws().await;
    let client = aws_sdk_sqs::Client::new(&config);
    let mut urls = Vec::new();
    for what in ["dial", "events"] {
        let made = client.create_queue().queue_name(fresh(what)).send().await.expect("a queue");
        urls.push(made.queue_url().expect("its address").to_owned());
    }
    let urls: [String; 2] = urls.try_into().expect("two");
    (SqsQueue::new(&config, urls[0].clone(), urls[1].clone()), client, urls)
}

async fn all_arrive_in_their_queue(queue: &dyn Queue) {
    // More than one request to SQS takes.
    let hints: Vec<_> = (1..=23).map(hint).collect();
    queue.send(&hints, Duration::ZERO).await.expect("sent");
    assert_eq!(queue.depth(QueueName::Dial).await.expect("a depth"), 23);
    assert_eq!(queue.depth(QueueName::CallEvents).await.expect("a depth"), 0);
    queue.send(&[], Duration::ZERO).await.expect("nothing is sent");
}

async fn a_delayed_message_is_not_there_yet(queue: &dyn Queue) {
    queue.send(&[hint(1)], Duration::from_secs(600)).await.expect("sent");
    assert_eq!(queue.depth(QueueName::Dial).await.expect("a depth"), 0);
}

#[tokio::test]
async fn more_messages_than_one_batch_takes_all_arrive() {
    all_arrive_in_their_queue(&MemoryQueue::default()).await;
    all_arrive_in_their_queue(&LocalQueue::new(Duration::from_secs(60), 5)).await;
    let (queue, client, urls) = sqs().await;
    all_arrive_in_their_queue(&queue).await;
    let received = client.receive_message().queue_url(&urls[0]).send().await.expect("messages");
    let body = received.messages()[0].body().expect("a body");
    let read: QueueMessage = serde_json::from_str(body).expect("one of ours");
    assert!((1..=23).map(hint).any(|sent| sent == read));
}

#[tokio::test]
async fn a_delay_is_kept() {
    a_delayed_message_is_not_there_yet(&LocalQueue::new(Duration::from_secs(60), 5)).await;
    a_delayed_message_is_not_there_yet(&sqs().await.0).await;
}

#[tokio::test]
async fn a_queue_that_is_gone_is_an_error() {
    let (_, _, urls) = sqs().await;
    let gone = SqsQueue::new(&aws().await, format!("{}-gone", urls[0]), urls[1].clone());
    assert!(gone.send(&[hint(1)], Duration::ZERO).await.is_err());
    assert!(gone.depth(QueueName::Dial).await.is_err());
}

async fn audit_table() -> String {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let client = aws_sdk_dynamodb::Client::new(&aws().await);
    let attribute = |name: &str| {
        let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        text.build().expect("complete")
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("complete");
    let name = fresh("audit");
    let table = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(attribute("day")).attribute_definitions(attribute("at"));
    let table = table.key_schema(key("day", KeyType::Hash)).key_schema(key("at", KeyType::Range));
    table.send().await.expect("a table");
    name
}

fn entry(at: Timestamp, action: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor: "ops".into(),
        action: action.into(),
        subject: "customer:1".into(),
        address: Some("203.0.113.7".into()),
        request_id: None,
    }
}

fn ten_past_midnight() -> Timestamp {
    "2026-11-23T00:10:00Z".parse().expect("a time")
}

async fn the_newest_come_first_over_days(audit: &dyn Audit) {
    assert!(audit.newest(5).await.expect("an empty trail").is_empty());
    let now = ten_past_midnight();
    let ago = |minutes| now - SignedDuration::from_mins(minutes);
    // Two of the same moment both stay.
    let entries = [entry(ago(20), "first"), entry(ago(5), "second"), entry(now, "third"), entry(now, "third")];
    for entry in &entries {
        audit.append(entry).await.expect("noted");
    }
    let newest: Vec<_> = entries.iter().rev().cloned().collect();
    assert_eq!(audit.newest(10).await.expect("entries"), newest);
    assert_eq!(audit.newest(3).await.expect("entries"), newest[..3]);
}

#[tokio::test]
async fn audit_entries_come_back_newest_first_over_days() {
    the_newest_come_first_over_days(&MemoryAudit::default()).await;
    let folder = std::env::temp_dir().join(fresh("audit"));
    std::fs::create_dir_all(&folder).expect("a folder");
    the_newest_come_first_over_days(&FolderAudit::new(folder.clone())).await;
    std::fs::remove_dir_all(&folder).expect("removed");
    let audit = DynamoAudit::new(&aws().await, audit_table().await, Arc::new(At(ten_past_midnight())));
    the_newest_come_first_over_days(&audit).await;
}

#[tokio::test]
async fn what_can_not_be_noted_is_an_error() {
    let audit = DynamoAudit::new(&aws().await, fresh("no-table"), Arc::new(At(ten_past_midnight())));
    assert!(audit.append(&entry(ten_past_midnight(), "lost")).await.is_err());
    assert!(audit.newest(1).await.is_err());
}

async fn bucket() -> S3Objects {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let config = aws().await;
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApSouth1).build();
    let name = fresh("objects");
    client.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.expect("a bucket");
    S3Objects::new(&config, name)
}

async fn stored_replaced_and_removed(objects: &dyn Objects) {
    assert_eq!(objects.get("a/b.csv").await.expect("an answer"), None);
    for text in ["one", "two"] {
        objects.put("a/b.csv", "text/csv", Bytes::from_static(text.as_bytes())).await.expect("stored");
        assert_eq!(objects.get("a/b.csv").await.expect("an answer"), Some(Bytes::from_static(text.as_bytes())));
    }
    assert_eq!(objects.get("a/c.csv").await.expect("an answer"), None);
    objects.put("a/empty", "text/csv", Bytes::new()).await.expect("stored");
    assert_eq!(objects.get("a/empty").await.expect("an answer"), Some(Bytes::new()));
    let path = std::env::temp_dir().join(fresh("download"));
    let mut file = tokio::fs::File::create(&path).await.expect("a file");
    assert_eq!(objects.download("a/none", &mut file).await.expect("an answer"), None);
    assert_eq!(objects.download("a/b.csv", &mut file).await.expect("an answer"), Some(3));
    assert_eq!(tokio::fs::read(&path).await.expect("a file"), b"two");
    tokio::fs::remove_file(&path).await.expect("removed");
    objects.delete("a/b.csv").await.expect("removed");
    objects.delete("a/b.csv").await.expect("nothing there is fine");
    assert_eq!(objects.get("a/b.csv").await.expect("an answer"), None);
}

#[tokio::test]
async fn objects_are_stored_replaced_and_removed() {
    let clock = Arc::new(At(ten_past_midnight()));
    stored_replaced_and_removed(&MemoryObjects::new(clock.clone())).await;
    let folder = std::env::temp_dir().join(fresh("objects"));
    let tokens = CallTokens::new(b"signing-secret-of-tests");
    let files = FolderObjects::new(folder.clone(), "http://localhost:8000".into(), tokens, clock);
    stored_replaced_and_removed(&files).await;
    std::fs::remove_dir_all(&folder).expect("removed");
    stored_replaced_and_removed(&bucket().await).await;
}
