//! Makes what CloudFormation would make of the template, as far as a local AWS server has it:
//! queues, tables, buckets, secrets, keys. Functions, routes and policies are not made: the
//! functions run in this process, and a local server asks for no permission.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement};
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, FilterRule, FilterRuleName, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter,
};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use crate::start_error::StartError;
use crate::template::{Name, Stack, Template};

/// The queue that stands for S3's own way of waking `ingest`.
pub(super) const OBJECT_NEWS: &str = "ObjectNews";

/// Makes everything, and tells `stack` what the names now stand for.
pub async fn create(template: &Template, sdk: &SdkConfig, stack: &mut Stack) -> Result<(), StartError> {
    // A queue names the one its dead letters go to: those that name none come first.
    let (later, first): (Vec<_>, Vec<_>) =
        template.of_type("AWS::SQS::Queue").into_iter().partition(|(_, queue)| !queue["RedrivePolicy"].is_null());
    for (id, queue) in first.into_iter().chain(later) {
        create_queue(sdk, stack, id, queue).await?;
    }
    for (id, table) in template.of_type("AWS::DynamoDB::Table") {
        create_table(sdk, stack, id, table).await?;
    }
    for (id, bucket) in template.of_type("AWS::S3::Bucket") {
        create_bucket(sdk, stack, id, bucket).await?;
    }
    tell_of_objects(template, sdk, stack).await?;
    for (id, _) in template.of_type("AWS::SecretsManager::Secret") {
        let name = named(stack, id)?;
        let made = aws_sdk_secretsmanager::Client::new(sdk).create_secret().name(name).send().await?;
        stack.set(id, None, made.arn.ok_or("a secret without an ARN")?);
    }
    for (id, _) in template.of_type("AWS::KMS::Key") {
        let made = aws_sdk_kms::Client::new(sdk).create_key().send().await?;
        let key = made.key_metadata.ok_or("a key without an id")?;
        stack.set(id, Some("Arn"), key.arn.unwrap_or_default());
        stack.set(id, None, key.key_id);
    }
    Ok(())
}

/// What the template wakes a function with goes to a queue here: no function waits to be woken.
async fn tell_of_objects(template: &Template, sdk: &SdkConfig, stack: &mut Stack) -> Result<(), StartError> {
    let news = json!({ "QueueName": named(stack, OBJECT_NEWS)? });
    create_queue(sdk, stack, OBJECT_NEWS, &news).await?;
    let arn = stack.get(&Name { id: OBJECT_NEWS.to_owned(), attribute: Some("Arn".to_owned()) })?.to_owned();
    for function in template.functions() {
        for (_, event) in function.events.iter().filter(|(kind, _)| kind == "S3") {
            let prefix = event["Filter"]["S3Key"]["Rules"][0]["Value"].as_str().unwrap_or_default();
            let rule = FilterRule::builder().name(FilterRuleName::Prefix).value(prefix).build();
            let filter =
                NotificationConfigurationFilter::builder().key(S3KeyFilter::builder().filter_rules(rule).build());
            let events = event["Events"].as_str().unwrap_or_default();
            let to_queue = QueueConfiguration::builder().queue_arn(&arn).events(events.into()).filter(filter.build());
            let all = NotificationConfiguration::builder().queue_configurations(to_queue.build()?).build();
            let request = s3(sdk).put_bucket_notification_configuration().bucket(stack.text(&event["Bucket"])?);
            request.notification_configuration(all).send().await?;
        }
    }
    Ok(())
}

/// Bucket names as host names do not work on a local server.
fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build())
}

/// As CloudFormation names what the template does not name.
fn named(stack: &Stack, id: &str) -> Result<String, StartError> {
    let name = stack.get(&Name { id: "AWS::StackName".to_owned(), attribute: None })?;
    Ok(format!("{name}-{id}"))
}

async fn create_queue(sdk: &SdkConfig, stack: &mut Stack, id: &str, queue: &Value) -> Result<(), StartError> {
    let client = aws_sdk_sqs::Client::new(sdk);
    let mut request = client.create_queue().queue_name(stack.text(&queue["QueueName"])?);
    if let Some(seconds) = queue["VisibilityTimeout"].as_u64() {
        request = request.attributes(QueueAttributeName::VisibilityTimeout, seconds.to_string());
    }
    if let Some(redrive) = queue.get("RedrivePolicy") {
        let policy = json!({
            "deadLetterTargetArn": stack.text(&redrive["deadLetterTargetArn"])?,
            "maxReceiveCount": redrive["maxReceiveCount"],
        });
        request = request.attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    let url = request.send().await?.queue_url.ok_or("a queue without an address")?;
    let about = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let about = about.send().await?;
    let arn = about.attributes().and_then(|all| all.get(&QueueAttributeName::QueueArn));
    stack.set(id, Some("Arn"), arn.ok_or("a queue without an ARN")?);
    stack.set(id, None, url);
    Ok(())
}

async fn create_table(sdk: &SdkConfig, stack: &mut Stack, id: &str, table: &Value) -> Result<(), StartError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = named(stack, id)?;
    let mut request = aws_sdk_dynamodb::Client::new(sdk).create_table().table_name(&name);
    for attribute in table["AttributeDefinitions"].as_array().into_iter().flatten() {
        let definition = AttributeDefinition::builder().attribute_name(text(&attribute["AttributeName"]));
        let definition = definition.attribute_type(text(&attribute["AttributeType"]).as_str().into()).build()?;
        request = request.attribute_definitions(definition);
    }
    for key in table["KeySchema"].as_array().into_iter().flatten() {
        let element = KeySchemaElement::builder().attribute_name(text(&key["AttributeName"]));
        request = request.key_schema(element.key_type(text(&key["KeyType"]).as_str().into()).build()?);
    }
    let made = request.billing_mode(BillingMode::PayPerRequest).send().await?;
    let arn = made.table_description.and_then(|about| about.table_arn);
    stack.set(id, Some("Arn"), arn.unwrap_or_default());
    stack.set(id, None, name);
    Ok(())
}

async fn create_bucket(sdk: &SdkConfig, stack: &mut Stack, id: &str, bucket: &Value) -> Result<(), StartError> {
    let name = stack.text(&bucket["BucketName"])?;
    let region = sdk.region().map_or("ap-south-1", |region| region.as_ref());
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region));
    s3(sdk).create_bucket().bucket(&name).create_bucket_configuration(place.build()).send().await?;
    stack.set(id, Some("Arn"), format!("arn:aws:s3:::{name}"));
    stack.set(id, None, name);
    Ok(())
}
