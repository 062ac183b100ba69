//! Queues, audit trail and files in AWS: there, ours to read, and set up as the code expects.

use aws_sdk_dynamodb::types::{TableStatus, TimeToLiveStatus};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;
use shared::adapters::aws::sdk_config;
use shared::config::{AwsPlace, AwsSection};

use super::{Patient, causes};
use crate::report::Line;

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    let (Ok(config), Ok(place)) = (patient.env.read::<AwsSection>(), patient.env.read::<AwsPlace>()) else {
        return Vec::new();
    };
    let sdk = sdk_config(place.region, place.endpoint).await;
    let sqs = aws_sdk_sqs::Client::new(&sdk);
    let dynamo = aws_sdk_dynamodb::Client::new(&sdk);
    let s3 = aws_sdk_s3::Client::new(&sdk);
    let (dial, events, audit, bucket) = tokio::join!(
        queue(&sqs, "queue of orders", &config.dial_queue_url),
        queue(&sqs, "queue of reports", &config.call_events_queue_url),
        table(&dynamo, &config.audit_table),
        objects(&s3, &config.bucket),
    );
    [dial, events, audit, bucket].concat()
}

async fn queue(sqs: &aws_sdk_sqs::Client, check: &str, url: &str) -> Vec<Line> {
    let asked = sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send().await;
    let attributes = match asked {
        Ok(answer) => answer.attributes.unwrap_or_default(),
        Err(error) => {
            let fix = "check the queue's address and region, and that the role has sqs:GetQueueAttributes";
            return vec![Line::fail(check, causes(&error), fix)];
        }
    };
    let waiting = attributes.get(&QueueAttributeName::ApproximateNumberOfMessages).map_or("?", String::as_str);
    let mut lines = vec![Line::ok(check, format!("there, {waiting} waiting; sending is not tried"))];
    lines.push(dead_letters(sqs, check, attributes.get(&QueueAttributeName::RedrivePolicy)).await);
    lines
}

/// Where messages go that fail again and again; without it they circle until they expire.
async fn dead_letters(sqs: &aws_sdk_sqs::Client, check: &str, policy: Option<&String>) -> Line {
    let check = format!("{check}: dead letters");
    let policy: Value = policy.and_then(|policy| serde_json::from_str(policy).ok()).unwrap_or_default();
    let Some(name) = policy["deadLetterTargetArn"].as_str().and_then(|arn| arn.rsplit(':').next()) else {
        return Line::fail(&check, "the queue has no redrive policy", "deploy the template's queue, which has one");
    };
    let found = async {
        let url = sqs.get_queue_url().queue_name(name).send().await.ok()?.queue_url?;
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let answer = sqs.get_queue_attributes().queue_url(url).attribute_names(count.clone()).send().await.ok()?;
        answer.attributes?.remove(&count)
    };
    match found.await.as_deref() {
        Some("0") => Line::ok(&check, format!("{name}, empty")),
        Some(count) => {
            let fix = "read what lies there, mend its cause, and redrive it";
            Line::warn(&check, format!("{name} holds {count}"), fix)
        }
        None => Line::fail(&check, format!("{name} can not be read"), "create it, or let the role read it"),
    }
}

async fn table(dynamo: &aws_sdk_dynamodb::Client, name: &str) -> Vec<Line> {
    const CHECK: &str = "audit table";
    let described = match dynamo.describe_table().table_name(name).send().await {
        Ok(described) => described,
        Err(error) => {
            let fix = "check AUDIT_TABLE and region, and that the role has dynamodb:DescribeTable";
            return vec![Line::fail(CHECK, causes(&error), fix)];
        }
    };
    let status = described.table.and_then(|table| table.table_status);
    let active = status == Some(TableStatus::Active);
    let found = format!("{name} is {}", status.as_ref().map_or("?", TableStatus::as_str));
    vec![Line::require(CHECK, active, found, "wait until AWS has made it"), expiry(dynamo, name).await]
}

/// The trail is kept: an attribute that lets DynamoDB remove its entries would be a mistake.
async fn expiry(dynamo: &aws_sdk_dynamodb::Client, name: &str) -> Line {
    const CHECK: &str = "audit table: expiry";
    match dynamo.describe_time_to_live().table_name(name).send().await {
        Ok(answer) => {
            let expiry = answer.time_to_live_description;
            let status = expiry.as_ref().and_then(|expiry| expiry.time_to_live_status.clone());
            let attribute = expiry.and_then(|expiry| expiry.attribute_name).unwrap_or_default();
            match status {
                Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => {
                    let fix = "entries without that attribute stay; make sure nobody writes it who wants them kept";
                    Line::warn(CHECK, format!("entries end at `{attribute}`"), fix)
                }
                _ => Line::ok(CHECK, "entries are kept"),
            }
        }
        Err(error) => Line::warn(CHECK, causes(&error), "let the role have dynamodb:DescribeTimeToLive"),
    }
}

async fn objects(s3: &aws_sdk_s3::Client, bucket: &str) -> Vec<Line> {
    const CHECK: &str = "bucket";
    if let Err(error) = s3.head_bucket().bucket(bucket).send().await {
        let fix = "check OBJECTS_BUCKET and region, and that the role has s3:ListBucket";
        return vec![Line::fail(CHECK, causes(&error), fix)];
    }
    let mut lines = vec![Line::ok(CHECK, format!("{bucket} is there; writing is not tried"))];
    let blocked = s3.get_public_access_block().bucket(bucket).send().await.ok();
    let blocked = blocked.and_then(|answer| answer.public_access_block_configuration).is_some_and(|block| {
        [block.block_public_acls, block.ignore_public_acls, block.block_public_policy, block.restrict_public_buckets]
            .iter()
            .all(|on| *on == Some(true))
    });
    let found = if blocked { "blocked" } else { "not blocked, or not ours to see" };
    let fix = "turn on all four of the bucket's public access blocks";
    lines.push(Line::prefer("bucket: public access", blocked, found, fix));
    lines
}
