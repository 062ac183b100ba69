//! How late this process comes to its work: a timer that fires late is audio that is sent late.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::Instant;

use super::Shared;

/// Ten looks a second find a stall of a tenth of one.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Measures until the conversations of this process are no more.
pub(super) async fn measure(bot: Weak<Shared>) {
    loop {
        let due = Instant::now() + LOOK_EVERY;
        tokio::time::sleep_until(due).await;
        let Some(bot) = bot.upgrade() else { return };
        bot.metrics.lag.observe(u64::try_from(due.elapsed().as_millis()).unwrap_or(u64::MAX));
    }
}
