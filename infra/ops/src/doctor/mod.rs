//! Checks every configured dependency. Nothing here changes anything: each question is one that
//! reads, and what would have to write to be proven is said to be unproven.

mod aws;
mod environment;
mod exotel;
mod models;
mod postgres;
mod public;
mod redis;
mod sarvam;
mod secrets;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use shared::config::{Environment, Stage};
use shared::ports::clock::Clock;

use crate::report::{Line, Report};

/// An installation to examine.
pub struct Patient {
    /// Its variables.
    pub env: Environment,
    /// What its clock says.
    pub clock: Arc<dyn Clock>,
    /// How long each check may take.
    pub limit: Duration,
}

impl Patient {
    /// With 10 s for each check.
    pub fn new(env: Environment, clock: Arc<dyn Clock>) -> Self {
        Self { env, clock, limit: Duration::from_secs(10) }
    }

    /// Where simulators stand in for what is not configured.
    fn is_local(&self) -> bool {
        matches!(self.env.read::<Stage>(), Ok(Stage::Local))
    }
}

type Check<'a> = Pin<Box<dyn Future<Output = Vec<Line>> + Send + 'a>>;

/// Makes every check, the slow ones side by side. Where the secrets can not be read, only that is said.
pub async fn examine(patient: &Patient) -> Report {
    let (env, read) = match timed(patient.limit, "secrets", secrets::read(&patient.env)).await {
        Ok(Ok(known)) => known,
        Ok(Err(line)) | Err(line) => return Report { checks: vec![line] },
    };
    let patient = &Patient { env, clock: patient.clock.clone(), limit: patient.limit };
    let checks: Vec<(&str, Check<'_>)> = vec![
        ("postgres", Box::pin(postgres::check(patient))),
        ("redis", Box::pin(redis::check(patient))),
        ("exotel", Box::pin(exotel::check(patient))),
        ("sarvam", Box::pin(sarvam::check(patient))),
        ("language models", Box::pin(models::check(patient))),
        ("public addresses", Box::pin(public::check(patient))),
        ("aws", Box::pin(aws::check(patient))),
        ("data keys", Box::pin(secrets::check(patient))),
    ];
    let limited = checks
        .into_iter()
        .map(|(name, check)| async move { timed(patient.limit, name, check).await.unwrap_or_else(|line| vec![line]) });
    let mut lines: Vec<Line> = read.into_iter().chain(environment::check(patient)).collect();
    lines.extend(join_all(limited).await.into_iter().flatten());
    Report { checks: lines }
}

async fn timed<T>(limit: Duration, name: &str, check: impl Future<Output = T>) -> Result<T, Line> {
    tokio::time::timeout(limit, check).await.map_err(|_| {
        let fix = "see whether the address is right and nothing (firewall, security group) is between";
        Line::fail(name, format!("no answer within {} s", limit.as_secs_f32()), fix)
    })
}

/// Our clock against another's: tokens, signatures and calling hours all live by it.
fn clock_skew(whose: &str, ours: Timestamp, theirs: Timestamp) -> Line {
    let seconds = (ours.as_millisecond() - theirs.as_millisecond()) as f64 / 1_000.0;
    let (check, found) = (format!("clock against {whose}"), format!("{seconds:+.1} s"));
    let fix = "let the machine's clock be set by NTP (chrony, systemd-timesyncd)";
    match seconds.abs() {
        // The whole answer's way is in it.
        0.0..=3.0 => Line::ok(&check, found),
        ..=60.0 => Line::warn(&check, found, fix),
        _ => Line::fail(&check, found, fix),
    }
}

/// The inner causes too: the outer sentence rarely says what to fix.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Level;

    #[test]
    fn a_clock_that_is_off_is_named_by_how_much() {
        let at = |ms| Timestamp::from_millisecond(1_795_392_000_000_i64 + ms).expect("a time");
        assert_eq!(clock_skew("x", at(500), at(0)).level, Level::Ok);
        assert_eq!(clock_skew("x", at(0), at(20_000)).level, Level::Warn);
        let late = clock_skew("x", at(300_000), at(0));
        assert_eq!((late.level, late.found.as_str()), (Level::Fail, "+300.0 s"));
    }

    #[test]
    fn causes_are_told_once_each() {
        let inner = std::io::Error::other("refused");
        let outer = std::io::Error::other(inner);
        assert_eq!(causes(&outer), "refused");
    }
}
