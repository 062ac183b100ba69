//! The gate: may this customer be phoned now? Pure, and it fails closed.

use jiff::{Timestamp, tz::TimeZone};

use super::campaign::CampaignStatus;
use super::settings::{AccountSettings, CallingWindow};
use super::status::FailureClass;

/// Everything the gate looks at, read inside the claim's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateFacts {
    /// The customer record still exists.
    pub customer_exists: bool,
    /// The phone is on the do-not-call list.
    pub on_do_not_call: bool,
    /// Another call to the same phone is live (or its outcome is unknown).
    pub live_call_to_phone: bool,
    /// Calls asked for since midnight of the account's time zone, to this phone.
    pub attempts_today: u32,
    /// Calls asked for in the last seven days, to this phone.
    pub attempts_this_week: u32,
    /// The campaign's status; none for a single call.
    pub campaign: Option<CampaignStatus>,
    /// The order's own earliest moment.
    pub not_before: Timestamp,
}

/// The gate's answer; stored with the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Phone now.
    Call,
    /// Give the order back; look again at that moment.
    Wait {
        /// Not before.
        until: Timestamp,
        /// For people.
        reason: String,
    },
    /// Never: the order becomes `skipped`.
    Skip {
        /// The class stored with the order.
        class: FailureClass,
        /// For people.
        reason: String,
    },
}

/// Judges the facts. `settings` is `None` where the stored settings could not be read: then
/// nobody is phoned.
pub fn judge(facts: &GateFacts, settings: Option<&AccountSettings>, now: Timestamp) -> Verdict {
    let skip = |class, reason: &str| Verdict::Skip { class, reason: reason.to_owned() };
    let wait = |until, reason: String| Verdict::Wait { until, reason };
    if !facts.customer_exists {
        return skip(FailureClass::CustomerGone, "the customer record no longer exists");
    }
    if facts.on_do_not_call {
        return skip(FailureClass::DoNotCall, "the number is on the do-not-call list");
    }
    match facts.campaign {
        Some(CampaignStatus::Cancelled | CampaignStatus::Completed) => {
            return skip(FailureClass::CampaignCancelled, "the campaign was cancelled");
        }
        Some(CampaignStatus::Paused | CampaignStatus::Scheduled) => {
            return wait(now + LOOK_AGAIN, "the campaign is not running".to_owned());
        }
        Some(CampaignStatus::Running) | None => {}
    }
    if facts.not_before > now {
        return wait(facts.not_before, "ordered for a later moment".to_owned());
    }
    let Some(settings) = settings else {
        return wait(
            now + LOOK_AGAIN,
            "the account's settings could not be read; nobody is phoned until they can".to_owned(),
        );
    };
    let Ok(zone) = TimeZone::get(&settings.time_zone) else {
        return wait(now + LOOK_AGAIN, format!("the time zone `{}` in the settings is unknown", settings.time_zone));
    };
    if let Some(opens) = next_opening(settings.calling_window, &zone, now) {
        return wait(opens, format!("outside the calling window ({})", describe(settings.calling_window)));
    }
    if facts.attempts_this_week >= u32::from(settings.attempts_per_week) {
        return skip(FailureClass::AttemptLimit, "this phone was called as often this week as the settings allow");
    }
    if facts.attempts_today >= u32::from(settings.attempts_per_day) {
        return skip(FailureClass::AttemptLimit, "this phone was called as often today as the settings allow");
    }
    if facts.live_call_to_phone {
        return wait(now + LOOK_AGAIN, "another call to this phone is not over yet".to_owned());
    }
    Verdict::Call
}

/// A shorter wait would only read the same rows again: campaigns and calls change by the minute.
const LOOK_AGAIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

fn describe(window: CallingWindow) -> String {
    let w = window.within(CallingWindow::HARD_LIMIT);
    format!("{:02}:{:02} to {:02}:{:02}", w.opens.hour(), w.opens.minute(), w.closes.hour(), w.closes.minute())
}

