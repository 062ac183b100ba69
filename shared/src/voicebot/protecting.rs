//! Asks the platform not to stop this process while calls are live. A wish that is not granted is
//! asked for again and costs no call anything.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::ports::protection::Protection;
use crate::ports::with_causes;

/// A process that hangs is let go after that; it leaves time for two renewals that fail.
const HOLD_MINUTES: u16 = 30;
const RENEW_EVERY: Duration = Duration::from_secs(10 * 60);
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Holds while calls are live and releases after the last; until the conversations of this process
/// are no more.
pub(super) async fn keep(mut live: watch::Receiver<usize>, protection: Arc<dyn Protection>) {
    // Nothing is held at the beginning.
    if live.wait_for(|calls| *calls > 0).await.is_err() {
        return;
    }
    loop {
        let wanted = *live.borrow_and_update() > 0;
        let told = if wanted { protection.hold(HOLD_MINUTES).await } else { protection.release().await };
        let again_after = match told {
            Ok(()) => wanted.then_some(RENEW_EVERY),
            Err(error) => {
                tracing::warn!(error = with_causes(&*error), wanted, "the protection of this task was not changed");
                Some(TRY_AGAIN_AFTER)
            }
        };
        let again = async {
            match again_after {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = live.wait_for(|calls| (*calls > 0) != wanted) => if changed.is_err() { return },
            () = again => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;
    use crate::ports::BoxError;
    use crate::voicebot::Drain;

    /// Tells what it was asked for, and refuses so many times first.
    struct Agent {
        asked: mpsc::UnboundedSender<(&'static str, Duration)>,
        refusals: Mutex<u32>,
        since: Instant,
    }

    impl Agent {
        fn answer(&self, what: &'static str) -> Result<(), BoxError> {
            let _ = self.asked.send((what, self.since.elapsed()));
            let mut left = self.refusals.lock().unwrap();
            let refuses = left.checked_sub(1).inspect(|now| *left = *now).is_some();
            if refuses { Err("TASK_NOT_VALID".into()) } else { Ok(()) }
        }
    }

    #[async_trait]
    impl Protection for Agent {
        async fn hold(&self, minutes: u16) -> Result<(), BoxError> {
            assert!(Duration::from_secs(60 * u64::from(minutes)) > RENEW_EVERY + 2 * TRY_AGAIN_AFTER);
            self.answer("hold")
        }

        async fn release(&self) -> Result<(), BoxError> {
            self.answer("release")
        }
    }

    type Asked = mpsc::UnboundedReceiver<(&'static str, Duration)>;

    fn kept(refusals: u32) -> (Drain, Asked) {
        let (asked, told) = mpsc::unbounded_channel();
        let agent = Agent { asked, refusals: Mutex::new(refusals), since: Instant::now() };
        let drain = Drain::default();
        tokio::spawn(keep(drain.watch(), Arc::new(agent)));
        (drain, told)
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_call_holds_the_last_releases_and_long_ones_renew() {
        let (drain, mut asked) = kept(0);
        tokio::time::sleep(RENEW_EVERY * 3).await;
        assert!(asked.try_recv().is_err(), "nothing is asked without a call");
        let first = drain.enter().expect("open");
        let began = RENEW_EVERY * 3;
        assert_eq!(asked.recv().await, Some(("hold", began)));
        let second = drain.enter().expect("open");
        drop(first);
        assert_eq!(asked.recv().await, Some(("hold", began + RENEW_EVERY)), "one is still on the phone");
        drop(second);
        assert_eq!(asked.recv().await, Some(("release", began + RENEW_EVERY)));
        tokio::time::sleep(RENEW_EVERY * 3).await;
        assert!(asked.try_recv().is_err(), "nothing is left to hold");
        let _third = drain.enter().expect("open");
        assert_eq!(asked.recv().await.map(|(what, _)| what), Some("hold"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_asked_for_again_and_what_is_no_longer_wanted_is_not() {
        let (drain, mut asked) = kept(3);
        let call = drain.enter().expect("open");
        assert_eq!(asked.recv().await, Some(("hold", Duration::ZERO)));
        assert_eq!(asked.recv().await, Some(("hold", TRY_AGAIN_AFTER)));
        drop(call);
        assert_eq!(asked.recv().await, Some(("release", TRY_AGAIN_AFTER)), "at once");
        assert_eq!(asked.recv().await, Some(("release", TRY_AGAIN_AFTER * 2)));
    }
}
