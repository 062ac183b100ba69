//! Our queues in SQS.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};

use crate::ports::StoreError;
use crate::ports::queue::{Queue, QueueMessage, QueueName};

/// SQS takes at most this many messages in one request.
const BATCH: usize = 10;
/// SQS delays a message by at most this long.
const MAX_DELAY_S: u64 = 900;

/// Both queues of ours.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    dial_url: String,
    call_events_url: String,
}

impl SqsQueue {
    /// The queues at these addresses.
    pub fn new(config: &SdkConfig, dial_url: String, call_events_url: String) -> Self {
        Self { client: Client::new(config), dial_url, call_events_url }
    }

    fn url(&self, queue: QueueName) -> &str {
        match queue {
            QueueName::Dial => &self.dial_url,
            QueueName::CallEvents => &self.call_events_url,
        }
    }

    async fn send_batch(&self, queue: QueueName, bodies: &[String], delay: Duration) -> Result<(), StoreError> {
        let delay_s = i32::try_from(delay.as_secs().min(MAX_DELAY_S)).unwrap_or(i32::MAX);
        let mut request = self.client.send_message_batch().queue_url(self.url(queue));
        for (index, body) in bodies.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body)
                .delay_seconds(delay_s)
                .build()
                .map_err(|e| StoreError::unavailable("sqs", e))?;
            request = request.entries(entry);
        }
        let answer = request.send().await.map_err(|e| StoreError::unavailable("sqs", e))?;
        match answer.failed().first() {
            None => Ok(()),
            // The senders repeat the whole batch; a message that arrives twice changes nothing.
            Some(failed) => Err(StoreError::unavailable("sqs", format!("a message was refused: {}", failed.code()))),
        }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, messages: &[QueueMessage], delay: Duration) -> Result<(), StoreError> {
        for queue in [QueueName::Dial, QueueName::CallEvents] {
            let bodies: Vec<String> = messages
                .iter()
                .filter(|m| m.queue() == queue)
                .map(|m| serde_json::to_string(m).map_err(|e| StoreError::corrupt("a queue message", e)))
                .collect::<Result<_, _>>()?;
            for batch in bodies.chunks(BATCH) {
                self.send_batch(queue, batch, delay).await?;
            }
        }
        Ok(())
    }

    async fn depth(&self, queue: QueueName) -> Result<u64, StoreError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(self.url(queue)).attribute_names(name.clone());
        let answer = request.send().await.map_err(|e| StoreError::unavailable("sqs", e))?;
        let text = answer.attributes().and_then(|a| a.get(&name)).map_or("0", String::as_str);
        text.parse()
            .map_err(|e| StoreError::corrupt("the queue's depth", Box::<dyn std::error::Error + Send + Sync>::from(e)))
    }
}
