//! Speaking sockets that wait, open and kept alive, for the next sentence.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::socket::Socket;
use super::{SarvamConfig, failed};
use crate::ports::speech::SpeechError;
use crate::wire::sarvam::speaking as wire;

/// Waiting sockets beyond these are closed: accounts are limited in open sockets.
const MAX_WAITING: usize = 8;
/// A holder answers at once unless its socket is stuck.
const HAND_OVER_LIMIT: Duration = Duration::from_millis(200);

type Holder = oneshot::Sender<oneshot::Sender<Socket>>;

/// The sockets that wait. One is always kept ready while sentences are being spoken.
pub(super) struct Pool {
    config: Arc<SarvamConfig>,
    waiting: Mutex<Vec<Holder>>,
    opening: AtomicBool,
}

impl Pool {
    pub(super) fn new(config: Arc<SarvamConfig>) -> Self {
        Self { config, waiting: Mutex::default(), opening: AtomicBool::new(false) }
    }

    /// A socket that waited, if there is a live one.
    pub(super) async fn take(&self) -> Option<Socket> {
        loop {
            let holder = self.waiting().pop()?;
            let (hand_over, socket) = oneshot::channel();
            if holder.send(hand_over).is_ok()
                && let Ok(Ok(socket)) = timeout(HAND_OVER_LIMIT, socket).await
            {
                return Some(socket);
            }
        }
    }

    /// A new socket.
    pub(super) async fn connect(&self) -> Result<Socket, SpeechError> {
        Socket::connect(&self.config, &wire::socket_path(&self.config.tts_model)).await
    }

    /// Takes back a socket whose sentence is finished.
    pub(super) fn put(&self, socket: Socket) {
        let mut waiting = self.waiting();
        if waiting.len() >= MAX_WAITING {
            drop(waiting);
            tokio::spawn(socket.close());
            return;
        }
        let (holder, wanted) = oneshot::channel();
        waiting.push(holder);
        drop(waiting);
        tokio::spawn(hold(socket, wanted, Arc::clone(&self.config)));
    }

    /// Opens a spare in the background where none waits.
    pub(super) fn keep_spare(self: &Arc<Self>) {
        if !self.waiting().is_empty() || self.opening.swap(true, Ordering::AcqRel) {
            return;
        }
        let pool = Arc::clone(self);
        tokio::spawn(async move {
            match pool.connect().await {
                Ok(socket) => pool.put(socket),
                Err(error) => tracing::debug!(%error, "no spare Sarvam socket"),
            }
            pool.opening.store(false, Ordering::Release);
        });
    }

    /// Without those whose socket was lost.
    fn waiting(&self) -> MutexGuard<'_, Vec<Holder>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|holder| !holder.is_closed());
        waiting
    }
}

/// Keeps a socket alive until it is wanted, lost, or unused for too long.
async fn hold(mut socket: Socket, mut wanted: oneshot::Receiver<oneshot::Sender<Socket>>, config: Arc<SarvamConfig>) {
    let unused_due = Instant::now() + config.limits.unused;
    let mut ping_due = Instant::now() + config.limits.ping;
    loop {
        let held: Result<(), SpeechError> = tokio::select! {
            hand_over = &mut wanted => {
                match hand_over {
                    // Whoever wanted it may have given up; then it is closed.
                    Ok(hand_over) => {
                        if let Err(unwanted) = hand_over.send(socket) {
                            unwanted.close().await;
                        }
                    }
                    Err(_) => socket.close().await,
                }
                return;
            }
            message = socket.recv() => message.map(|_| ()),
            () = sleep_until(ping_due) => {
                ping_due = Instant::now() + config.limits.ping;
                socket.send(wire::PING.to_owned()).await
            }
            () = sleep_until(unused_due) => Err(failed("unused")),
        };
        if let Err(error) = held {
            tracing::debug!(%error, "a waiting Sarvam socket is gone");
            return;
        }
    }
}
