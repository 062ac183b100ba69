//! The speech provider: whether its key is taken, by its cheapest request (five characters of
//! language identification, less than a paisa).

use std::time::Duration;

use jiff::fmt::rfc2822;
use secrecy::ExposeSecret;
use serde_json::json;
use shared::adapters::tls;
use shared::config::SarvamSection;
use shared::wire::sarvam::KEY_HEADER;
use shared::wire::sarvam::trouble::Trouble;

use super::{Patient, causes, clock_skew};
use crate::report::Line;

const CHECK: &str = "sarvam key";

pub(super) async fn check(patient: &Patient) -> Vec<Line> {
    let Ok(config) = patient.env.read::<SarvamSection>() else { return Vec::new() };
    tls::install_provider();
    let request = reqwest::Client::new()
        .post(format!("{}/text-lid", config.base_url))
        .header(KEY_HEADER, config.api_key.expose_secret())
        .timeout(patient.limit.saturating_sub(Duration::from_millis(500)))
        .json(&json!({"input": "hello"}));
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => {
            let fix = "check SARVAM_BASE_URL and that this machine may reach it";
            return vec![Line::fail(CHECK, causes(&error.without_url()), fix)];
        }
    };
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned);
    let date = date.and_then(|date| rfc2822::parse(&date).ok());
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap_or_default();
    let mut lines = vec![key(status, &body)];
    lines.extend(date.map(|date| clock_skew("sarvam", patient.clock.now(), date.timestamp())));
    lines
}

fn key(status: u16, body: &[u8]) -> Line {
    if status == 200 {
        return Line::ok(CHECK, "taken");
    }
    match Trouble::of_http(status, body) {
        Trouble::Busy => Line::warn(CHECK, "over the account's rate limit", "ask again in a minute"),
        Trouble::Refused(found) if found.contains("quota") => Line::fail(CHECK, found, "buy credits for the account"),
        Trouble::Refused(found) => Line::fail(CHECK, found, "check SARVAM_API_KEY on the provider's dashboard"),
        Trouble::Failed(found) => Line::warn(CHECK, found, "the provider has a fault of its own; ask again later"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Level;

    #[test]
    fn used_up_credits_are_told_from_a_wrong_key_and_a_passing_limit() {
        let body = |code: &str| json!({"error": {"code": code}}).to_string();
        let line = |status, code| key(status, body(code).as_bytes());
        assert!(line(429, "insufficient_quota_error").fix.is_some_and(|fix| fix.contains("credits")));
        assert!(line(403, "invalid_api_key_error").fix.is_some_and(|fix| fix.contains("SARVAM_API_KEY")));
        assert_eq!(line(429, "rate_limit_exceeded_error").level, Level::Warn);
        assert_eq!(line(500, "").level, Level::Warn);
        assert_eq!(key(200, b"{}").level, Level::Ok);
    }
}
