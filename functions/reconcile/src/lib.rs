//! Every minute, one at a time: asks the carrier what became of quiet calls, closes campaigns.

use shared::app::reconcile_calls::{ReconcileLimits, ReconcileReport};
use shared::app::{App, Error, reconcile_calls};
use shared::ports::telephony::Telephony;

/// One run within the limits of production.
pub async fn handle(app: &App, telephony: &dyn Telephony) -> Result<ReconcileReport, Error> {
    reconcile_calls(app, telephony, &ReconcileLimits::default()).await
}
