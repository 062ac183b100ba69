//! Takes messages of the `dial` queue. Everything in a batch is dialled at once; only a message
//! whose order was certainly not asked about goes back to the queue.

use std::sync::Arc;

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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use jiff::Timestamp;
    use shared::domain::call::NewOrder;
    use shared::domain::customer::CustomerDetails;
    use shared::domain::id::{CallId, CallSid, UploadId};
    use shared::domain::language::Language;
    use shared::domain::phone::PhoneNumber;
    use shared::ports::customers::CustomerFilter;
    use shared::ports::telephony::{CarrierRecord, Dial, TelephonyError};
    use shared::wiring::{MemoryParts, memory_app};

    use super::*;

    /// Accepts every call; panics for the number that ends in 9.
    #[derive(Default)]
    struct Carrier(Mutex<Vec<CallId>>);

    #[async_trait]
    impl Telephony for Carrier {
        async fn dial(&self, dial: &Dial) -> Result<CallSid, TelephonyError> {
            assert!(!dial.to.expose().ends_with('9'), "the fault this test plants");
            self.0.lock().expect("not poisoned").push(dial.call_id);
            Ok(CallSid::parse(&format!("sid-{}", dial.call_id)).expect("a sid"))
        }
        async fn details(&self, _: &CallSid) -> Result<Option<CarrierRecord>, TelephonyError> {
            Ok(None)
        }
        async fn find(
            &self,
            _: &PhoneNumber,
            _: Timestamp,
            _: Timestamp,
        ) -> Result<Vec<CarrierRecord>, TelephonyError> {
            Ok(Vec::new())
        }
    }

    async fn orders(last_digits: &[u8]) -> (App, MemoryParts, Vec<CallId>) {
        let (app, parts) = memory_app();
        let mut import = app.customers.import(app.new_id(UploadId::new)).await.expect("an import");
        let row = |n: &u8| CustomerDetails {
            name: format!("Customer {n}"),
            phone: PhoneNumber::parse(&format!("900000000{n}")).expect("a number"),
            state: None,
            loan_id: None,
            amount: None,
            due_date: None,
            language: Language::Hindi,
            attributes: Default::default(),
        };
        import.add(last_digits.iter().map(row).collect()).await.expect("stored");
        import.finish().await.expect("visible");
        let mut ids = Vec::new();
        for customer_id in app.customers.ids(&CustomerFilter::default(), None, 10).await.expect("listed") {
            let order = NewOrder::single(app.new_id(CallId::new), customer_id, app.clock.now());
            ids.push(order.call_id);
            app.calls.place(&[order]).await.expect("placed");
        }
        ids.sort();
        (app, parts, ids)
    }

    fn message(call_id: CallId) -> String {
        serde_json::to_string(&QueueMessage::DialV1 { call_id }).expect("JSON")
    }

    #[tokio::test]
    async fn a_batch_is_dialled_and_delivered_twice_rings_nobody_again() {
        let (app, _, ids) = orders(&[1, 2, 3]).await;
        let carrier = Arc::new(Carrier::default());
        let batch: Vec<_> = ids.iter().map(|id| (format!("m{id}"), message(*id))).collect();
        assert!(handle(&app, carrier.clone(), batch.clone()).await.is_empty());
        assert!(handle(&app, carrier.clone(), batch).await.is_empty());
        let mut asked = carrier.0.lock().expect("not poisoned").clone();
        asked.sort();
        assert_eq!(asked, ids);
    }

    #[tokio::test]
    async fn what_can_not_be_read_is_dropped_and_the_rest_is_dialled() {
        let (app, _, ids) = orders(&[1]).await;
        let carrier = Arc::new(Carrier::default());
        let batch = vec![
            ("m1".to_owned(), "not JSON".to_owned()),
            ("m2".to_owned(), r#"{"kind":"dial_v9"}"#.to_owned()),
            ("m3".to_owned(), message(ids[0])),
        ];
        assert!(handle(&app, carrier.clone(), batch).await.is_empty());
        assert_eq!(*carrier.0.lock().expect("not poisoned"), ids);
    }

    #[tokio::test]
    async fn only_the_message_that_met_a_fault_comes_again_and_still_never_dials() {
        let (app, _, ids) = orders(&[1, 9]).await;
        let carrier = Arc::new(Carrier::default());
        let batch = ids.iter().enumerate().map(|(n, id)| (format!("m{n}"), message(*id))).collect();
        let again = handle(&app, carrier.clone(), batch).await;
        assert_eq!(again.len(), 1);
        let redelivered = ids.iter().map(|id| ("again".to_owned(), message(*id))).collect();
        assert!(handle(&app, carrier, redelivered).await.is_empty(), "claimed orders are never asked about again");
    }
}
