//! What Lambda's poller does: takes batches from SQS, and removes what was handled.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use shared::adapters::aws::sdk_config;
use shared::config::{AwsPlace, AwsSection, Environment};
use shared::ports::queue::QueueName;

use crate::deliveries::Deliveries;
use crate::product::StartError;

/// The longest SQS lets a request wait for messages.
const WAIT_S: i32 = 20;
/// With the queue away, it is asked again so soon.
const AGAIN: Duration = Duration::from_secs(1);

/// Both queues, as their reader sees them.
#[derive(Clone)]
pub struct SqsDeliveries {
    client: Client,
    urls: AwsSection,
}

impl SqsDeliveries {
    /// The queues that the environment names.
    pub async fn of(env: &Environment) -> Result<Self, StartError> {
        let place: AwsPlace = env.read()?;
        let sdk: SdkConfig = sdk_config(place.region, place.endpoint).await;
        Ok(Self { client: Client::new(&sdk), urls: env.read()? })
    }

    fn url(&self, queue: QueueName) -> &str {
        match queue {
            QueueName::Dial => &self.urls.dial_queue_url,
            QueueName::CallEvents => &self.urls.call_events_queue_url,
        }
    }
}

impl Deliveries for SqsDeliveries {
    type Receipt = String;

    async fn receive(&self, queue: QueueName, max: usize) -> Vec<(String, String)> {
        loop {
            let request = self.client.receive_message().queue_url(self.url(queue)).wait_time_seconds(WAIT_S);
            match request.max_number_of_messages(i32::try_from(max).unwrap_or(10)).send().await {
                Ok(answer) if answer.messages().is_empty() => {}
                Ok(answer) => {
                    let messages = answer.messages.unwrap_or_default().into_iter();
                    return messages.filter_map(|message| Some((message.body?, message.receipt_handle?))).collect();
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no messages could be received");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// What can not be deleted comes again, which changes nothing.
    async fn delete(&self, queue: QueueName, done: Vec<String>) {
        let entry = |(at, receipt): (usize, String)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
            entry.receipt_handle(receipt).build().ok()
        };
        let entries: Vec<_> = done.into_iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        let request = self.client.delete_message_batch().queue_url(self.url(queue)).set_entries(Some(entries));
        if let Err(error) = request.send().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "handled messages will come again");
        }
    }
}
