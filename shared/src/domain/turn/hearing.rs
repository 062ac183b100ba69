//! What we have heard of the caller's present turn.

use std::collections::VecDeque;

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
    /// When what is still to be transcribed of turns that are over was said: such words belong
    /// to the record and answer nothing.
    late: VecDeque<(u64, u64)>,
    late_until: u64,
    fragments: Vec<String>,
    partial: String,
    language: Option<Language>,
}

/// What to tell the recogniser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flush {
    /// The utterance is over.
    End,
    /// It goes on: what was said so far is transcribed, and the rest is the next utterance.
    Renew,
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

    /// Takes a transcript. Answers the words of a turn that is over.
    pub(super) fn transcript(&mut self, text: &str, language: Option<Language>, at: u64) -> Option<Utterance> {
        let text = text.trim();
        if at >= self.late_until {
            self.late.clear();
        }
        if let Some((start_ms, end_ms)) = self.late.pop_front() {
            let late = || Utterance { text: text.to_owned(), language, start_ms, end_ms, timed_out: true };
            return (!text.is_empty()).then(late);
        }
        self.owed = self.owed.saturating_sub(1);
        self.partial.clear();
        if text.is_empty() {
            return None;
        }
        self.fragments.push(text.to_owned());
        self.language = language.or(self.language);
        // The recogniser heard somebody our own detector did not.
        if self.started_at.is_none() {
            self.started_at = Some(at);
            self.quiet_since = Some(at);
        }
        None
    }

    /// Once, when the open utterance must be flushed.
    pub(super) fn take_flush(&mut self, at: u64) -> Option<Flush> {
        if self.flush_at().is_none_or(|due| at < due) {
            return None;
        }
        // A voice that never pauses: a monologue if there are words in it, else a noise.
        if self.voiced_since.is_some() && !self.partial.is_empty() {
            self.end_utterance(at);
            (self.open, self.utterance_since) = (true, at);
            return Some(Flush::Renew);
        }
        if self.voiced_since.take().is_some() {
            self.quiet_since = Some(at);
        }
        self.end_utterance(at);
        Some(Flush::End)
    }

    fn end_utterance(&mut self, at: u64) {
        self.open = false;
        self.owed = self.owed.saturating_add(1);
        self.flushed_at = at;
    }

    /// The line is closed; true where this ends an utterance.
    pub(super) fn close(&mut self, at: u64) -> bool {
        self.voice_stopped(at);
        let ends = self.open;
        if ends {
            self.end_utterance(at);
        }
        ends
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
        // A comma is no end either: "no, thank you".
        (1..=PLAIN_WORDS).contains(&word_count(&heard))
            && !heard.ends_with(',')
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
        let turn = self.so_far_said(at)?;
        self.let_go(at);
        Some(turn)
    }

    fn so_far_said(&self, at: u64) -> Option<Utterance> {
        let start_ms = self.started_at?;
        let quiet = self.quiet_since.unwrap_or(at);
        Some(Utterance {
            text: self.fragments.join(" "),
            language: self.language,
            start_ms,
            end_ms: quiet.saturating_sub(STOP_DELAY_MS).max(start_ms),
            timed_out: self.owed > 0,
        })
    }

    /// Lets go of what was heard: it was not, or no longer, an answer. A voice that is on stays
    /// on. Answers the words there were.
    pub(super) fn forget(&mut self, at: u64) -> Option<Utterance> {
        let said = self.so_far_said(at).filter(|said| !said.text.is_empty());
        self.let_go(at);
        said
    }

    fn let_go(&mut self, at: u64) {
        if self.owed > 0 {
            let end = self.flushed_at.min(at);
            let span = (self.started_at.unwrap_or(end), end);
            self.late.extend(std::iter::repeat_n(span, usize::from(self.owed)));
            self.late_until = at + LATE_MS;
            self.owed = 0;
        }
        self.fragments.clear();
        self.partial.clear();
        self.language = None;
        if self.open {
            self.started_at = Some(self.utterance_since.saturating_sub(START_DELAY_MS));
        } else {
            self.started_at = None;
            self.quiet_since = None;
        }
    }

    /// Words are still to come for what was said in turns that are over.
    pub(super) fn awaits_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// Nobody speaks and nothing is awaited.
    pub(super) fn is_idle(&self) -> bool {
        self.voiced_since.is_none() && !self.open && self.started_at.is_none()
    }

    /// An utterance is open or a voice is on.
    pub(super) fn is_speaking(&self) -> bool {
        self.open || self.voiced_since.is_some()
    }

    /// The next moment something changes by itself. A turn ends only while somebody `takes` it.
    pub(super) fn deadline(&self, spoken: Language, takes: bool) -> Option<u64> {
        let over = if takes { self.over_at(spoken) } else { None };
        [self.flush_at(), over].into_iter().flatten().min()
    }
}
