//! What Lambda's poller does: takes batches from SQS, and removes what was handled. News of files
//! comes the same way; in AWS, S3 wakes `ingest` itself.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use shared::adapters::aws::sdk_config;
use shared::app::App;
use shared::config::{AwsPlace, AwsSection};
use shared::ports::queue::QueueName;
use shared::wire::s3::S3Event;

use super::AwsLocal;
use super::resources::OBJECT_NEWS;
use crate::deliveries::Deliveries;
use crate::start_error::StartError;

/// The longest SQS lets a request wait for messages.
const WAIT_S: i32 = 20;
/// With the queue away, it is asked again so soon.
const AGAIN: Duration = Duration::from_secs(1);

/// Both queues, as their reader sees them.
#[derive(Clone)]
pub struct SqsDeliveries {
    client: Client,
    urls: AwsSection,
    object_news_url: String,
}

impl SqsDeliveries {
    /// The queues of what was made.
    pub async fn of(aws: &AwsLocal) -> Result<Self, StartError> {
        let place: AwsPlace = aws.env.read()?;
        let sdk = sdk_config(place.region, place.endpoint).await;
        let object_news_url = aws.stack.get(&OBJECT_NEWS.into())?.to_owned();
        Ok(Self { client: Client::new(&sdk), urls: aws.env.read()?, object_news_url })
    }

    /// Hands every file that comes to `ingest`, and never ends. News of one that could not be
    /// taken comes again.
    pub async fn ingest(self, app: App) {
        loop {
            for (message_id, body, receipt) in self.next(&self.object_news_url, 1).await {
                let keys = serde_json::from_str(&body).map(S3Event::keys).unwrap_or_default();
                let mut done = true;
                for key in keys {
                    if let Err(error) = ingest::handle(&app, &key, &message_id).await {
                        tracing::error!(%error, "a large sheet could not be imported");
                        done = false;
                    }
                }
                if done {
                    self.remove(&self.object_news_url, vec![receipt]).await;
                }
            }
        }
    }

    fn url(&self, queue: QueueName) -> &str {
        match queue {
            QueueName::Dial => &self.urls.dial_queue_url,
            QueueName::CallEvents => &self.urls.call_events_queue_url,
        }
    }

    /// Up to `max` messages: id, body, receipt.
    async fn next(&self, url: &str, max: usize) -> Vec<(String, String, String)> {
        loop {
            let request = self.client.receive_message().queue_url(url).wait_time_seconds(WAIT_S);
            match request.max_number_of_messages(i32::try_from(max).unwrap_or(10)).send().await {
                Ok(answer) if answer.messages().is_empty() => {}
                Ok(answer) => {
                    let messages = answer.messages.unwrap_or_default().into_iter();
                    return messages.filter_map(|m| Some((m.message_id?, m.body?, m.receipt_handle?))).collect();
                }
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no messages could be received");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    /// What can not be deleted comes again, which changes nothing.
    async fn remove(&self, url: &str, done: Vec<String>) {
        let entry = |(at, receipt): (usize, String)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
            entry.receipt_handle(receipt).build().ok()
        };
        let entries: Vec<_> = done.into_iter().enumerate().filter_map(entry).collect();
        if entries.is_empty() {
            return;
        }
        let request = self.client.delete_message_batch().queue_url(url).set_entries(Some(entries));
        if let Err(error) = request.send().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "handled messages will come again");
        }
    }
}

impl Deliveries for SqsDeliveries {
    type Receipt = String;

    async fn receive(&self, queue: QueueName, max: usize) -> Vec<(String, String)> {
        let messages = self.next(self.url(queue), max).await.into_iter();
        messages.map(|(_, body, receipt)| (body, receipt)).collect()
    }

    async fn delete(&self, queue: QueueName, done: Vec<String>) {
        self.remove(self.url(queue), done).await;
    }
}
