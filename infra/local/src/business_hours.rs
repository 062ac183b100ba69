//! A clock for simulated calls: real people may only be phoned by day, simulated ones play their
//! day at any hour.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use shared::adapters::system::SystemClock;
use shared::domain::settings::AccountSettings;
use shared::ports::clock::Clock;

/// The real clock, moved by a fixed amount.
struct MovedClock(SignedDuration);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + self.0
    }
}

/// The real clock where every provider is real, or while the calling window is open for the next
/// two hours anyway; else one on which it is 11:00 of the same day.
pub(crate) fn clock(simulated_calls: bool) -> Arc<dyn Clock> {
    let now = SystemClock.now();
    let settings = AccountSettings::default();
    let Ok(zone) = TimeZone::get(&settings.time_zone) else { return Arc::new(SystemClock) };
    let local = now.to_zoned(zone);
    let open = |hours: i64| {
        let time = (&local + SignedDuration::from_hours(hours)).time();
        settings.calling_window.opens <= time && time < settings.calling_window.closes
    };
    if !simulated_calls || (open(0) && open(2)) {
        return Arc::new(SystemClock);
    }
    let eleven = local.date().at(11, 0, 0, 0).to_zoned(local.time_zone().clone());
    match eleven {
        Ok(eleven) => {
            tracing::info!("it is outside calling hours in India; the simulated day is moved to 11:00");
            Arc::new(MovedClock(eleven.timestamp().duration_since(now)))
        }
        Err(_) => Arc::new(SystemClock),
    }
}
