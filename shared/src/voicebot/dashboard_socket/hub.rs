//! One reader of the feed per process; every browser of the process hears it from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::domain::feed::{FeedEvent, FeedPosition};
use crate::domain::id::{CallId, CampaignId};
use crate::wire::dashboard::Filter;

/// Events a browser may be behind before it gets a fresh snapshot instead.
const BUFFERED: usize = 1_024;
/// Events read at once.
const BATCH: usize = 500;
/// How long one read waits for news.
const WAIT: Duration = Duration::from_secs(5);
/// A feed that is away is asked again this often.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The counters are queries: a storm of events makes one of them a second.
const STATISTICS_EVERY: Duration = Duration::from_secs(1);
/// Browsers one process serves; a dashboard team is dozens, so more is a fault or an attack.
const MAX_CONNECTIONS: usize = 1_000;

/// The process's reader of the feed. Cheap to clone; [`stop`](Self::stop) ends the reader and
/// closes every socket with 1001.
#[derive(Clone)]
pub struct FeedHub {
    news: broadcast::Sender<News>,
    stopped: CancellationToken,
    places: Arc<Semaphore>,
}

/// What the browsers of this process are told.
#[derive(Debug, Clone)]
pub(super) enum News {
    /// An event with its position.
    Event(Arc<Published>),
    /// The counters, as a finished message.
    Statistics(Arc<str>),
    /// The reader lost events: everybody needs a fresh snapshot.
    Gap,
}

/// An event, serialised once for all browsers, and what filters look at.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) position: FeedPosition,
    pub(super) kind: String,
    pub(super) call_id: Option<CallId>,
    pub(super) campaign_id: Option<CampaignId>,
    pub(super) text: String,
}

impl FeedHub {
    /// Starts the reader on the current runtime.
    pub fn start(app: App) -> Self {
        let hub = Self {
            news: broadcast::Sender::new(BUFFERED),
            stopped: CancellationToken::new(),
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        };
        let changed = Arc::new(AtomicBool::new(false));
        tokio::spawn(hub.stopped.clone().run_until_cancelled_owned(read(
            hub.news.clone(),
            app.clone(),
            changed.clone(),
        )));
        tokio::spawn(hub.stopped.clone().run_until_cancelled_owned(count(hub.news.clone(), app, changed)));
        hub
    }

    /// Ends the reader and closes every socket.
    pub fn stop(&self) {
        self.stopped.cancel();
    }

    pub(super) fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    pub(super) fn stopped(&self) -> &CancellationToken {
        &self.stopped
    }

    pub(super) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.places)
    }
}

impl Published {
    pub(super) fn new(position: FeedPosition, event: &FeedEvent) -> Self {
        let mut body = serde_json::to_value(event).unwrap_or_else(|_| json!({ "type": "log" }));
        let kind = body.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("position".to_owned(), position.to_string().into());
        }
        let (call_id, campaign_id) = match event {
            FeedEvent::StatusUpdate { call_id, campaign_id, .. } => (Some(*call_id), *campaign_id),
            FeedEvent::Log { call_id, .. } => (*call_id, None),
            FeedEvent::Transcript { call_id, .. } => (Some(*call_id), None),
            FeedEvent::UploadProgress { .. } => (None, None),
            FeedEvent::CampaignProgress { campaign_id, .. } => (None, Some(*campaign_id)),
        };
        Self { position, kind, call_id, campaign_id, text: body.to_string() }
    }

    pub(super) fn passes(&self, filter: &Filter) -> bool {
        filter.passes(&self.kind, self.call_id, self.campaign_id)
    }
}

async fn read(news: broadcast::Sender<News>, app: App, changed: Arc<AtomicBool>) {
    let mut position = None;
    loop {
        let after = match position {
            Some(position) => position,
            None => match app.feed.newest().await {
                Ok(newest) => *position.insert(newest),
                Err(error) => {
                    tracing::warn!(%error, "the live feed can not be read; trying again");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    continue;
                }
            },
        };
        match app.feed.after(after, BATCH, WAIT).await {
            Ok(slice) => {
                if slice.gap {
                    tell(&news, News::Gap);
                }
                for (at, event) in slice.events {
                    position = Some(at);
                    if matches!(event, FeedEvent::StatusUpdate { .. } | FeedEvent::CampaignProgress { .. }) {
                        changed.store(true, Ordering::Relaxed);
                    }
                    tell(&news, News::Event(Arc::new(Published::new(at, &event))));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the live feed can not be read; trying again");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

/// Sends the counters after changes, at most once a second, and only while somebody watches.
async fn count(news: broadcast::Sender<News>, app: App, changed: Arc<AtomicBool>) {
    let mut tick = tokio::time::interval(STATISTICS_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if news.receiver_count() == 0 || !changed.swap(false, Ordering::Relaxed) {
            continue;
        }
        match app.calls.statistics(None, None).await {
            Ok(statistics) => {
                let message = json!({ "type": "statistics", "statistics": statistics, "at": app.clock.now() });
                tell(&news, News::Statistics(message.to_string().into()));
            }
            Err(error) => {
                changed.store(true, Ordering::Relaxed);
                tracing::warn!(%error, "the counters could not be read");
            }
        }
    }
}

/// Nobody listening is no fault.
fn tell(news: &broadcast::Sender<News>, item: News) {
    let _listeners = news.send(item).unwrap_or(0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::LogLevel;

    #[test]
    fn an_event_carries_its_type_and_position() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let event = FeedEvent::Log { level: LogLevel::Info, message: "m".to_owned(), call_id: None, at };
        let published = Published::new(FeedPosition { ms: 5, seq: 1 }, &event);
        let body: Value = serde_json::from_str(&published.text).expect("JSON");
        assert_eq!((&body["type"], &body["position"]), (&json!("log"), &json!("5-1")));
    }
}
