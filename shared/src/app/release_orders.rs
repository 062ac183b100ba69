//! Lets due orders out of the records into the queue, never more than about two minutes of
//! permitted pace at a time, spread over the time the pace needs for them.

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::{App, Error};
use crate::domain::id::CallId;
use crate::ports::queue::QueueMessage;

/// What is out at once, in minutes of pace: more would wait in the queue where a pause does not
/// reach it; less than the minute between two runs would leave the lines idle.
const MINUTES_AHEAD: u32 = 2;
/// Until when nobody else releases the same order. Longer than [`MINUTES_AHEAD`], so that an order
/// that only waits its turn is not sent again; an order whose message was lost waits that long.
const LEASE: SignedDuration = SignedDuration::from_secs(5 * 60);
/// Orders leased by one statement.
const PAGE: u32 = 100;
/// Messages that become visible together: one batch of the queue.
const TOGETHER: usize = 10;

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Released {
    /// Orders sent to the queue now.
    pub released: u32,
    /// Orders that were out before.
    pub on_lease: u32,
}

/// Releases what is due. Unreadable settings release nothing: without them nobody may be phoned.
pub async fn release_orders(app: &App) -> Result<Released, Error> {
    let pace = app.settings.current().await?.calls_per_minute;
    if pace == 0 {
        return Ok(Released::default());
    }
    let on_lease = app.calls.released_now(app.clock.now()).await?;
    let mut free = pace.saturating_mul(MINUTES_AHEAD).saturating_sub(on_lease);
    let mut released = 0;
    while free > 0 {
        let now = app.clock.now();
        let page = free.min(PAGE);
        let orders = app.calls.release_due(now, now + LEASE, page).await?;
        for (at, together) in orders.chunks(TOGETHER).enumerate() {
            let ahead = on_lease + released + u32::try_from(at * TOGETHER).unwrap_or(u32::MAX);
            send(app, together, Duration::from_secs(u64::from(ahead) * 60 / u64::from(pace))).await?;
        }
        let count = u32::try_from(orders.len()).unwrap_or(u32::MAX);
        released += count;
        free = free.saturating_sub(count);
        if count < page {
            break;
        }
    }
    if released > 0 {
        tracing::info!(released, on_lease, "orders went to the queue");
    }
    Ok(Released { released, on_lease })
}

/// A batch that can not be sent keeps its lease and is released again when that runs out.
async fn send(app: &App, orders: &[CallId], delay: Duration) -> Result<(), Error> {
    let messages: Vec<_> = orders.iter().map(|id| QueueMessage::DialV1 { call_id: *id }).collect();
    Ok(app.queue.send(&messages, delay).await?)
}
