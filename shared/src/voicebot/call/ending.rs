//! What is left of a call once the turn is over: the last words, the recording, the record.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Conversation, Left, NOTHING_UNDERSTOOD};
use crate::domain::call::ConversationResult;
use crate::domain::cost::Meters;
use crate::domain::transcript::Transcript;
use crate::domain::turn::{Event, Journal};
use crate::voicebot::ear::Heard;

/// The hand-over must be written before the flow asks for it; longer, and the caller wonders.
const HAND_OVER_WRITTEN_WITHIN: Duration = Duration::from_secs(3);
/// How long the record waits, after the line is closed, for the words said last.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(3);
/// A second or two of audio are left to write, unless the disk stands still.
const TAPE_WRITTEN_WITHIN: Duration = Duration::from_secs(10);

impl Conversation {
    /// Transcripts of what was said before the line closed.
    async fn last_words(&mut self) {
        let language = self.turn.language();
        let listen = async {
            while self.turn.awaits_words() {
                match self.ear.next(language).await {
                    Heard::Final(text, language) => self.step(Event::Final { text, language }),
                    Heard::GaveUp(_) => self.step(NOTHING_UNDERSTOOD),
                    Heard::Partial(_) | Heard::Broke(_) => {}
                    Heard::Lost(_) => return,
                }
            }
        };
        if tokio::time::timeout(LAST_WORDS_WITHIN, listen).await.is_err() {
            tracing::warn!("the caller's last words were not transcribed in time");
        }
    }

    /// When the carrier ended the line, however late that is taken notice of; else now.
    fn line_end(&self) -> u64 {
        let closed_at = self.line.as_ref().and_then(|line| line.closed_at.get());
        closed_at.map_or_else(|| self.now(), |at| self.at(*at))
    }

    pub(super) async fn finish(mut self) -> Left {
        let now = self.now();
        // After the last word nothing is left; else it broke off, and so far it was heard.
        for line in self.mouth.broken_at(self.line_end()) {
            self.keep(line);
        }
        if self.turn.hands_over()
            && let Some(notes) = &self.notes
            && !notes.flush(HAND_OVER_WRITTEN_WITHIN).await
        {
            tracing::error!("the hand-over was not written in time; the flow may hang up");
        }
        // Closes the socket cleanly, after everything sent.
        self.line = None;
        self.last_words().await;
        for usage in self.thinker.settle().await {
            self.tokens.add(usage, self.bot.metrics());
        }
        let recording = match self.recorder.take() {
            Some(recorder) => tokio::time::timeout(TAPE_WRITTEN_WITHIN, recorder.finish(now)).await.ok().flatten(),
            None => None,
        };
        self.transcript.sort_by_key(|line| line.start_ms);
        let outcome = self.turn.outcome();
        let disposition = outcome.disposition.unwrap_or(crate::domain::call::Disposition::Broken);
        self.bot.metrics().calls.add(disposition.as_str());
        let tts_chars = self.tts_chars.load(Ordering::Relaxed);
        let result = ConversationResult {
            transcript: Transcript { lines: self.transcript },
            disposition,
            intent: outcome.intent.map(|intent| intent.as_str().to_owned()),
            promise: outcome.promise,
            language: outcome.language,
            summary: outcome.summary,
            duration_s: i32::try_from(now.div_ceil(1_000)).unwrap_or(i32::MAX),
            timings: self.waterfall.into_timings(),
            meters: Meters {
                line_ms: now,
                stt_ms: self.ear.sent_ms(),
                tts_chars,
                llm_tokens_read: self.tokens.read,
                llm_tokens_written: self.tokens.written,
            },
            cost: None,
        };
        Left { result, recording, journal: self.journal.map(Journal::finish) }
    }
}
