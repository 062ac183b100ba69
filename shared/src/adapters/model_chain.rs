//! Several models as one: the first is asked first, the next where it fails or is slow. When all
//! of them fail, the conversation has its script.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use crate::domain::thinking::ModelRequest;
use crate::ports::language_model::{Answer, LanguageModel, ModelError};
use crate::ports::with_causes;

/// First words that have not come by then are slow (speech-and-llm.md D: half of all answers begin
/// within 0.7 s): the next model is asked beside the first, and whichever speaks first is heard.
/// At 650 ms more than half of all questions were asked twice on the simulators, at this under a
/// third; later leaves the second no time.
pub const HEDGE_AFTER: Duration = Duration::from_millis(900);
/// A model that refuses will go on refusing until somebody has looked.
const AVOID_REFUSED: Duration = Duration::from_secs(300);
/// A model over its limit, where it does not say itself for how long.
const AVOID_BUSY: Duration = Duration::from_secs(10);
/// A model that broke or hangs. Asking it first each time would cost every caller its time limit.
const AVOID_FAILED: Duration = Duration::from_secs(15);
/// A model that takes none of so many questions in a row has another trouble than the questions.
const MOST_QUESTIONS: u8 = 3;

/// Models in the order in which they are asked.
pub struct ModelChain {
    links: Vec<Link>,
    hedge_after: Duration,
}

struct Link {
    name: String,
    model: Arc<dyn LanguageModel>,
    state: Mutex<State>,
}

/// How a link does.
#[derive(Default)]
struct State {
    avoided_until: Option<Instant>,
    /// Questions in a row that it did not take.
    questions: u8,
}

/// A link that has been asked. Dropped without an answer it has lost: to another model, or to a
/// caller who waited no longer.
struct Asking<'a> {
    link: &'a Link,
    since: Instant,
    hedge_after: Duration,
    answered: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.answered && self.since.elapsed() >= self.hedge_after {
            self.link.lost();
        }
    }
}

impl ModelChain {
    /// With at least one model, or every question is refused.
    pub fn new(models: Vec<(String, Arc<dyn LanguageModel>)>, hedge_after: Duration) -> Self {
        let link = |(name, model)| Link { name, model, state: Mutex::default() };
        Self { links: models.into_iter().map(link).collect(), hedge_after }
    }

    /// Those that failed lately come last: they are asked only where nobody else answers.
    fn order(&self) -> Vec<&Link> {
        let (avoided, well): (Vec<&Link>, Vec<&Link>) = self.links.iter().partition(|link| link.is_avoided());
        well.into_iter().chain(avoided).collect()
    }
}

#[async_trait]
impl LanguageModel for ModelChain {
    async fn reply(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        let mut waiting = self.order().into_iter();
        let mut asked: FuturesUnordered<BoxFuture<'_, (&Link, Result<Answer, ModelError>)>> = FuturesUnordered::new();
        let mut last = ModelError::Refused("no language model is set".to_owned());
        let mut next_at = Instant::now();
        loop {
            let slow = tokio::time::sleep_until(next_at);
            tokio::select! {
                biased;
                Some((link, answer)) = asked.next() => match answer {
                    Ok(answer) => {
                        link.is_well();
                        return Ok(answer);
                    }
                    Err(error) => {
                        link.failed(&error);
                        last = error;
                        next_at = Instant::now();
                    }
                },
                () = slow, if waiting.len() > 0 => {
                    if let Some(link) = waiting.next() {
                        asked.push(link.ask(request, self.hedge_after).boxed());
                    }
                    next_at = Instant::now() + self.hedge_after;
                }
                else => return Err(last),
            }
        }
    }
}

impl Link {
    async fn ask(&self, request: &ModelRequest, hedge_after: Duration) -> (&Self, Result<Answer, ModelError>) {
        let mut asking = Asking { link: self, since: Instant::now(), hedge_after, answered: false };
        let answer = self.model.reply(request).await;
        asking.answered = true;
        (self, answer)
    }

    fn is_avoided(&self) -> bool {
        self.lock().avoided_until.is_some_and(|until| Instant::now() < until)
    }

    fn is_well(&self) {
        *self.lock() = State::default();
    }

    fn failed(&self, error: &ModelError) {
        let pause = match error {
            ModelError::Refused(_) => AVOID_REFUSED,
            ModelError::Busy { retry_after } => retry_after.unwrap_or(AVOID_BUSY),
            ModelError::Failed(_) => AVOID_FAILED,
            ModelError::Question(_) => self.question_refused(),
        };
        let error = with_causes(error);
        tracing::warn!(error, model = self.name, ?pause, "a language model did not answer; asked last for that long");
        self.avoid(pause);
    }

    /// The next question is another one, unless it goes on like that.
    fn question_refused(&self) -> Duration {
        let mut state = self.lock();
        state.questions = state.questions.saturating_add(1);
        if state.questions >= MOST_QUESTIONS { AVOID_REFUSED } else { Duration::ZERO }
    }

    fn lost(&self) {
        tracing::warn!(model = self.name, pause = ?AVOID_FAILED, "a language model was too slow; asked last for that long");
        self.avoid(AVOID_FAILED);
    }

