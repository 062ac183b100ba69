//! Claude on Bedrock as our `LanguageModel`, over ConverseStream.
//!
//! The SDK's time limits end with the response's headers and do not watch event streams, so every
//! wait here has a limit of its own (speech-and-llm.md B7).

mod answer;
mod request;
mod rules;
mod trouble;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Builder, Credentials, Region, Token};
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::{ConverseStreamOutput, SystemContentBlock, error::ConverseStreamOutputError};
use aws_smithy_http_client::Builder as Http;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use answer::{Reading, failed};
use rules::Rules;

use crate::config::BedrockSection;
use crate::domain::thinking::ModelRequest;
use crate::ports::language_model::{Answer, LanguageModel, ModelError, ModelEvent};
use crate::ports::{Late, with_causes};

/// Events that may wait for a slow reader.
const WAITING: usize = 64;

/// How long each wait may last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BedrockLimits {
    /// Opening a connection.
    pub connect: Duration,
    /// From the request to the first words. Later ones help nobody: the script has answered by then.
    pub first_words: Duration,
    /// Between two events of an answer.
    pub next_event: Duration,
    /// A whole answer.
    pub whole: Duration,
}

impl Default for BedrockLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(1_000),
            first_words: Duration::from_millis(1_500),
            next_event: Duration::from_millis(1_500),
            whole: Duration::from_secs(15),
        }
    }
}

/// One model.
pub struct BedrockModel {
    client: Client,
    id: String,
    rules: Rules,
    limits: BedrockLimits,
}

type Events = EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>;

impl BedrockModel {
    /// All that are set, ready to ask, in their order: whoever asks decides when the second is
    /// asked. Looks credentials up only where the settings have none, and then at the first request.
    pub async fn all(config: &BedrockSection, limits: &BedrockLimits) -> Vec<Self> {
        let http = Http::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let region = Region::new(config.region.clone());
        let mut builder = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http.clone())
            // The SDK's pauses between tries are longer than a caller waits; `reply` tries again itself.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().connect_timeout(limits.connect).build());
        if let Some(endpoint) = &config.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        if let Some(bearer) = &config.bearer {
            builder = builder.bearer_token(Token::new(bearer.expose_secret(), None));
        } else if let Some(keys) = &config.credentials {
            let session = keys.session.as_ref().map(|session| session.expose_secret().to_owned());
            let keys = Credentials::new(&keys.id, keys.secret.expose_secret(), session, None, "settings");
            builder = builder.credentials_provider(keys);
        } else {
            let loader = aws_config::defaults(BehaviorVersion::latest()).region(region).http_client(http);
            builder.set_credentials_provider(loader.load().await.credentials_provider());
        }
        let client = Client::from_conf(builder.build());
        let one = |id: &String| Self {
            client: client.clone(),
            id: id.clone(),
            rules: Rules::of(id, config),
            limits: limits.clone(),
        };
        config.model_ids.iter().map(one).collect()
    }

    /// The inference profile it is asked through.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The first events of an answer, up to its first words or call.
    async fn open(&self, request: &ModelRequest, due: Instant) -> Result<Opened, ModelError> {
        let built = |error: aws_sdk_bedrockruntime::error::BuildError| ModelError::Failed(error.into());
        let ask = self
            .client
            .converse_stream()
            .model_id(&self.id)
            .system(SystemContentBlock::Text(request.instructions.clone()))
            .set_messages(Some(request::messages(request).map_err(built)?))
            .inference_config(request::inference(request, self.rules))
            .set_tool_config(request::tools(request).map_err(built)?)
            .set_additional_model_request_fields(request::more_fields(self.rules));
        let late = |_| ModelError::Failed(Late("no words came in time").into());
        let mut events = timeout_at(due, ask.send()).await.map_err(late)?.map_err(trouble::of_request)?.stream;
        let mut reading = Reading::default();
        loop {
            match timeout_at(due, events.recv()).await.map_err(late)?.map_err(trouble::of_stream)? {
                Some(event) => {
                    if let Some(first) = reading.take(event)? {
                        return Ok(Opened { first, events, reading });
                    }
                }
                None => return Err(reading.finish().err().unwrap_or_else(|| failed("the answer was empty"))),
            }
        }
    }
}

struct Opened {
    first: ModelEvent,
    events: Events,
    reading: Reading,
}

#[async_trait]
impl LanguageModel for BedrockModel {
    /// Two tries at most, within one time limit: what broke may not break again, what is refused or
    /// over its limit would be so again.
    async fn reply(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        let began = Instant::now();
        let due = began + self.limits.first_words;
        let opened = match self.open(request, due).await {
            Err(error @ ModelError::Failed(_)) if Instant::now() < due => {
                tracing::warn!(
                    error = with_causes(&error),
                    model = self.id.as_str(),
                    "Claude did not answer; asked again"
                );
                self.open(request, due).await?
            }
            opened => opened?,
        };
        let (out, answer) = mpsc::channel(WAITING);
        tokio::spawn(pump(opened, self.limits.clone(), began + self.limits.whole, out).in_current_span());
        Ok(answer)
    }
}

/// Passes an answer on. Returning early drops the stream, which ends the generation.
async fn pump(
    opened: Opened,
    limits: BedrockLimits,
    whole_due: Instant,
    out: mpsc::Sender<Result<ModelEvent, ModelError>>,
) {
    let Opened { first, events, reading } = opened;
    tokio::select! {
        () = out.closed() => {}
        () = pass_on(first, events, reading, &limits, whole_due, &out) => {}
    }
}

async fn pass_on(
    first: ModelEvent,
    mut events: Events,
    mut reading: Reading,
    limits: &BedrockLimits,
    whole_due: Instant,
    out: &mpsc::Sender<Result<ModelEvent, ModelError>>,
) {
    let mut next = Ok(Some(first));
    loop {
        match next {
            // A reader who has gone is noticed by `pump`.
            Ok(Some(event)) => {
                let _gone = out.send(Ok(event)).await;
            }
            Ok(None) => {}
            Err(error) => {
                let _gone = out.send(Err(error)).await;
                return;
            }
        }
        let due = whole_due.min(Instant::now() + limits.next_event);
        let received = match timeout_at(due, events.recv()).await {
            Ok(received) => received.map_err(trouble::of_stream),
            Err(_) if reading.has_stopped() => Ok(None),
            Err(_) => Err(ModelError::Failed(Late("the answer stopped in the middle").into())),
        };
        next = match received {
            Ok(Some(event)) => reading.take(event),
            Ok(None) => {
                let _gone = out.send(reading.finish()).await;
                return;
            }
            Err(error) => Err(error),
        };
        if next.is_ok() && reading.is_complete() {
            let _gone = out.send(reading.finish()).await;
            return;
        }
    }
}
