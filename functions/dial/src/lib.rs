//! Takes messages of the `dial` queue. Everything in a batch is dialled at once; only a message
//! whose order was certainly not asked about goes back to the queue.

use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use shared::app::{App, dial_next};
use shared::ports::queue::QueueMessage;
use shared::ports::telephony::Telephony;
use tokio::task::JoinSet;

/// Handles one batch of (message id, body) and answers the ids to deliver again.
pub async fn handle(app: &App, telephony: Arc<dyn Telephony>, messages: Vec<(String, String)>) -> Vec<String> {
    let mut started = Vec::new();
    let mut tasks = JoinSet::new();
    for (id, body) in messages {
        let (app, telephony) = (app.clone(), telephony.clone());
        let task = tasks.spawn(async move { take(&app, &*telephony, &body).await });
        started.push((task.id(), id));
    }
    let mut failed = Vec::new();
    while let Some(ended) = tasks.join_next_with_id().await {
        let (task, done) = match ended {
            Ok((task, done)) => (task, done),
            Err(error) => {
                tracing::error!(%error, "dialling met a fault of ours");
                (error.id(), false)
            }
        };
        let message = started.iter().find(|(id, _)| *id == task).filter(|_| !done);
        failed.extend(message.map(|(_, message)| message.clone()));
    }
    failed
}

/// Whether the message is done with.
async fn take(app: &App, telephony: &dyn Telephony, body: &str) -> bool {
    let call_id = match serde_json::from_str(body) {
        Ok(QueueMessage::DialV1 { call_id }) => call_id,
        Ok(QueueMessage::ReportV1 { .. }) => {
            tracing::error!("a report came to the dial queue; dropped");
            return true;
        }
        // Returned to the queue it would come back for ever; the order itself is in the records.
        Err(error) => {
            tracing::error!(%error, "a message that can not be read was dropped");
            return true;
        }
    };
    match dial_next(app, telephony, call_id).await {
        Ok(dialed) => {
            tracing::info!(call.id = %call_id, ?dialed, "an order was looked at");
            true
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, call.id = %call_id, "the carrier was not asked; the message comes again");
            false
        }
    }
}

/// The same for an event of SQS (partial batch responses must be switched on).
pub async fn on_event(app: &App, telephony: Arc<dyn Telephony>, event: SqsEvent) -> SqsBatchResponse {
    let messages = event
        .records
        .into_iter()
        .map(|message| (message.message_id.unwrap_or_default(), message.body.unwrap_or_default()))
        .collect();
    let mut response = SqsBatchResponse::default();
    for id in handle(app, telephony, messages).await {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        response.batch_item_failures.push(failure);
    }
    response
}
