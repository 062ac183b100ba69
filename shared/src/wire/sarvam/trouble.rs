//! What Sarvam's refusals mean, over HTTP, in messages and in close codes.

use serde_json::Value;

/// A failure, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The same again will fail again (bad key, bad request, credits used up).
    Refused(String),
    /// Over a rate or connection limit: later.
    Busy,
    /// A fault on their side or between us.
    Failed(String),
}

impl Trouble {
    /// From an HTTP answer, also of a refused socket handshake. A 429 alone does not say whether
    /// it will pass: used-up credits answer 429 too.
    pub fn of_http(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let code = body["error"]["code"].as_str().unwrap_or_default();
        let detail = format!("HTTP {status} {code}").trim_end().to_owned();
        match (status, code) {
            (_, "insufficient_quota_error") => Self::Refused(detail),
            (429, _) | (_, "rate_limit_exceeded_error") => Self::Busy,
            (408 | 409, _) | (500.., _) => Self::Failed(detail),
            _ => Self::Refused(detail),
        }
    }

    /// From a close frame. 1003 stands for rate limit, quota and bad key alike: the reason tells.
    pub fn of_close(code: u16, reason: &str) -> Self {
        let detail = format!("closed with {code}: {reason}");
        let rate = reason.to_ascii_lowercase().contains("rate");
        match code {
            1003 if rate => Self::Busy,
            1003 | 4000 => Self::Refused(detail),
            _ => Self::Failed(detail),
        }
    }

    /// From an error message on a socket: `code` is a number (HTTP-like) or a name.
    pub fn of_message(code: &Value, message: &str) -> Self {
        let name = code.as_str().unwrap_or_default();
        let status = code.as_u64().or_else(|| name.parse().ok());
        let detail = format!("{} {message}", code.to_string().trim_matches('"'));
        let permanent = ["invalid", "auth", "quota", "unprocessable", "not_found", "unsupported"];
        match status {
            Some(429) => Self::Busy,
            Some(400..=407 | 413 | 422) => Self::Refused(detail),
            Some(_) => Self::Failed(detail),
            None if name.contains("rate_limit") => Self::Busy,
            None if permanent.iter().any(|word| name.contains(word)) => Self::Refused(detail),
            None => Self::Failed(detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Refused(_))
    }
    fn failed(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Failed(_))
    }

    #[test]
    fn a_bad_key_and_used_up_credits_are_final_and_a_rate_limit_is_not() {
        let body = |code: &str| format!(r#"{{"error":{{"message":"m","code":"{code}"}}}}"#);
        assert!(refused(&Trouble::of_http(403, body("invalid_api_key_error").as_bytes())));
        assert!(refused(&Trouble::of_http(401, b"")));
        assert!(refused(&Trouble::of_http(429, body("insufficient_quota_error").as_bytes())));
        assert_eq!(Trouble::of_http(429, body("rate_limit_exceeded_error").as_bytes()), Trouble::Busy);
        assert_eq!(Trouble::of_http(503, body("rate_limit_exceeded_error").as_bytes()), Trouble::Busy);
        assert_eq!(Trouble::of_http(429, b"<html>"), Trouble::Busy);
        assert!(failed(&Trouble::of_http(500, b"")));
        assert!(refused(&Trouble::of_http(422, b"{}")));
    }

    #[test]
    fn a_close_is_judged_by_its_code_and_where_that_is_not_enough_by_its_reason() {
        assert_eq!(Trouble::of_close(1003, "Rate limit exceeded"), Trouble::Busy);
        assert!(refused(&Trouble::of_close(1003, "invalid api key")));
        assert!(refused(&Trouble::of_close(4000, "beta access denied")));
        assert!(failed(&Trouble::of_close(1008, "inactivity")));
        assert!(failed(&Trouble::of_close(1011, "")));
    }

    #[test]
    fn a_message_is_judged_by_number_or_name() {
        assert!(refused(&Trouble::of_message(&422.into(), "speaker")));
        assert!(refused(&Trouble::of_message(&"422".into(), "speaker")));
        assert!(refused(&Trouble::of_message(&"invalid_config".into(), "no")));
        assert_eq!(Trouble::of_message(&429.into(), ""), Trouble::Busy);
        assert_eq!(Trouble::of_message(&"rate_limit_exceeded_error".into(), ""), Trouble::Busy);
        assert!(failed(&Trouble::of_message(&Value::Null, "?")));
        assert!(failed(&Trouble::of_message(&500.into(), "")));
    }
}
