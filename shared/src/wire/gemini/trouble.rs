//! What Gemini's errors mean (speech-and-llm.md C3).

use std::time::Duration;

use serde_json::Value;

/// A failure, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The same again will fail again (key, model, request).
    Refused(String),
    /// What is asked is not taken; another question may be.
    Question(String),
    /// Over a quota.
    Busy(Option<Duration>),
    /// A fault on their side.
    Failed(String),
}

/// Longer waits are not believed.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

impl Trouble {
    /// From an HTTP answer that is no stream.
    pub fn of_http(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        // Without `alt=sse` errors come in an array; some proxies keep it.
        let error = if body.is_array() { &body[0]["error"] } else { &body["error"] };
        Self::sort(status, error)
    }

    /// From the `error` of a record inside a stream, which carries its own code.
    pub fn of_error(error: &Value) -> Self {
        Self::sort(error["code"].as_u64().and_then(|code| code.try_into().ok()).unwrap_or(500), error)
    }

    fn sort(status: u16, error: &Value) -> Self {
        let [kind, message] = ["status", "message"].map(|field| error[field].as_str().unwrap_or_default());
        let detail = format!("HTTP {status} {kind} {message}").trim_end().to_owned();
        match status {
            429 => Self::Busy(retry_delay(error)),
            499 | 500.. => Self::Failed(detail),
            400 if kind == "INVALID_ARGUMENT" && !is_how_we_ask(message) => Self::Question(detail),
            _ => Self::Refused(detail),
        }
    }
}

/// A key or setting that is wrong is wrong every time; the rest is the question's own.
fn is_how_we_ask(message: &str) -> bool {
    let message = message.to_lowercase();
    ["api key", "thinking", "model is", "model does", "location"].iter().any(|words| message.contains(words))
}

/// `"retryDelay": "22s"` among the details.
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error["details"].as_array()?;
    let text = details.iter().find_map(|detail| detail["retryDelay"].as_str())?;
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().map(|delay| delay.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_own_quota_error_says_when_to_come_back() {
        let body = r#"{"error":{"code":429,"message":"You exceeded your current quota...","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"22s"}]}}"#;
        assert_eq!(Trouble::of_http(429, body.as_bytes()), Trouble::Busy(Some(Duration::from_secs(22))));
        assert_eq!(Trouble::of_http(429, b"{}"), Trouble::Busy(None));
    }

    #[test]
    fn a_bad_key_by_either_status_and_a_retired_model_are_final_and_overload_is_not() {
        let error = |status: u16, kind: &str| {
            Trouble::of_http(status, format!(r#"{{"error":{{"status":"{kind}"}}}}"#).as_bytes())
        };
        for (status, kind) in [(400, "FAILED_PRECONDITION"), (403, "PERMISSION_DENIED"), (404, "NOT_FOUND")] {
            assert!(matches!(error(status, kind), Trouble::Refused(_)), "{status}");
        }
        let invalid = |message: &str| {
            Trouble::of_error(&serde_json::json!({"code": 400, "status": "INVALID_ARGUMENT", "message": message}))
        };
        for message in ["API key not valid.", "Thinking level MINIMAL is not supported for this model."] {
            assert!(matches!(invalid(message), Trouble::Refused(_)), "{message}");
        }
        for message in
            ["Function call is missing a thought_signature in functionCall parts.", "Invalid value at 'contents'"]
        {
            assert!(matches!(invalid(message), Trouble::Question(_)), "{message}");
        }
        for status in [499, 500, 503, 504] {
            assert!(matches!(error(status, "UNAVAILABLE"), Trouble::Failed(_)), "{status}");
        }
        let proxied = Trouble::of_http(400, br#"[{"error":{"message":"API key not valid"}}]"#);
        assert_eq!(proxied, Trouble::Refused("HTTP 400  API key not valid".to_owned()));
    }
}
