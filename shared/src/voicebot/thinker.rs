//! Asks the model for the answer to a turn and hands its words on clause by clause. One task an
//! answer; asking again, or dropping this, ends it, at the provider too. An answer that has begun is
//! read on for a moment where nobody needs the rest: it may be whole already, and then it says what
//! it cost.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::Instrument;

use crate::domain::thinking::{Clause, Clauses, ModelRequest};
use crate::domain::turn::Thought;
use crate::ports::language_model::{Answer, LanguageModel, ModelError, ModelEvent, Stop, Usage};
use crate::ports::{Fault, with_causes};

/// Clauses that may wait for the call: it takes them at once.
const WAITING: usize = 16;
/// So long an answer nobody needs is read on: the end of a whole one comes with its last call or
/// words, and generating the rest of another costs more than knowing what it cost.
const READ_ON: Duration = Duration::from_millis(500);

/// The thinking side of one call.
pub(super) struct Thinker {
    model: Option<Arc<dyn LanguageModel>>,
    running: Option<Running>,
    meter: mpsc::UnboundedSender<Usage>,
    costs: mpsc::UnboundedReceiver<Usage>,
}

/// What the model said, or what a whole answer cost.
pub(super) enum News {
    /// Its answer begins: with words that may be no clause yet, or with a call.
    FirstToken,
    Thought(Thought),
    /// Why a failed thought follows.
    Fault(Fault),
    Cost(Usage),
}

/// An answer under way; its task ends by itself once this is dropped.
struct Running {
    turn: u32,
    said: mpsc::Receiver<News>,
}

impl Thinker {
    pub(super) fn new(model: Option<Arc<dyn LanguageModel>>) -> Self {
        let (meter, costs) = mpsc::unbounded_channel();
        Self { model, running: None, meter, costs }
    }

    /// Asks; whatever was still to come of an earlier answer is nobody's.
    pub(super) fn ask(&mut self, turn: u32, request: ModelRequest) {
        let (out, said) = mpsc::channel(WAITING);
        tokio::spawn(think(self.model.clone(), request, out, self.meter.clone()).in_current_span());
        self.running = Some(Running { turn, said });
    }

    /// Ends the answer under way.
    pub(super) fn stop(&mut self) {
        self.running = None;
    }

    /// What is still told about the cost of answers, once the call is over: not for longer than an answer
    /// nobody needs is read on.
    pub(super) async fn settle(&mut self) -> Vec<Usage> {
        let over = std::mem::replace(self, Self::new(None));
        // Of the senders only those of answers that are still read are left.
        drop((over.running, over.meter));
        let (mut costs, mut told) = (over.costs, Vec::new());
        while let Some(usage) = costs.recv().await {
            told.push(usage);
        }
        told
    }

    /// What comes next, and of which turn; a cost may be that of an earlier one. Safe to drop and
    /// call again; waits for ever while nothing is asked.
    pub(super) async fn next(&mut self) -> (u32, News) {
        let Self { running, costs, .. } = self;
        let turn = running.as_ref().map_or(0, |running| running.turn);
        let said = async {
            match running {
                Some(running) => running.said.recv().await.unwrap_or(News::Thought(Thought::Failed)),
                None => std::future::pending().await,
            }
        };
        let said = tokio::select! {
            biased;
            Some(usage) = costs.recv() => return (turn, News::Cost(usage)),
            said = said => said,
        };
        if matches!(said, News::Thought(Thought::Done | Thought::Failed)) {
            self.running = None;
        }
        (turn, said)
    }
}

