//! Asks the model for the answer to a turn and hands its words on clause by clause. One task an
//! answer; asking again, or dropping this, ends it, at the provider too.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::thinking::{Clause, Clauses, ModelRequest};
use crate::domain::turn::Thought;
use crate::ports::language_model::{LanguageModel, ModelError, ModelEvent, Stop, Usage};

/// Clauses that may wait for the call: it takes them at once.
const WAITING: usize = 16;

/// The thinking side of one call.
pub(super) struct Thinker {
    model: Option<Arc<dyn LanguageModel>>,
    running: Option<Running>,
}

/// What the model said, or what a whole answer cost.
pub(super) enum News {
    Thought(Thought),
    Cost(Usage),
}

struct Running {
    turn: u32,
    news: mpsc::Receiver<News>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Thinker {
    pub(super) fn new(model: Option<Arc<dyn LanguageModel>>) -> Self {
        Self { model, running: None }
    }

    /// Asks; whatever was still to come of an earlier answer is nobody's.
    pub(super) fn ask(&mut self, turn: u32, request: ModelRequest) {
        let (out, news) = mpsc::channel(WAITING);
        let model = self.model.clone();
        let task = tokio::spawn(think(model, request, out));
        self.running = Some(Running { turn, news, task });
    }

    /// Ends the answer under way.
    pub(super) fn stop(&mut self) {
        self.running = None;
    }

    /// What comes next, and of which turn. Safe to drop and call again; waits for ever while
    /// nothing is asked.
    pub(super) async fn next(&mut self) -> (u32, News) {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let turn = running.turn;
        let news = running.news.recv().await.unwrap_or(News::Thought(Thought::Failed));
        if matches!(news, News::Thought(Thought::Done | Thought::Failed)) {
            self.running = None;
        }
        (turn, news)
    }
}

async fn think(model: Option<Arc<dyn LanguageModel>>, request: ModelRequest, out: mpsc::Sender<News>) {
    let last = match model {
        Some(model) => answer(&*model, &request, &out).await,
        None => Thought::Failed,
    };
    // Whoever asked may have gone.
    let _gone = out.send(News::Thought(last)).await;
}

/// Passes an answer on, and answers how it ended.
async fn answer(model: &dyn LanguageModel, request: &ModelRequest, out: &mpsc::Sender<News>) -> Thought {
    let failed = |error: ModelError| {
        tracing::warn!(%error, "no model answered; the script does");
        Thought::Failed
    };
    let mut events = match model.reply(request).await {
        Ok(events) => events,
        Err(error) => return failed(error),
    };
    let mut clauses = Clauses::default();
    while let Some(event) = events.recv().await {
        let (whole, then) = match event {
            Ok(ModelEvent::Text(words)) => (clauses.take(&words), None),
            Ok(ModelEvent::Tool(call)) => (rest(&mut clauses), Some(News::Thought(Thought::Tool(call)))),
            // Half a sentence is not said.
            Ok(ModelEvent::Done { stop: Stop::Length, usage }) => (Vec::new(), Some(News::Cost(usage))),
            Ok(ModelEvent::Done { stop: Stop::Finished, usage }) => (rest(&mut clauses), Some(News::Cost(usage))),
            Ok(ModelEvent::Done { stop: Stop::Filtered, .. }) => {
                tracing::warn!("the provider's own filter stopped an answer; the script goes on");
                return Thought::Failed;
            }
            Err(error) => return failed(error),
        };
        let is_last = matches!(then, Some(News::Cost(_)));
        for news in whole.into_iter().map(|clause| News::Thought(Thought::Clause(clause))).chain(then) {
            // Nobody listens any more; the task is about to be ended.
            let _gone = out.send(news).await;
        }
        if is_last {
            return Thought::Done;
        }
    }
    tracing::warn!("an answer of the model broke off; the script goes on");
    Thought::Failed
}

fn rest(clauses: &mut Clauses) -> Vec<Clause> {
    std::mem::take(clauses).finish().into_iter().collect()
}