/// `None` while the window is open, else the moment it opens next. A window that is never open
/// (closes before it opens) answers with tomorrow, every day.
fn next_opening(window: CallingWindow, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let w = window.within(CallingWindow::HARD_LIMIT);
    let local = now.to_zoned(zone.clone());
    if w.opens <= local.time() && local.time() < w.closes {
        return None;
    }
    let today = local.date();
    let day = if local.time() < w.opens && w.opens < w.closes { today } else { today.tomorrow().unwrap_or(today) };
    day.to_datetime(w.opens).to_zoned(zone.clone()).map(|z| z.timestamp()).ok().or(Some(now + LOOK_AGAIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }
    fn clean(not_before: Timestamp) -> GateFacts {
        GateFacts {
            customer_exists: true,
            on_do_not_call: false,
            live_call_to_phone: false,
            attempts_today: 0,
            attempts_this_week: 0,
            campaign: None,
            not_before,
        }
    }
    /// 12:00 in India.
    const NOON: &str = "2026-11-23T06:30:00Z";

    #[test]
    fn a_clean_order_at_noon_is_called() {
        assert_eq!(judge(&clean(at(NOON)), Some(&AccountSettings::default()), at(NOON)), Verdict::Call);
    }

    #[test]
    fn unreadable_settings_refuse() {
        assert!(matches!(judge(&clean(at(NOON)), None, at(NOON)), Verdict::Wait { .. }));
        let broken = AccountSettings { time_zone: "Mars/Base".to_owned(), ..Default::default() };
        assert!(matches!(judge(&clean(at(NOON)), Some(&broken), at(NOON)), Verdict::Wait { .. }));
    }

    #[test]
    fn at_night_the_order_waits_for_the_morning() {
        let night = at("2026-11-23T18:00:00Z"); // 23:30 in India
        match judge(&clean(night), Some(&AccountSettings::default()), night) {
            Verdict::Wait { until, .. } => assert_eq!(until, at("2026-11-24T03:30:00Z")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_setting_opens_the_window_beyond_the_legal_one() {
        let all_day = AccountSettings {
            calling_window: CallingWindow {
                opens: jiff::civil::Time::constant(0, 0, 0, 0),
                closes: jiff::civil::Time::constant(23, 59, 0, 0),
            },
            ..Default::default()
        };
        let dawn = at("2026-11-23T01:30:00Z"); // 07:00 in India
        match judge(&clean(dawn), Some(&all_day), dawn) {
            Verdict::Wait { until, .. } => assert_eq!(until, at("2026-11-23T02:30:00Z")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_asked_not_to_be_called_is_skipped_whatever_else_holds() {
        let facts = GateFacts { on_do_not_call: true, ..clean(at(NOON)) };
        assert!(matches!(
            judge(&facts, Some(&AccountSettings::default()), at(NOON)),
            Verdict::Skip { class: FailureClass::DoNotCall, .. }
        ));
    }

    proptest! {
        #[test]
        fn nobody_is_called_outside_the_legal_hours(seconds in 1_700_000_000_i64..1_900_000_000, opens in 0_i8..24, closes in 0_i8..24) {
            let now = Timestamp::from_second(seconds).expect("in range");
            let settings = AccountSettings {
                calling_window: CallingWindow {
                    opens: jiff::civil::Time::constant(opens, 0, 0, 0),
                    closes: jiff::civil::Time::constant(closes, 0, 0, 0),
                },
                ..Default::default()
            };
            let local = now.to_zoned(TimeZone::get("Asia/Kolkata").expect("known")).time();
            match judge(&clean(now), Some(&settings), now) {
                Verdict::Call => prop_assert!(
                    CallingWindow::HARD_LIMIT.opens <= local && local < CallingWindow::HARD_LIMIT.closes
                        && opens <= local.hour() && local.hour() < closes
                ),
                Verdict::Wait { until, .. } => prop_assert!(until > now),
                Verdict::Skip { .. } => prop_assert!(false, "a clean order is never skipped"),
            }
        }
    }
}
