//! A language model that answers by a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::domain::thinking::{ModelRequest, ToolCall};
use crate::ports::language_model::{Answer, LanguageModel, ModelError, ModelEvent, Stop, Usage};

/// What each whole answer costs.
pub(super) const USAGE: Usage = Usage { input_tokens: 1_500, output_tokens: 20 };

/// One beat of a model's answer.
pub(super) enum Beat {
    Wait(u64),
    Say(&'static str),
    Call(&'static str, serde_json::Value),
    Fail,
    /// The longest answer is reached.
    CutOff,
    Done,
}

/// Answers each question with the next of its script, and keeps what it was asked.
#[derive(Default)]
pub(super) struct ScriptedModel {
    pub(super) answers: Mutex<VecDeque<Vec<Beat>>>,
    pub(super) asked: Mutex<Vec<ModelRequest>>,
}

impl ScriptedModel {
    pub(super) fn new(answers: Vec<Vec<Beat>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into()), asked: Mutex::default() })
    }
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    async fn reply(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        tracing::info!("a model is asked");
        self.asked.lock().unwrap().push(request.clone());
        let beats = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        let (out, answer) = mpsc::channel(64);
        let (begins, begun) = oneshot::channel();
        tokio::spawn(play(beats, out, begins));
        // An empty script begins with its end.
        let _ = begun.await;
        Ok(answer)
    }
}

/// An answer as it comes; who hears no more of it ends it.
async fn play(beats: Vec<Beat>, out: mpsc::Sender<Result<ModelEvent, ModelError>>, begins: oneshot::Sender<()>) {
    let mut begins = Some(begins);
    for beat in beats {
        let event = match beat {
            Beat::Wait(ms) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                continue;
            }
            Beat::Say(text) => Ok(ModelEvent::Text(text.to_owned())),
            Beat::Call(name, arguments) => Ok(ModelEvent::Tool(ToolCall {
                id: "t1".to_owned(),
                name: name.to_owned(),
                arguments,
                signature: None,
            })),
            Beat::Fail => Err(ModelError::Busy { retry_after: None }),
            Beat::CutOff => Ok(ModelEvent::Done { stop: Stop::Length, usage: USAGE }),
            Beat::Done => Ok(ModelEvent::Done { stop: Stop::Finished, usage: USAGE }),
        };
        if out.send(event).await.is_err() {
            return;
        }
        drop(begins.take());
    }
}
