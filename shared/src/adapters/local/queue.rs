//! A queue in this process with the manners of SQS: delays, visibility, a dead-letter list.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::ports::StoreError;
use crate::ports::queue::{Queue, QueueMessage, QueueName};

/// Names one delivery; deletes its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt(u64);

/// One delivery. It comes again unless it is deleted within the visibility timeout.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// What was sent.
    pub message: QueueMessage,
    /// For [`LocalQueue::delete`].
    pub receipt: Receipt,
}

/// All queues of the local program.
#[derive(Debug)]
pub struct LocalQueue {
    visibility: Duration,
    max_receives: u32,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Entry>,
    dead: Vec<QueueMessage>,
    receipts: u64,
}

#[derive(Debug)]
struct Entry {
    message: QueueMessage,
    visible_at: Instant,
    receives: u32,
    receipt: Option<Receipt>,
}

impl LocalQueue {
    /// A delivery that is not deleted within `visibility` comes again; after `max_receives`
    /// deliveries the message goes to the dead-letter list.
    pub fn new(visibility: Duration, max_receives: u32) -> Self {
        Self { visibility, max_receives, state: Mutex::default(), news: Notify::new() }
    }

    /// Up to `max` messages that are visible now, oldest first; waits for the first.
    pub async fn receive(&self, queue: QueueName, max: usize) -> Vec<Received> {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let now = Instant::now();
            let received = self.visible(queue, max, now);
            if !received.is_empty() {
                return received;
            }
            match self.next_visible(queue, now) {
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {}
                    () = &mut news => {}
                },
                None => news.await,
            }
        }
    }

    /// The work is done: the message does not come again. A receipt whose time ran out does nothing.
    pub fn delete(&self, receipt: Receipt) {
        self.lock().waiting.retain(|entry| entry.receipt != Some(receipt));
    }

    /// Messages that were delivered too often, oldest first.
    pub fn dead_letters(&self) -> Vec<QueueMessage> {
        self.lock().dead.clone()
    }

    fn visible(&self, queue: QueueName, max: usize, now: Instant) -> Vec<Received> {
        let mut state = self.lock();
        let State { waiting, dead, receipts } = &mut *state;
        let is_visible = |entry: &Entry| entry.message.queue() == queue && entry.visible_at <= now;
        waiting.retain(|entry| {
            let worn_out = is_visible(entry) && entry.receives >= self.max_receives;
            if worn_out {
                tracing::warn!(queue = queue.as_str(), "a message was delivered too often and is put aside");
                dead.push(entry.message.clone());
            }
            !worn_out
        });
        let take = |entry: &mut Entry| {
            *receipts += 1;
            let receipt = Receipt(*receipts);
            entry.visible_at = now + self.visibility;
            entry.receives += 1;
            entry.receipt = Some(receipt);
            Received { message: entry.message.clone(), receipt }
        };
        waiting.iter_mut().filter(|entry| is_visible(entry)).take(max).map(take).collect()
    }

    fn next_visible(&self, queue: QueueName, now: Instant) -> Option<Instant> {
        let state = self.lock();
        let of_queue = state.waiting.iter().filter(|entry| entry.message.queue() == queue);
        of_queue.map(|entry| entry.visible_at.max(now)).min()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, messages: &[QueueMessage], delay: Duration) -> Result<(), StoreError> {
        let visible_at = Instant::now() + delay;
        let entry = |message: &QueueMessage| Entry { message: message.clone(), visible_at, receives: 0, receipt: None };
        self.lock().waiting.extend(messages.iter().map(entry));
        self.news.notify_waiters();
        Ok(())
    }

    async fn depth(&self, queue: QueueName) -> Result<u64, StoreError> {
        let now = Instant::now();
        let state = self.lock();
        let waiting = state.waiting.iter().filter(|entry| entry.message.queue() == queue && entry.visible_at <= now);
        Ok(waiting.count() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CallId;

    fn message(n: u8) -> QueueMessage {
        QueueMessage::DialV1 { call_id: CallId::new(jiff::Timestamp::UNIX_EPOCH, [n; 10]) }
    }
    fn queue() -> LocalQueue {
        LocalQueue::new(Duration::from_secs(30), 3)
    }

    #[tokio::test(start_paused = true)]
    async fn a_deleted_message_never_comes_again_and_a_forgotten_one_does() {
        let queue = queue();
        queue.send(&[message(1), message(2)], Duration::ZERO).await.expect("sent");
        let both = queue.receive(QueueName::Dial, 10).await;
        assert_eq!(both.iter().map(|r| r.message.clone()).collect::<Vec<_>>(), [message(1), message(2)]);
        queue.delete(both[0].receipt);
        let again = queue.receive(QueueName::Dial, 10).await;
        assert_eq!(again.iter().map(|r| r.message.clone()).collect::<Vec<_>>(), [message(2)]);
        queue.delete(both[1].receipt);
        assert_eq!(queue.lock().waiting.len(), 1, "an old receipt deletes nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_delayed_message_comes_when_its_time_has_come() {
        let queue = queue();
        let before = Instant::now();
        queue.send(&[message(1)], Duration::from_secs(60)).await.expect("sent");
        assert_eq!(queue.depth(QueueName::Dial).await.expect("counted"), 0);
        assert_eq!(queue.receive(QueueName::Dial, 1).await.len(), 1);
        assert!(before.elapsed() >= Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_nobody_can_do_is_put_aside() {
        let queue = queue();
        queue.send(&[message(1)], Duration::ZERO).await.expect("sent");
        for _ in 0..3 {
            queue.receive(QueueName::Dial, 1).await;
        }
        let next = tokio::time::timeout(Duration::from_secs(300), queue.receive(QueueName::Dial, 1)).await;
        assert!(next.is_err());
        assert_eq!(queue.dead_letters(), [message(1)]);
    }
}
