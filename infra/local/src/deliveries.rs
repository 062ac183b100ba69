//! Where the workers take their messages from: the queue in this process, or one on an AWS server.

use std::sync::Arc;

use shared::adapters::local::{LocalQueue, Receipt};
use shared::ports::queue::QueueName;

/// Our queues, as their reader sees them.
pub(crate) trait Deliveries: Clone + Send + Sync + 'static {
    /// Names one delivery.
    type Receipt: Send;

    /// Up to `max` messages (body and receipt); waits for the first. Each comes again unless it is
    /// deleted within the visibility timeout.
    fn receive(&self, queue: QueueName, max: usize) -> impl Future<Output = Vec<(String, Self::Receipt)>> + Send;

    /// The work is done: these do not come again.
    fn delete(&self, queue: QueueName, done: Vec<Self::Receipt>) -> impl Future<Output = ()> + Send;
}

impl Deliveries for Arc<LocalQueue> {
    type Receipt = Receipt;

    async fn receive(&self, queue: QueueName, max: usize) -> Vec<(String, Receipt)> {
        let received = LocalQueue::receive(self, queue, max).await.into_iter();
        received.filter_map(|d| Some((serde_json::to_string(&d.message).ok()?, d.receipt))).collect()
    }

    async fn delete(&self, _: QueueName, done: Vec<Receipt>) {
        for receipt in done {
            LocalQueue::delete(self, receipt);
        }
    }
}