    fn avoid(&self, pause: Duration) {
        self.lock().avoided_until = Some(Instant::now() + pause);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;

    use super::*;
    use crate::ports::language_model::ModelEvent;

    /// Answers its name after a while, or fails then.
    struct Scripted {
        name: &'static str,
        after_ms: u64,
        fails: Option<fn() -> ModelError>,
        asked: AtomicUsize,
    }

    fn scripted(name: &'static str, after_ms: u64, fails: Option<fn() -> ModelError>) -> Arc<Scripted> {
        Arc::new(Scripted { name, after_ms, fails, asked: AtomicUsize::new(0) })
    }

    #[async_trait]
    impl LanguageModel for Scripted {
        async fn reply(&self, _: &ModelRequest) -> Result<Answer, ModelError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(self.after_ms)).await;
            if let Some(error) = self.fails {
                return Err(error());
            }
            let (out, answer) = mpsc::channel(1);
            out.send(Ok(ModelEvent::Text(self.name.to_owned()))).await.expect("room");
            Ok(answer)
        }
    }

    fn chain(models: &[&Arc<Scripted>]) -> ModelChain {
        let dynamic = |model: &&Arc<Scripted>| (model.name.to_owned(), Arc::clone(*model) as Arc<dyn LanguageModel>);
        ModelChain::new(models.iter().map(dynamic).collect(), Duration::from_millis(600))
    }

    /// Who answered, and after how long.
    async fn ask(chain: &ModelChain) -> (Result<String, ModelError>, u128) {
        let began = Instant::now();
        let answer = chain.reply(&ModelRequest::default()).await;
        let said = match answer {
            Ok(mut answer) => match answer.recv().await {
                Some(Ok(ModelEvent::Text(text))) => Ok(text),
                other => panic!("{other:?}"),
            },
            Err(error) => Err(error),
        };
        (said, began.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn the_second_is_not_asked_while_the_first_is_quick() {
        let (first, second) = (scripted("first", 500, None), scripted("second", 100, None));
        let (said, after) = ask(&chain(&[&first, &second])).await;
        assert_eq!((said.expect("said").as_str(), after), ("first", 500));
        assert_eq!(second.asked.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_is_asked_beside_the_second_and_who_speaks_first_is_heard() {
        let (first, second) = (scripted("first", 3_000, None), scripted("second", 300, None));
        let (said, after) = ask(&chain(&[&first, &second])).await;
        assert_eq!((said.expect("said").as_str(), after), ("second", 900));
        let (first, second) = (scripted("first", 800, None), scripted("second", 300, None));
        let (said, after) = ask(&chain(&[&first, &second])).await;
        assert_eq!((said.expect("said").as_str(), after), ("first", 800));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_first_is_replaced_at_once_and_asked_last_for_a_while() {
        let first = scripted("first", 100, Some(|| ModelError::Busy { retry_after: Some(Duration::from_secs(20)) }));
        let second = scripted("second", 100, None);
        let chain = chain(&[&first, &second]);
        assert_eq!(ask(&chain).await.1, 200);
        assert_eq!(ask(&chain).await.1, 100, "the first is not asked again yet");
        tokio::time::advance(Duration::from_secs(20)).await;
        assert_eq!(ask(&chain).await.1, 200);
        assert_eq!(first.asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_model_that_hangs_is_asked_last_once_another_has_answered_or_the_caller_has_gone() {
        let (first, second) = (scripted("first", 60_000, None), scripted("second", 300, None));
        let beaten = chain(&[&first, &second]);
        assert_eq!(ask(&beaten).await.1, 900);
        assert_eq!((ask(&beaten).await.1, first.asked.load(Ordering::Relaxed)), (300, 1), "nobody waits for it again");
        tokio::time::advance(AVOID_FAILED).await;
        assert_eq!(ask(&beaten).await.1, 900, "it gets another chance");
        let (first, second) = (scripted("first", 60_000, None), scripted("second", 800, None));
        let left = chain(&[&first, &second]);
        for (patience, asked_first) in [(300, "first"), (700, "second")] {
            let request = ModelRequest::default();
            let gave_up = tokio::time::timeout(Duration::from_millis(patience), left.reply(&request)).await;
            assert!(gave_up.is_err());
            assert_eq!(left.order()[0].name, asked_first, "after {patience} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_questions_own_fault_is_not_the_models_but_three_in_a_row_are() {
        let first = scripted("first", 100, Some(|| ModelError::Question("blocked: SAFETY".to_owned())));
        let second = scripted("second", 100, None);
        let chain = chain(&[&first, &second]);
        for _ in 0..MOST_QUESTIONS {
            assert_eq!(ask(&chain).await.1, 200, "it is asked first again");
        }
        assert_eq!(ask(&chain).await.1, 100);
        assert_eq!(first.asked.load(Ordering::Relaxed), usize::from(MOST_QUESTIONS));
    }

    #[tokio::test(start_paused = true)]
    async fn when_nobody_answers_that_is_said_at_once() {
        let refused = || ModelError::Refused("key".to_owned());
        let (first, second) = (scripted("first", 100, Some(refused)), scripted("second", 100, Some(refused)));
        let (said, after) = ask(&chain(&[&first, &second])).await;
        assert!(matches!(said, Err(ModelError::Refused(_))) && after == 200);
        let (said, after) = ask(&chain(&[])).await;
        assert!(matches!(said, Err(ModelError::Refused(_))) && after == 0);
    }
}
