//! The queue `call-events`: reports that `passthru` and `webhook` could not write at once.

use shared::app::{App, Replayed, replay_event};

/// Applies a batch of (message id, body), in order. Answers the ids the queue shall bring again
/// (a store is away); everything else is done with: recorded, put back with a delay because its
/// call is still unknown, or given up and logged.
pub async fn handle(app: &App, messages: Vec<(String, String)>) -> Vec<String> {
    let mut again = Vec::new();
    for (id, body) in messages {
        if replay_event(app, &body).await == Replayed::Again {
            again.push(id);
        }
    }
    again
}
