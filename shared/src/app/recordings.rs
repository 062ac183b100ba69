//! Where the recordings of calls are, and how somebody gets to hear one.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::{App, Error};
use crate::domain::id::CallId;

/// Long enough to listen to the longest call; an address that leaks is worth little soon.
const VALID_FOR: Duration = Duration::from_secs(15 * 60);

/// The recordings of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recordings {
    /// Oldest first: one, or more where the stream broke and was opened again. WAV, 8 kHz, 16 bits, the
    /// caller on the left, the bot on the right.
    pub recordings: Vec<Recording>,
}

/// One recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recording {
    /// For HTTP GETs without a key.
    pub url: String,
    /// After this moment it is refused; ask again then.
    pub expires_at: Timestamp,
}

/// Gives out addresses of a call's recordings. `Error::NotFound` also where it has none.
pub async fn recordings(app: &App, call: CallId) -> Result<Recordings, Error> {
    let mut recordings = Vec::new();
    for key in app.calls.recordings(call).await? {
        let address = app.objects.get_address(&key, VALID_FOR).await?;
        recordings.push(Recording { url: address.url, expires_at: address.expires_at });
    }
    if recordings.is_empty() {
        return Err(Error::NotFound { what: "recording" });
    }
    Ok(Recordings { recordings })
}

/// Each stream of a call has its own, named by its start: a stream that is opened again must not write
/// over the recording of the first.
pub(super) fn recording_key(call: CallId, began: Timestamp) -> String {
    format!("recordings/{call}/{}.wav", began.as_millisecond())
}

/// Apart from the recordings: a journal holds every word that was said, and expires by itself
/// (`template.yaml`).
pub(super) fn journal_key(call: CallId, began: Timestamp) -> String {
    format!("journals/{call}/{}.journal.jsonl", began.as_millisecond())
}
