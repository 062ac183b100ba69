//! Writes what happens in a call to the stores and the feed, in order and beside the call: a slow
//! store must not be heard.

use std::borrow::Cow;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::app::App;
use crate::app::converse::{note_hand_over, note_in_progress};
use crate::domain::feed::FeedEvent;
use crate::domain::language::Language;
use crate::domain::phone::mask_said;
use crate::domain::session::CallSession;
use crate::domain::transcript::Line;

/// No single write holds up the next for longer.
const WRITE_WITHIN: Duration = Duration::from_secs(2);
/// How often the session is looked at for a wish from the dashboard.
const LOOK_EVERY: Duration = Duration::from_secs(1);

enum Note {
    InProgress,
    HandOver(Cow<'static, str>, Language),
    Line(Line),
    Flush(oneshot::Sender<()>),
}

/// The note-taker of one call.
pub(super) struct Notes {
    outbox: mpsc::UnboundedSender<Note>,
}

impl Notes {
    /// Starts the writer; it ends when this is dropped and everything is written.
    pub(super) fn start(app: App, session: CallSession) -> Self {
        let (outbox, inbox) = mpsc::unbounded_channel();
        tokio::spawn(write(app, session, inbox));
        Self { outbox }
    }

    pub(super) fn in_progress(&self) {
        self.note(Note::InProgress);
    }

    pub(super) fn hand_over(&self, reason: Cow<'static, str>, language: Language) {
        self.note(Note::HandOver(reason, language));
    }

    pub(super) fn line(&self, line: Line) {
        self.note(Note::Line(line));
    }

    /// Returns once everything noted so far is written, or after `at_most`.
    pub(super) async fn flush(&self, at_most: Duration) -> bool {
        let (done, written) = oneshot::channel();
        self.note(Note::Flush(done));
        tokio::time::timeout(at_most, written).await.is_ok_and(|written| written.is_ok())
    }

    fn note(&self, note: Note) {
        // The writer ends only when this is dropped.
        let _ = self.outbox.send(note);
    }
}

async fn write(app: App, session: CallSession, mut inbox: mpsc::UnboundedReceiver<Note>) {
    while let Some(note) = inbox.recv().await {
        let written = match note {
            Note::InProgress => tokio::time::timeout(WRITE_WITHIN, note_in_progress(&app, &session)).await,
            Note::HandOver(reason, language) => {
                tokio::time::timeout(WRITE_WITHIN, note_hand_over(&app, &session, &reason, language)).await
            }
            Note::Line(line) => tokio::time::timeout(WRITE_WITHIN, publish(&app, &session, line)).await,
            Note::Flush(done) => {
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
                Ok(())
            }
        };
        if written.is_err() {
            tracing::warn!(call.id = %session.call_id, "a store took too long for a note of a live call");
        }
    }
}

/// The feed reaches every dashboard, also those that may not see numbers; the record keeps the words.
async fn publish(app: &App, session: &CallSession, line: Line) {
    // Who watches live follows line by line.
    let line = Line { text: mask_said(&line.text), word_starts_ms: Vec::new(), ..line };
    let event = FeedEvent::Transcript { call_id: session.call_id, line };
    if let Err(error) = app.feed.publish(&event).await {
        tracing::warn!(%error, call.id = %session.call_id, "a line of the transcript did not reach the feed");
    }
}

/// Watches the session for a hand-over asked for at the dashboard.
pub(super) struct Wishes {
    task: JoinHandle<()>,
    pub(super) news: mpsc::Receiver<()>,
}

impl Wishes {
    pub(super) fn watch(app: App, session: &CallSession) -> Self {
        let (outbox, news) = mpsc::channel(1);
        let sid = session.call_sid.clone();
        let task = tokio::spawn(async move {
            let Some(sid) = sid else { return };
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                // A store that is away is asked again; the call goes on meanwhile.
                let look = tokio::time::timeout(WRITE_WITHIN, app.sessions.get(&sid)).await;
                if let Ok(Ok(Some(session))) = look
                    && session.hand_over.is_some()
                {
                    // The call may just have ended.
                    let _ = outbox.send(()).await;
                    return;
                }
            }
        });
        Self { task, news }
    }
}

impl Drop for Wishes {
    fn drop(&mut self) {
        self.task.abort();
    }
}
