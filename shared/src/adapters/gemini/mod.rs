//! Gemini as our `LanguageModel`, over server-sent events.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::tls;
use crate::config::GeminiSection;
use crate::domain::thinking::{ModelRequest, ToolCall};
use crate::ports::language_model::{Answer, LanguageModel, ModelError, ModelEvent, Stop, Usage};
use crate::ports::{BoxError, Late, with_causes};
use crate::wire::gemini::answer::{BadRecord, Part, Record, parse};
use crate::wire::gemini::sse::Records;
use crate::wire::gemini::trouble::Trouble;
use crate::wire::gemini::{KEY_HEADER, request};

/// Events that may wait for a slow reader.
const WAITING: usize = 64;
/// An error's body is a few hundred bytes.
const LARGEST_ERROR: usize = 64 * 1024;

/// How long each wait may last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeminiLimits {
    /// Opening a connection.
    pub connect: Duration,
    /// From the request to the first words.
    pub first_words: Duration,
    /// Between two pieces of an answer.
    pub next_piece: Duration,
    /// A whole answer.
    pub whole: Duration,
}

impl Default for GeminiLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(1_000),
            first_words: Duration::from_millis(1_500),
            next_piece: Duration::from_millis(1_500),
            whole: Duration::from_secs(15),
        }
    }
}

/// One model.
pub struct GeminiModel {
    http: reqwest::Client,
    address: String,
    key: SecretString,
    thinking: String,
    limits: GeminiLimits,
}

impl GeminiModel {
    /// Ready to ask.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(config: GeminiSection, limits: GeminiLimits) -> Result<Self, BoxError> {
        tls::install_provider();
        let http =
            reqwest::Client::builder().connect_timeout(limits.connect).redirect(redirect::Policy::none()).build()?;
        let address = format!("{}{}", config.base_url, request::path(&config.model_id));
        Ok(Self { http, address, key: config.api_key, thinking: config.thinking, limits })
    }

    async fn open(&self, body: &Value, due: Instant) -> Result<Opened, ModelError> {
        let late = |_| ModelError::Failed(Late("no words came in time").into());
        let ask = self.http.post(&self.address).header(KEY_HEADER, self.key.expose_secret()).json(body);
        let mut response = timeout_at(due, ask.send()).await.map_err(late)?.map_err(broken)?;
        let status = response.status().as_u16();
        if status != 200 {
            let body = timeout_at(due, error_body(&mut response)).await.unwrap_or_default();
            return Err(Trouble::of_http(status, &body).into());
        }
        let mut stream = Stream { response, records: Some(Records::default()), reading: Reading::default() };
        loop {
            let Some(events) = timeout_at(due, stream.next()).await.map_err(late)?? else {
                return Err(stream.reading.finish().err().unwrap_or_else(|| failed("the answer was empty")));
            };
            if stream.reading.anything {
                return Ok(Opened { events, stream });
            }
        }
    }
}

#[async_trait]
impl LanguageModel for GeminiModel {
    /// Two tries at most, within one time limit: an overloaded or empty answer is asked for again,
    /// a refused one is not.
    async fn reply(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        let began = Instant::now();
        let due = began + self.limits.first_words;
        let body = request::body(request, &self.thinking);
        let opened = match self.open(&body, due).await {
            Err(ModelError::Failed(error)) if Instant::now() < due => {
                tracing::warn!(error = with_causes(&*error), "Gemini did not answer; asked again");
                self.open(&body, due).await?
            }
            opened => opened?,
        };
        let (out, answer) = mpsc::channel(WAITING);
        let (limits, whole_due) = (self.limits.clone(), began + self.limits.whole);
        let passing = async move {
            tokio::select! {
                // Dropping the response closes the connection, which ends the generation.
                () = out.closed() => {}
                () = pass_on(opened, &limits, whole_due, &out) => {}
            }
        };
        tokio::spawn(passing.in_current_span());
        Ok(answer)
    }
}

struct Opened {
    events: Vec<ModelEvent>,
    stream: Stream,
}

