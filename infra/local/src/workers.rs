//! What SQS and EventBridge do in AWS: hands messages to `dial` and `events`, wakes `feeder` and
//! `reconcile`.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shared::app::App;
use shared::app::reconcile_calls::{ReconcileLimits, reconcile_calls};
use shared::ports::queue::QueueName;
use shared::ports::telephony::Telephony;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::deliveries::Deliveries;

/// Orders dialled at once; SQS would run as many Lambdas.
const DIAL_WORKERS: usize = 8;
/// One receive takes what a Lambda would get.
const BATCH: usize = 10;

/// How often things are looked at, and how long news of a call is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// From one run of the feeder to the next.
    pub feed_every: Duration,
    /// From one run of reconcile to the next.
    pub reconcile_every: Duration,
    /// When reconcile asks the carrier.
    pub reconcile: ReconcileLimits,
}

impl Default for Rhythm {
    /// Faster than in AWS: people at a laptop watch a single call, and do not wait a minute for
    /// their second one.
    fn default() -> Self {
        Self {
            feed_every: Duration::from_secs(1),
            reconcile_every: Duration::from_secs(5),
            reconcile: ReconcileLimits {
                quiet_after: SignedDuration::from_secs(60),
                patience: Duration::from_secs(2),
                ..ReconcileLimits::default()
            },
        }
    }
}

/// Starts all workers; they end when `stop` is cancelled.
pub(crate) fn start(
    tasks: &TaskTracker,
    stop: &CancellationToken,
    app: &App,
    deliveries: &impl Deliveries,
    telephony: &Arc<dyn Telephony>,
    rhythm: Rhythm,
) {
    for _ in 0..DIAL_WORKERS {
        let (app, telephony) = (app.clone(), telephony.clone());
        spawn(
            tasks,
            stop,
            serve(deliveries.clone(), QueueName::Dial, move |messages| {
                let (app, telephony) = (app.clone(), telephony.clone());
                async move { dial::handle(&app, telephony, messages).await }
            }),
        );
    }
    let events_app = app.clone();
    spawn(
        tasks,
        stop,
        serve(deliveries.clone(), QueueName::CallEvents, move |messages| {
            let app = events_app.clone();
            async move { events::handle(&app, messages).await }
        }),
    );
    let feeder_app = app.clone();
    spawn(
        tasks,
        stop,
        every(rhythm.feed_every, move || {
            let app = feeder_app.clone();
            async move {
                if let Err(error) = feeder::handle(&app).await {
                    tracing::warn!(%error, "orders could not be released; the next run tries again");
                }
            }
        }),
    );
    let (app, telephony) = (app.clone(), telephony.clone());
    spawn(
        tasks,
        stop,
        every(rhythm.reconcile_every, move || {
            let (app, telephony) = (app.clone(), telephony.clone());
            async move {
                if let Err(error) = reconcile_calls(&app, &*telephony, &rhythm.reconcile).await {
                    tracing::warn!(%error, "quiet calls could not be looked at; the next run tries again");
                }
            }
        }),
    );
}

fn spawn(tasks: &TaskTracker, stop: &CancellationToken, work: impl Future<Output = ()> + Send + 'static) {
    let stop = stop.clone();
    tasks.spawn(async move {
        stop.run_until_cancelled_owned(work).await;
    });
}

async fn every<F: Future<Output = ()>>(period: Duration, run: impl Fn() -> F) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        run().await;
    }
}

/// Hands batches to a function and removes what it did not name as failed; the rest comes again.
async fn serve<F: Future<Output = Vec<String>>>(
    deliveries: impl Deliveries,
    name: QueueName,
    handle: impl Fn(Vec<(String, String)>) -> F,
) {
    loop {
        let received = deliveries.receive(name, BATCH).await;
        let messages = received.iter().enumerate().map(|(at, (body, _))| (at.to_string(), body.clone()));
        let failed = handle(messages.collect()).await;
        let done = received.into_iter().enumerate().filter(|(at, _)| !failed.contains(&at.to_string()));
        deliveries.delete(name, done.map(|(_, (_, receipt))| receipt).collect()).await;
    }
}
