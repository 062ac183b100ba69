//! What a deployed function made of its secrets: made at the first event, not at the start, and
//! made anew when the secrets have changed.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::WiringError;
use crate::config::Environment;

/// A changed secret is noticed within this time. Shorter would cost a request per function and
/// secret more often; a rotation of the data keys waits twice as long between its two steps.
const KEEP: Duration = Duration::from_secs(300);
/// With the store of secrets away, or new secrets that nothing can be made of, what was made goes
/// on working and is tried again so soon.
const TRY_AGAIN: Duration = Duration::from_secs(30);
/// While there is something that works, nobody waits longer for the secrets: a callback has five
/// seconds in all.
const READ_AGAIN_WITHIN: Duration = Duration::from_secs(1);

struct Made<T> {
    secrets: Environment,
    made: T,
    until: Instant,
}

/// One thing that was made of the secrets.
pub(super) struct Kept<T>(Mutex<Option<Made<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept, as long as it is fresh; else `read` asks for the secrets, and `build` is
    /// called where they are not what they were.
    pub(super) async fn get<R, B>(
        &self,
        read: impl FnOnce() -> R,
        build: impl FnOnce(Environment) -> B,
    ) -> Result<T, WiringError>
    where
        R: Future<Output = Result<Environment, WiringError>>,
        B: Future<Output = Result<T, WiringError>>,
    {
        let mut kept = self.0.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| Instant::now() < kept.until) {
            return Ok(kept.made.clone());
        }
        let answer = match kept.is_some() {
            true => timeout(READ_AGAIN_WITHIN, read()).await.unwrap_or_else(|_| Err("no answer in time".into())),
            false => read().await,
        };
        let secrets = match (answer, kept.as_mut()) {
            (Ok(secrets), Some(kept)) if secrets == kept.secrets => {
                kept.until = Instant::now() + KEEP;
                return Ok(kept.made.clone());
            }
            (Ok(secrets), _) => secrets,
            (Err(error), Some(kept)) => {
                tracing::warn!(error = &*error as &dyn std::error::Error, "the secrets could not be read again");
                kept.until = Instant::now() + TRY_AGAIN;
                return Ok(kept.made.clone());
            }
            (Err(error), None) => return Err(error),
        };
        let made = match (build(secrets.clone()).await, kept.as_mut()) {
            (Ok(made), _) => made,
            (Err(error), Some(kept)) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "new secrets are of no use; the old ones stay"
                );
                kept.until = Instant::now() + TRY_AGAIN;
                return Ok(kept.made.clone());
            }
            (Err(error), None) => return Err(error),
        };
        *kept = Some(Made { secrets, made: made.clone(), until: Instant::now() + KEEP });
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A store of one secret that counts how often it is asked.
    #[derive(Default)]
    struct Store {
        reads: AtomicUsize,
        builds: AtomicUsize,
        kept: Kept<String>,
    }

    impl Store {
        async fn get(&self, now: Result<&str, &str>) -> Result<String, WiringError> {
            let read = || async {
                self.reads.fetch_add(1, Ordering::Relaxed);
                Ok(Environment::of([("SECRET".to_owned(), now?.to_owned())]))
            };
            let build = |env: Environment| async move {
                self.builds.fetch_add(1, Ordering::Relaxed);
                match env.get("SECRET").unwrap_or_default() {
                    "mistyped" => Err("of no use".into()),
                    secret => Ok(secret.to_owned()),
                }
            };
            self.kept.get(read, build).await
        }
        fn counts(&self) -> (usize, usize) {
            (self.reads.load(Ordering::Relaxed), self.builds.load(Ordering::Relaxed))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn secrets_are_asked_for_once_until_their_time_is_over() {
        let store = Store::default();
        for _ in 0..3 {
            assert_eq!(store.get(Ok("one")).await.expect("made"), "one");
        }
        assert_eq!(store.counts(), (1, 1));
        tokio::time::advance(KEEP).await;
        assert_eq!(store.get(Ok("one")).await.expect("kept"), "one");
        assert_eq!(store.counts(), (2, 1), "the same secret builds nothing again");
        tokio::time::advance(KEEP).await;
        assert_eq!(store.get(Ok("two")).await.expect("made again"), "two");
        assert_eq!(store.counts(), (3, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn new_secrets_that_nothing_can_be_made_of_leave_the_old_ones_at_work() {
        let store = Store::default();
        assert!(store.get(Ok("mistyped")).await.is_err());
        assert_eq!(store.get(Ok("one")).await.expect("made"), "one");
        tokio::time::advance(KEEP).await;
        assert_eq!(store.get(Ok("mistyped")).await.expect("kept"), "one");
        tokio::time::advance(TRY_AGAIN).await;
        assert_eq!(store.get(Ok("two")).await.expect("made again"), "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_stops_nobody_who_has_read_it_before() {
        let kept = Kept::default();
        let secrets = || async { Ok(Environment::default()) };
        let build = |_| async { Ok("made") };
        assert_eq!(kept.get(secrets, build).await.expect("made"), "made");
        tokio::time::advance(KEEP).await;
        assert_eq!(kept.get(std::future::pending, build).await.expect("kept"), "made");
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_stops_nobody_who_has_read_it_before() {
        let store = Store::default();
        assert!(store.get(Err("away")).await.is_err());
        assert_eq!(store.get(Ok("one")).await.expect("made"), "one");
        tokio::time::advance(KEEP).await;
        assert_eq!(store.get(Err("away")).await.expect("kept"), "one");
        assert_eq!(store.get(Ok("two")).await.expect("kept"), "one", "not asked again at once");
        tokio::time::advance(TRY_AGAIN).await;
        assert_eq!(store.get(Ok("two")).await.expect("made again"), "two");
    }
}
