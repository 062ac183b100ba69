//! What we have heard of the caller's present turn.

use super::{
    FINAL_WAIT_MS, FLUSH_AFTER_MS, LATE_MS, LONGEST_UTTERANCE_MS, PATIENCE_MS, REST_WAIT_MS, SHORT_PATIENCE_MS,
};
use crate::domain::dialogue::{Intent, understand, word_count};
use crate::domain::language::Language;
use crate::domain::vad::{START_DELAY_MS, STOP_DELAY_MS};

/// The caller's side of the line.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// A voice is on, since then.
    pub(super) voiced_since: Option<u64>,
    /// An utterance is open at the recogniser.
    open: bool,
    /// When the open utterance, or the first of this turn, began.
    started_at: Option<u64>,
    utterance_since: u64,
    quiet_since: Option<u64>,
    /// Transcripts we wait for, since then.
    owed: u8,
    flushed_at: u64,
    /// Transcripts of turns that are over; dropped when they come.
    late: u8,
    late_until: u64,
    fragments: Vec<String>,
    partial: String,
    language: Option<Language>,
}

/// A caller's turn that is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Utterance {
    pub(super) text: String,
    pub(super) language: Option<Language>,
    pub(super) start_ms: u64,
    pub(super) end_ms: u64,
    /// The transcript did not come in time.
    pub(super) timed_out: bool,
}

impl Hearing {
    /// A voice began; true where this opens an utterance.
    pub(super) fn voice_started(&mut self, at: u64) -> bool {
        self.voiced_since = Some(at);
        self.quiet_since = None;
        self.started_at.get_or_insert(at.saturating_sub(START_DELAY_MS));
        let opens = !self.open;
        if opens {
            self.utterance_since = at;
        }
        self.open = true;
        opens
    }

    pub(super) fn voice_stopped(&mut self, at: u64) {
        if self.voiced_since.take().is_some() {
            self.quiet_since = Some(at);
        }
    }

    pub(super) fn partial(&mut self, text: String) {
        self.partial = text;
    }

    /// Takes a transcript, or drops one that belongs to a turn that is over.
    pub(super) fn transcript(&mut self, text: &str, language: Option<Language>, at: u64) {
        if self.late > 0 && at < self.late_until {
            self.late -= 1;
            return;
        }
        self.late = 0;
        self.owed = self.owed.saturating_sub(1);
        self.partial.clear();
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.fragments.push(text.to_owned());
        self.language = language.or(self.language);
        // The recogniser heard somebody our own detector did not.
        if self.started_at.is_none() {
            self.started_at = Some(at);
            self.quiet_since = Some(at);
        }
    }

    /// True once, when the open utterance must be flushed.
    pub(super) fn take_flush(&mut self, at: u64) -> bool {
        if !self.open || self.flush_at().is_none_or(|due| at < due) {
            return false;
        }
        if self.voiced_since.take().is_some() {
            self.quiet_since = Some(at);
        }
        self.open = false;
        self.owed += 1;
        self.flushed_at = at;
        true
    }

    fn flush_at(&self) -> Option<u64> {
        match (self.open, self.quiet_since) {
            (false, _) => None,
            (true, Some(quiet)) => Some(quiet + FLUSH_AFTER_MS),
            (true, None) => Some(self.utterance_since + LONGEST_UTTERANCE_MS),
        }
    }

    /// When the caller's turn is over, as far as one can say now.
    fn over_at(&self, spoken: Language) -> Option<u64> {
        if self.open || self.voiced_since.is_some() {
            return None;
        }
        let quiet = self.quiet_since?;
        let patience = if self.is_complete(spoken) { SHORT_PATIENCE_MS } else { PATIENCE_MS };
        if self.owed == 0 {
            return Some(quiet + patience);
        }
        let wait = if self.fragments.is_empty() { FINAL_WAIT_MS } else { REST_WAIT_MS };
        Some((self.flushed_at + wait).max(quiet + patience))
    }

    /// What was heard so far answers by itself.
    fn is_complete(&self, spoken: Language) -> bool {
        // "I don't want …" is a no already, and yet the sentence goes on.
        const PLAIN_WORDS: usize = 2;
        let heard = self.so_far();
        (1..=PLAIN_WORDS).contains(&word_count(&heard))
            && matches!(
                understand(&heard, self.language.unwrap_or(spoken)),
                Intent::Yes | Intent::No | Intent::Agent | Intent::WrongPerson | Intent::DoNotCall
            )
    }

    fn so_far(&self) -> String {
        let mut parts = self.fragments.clone();
        if !self.partial.is_empty() {
            parts.push(self.partial.clone());
        }
        parts.join(" ")
    }

    /// The finished turn, once it is over.
    pub(super) fn take_turn(&mut self, at: u64, spoken: Language) -> Option<Utterance> {
        if self.over_at(spoken).is_none_or(|due| at < due) {
            return None;
        }
        let start_ms = self.started_at?;
        let quiet = self.quiet_since.unwrap_or(at);
        let turn = Utterance {
            text: self.fragments.join(" "),
            language: self.language,
            start_ms,
            end_ms: quiet.saturating_sub(STOP_DELAY_MS).max(start_ms),
            timed_out: self.owed > 0,
        };
        self.forget(at);
        Some(turn)
    }

    /// Drops what was heard: it was not, or no longer, an answer. A voice that is on stays on.
    pub(super) fn forget(&mut self, at: u64) {
        if self.owed > 0 {
            self.late = self.late.saturating_add(self.owed);
            self.late_until = at + LATE_MS;
            self.owed = 0;
        }
        self.fragments.clear();
        self.partial.clear();
        self.language = None;
        if !self.open {
            self.started_at = None;
            self.quiet_since = None;
        }
    }

    /// Nobody speaks and nothing is awaited.
    pub(super) fn is_idle(&self) -> bool {
        self.voiced_since.is_none() && !self.open && self.started_at.is_none()
    }

    /// An utterance is open or a voice is on.
    pub(super) fn is_speaking(&self) -> bool {
        self.open || self.voiced_since.is_some()
    }

    /// The next moment something changes by itself. A turn ends only while `listening`.
    pub(super) fn deadline(&self, spoken: Language, listening: bool) -> Option<u64> {
        let over = if listening { self.over_at(spoken) } else { None };
        [self.flush_at(), over].into_iter().flatten().min()
    }
}
