//! What Bedrock's errors mean for us, before the stream and inside of it. Inside, errors have no
//! code, only their kind (speech-and-llm.md B7).

use std::time::Duration;

use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamError as OnRequest;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError as InStream;

use crate::ports::language_model::ModelError;

/// Longer waits are not believed.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// The tokens of a day are used up: "Too many tokens per day, please wait before trying again."
const OF_A_DAY: &str = "per day";

pub(super) fn of_request(error: SdkError<OnRequest, HttpResponse>) -> ModelError {
    let Some(service) = error.as_service_error() else { return ModelError::Failed(error.into()) };
    let (status, code) = (error.raw_response().map(|r| r.status().as_u16()), service.code().unwrap_or_default());
    match (status, code) {
        (_, "ThrottlingException" | "ModelNotReadyException" | "ServiceQuotaExceededException") | (Some(429), _) => {
            let of_a_day = service.message().is_some_and(|words| words.contains(OF_A_DAY)).then_some(LONGEST_WAIT);
            ModelError::Busy { retry_after: error.raw_response().and_then(retry_after).or(of_a_day) }
        }
        // A model that takes too long answers 408.
        (Some(408 | 424 | 500..), _) => ModelError::Failed(error.into()),
        (_, "ValidationException") => not_valid(service.message().unwrap_or_default()),
        _ => ModelError::Refused(format!("{code}: {}", service.message().unwrap_or_default())),
    }
}

/// What is not valid is either how we ask, every time, or this one question.
fn not_valid(message: &str) -> ModelError {
    const HOW_WE_ASK: [&str; 6] =
        ["model identifier", "on-demand throughput", "inference profile", "temperature", "thinking", "top_p"];
    match HOW_WE_ASK.iter().any(|words| message.contains(words)) {
        true => ModelError::Refused(format!("not valid: {message}")),
        false => ModelError::Question(format!("not valid: {message}")),
    }
}

/// Milliseconds; the plain `Retry-After` is not sent.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let wait = response.headers().get("x-amz-retry-after")?.parse().ok()?;
    Some(Duration::from_millis(wait).min(LONGEST_WAIT))
}

pub(super) fn of_stream<R>(error: SdkError<InStream, R>) -> ModelError
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(InStream::ThrottlingException(_)) => ModelError::Busy { retry_after: None },
        Some(InStream::ValidationException(refusal)) => not_valid(refusal.message().unwrap_or_default()),
        _ => ModelError::Failed(error.into()),
    }
}
