//! The checks of queues, table and bucket, on a local AWS server.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use aws_sdk_sqs::types::QueueAttributeName;
use ops::report::Level;
use serde_json::json;
use shared::adapters::aws::{KmsKeyWrap, SecretsManager, sdk_config};
use shared::ports::secrets::SecretStore;
use shared::wiring::DataKeys;

use crate::support::{House, SHARED_SECRET, address, level, line};

struct Cloud {
    sqs: aws_sdk_sqs::Client,
    dynamo: aws_sdk_dynamodb::Client,
    s3: aws_sdk_s3::Client,
    endpoint: String,
}

impl Cloud {
    async fn new() -> Self {
        let endpoint = address("TEST_AWS_ENDPOINT");
        let sdk = sdk_config("ap-south-1".to_owned(), Some(endpoint.clone())).await;
        let (sqs, dynamo) = (aws_sdk_sqs::Client::new(&sdk), aws_sdk_dynamodb::Client::new(&sdk));
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        Self { sqs, dynamo, s3: aws_sdk_s3::Client::from_conf(s3), endpoint }
    }

    async fn queue(&self, name: &str, redrive: bool) -> String {
        let dead = self.sqs.create_queue().queue_name(format!("{name}-dead")).send().await.expect("a queue");
        let mut made = self.sqs.create_queue().queue_name(name);
        if redrive {
            let arn = format!("arn:aws:sqs:ap-south-1:123456789012:{name}-dead");
            let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 5}).to_string();
            made = made.attributes(QueueAttributeName::RedrivePolicy, policy);
        }
        drop(dead);
        made.send().await.expect("a queue").queue_url.expect("its address")
    }

    async fn table(&self, name: &str) {
        let (key, text) = (KeyType::Hash, ScalarAttributeType::S);
        let schema = KeySchemaElement::builder().attribute_name("day").key_type(key).build().expect("a schema");
        let attribute = AttributeDefinition::builder().attribute_name("day").attribute_type(text).build();
        let made = self.dynamo.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let made = made.key_schema(schema).attribute_definitions(attribute.expect("an attribute"));
        made.send().await.expect("a table");
    }

    async fn bucket(&self, name: &str) {
        let place = aws_sdk_s3::types::BucketLocationConstraint::ApSouth1;
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(place).build();
        self.s3.create_bucket().bucket(name).create_bucket_configuration(place).send().await.expect("a bucket");
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let made = self.s3.put_public_access_block().bucket(name).public_access_block_configuration(block);
        made.send().await.expect("blocked");
    }
}

#[tokio::test]
async fn queues_table_and_bucket_are_there_as_the_code_expects_them() {
    let (cloud, house) = (Cloud::new().await, House::migrated("cloud").await);
    let own = |name: &str| format!("{name}-{}", std::process::id());
    let (dial, events) = (own("ops-dial"), own("ops-events"));
    let (audit, objects) = (own("ops-audit"), own("ops-objects"));
    let (dial, events) = (cloud.queue(&dial, true).await, cloud.queue(&events, true).await);
    cloud.table(&audit).await;
    cloud.bucket(&objects).await;
    let configured = [
        ("AWS_ENDPOINT_URL", cloud.endpoint.as_str()),
        ("DIAL_QUEUE_URL", &dial),
        ("CALL_EVENTS_QUEUE_URL", &events),
        ("AUDIT_TABLE", &audit),
        ("OBJECTS_BUCKET", &objects),
    ];
    let report = house.with(&configured).await;
    let all = [
        "queue of orders",
        "queue of orders: dead letters",
        "queue of reports",
        "queue of reports: dead letters",
        "audit table",
        "audit table: expiry",
        "bucket",
        "bucket: public access",
    ];
    for check in all {
        assert_eq!(level(&report, check), Level::Ok, "{check} in\n{report}");
    }
    let dead = format!("{dial}-dead");
    cloud.sqs.send_message().queue_url(dead).message_body("x").send().await.expect("sent");
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build().expect("expiry");
    cloud.dynamo.update_time_to_live().table_name(&audit).time_to_live_specification(expiry).send().await.expect("set");
    cloud.s3.delete_public_access_block().bucket(&objects).send().await.expect("opened");
    let report = house.with(&configured).await;
    assert!(line(&report, "queue of orders: dead letters").found.ends_with("holds 1"), "{report}");
    for check in ["queue of orders: dead letters", "audit table: expiry", "bucket: public access"] {
        assert_eq!(level(&report, check), Level::Warn, "{check} in\n{report}");
    }
}

#[tokio::test]
async fn what_is_not_there_or_has_nowhere_to_fail_to_fails() {
    let (cloud, house) = (Cloud::new().await, House::migrated("nowhere").await);
    let bare = cloud.queue("ops-bare", false).await;
    let report = house
        .with(&[
            ("AWS_ENDPOINT_URL", &cloud.endpoint),
            ("DIAL_QUEUE_URL", &bare),
            ("CALL_EVENTS_QUEUE_URL", &format!("{bare}-gone")),
            ("AUDIT_TABLE", "ops-gone"),
            ("OBJECTS_BUCKET", "ops-gone"),
        ])
        .await;
    for check in ["queue of orders: dead letters", "queue of reports", "audit table", "bucket"] {
        assert_eq!(level(&report, check), Level::Fail, "{check} in\n{report}");
    }
}

#[tokio::test]
async fn secrets_are_read_and_the_master_key_opens_the_data_keys() {
    let (cloud, house) = (Cloud::new().await, House::migrated("secrets").await);
    let sdk = sdk_config("ap-south-1".to_owned(), Some(cloud.endpoint.clone())).await;
    let (store, kms) = (SecretsManager::new(&sdk), aws_sdk_kms::Client::new(&sdk));
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let own = |name: &str| format!("{name}-{}", std::process::id());
    let (signing, keys) = (own("ops-signing"), own("ops-keys"));
    for name in [&signing, &keys] {
        secrets.create_secret().name(name).send().await.expect("a secret");
    }
    let mut made = Vec::new();
    for _ in 0..2 {
        made.push(kms.create_key().send().await.expect("a key").key_metadata.expect("its data").key_id);
    }
    let data_keys = |key: &str| {
        DataKeys::new(Arc::new(store.clone()), Arc::new(KmsKeyWrap::new(&sdk, key.to_owned())), keys.clone())
    };
    assert!(data_keys(&made[0]).make_if_missing().await.expect("made"));
    let configured = |key: &str| {
        [
            ("AWS_ENDPOINT_URL", cloud.endpoint.clone()),
            ("SIGNING_SECRET", format!("secretsmanager:{signing}")),
            ("DATA_KEYS", format!("secretsmanager:{keys}")),
            ("DATA_KEYS_KMS_KEY", key.to_owned()),
        ]
    };
    let examined = async |key: &str| {
        let pairs = configured(key);
        house.with(&pairs.each_ref().map(|(name, value)| (*name, value.as_str()))).await
    };
    let report = examined(&made[0]).await;
    assert_eq!(level(&report, "secrets"), Level::Fail, "not filled in yet: {report}");
    assert!(line(&report, "secrets").found.contains("SIGNING_SECRET"), "{report}");
    store.put(&signing, &SHARED_SECRET.to_owned().into()).await.expect("filled in");
    let report = examined(&made[0]).await;
    for check in ["secrets", "data keys", "SIGNING_SECRET"] {
        assert_eq!(level(&report, check), Level::Ok, "{check} in\n{report}");
    }
    assert_eq!(level(&examined(&made[1]).await, "data keys"), Level::Fail, "another key opens nothing");
}