async fn think(
    model: Option<Arc<dyn LanguageModel>>,
    request: ModelRequest,
    out: mpsc::Sender<News>,
    meter: mpsc::UnboundedSender<Usage>,
) {
    let Some(model) = model else {
        let _gone = out.send(News::Thought(Thought::Failed)).await;
        return;
    };
    let mut answer = tokio::select! {
        biased;
        // Nothing has come yet: what is dropped here is not answered at all.
        () = out.closed() => return,
        answer = model.reply(&request) => match answer {
            Ok(answer) => answer,
            Err(error) => {
                let _gone = out.send(blamed(&error)).await;
                let _gone = out.send(News::Thought(Thought::Failed)).await;
                return;
            }
        },
    };
    if let Some(last) = pass_on(&mut answer, &out, &meter).await {
        // Whoever asked may have gone.
        let _gone = out.send(News::Thought(last)).await;
    } else {
        tokio::select! {
            () = meter.closed() => {}
            _late = tokio::time::timeout(READ_ON, read_on(&mut answer, &meter)) => {}
        }
    }
}

/// Passes an answer on, and answers how it ended; `None` where nobody listens any more.
async fn pass_on(
    answer: &mut Answer,
    out: &mpsc::Sender<News>,
    meter: &mpsc::UnboundedSender<Usage>,
) -> Option<Thought> {
    let (mut clauses, mut begun) = (Clauses::default(), false);
    loop {
        let event = tokio::select! {
            biased;
            () = out.closed() => return None,
            event = answer.recv() => event,
        };
        if matches!(event, Some(Ok(ModelEvent::Text(_) | ModelEvent::Tool(_)))) && !std::mem::replace(&mut begun, true)
        {
            out.send(News::FirstToken).await.ok()?;
        }
        let (whole, then) = match event {
            Some(Ok(ModelEvent::Text(words))) => (clauses.take(&words), None),
            Some(Ok(ModelEvent::Tool(call))) => (rest(&mut clauses), Some(Thought::Tool(call))),
            Some(Ok(ModelEvent::Done { stop, usage })) => {
                let _call_is_over = meter.send(usage);
                if stop == Stop::Filtered {
                    out.send(News::Fault(Fault::Refused)).await.ok()?;
                }
                ended(stop, &mut clauses)
            }
            Some(Err(error)) => {
                out.send(blamed(&error)).await.ok()?;
                return Some(Thought::Failed);
            }
            None => {
                tracing::warn!("an answer of the model broke off; the script goes on");
                out.send(News::Fault(Fault::Broken)).await.ok()?;
                return Some(Thought::Failed);
            }
        };
        for clause in whole {
            out.send(News::Thought(Thought::Clause(clause))).await.ok()?;
        }
        match then {
            Some(last @ (Thought::Done | Thought::Failed)) => return Some(last),
            Some(tool) => out.send(News::Thought(tool)).await.ok()?,
            None => {}
        }
    }
}

/// What is still said of a whole answer, and how it ended.
fn ended(stop: Stop, clauses: &mut Clauses) -> (Vec<Clause>, Option<Thought>) {
    match stop {
        Stop::Finished => (rest(clauses), Some(Thought::Done)),
        // Half a sentence is not said.
        Stop::Length => (Vec::new(), Some(Thought::Done)),
        Stop::Filtered => {
            tracing::warn!("the provider's own filter stopped an answer; the script goes on");
            (Vec::new(), Some(Thought::Failed))
        }
    }
}

/// To what it cost.
async fn read_on(answer: &mut Answer, meter: &mpsc::UnboundedSender<Usage>) {
    while let Some(Ok(event)) = answer.recv().await {
        if let ModelEvent::Done { usage, .. } = event {
            let _call_is_over = meter.send(usage);
        }
    }
}

fn blamed(error: &ModelError) -> News {
    tracing::warn!(error = with_causes(error), "no model answered; the script does");
    News::Fault(error.fault())
}

