//! Asks the platform not to stop this process while calls are live. A wish that is not granted is
//! asked for again and costs no call anything.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::ports::protection::Protection;
use crate::ports::{BoxError, with_causes};

/// A process that hangs is let go after that; it leaves time for two renewals that fail.
const HOLD_MINUTES: u16 = 30;
const RENEW_EVERY: Duration = Duration::from_secs(10 * 60);
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Attempts to release; after them it ends by itself.
const MOST_RELEASES: u32 = 3;
/// Between two calls of a campaign nothing is released: the platform counts what it is asked.
const QUIET_FOR: Duration = Duration::from_secs(30);
/// A campaign keeps every task on the phone for hours. After this long a task can be replaced for a
/// moment, as a deployment or a smaller fleet wants it: its calls then have the time of a shutdown to end.
const LONGEST_HOLD: Duration = Duration::from_secs(45 * 60);
const LET_GO_FOR: Duration = Duration::from_secs(60);

/// Holds while calls are live, and releases when none has been for a while or one hold has lasted long
/// enough; until the conversations of this process are no more.
pub(super) async fn keep(mut live: watch::Receiver<usize>, protection: Arc<dyn Protection>) {
    while live.wait_for(|calls| *calls > 0).await.is_ok() {
        tokio::select! {
            quiet = quiet(&mut live) => if quiet.is_err() { return },
            () = tokio::time::sleep(LONGEST_HOLD) => {}
            () = hold(&*protection) => {}
        }
        release(&*protection).await;
        if *live.borrow() > 0 {
            tokio::time::sleep(LET_GO_FOR).await;
        }
    }
}

/// Until no call has been live for a while.
async fn quiet(live: &mut watch::Receiver<usize>) -> Result<(), watch::error::RecvError> {
    loop {
        live.wait_for(|calls| *calls == 0).await?;
        match tokio::time::timeout(QUIET_FOR, live.wait_for(|calls| *calls > 0)).await {
            Ok(begun) => begun.map(|_| ())?,
            Err(_) => return Ok(()),
        }
    }
}

/// Again and again.
async fn hold(protection: &dyn Protection) {
    loop {
        let told = protection.hold(HOLD_MINUTES).await;
        tokio::time::sleep(if is_done(told, "held") { RENEW_EVERY } else { TRY_AGAIN_AFTER }).await;
    }
}

async fn release(protection: &dyn Protection) {
    for _ in 0..MOST_RELEASES {
        if is_done(protection.release().await, "released") {
            return;
        }
        tokio::time::sleep(TRY_AGAIN_AFTER).await;
    }
}

fn is_done(told: Result<(), BoxError>, what: &str) -> bool {
    told.inspect_err(|error| tracing::warn!(error = with_causes(&**error), "this task's protection was not {what}"))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;
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
    async fn the_first_call_holds_quiet_releases_and_long_ones_renew() {
        let (drain, mut asked) = kept(0);
        tokio::time::sleep(RENEW_EVERY * 3).await;
        assert!(asked.try_recv().is_err(), "nothing is asked without a call");
        let first = drain.enter(usize::MAX).expect("open");
        let began = RENEW_EVERY * 3;
        assert_eq!(asked.recv().await, Some(("hold", began)));
        let second = drain.enter(usize::MAX).expect("open");
        drop(first);
        assert_eq!(asked.recv().await, Some(("hold", began + RENEW_EVERY)), "one is still on the phone");
        drop(second);
        tokio::time::sleep(QUIET_FOR / 2).await;
        let third = drain.enter(usize::MAX).expect("open");
        tokio::time::sleep(QUIET_FOR / 2).await;
        drop(third);
        let last = began + RENEW_EVERY + QUIET_FOR;
        assert_eq!(asked.recv().await, Some(("release", last + QUIET_FOR)), "not between two calls");
        tokio::time::sleep(RENEW_EVERY * 3).await;
        assert!(asked.try_recv().is_err(), "nothing is left to hold");
        let _fourth = drain.enter(usize::MAX).expect("open");
        assert_eq!(asked.recv().await.map(|(what, _)| what), Some("hold"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_asked_for_again() {
        let (drain, mut asked) = kept(2);
        let call = drain.enter(usize::MAX).expect("open");
        assert_eq!(asked.recv().await, Some(("hold", Duration::ZERO)));
        assert_eq!(asked.recv().await, Some(("hold", TRY_AGAIN_AFTER)));
        assert_eq!(asked.recv().await, Some(("hold", TRY_AGAIN_AFTER * 2)));
        drop(call);
        assert_eq!(asked.recv().await, Some(("release", TRY_AGAIN_AFTER * 2 + QUIET_FOR)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_is_never_quiet_can_be_replaced_for_a_moment_now_and_then() {
        let (drain, mut asked) = kept(0);
        let _campaign = drain.enter(usize::MAX).expect("open");
        let mut released = Vec::new();
        while released.len() < 2 {
            let (what, at) = asked.recv().await.expect("goes on");
            assert!(at < LONGEST_HOLD * 3, "never let go: {released:?}");
            if what == "release" {
                released.push(at);
                assert_eq!(asked.recv().await, Some(("hold", at + LET_GO_FOR)));
            }
        }
        assert_eq!(released, [LONGEST_HOLD, LONGEST_HOLD * 2 + LET_GO_FOR]);
    }
}
