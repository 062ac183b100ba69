//! The account's settings: checked as a whole before they replace what is stored.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::app::{App, Error};
use crate::domain::money::Paise;
use crate::domain::phone::PhoneNumber;
use crate::domain::settings::{AccountSettings, CallingWindow, MOST_AGENTS, Prices};

/// Exotel allows 200 requests a minute; 40 of them stay for reading.
const MAX_CALLS_PER_MINUTE: u32 = 160;
/// More live calls than one account's streams and sockets were ever granted.
const MAX_CALLS_IN_FLIGHT: u32 = 2_000;
/// Exotel's `TimeLimit` goes to four hours.
const MAX_CALL_S: u32 = 14_400;
/// ₹10,000 for one unit is a slip of the pen.
const MAX_PRICE: Paise = Paise(1_000_000);

/// Lays `change` (an object with some or all fields) over the stored settings, checks the
/// result, stores it and answers it. The error names every faulty field with its bounds.
pub async fn change_settings(app: &App, change: Value, by: &str) -> Result<AccountSettings, Error> {
    let settings = overlaid(&app.settings.current().await?, change)?;
    let faults = faults(&settings);
    if !faults.is_empty() {
        return Err(Error::invalid("invalid_settings", faults.join("; ")));
    }
    app.settings.replace(&settings, by, app.clock.now()).await?;
    Ok(settings)
}

fn overlaid(current: &AccountSettings, change: Value) -> Result<AccountSettings, Error> {
    let Value::Object(change) = change else {
        return Err(Error::invalid("invalid_settings", "send an object with the fields to change"));
    };
    let mut whole = serde_json::to_value(current).map_err(|error| Error::Bug(Box::new(error)))?;
    if let Some(fields) = whole.as_object_mut() {
        fields.extend(change);
    }
    serde_json::from_value(whole).map_err(|error| Error::invalid("invalid_settings", error.to_string()))
}

/// What is wrong with settings, field by field with its bounds; nothing where all is well.
pub fn faults(s: &AccountSettings) -> Vec<String> {
    let mut faults = Vec::new();
    let mut require = |right: bool, field: &str, rule: String| {
        if !right {
            faults.push(format!("{field}: {rule}"));
        }
    };
    require(TimeZone::get(&s.time_zone).is_ok(), "time_zone", "must be an IANA name such as Asia/Kolkata".to_owned());
    let (window, hard) = (s.calling_window, CallingWindow::HARD_LIMIT);
    require(window.opens < window.closes, "calling_window", "opens must be before closes".to_owned());
    require(
        window.opens >= hard.opens && window.closes <= hard.closes,
        "calling_window",
        format!("must lie within {} to {}", hard.opens, hard.closes),
    );
    let mut bounded = |field: &str, value: u32, least: u32, most: u32| {
        require((least..=most).contains(&value), field, format!("must be {least} to {most}, is {value}"));
    };
    bounded("attempts_per_day", s.attempts_per_day.into(), 1, 10);
    bounded("attempts_per_week", s.attempts_per_week.into(), s.attempts_per_day.into(), 50);
    bounded("calls_per_minute", s.calls_per_minute, 1, MAX_CALLS_PER_MINUTE);
    bounded("calls_in_flight", s.calls_in_flight, 1, MAX_CALLS_IN_FLIGHT);
    bounded("ring_timeout_s", s.ring_timeout_s, 10, 120);
    bounded("call_limit_s", s.call_limit_s, 60, MAX_CALL_S);
    let name = s.lender_name.trim().chars().count();
    require((1..=80).contains(&name), "lender_name", "must have 1 to 80 characters".to_owned());
    require(s.agent_numbers.len() <= MOST_AGENTS, "agent_numbers", format!("at most {MOST_AGENTS}"));
    for (i, number) in s.agent_numbers.iter().enumerate() {
        if let Err(problem) = PhoneNumber::parse_within(number, s.reach) {
            require(false, &format!("agent_numbers[{i}]"), problem.to_string());
        }
    }
    let Prices { call_minute, stt_hour, tts_10k_chars, llm_1m_tokens_read, llm_1m_tokens_written } = s.prices;
    let prices = [call_minute, stt_hour, tts_10k_chars, llm_1m_tokens_read, llm_1m_tokens_written];
    require(
        prices.iter().all(|p| (Paise(0)..=MAX_PRICE).contains(p)),
        "prices",
        format!("each must be 0 to {} paise", MAX_PRICE.0),
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(faults(&AccountSettings::default()), Vec::<String>::new());
    }

    #[test]
    fn every_faulty_field_is_named() {
        let change = json!({"time_zone": "Mars/Base", "calls_per_minute": 500, "agent_numbers": ["12"]});
        let faults = faults(&overlaid(&AccountSettings::default(), change).expect("of the right shape"));
        let fields: Vec<_> = faults.iter().filter_map(|f| f.split_once(':').map(|(field, _)| field)).collect();
        assert_eq!(fields, ["time_zone", "calls_per_minute", "agent_numbers[0]"]);
    }

    #[test]
    fn no_setting_reaches_outside_the_hours_of_the_rbi() {
        let change = json!({"calling_window": {"opens": "07:00:00", "closes": "19:00:00"}});
        let faults = faults(&overlaid(&AccountSettings::default(), change).expect("of the right shape"));
        assert_eq!(faults.len(), 1, "{faults:?}");
    }

    #[test]
    fn no_price_is_below_nothing_or_a_slip_of_the_pen() {
        let whole = serde_json::to_value(Prices::default()).expect("an object");
        for price in whole.as_object().expect("an object").keys() {
            for paise in [-1, MAX_PRICE.0 + 1] {
                let change = json!({ "prices": { price: paise } });
                let faults = faults(&overlaid(&AccountSettings::default(), change).expect("of the right shape"));
                assert!(matches!(&faults[..], [fault] if fault.starts_with("prices: ")), "{price}: {faults:?}");
            }
        }
    }

    #[test]
    fn what_a_change_does_not_name_stays() {
        let current = AccountSettings { lender_name: "Other".to_owned(), ..AccountSettings::default() };
        let after = overlaid(&current, json!({"attempts_per_day": 2})).expect("of the right shape");
        assert_eq!(after, AccountSettings { attempts_per_day: 2, ..current });
        assert!(overlaid(&after, json!({"attempts_a_day": 2})).is_err());
    }
}