async fn pass_on(
    opened: Opened,
    limits: &GeminiLimits,
    whole_due: Instant,
    out: &mpsc::Sender<Result<ModelEvent, ModelError>>,
) {
    let Opened { mut events, mut stream } = opened;
    loop {
        for event in events.drain(..) {
            // A reader who has gone is noticed by the task.
            let _gone = out.send(Ok(event)).await;
        }
        let due = whole_due.min(Instant::now() + limits.next_piece);
        let last = match timeout_at(due, stream.next()).await {
            Ok(Ok(Some(more))) => {
                events = more;
                continue;
            }
            Ok(Ok(None)) => stream.reading.finish(),
            // The answer is whole; only the connection is not closed.
            _ if stream.reading.finish.is_some() => stream.reading.finish(),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ModelError::Failed(Late("the answer stopped in the middle").into())),
        };
        let _gone = out.send(last).await;
        return;
    }
}

/// The body as events.
struct Stream {
    response: reqwest::Response,
    /// None once the body is over.
    records: Option<Records>,
    reading: Reading,
}

impl Stream {
    /// What the next bytes bring; `None` after the last.
    async fn next(&mut self) -> Result<Option<Vec<ModelEvent>>, ModelError> {
        if self.records.is_none() {
            return Ok(None);
        }
        let whole = match self.response.chunk().await.map_err(broken)? {
            Some(bytes) => match &mut self.records {
                Some(records) => records.take(&bytes).map_err(|error| ModelError::Failed(error.into()))?,
                None => Vec::new(),
            },
            None => self.records.take().and_then(Records::finish).into_iter().collect(),
        };
        let mut events = Vec::new();
        for record in whole {
            events.extend(self.reading.take(parse(&record)?)?);
        }
        Ok(Some(events))
    }
}

/// One answer, put together from its records.
#[derive(Default)]
struct Reading {
    anything: bool,
    finish: Option<String>,
    usage: Usage,
    /// Came by itself, before the call it belongs to.
    signature: Option<String>,
    calls: u32,
}

impl Reading {
    fn take(&mut self, record: Record) -> Result<Vec<ModelEvent>, ModelError> {
        if let Some(reason) = record.blocked {
            return Err(ModelError::Question(format!("it was blocked: {reason}")));
        }
        if let Some((input_tokens, output_tokens)) = record.tokens {
            self.usage = Usage { input_tokens, output_tokens };
        }
        self.finish = record.finish.or(self.finish.take());
        let mut events = Vec::new();
        for part in record.parts {
            match part {
                Part::Signature(signature) => self.signature = Some(signature),
                Part::Text(text) => {
                    self.anything |= !text.trim().is_empty();
                    events.push(ModelEvent::Text(text));
                }
                Part::Call { id, name, args } => {
                    self.anything = true;
                    self.calls += 1;
                    // Older models give no id; the answer is matched by its name then.
                    let id = if id.is_empty() { format!("call-{}", self.calls) } else { id };
                    let signature = self.signature.take();
                    events.push(ModelEvent::Tool(ToolCall { id, name, arguments: args, signature }));
                }
            }
        }
        Ok(events)
    }

    /// The last event, once the body is over.
    fn finish(&self) -> Result<ModelEvent, ModelError> {
        let stop = match self.finish.as_deref() {
            None => return Err(failed("the stream ended before the answer did")),
            Some("STOP") => Stop::Finished,
            Some("MAX_TOKENS") => Stop::Length,
            Some("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII") => Stop::Filtered,
            Some(other) => return Err(failed(&format!("the answer stopped with {other}"))),
        };
        if !self.anything {
            return Err(ModelError::of_nothing(stop));
        }
        Ok(ModelEvent::Done { stop, usage: self.usage })
    }
}

async fn error_body(response: &mut reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ERROR {
            break;
        }
    }
    body
}

impl From<Trouble> for ModelError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(detail) => Self::Refused(detail),
            Trouble::Question(detail) => Self::Question(detail),
            Trouble::Busy(retry_after) => Self::Busy { retry_after },
            Trouble::Failed(detail) => Self::Failed(detail.into()),
        }
    }
}

impl From<BadRecord> for ModelError {
    fn from(record: BadRecord) -> Self {
        match record {
            BadRecord::Trouble(trouble) => trouble.into(),
            unreadable @ BadRecord::Unreadable(_) => Self::Failed(unreadable.into()),
        }
    }
}

fn failed(what: &str) -> ModelError {
    ModelError::Failed(what.into())
}

/// The address stays out of errors by habit, though this one holds no key.
fn broken(error: reqwest::Error) -> ModelError {
    ModelError::Failed(error.without_url().into())
}
