//! Tells everybody who watches. A feed that is away is logged and never stops a call.

use crate::app::App;
use crate::domain::call::Call;
use crate::domain::feed::{FeedEvent, LogLevel};
use crate::domain::id::CallId;
use crate::domain::status::Source;

/// A call's status, as it is now.
pub async fn call_changed(app: &App, call: &Call, source: Source, message: &str) {
    publish(
        app,
        FeedEvent::StatusUpdate {
            call_id: call.call_id,
            call_sid: call.call_sid.clone(),
            customer_id: call.customer_id,
            customer_name: call.customer_name.clone(),
            campaign_id: call.campaign_id,
            status: call.status,
            failure_class: call.failure_class,
            source,
            message: message.to_owned(),
            at: app.clock.now(),
        },
    )
    .await;
}

/// A line for the system log of the dashboard.
pub async fn log(app: &App, level: LogLevel, call_id: Option<CallId>, message: impl Into<String>) {
    publish(app, FeedEvent::Log { level, message: message.into(), call_id, at: app.clock.now() }).await;
}

/// Any event.
pub async fn publish(app: &App, event: FeedEvent) {
    if let Err(error) = app.feed.publish(&event).await {
        tracing::warn!(%error, "the live feed is away; watchers will catch up from the records");
    }
}
