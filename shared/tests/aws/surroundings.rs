//! Queue and audit trail: what the in-process adapters promise, SQS and DynamoDB hold.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::adapters::aws::{DynamoAudit, SqsQueue};
use shared::adapters::local::{FolderAudit, LocalQueue};
use shared::adapters::memory::{MemoryAudit, MemoryQueue};
use shared::domain::id::CallId;
use shared::ports::audit::{Audit, AuditEntry};
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
    a_delayed_message_is_not_there_yet(&MemoryQueue::default()).await;
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
