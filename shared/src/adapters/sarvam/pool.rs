//! Speaking sockets that wait, open and kept alive, for the next sentence.

use std::sync::atomic::{AtomicUsize, Ordering};
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
/// One spare for so many sentences being spoken, and one more: the more calls, the more of them begin
/// to speak in the time that a connection takes.
const SPOKEN_PER_SPARE: usize = 4;
/// A holder answers at once unless its socket is stuck.
const HAND_OVER_LIMIT: Duration = Duration::from_millis(200);

type Holder = oneshot::Sender<oneshot::Sender<Socket>>;

/// The sockets that wait. Spares are kept ready while sentences are being spoken.
pub(super) struct Pool {
    config: Arc<SarvamConfig>,
    waiting: Mutex<Vec<Holder>>,
    opening: AtomicUsize,
    speaking: AtomicUsize,
}

/// A sentence that is being spoken, as long as it lives.
pub(super) struct Speaking<'a>(&'a Pool);

impl Drop for Speaking<'_> {
    fn drop(&mut self) {
        self.0.speaking.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub(super) fn new(config: Arc<SarvamConfig>) -> Self {
        Self { config, waiting: Mutex::default(), opening: AtomicUsize::new(0), speaking: AtomicUsize::new(0) }
    }

    /// Counts a sentence for as long as the answer lives.
    pub(super) fn speaking(&self) -> Speaking<'_> {
        self.speaking.fetch_add(1, Ordering::Relaxed);
        Speaking(self)
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

    /// Opens in the background what is missing of the spares.
    pub(super) fn keep_spares(self: &Arc<Self>) {
        let wanted = (1 + self.speaking.load(Ordering::Relaxed) / SPOKEN_PER_SPARE).min(MAX_WAITING);
        let missing = wanted.saturating_sub(self.waiting().len() + self.opening.load(Ordering::Acquire));
        for _ in 0..missing {
            self.opening.fetch_add(1, Ordering::AcqRel);
            tokio::spawn(Arc::clone(self).open_spare());
        }
    }

    async fn open_spare(self: Arc<Self>) {
        match self.connect().await {
            Ok(socket) => self.put(socket),
            Err(error) => tracing::debug!(%error, "no spare Sarvam socket"),
        }
        self.opening.fetch_sub(1, Ordering::AcqRel);
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
