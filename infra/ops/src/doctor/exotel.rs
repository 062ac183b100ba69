//! The carrier: whether its credentials are taken, by a question that only reads.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shared::adapters::exotel::{ExotelTelephony, Timeouts};
use shared::config::ExotelSection;
use shared::domain::phone::{PhoneNumber, mask};
use shared::domain::status::FailureClass;
use shared::ports::telephony::{Telephony, TelephonyError};

use super::{Patient, causes};
use crate::report::Line;

const CREDENTIALS: &str = "exotel credentials";
/// Nobody's: the list of calls to it is empty, whoever asks.
const NOBODY: &str = "+919000000000";

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    let Ok(config) = patient.env.read::<ExotelSection>() else { return Vec::new() };
    let mut lines = vec![credentials(patient, &config).await];
    lines.push(exophone(&config));
    lines.push(flow(&config));
    lines
}

async fn credentials(patient: &Patient, config: &ExotelSection) -> Line {
    // Shorter than the check's own limit, so that its words are told and not only that time ran out.
    let read = patient.limit.saturating_sub(Duration::from_millis(500));
    let timeouts = Timeouts { connect: Duration::from_secs(3), dial: read, read };
    let now = patient.clock.now();
    let telephony = ExotelTelephony::new(config, timeouts, Arc::clone(&patient.clock));
    let (Ok(telephony), Ok(nobody)) = (telephony, PhoneNumber::parse(NOBODY)) else {
        return Line::fail(CREDENTIALS, "EXOTEL_BASE_URL is no address", "see .env.example");
    };
    match telephony.find(&nobody, now - SignedDuration::from_mins(1), now).await {
        Ok(_) => Line::ok(CREDENTIALS, "the list of calls can be read"),
        Err(error) => refused(&error),
    }
}

fn refused(error: &TelephonyError) -> Line {
    let found = causes(error);
    match error {
        TelephonyError::AccountBlocked { class: FailureClass::Balance, .. } => {
            Line::fail(CREDENTIALS, found, "recharge the account")
        }
        TelephonyError::AccountBlocked { .. } | TelephonyError::Refused { .. } => {
            let fix = "check EXOTEL_SID, EXOTEL_API_KEY and EXOTEL_TOKEN, and EXOTEL_BASE_URL for the account's region";
            Line::fail(CREDENTIALS, found, fix)
        }
        TelephonyError::Busy { retry_after: Some(_) } => {
            Line::warn(CREDENTIALS, found, "ask again in a minute; lower calls_per_minute if this is usual")
        }
        TelephonyError::Busy { retry_after: None } | TelephonyError::OutcomeUnknown(_) => {
            let fix = "check EXOTEL_BASE_URL and EXOTEL_SID, and that this machine may reach it";
            Line::fail(CREDENTIALS, found, fix)
        }
    }
}

fn exophone(config: &ExotelSection) -> Line {
    let digits = config.exophone.chars().filter(char::is_ascii_digit).count();
    let fix =
        "write the ExoPhone with its area code, e.g. 02200000000; that the account owns it shows in the first call";
    Line::require("exotel ExoPhone", (10..=13).contains(&digits), mask(&config.exophone), fix)
}

fn flow(config: &ExotelSection) -> Line {
    let holds = config.flow_app_id.chars().all(|c| c.is_ascii_digit());
    let fix = "it is the number in the flow's address in App Bazaar; that it is drawn right shows in `doctor --live`";
    Line::require("exotel flow", holds, config.flow_app_id.clone(), fix)
}
