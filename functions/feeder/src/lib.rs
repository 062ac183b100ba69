//! Every minute: due orders go to the queue, no faster than they may be dialled.

use shared::app::release_orders::Released;
use shared::app::{App, Error, release_orders};

/// One run.
pub async fn handle(app: &App) -> Result<Released, Error> {
    release_orders(app).await
}