fn rest(clauses: &mut Clauses) -> Vec<Clause> {
    std::mem::take(clauses).finish().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::domain::thinking::ToolCall;

    /// Whoever holds the other end says what it answers.
    struct Prompted(Mutex<Option<Answer>>);

    #[async_trait]
    impl LanguageModel for Prompted {
        async fn reply(&self, _: &ModelRequest) -> Result<Answer, ModelError> {
            Ok(self.0.lock().unwrap().take().expect("asked once"))
        }
    }

    const USAGE: Usage = Usage { input_tokens: 1_500, output_tokens: 20 };

    fn asked() -> (Thinker, mpsc::Sender<Result<ModelEvent, ModelError>>) {
        let (say, answer) = mpsc::channel(8);
        let mut thinker = Thinker::new(Some(Arc::new(Prompted(Mutex::new(Some(answer))))));
        thinker.ask(1, ModelRequest::default());
        (thinker, say)
    }

    async fn end(say: &mpsc::Sender<Result<ModelEvent, ModelError>>, stop: Stop) {
        say.send(Ok(ModelEvent::Done { stop, usage: USAGE })).await.expect("read");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_ended_in_a_call_or_was_stopped_is_metered() {
        let call = ToolCall {
            id: "t1".to_owned(),
            name: "end_call".to_owned(),
            arguments: serde_json::json!({}),
            signature: None,
        };
        for piece in [ModelEvent::Tool(call), ModelEvent::Text("What may not be said. And".to_owned())] {
            let (mut thinker, say) = asked();
            say.send(Ok(piece)).await.expect("read");
            assert!(matches!(thinker.next().await, (1, News::FirstToken)));
            assert!(matches!(thinker.next().await, (1, News::Thought(Thought::Tool(_) | Thought::Clause(_)))));
            thinker.stop();
            end(&say, Stop::Finished).await;
            let cost = tokio::time::timeout(READ_ON, thinker.next()).await.expect("it is read on");
            assert!(matches!(cost, (_, News::Cost(USAGE))));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_cost_of_an_answer_under_way_is_still_told_when_the_call_is_over_but_not_waited_for() {
        let (mut thinker, say) = asked();
        say.send(Ok(ModelEvent::Text("One. And".to_owned()))).await.expect("read");
        assert!(matches!(thinker.next().await, (1, News::FirstToken)));
        let (told, ()) = tokio::join!(thinker.settle(), end(&say, Stop::Finished));
        assert_eq!(told, [USAGE]);
        let (mut thinker, _hangs) = asked();
        let over = tokio::time::Instant::now();
        assert_eq!(thinker.settle().await, []);
        assert!(over.elapsed() <= READ_ON, "{:?}", over.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_the_provider_filtered_is_metered_and_failed() {
        let (mut thinker, say) = asked();
        end(&say, Stop::Filtered).await;
        assert!(matches!(thinker.next().await, (1, News::Cost(USAGE))));
        assert!(matches!(thinker.next().await, (1, News::Fault(Fault::Refused))));
        assert!(matches!(thinker.next().await, (1, News::Thought(Thought::Failed))));
    }

    #[tokio::test(start_paused = true)]
    async fn why_an_answer_failed_is_told_before_it() {
        let (mut thinker, say) = asked();
        say.send(Err(ModelError::Busy { retry_after: None })).await.expect("read");
        assert!(matches!(thinker.next().await, (1, News::Fault(Fault::Quota))));
        assert!(matches!(thinker.next().await, (1, News::Thought(Thought::Failed))));
        let (mut thinker, say) = asked();
        drop(say);
        assert!(matches!(thinker.next().await, (1, News::Fault(Fault::Broken))));
        assert!(matches!(thinker.next().await, (1, News::Thought(Thought::Failed))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_answer_that_goes_on_is_ended_soon_and_at_once_when_the_call_is_over() {
        for (call_is_over, within) in [(false, READ_ON), (true, Duration::ZERO)] {
            let (mut thinker, say) = asked();
            say.send(Ok(ModelEvent::Text("One. And".to_owned()))).await.expect("read");
            assert!(matches!(thinker.next().await, (1, News::FirstToken)));
            thinker.stop();
            let left = tokio::time::Instant::now();
            if call_is_over {
                drop(thinker);
            }
            say.closed().await;
            assert_eq!(left.elapsed(), within);
        }
    }
}
