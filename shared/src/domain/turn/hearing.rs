//! What we have heard of the caller's present turn.

use std::collections::VecDeque;

use super::patience::{Pauses, Shape, shape};
use super::{EndpointTuning, HearingTuning, Tuning};
use crate::domain::dialogue::{Expects, Said, said, understand};
use crate::domain::language::Language;
use crate::domain::vad::{START_DELAY_MS, STOP_DELAY_MS};

/// The caller's side of the line.
#[derive(Debug)]
pub(super) struct Hearing {
    tuning: HearingTuning,
    endpoint: EndpointTuning,
    /// What the words are read by: what was asked, in which language.
    expects: Expects,
    spoken: Language,
    /// A voice is on, since then.
    pub(super) voiced_since: Option<u64>,
    /// An utterance is open at the recogniser.
    open: bool,
    /// When the open utterance, or the first of this turn, began.
    started_at: Option<u64>,
    utterance_since: u64,
    quiet_since: Option<u64>,
    /// When, in this quiet, a sound began that may be a voice.
    suspected_at: Option<u64>,
    /// The caller's voice stands little above the line's noise.
    in_noise: bool,
    /// Transcripts we wait for, since then.
    owed: u8,
    flushed_at: u64,
    /// When what is still to be transcribed of turns that are over was said: such words belong
    /// to the record and answer nothing.
    late: VecDeque<Late>,
    late_until: u64,
    fragments: Vec<String>,
    partial: String,
    /// When the words last changed.
    changed_at: u64,
    language: Option<Language>,
    /// What they look like, read once for each change of theirs.
    shape: Shape,
    said: Said,
    wishes: bool,
    pauses: Pauses,
    /// The last sound of the turn before this one.
    last_turn_quiet: Option<u64>,
}

/// Words still to come of a turn that is over.
#[derive(Debug, Clone, Copy)]
struct Late {
    start_ms: u64,
    end_ms: u64,
    /// That turn went by the guess at them.
    known: bool,
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
    /// What was guessed of it until then, where a single one is missing.
    pub(super) guess: String,
}

impl Hearing {
    pub(super) fn new(spoken: Language, tuning: Tuning) -> Self {
        Self {
            tuning: tuning.hearing,
            endpoint: tuning.endpoint,
            expects: Expects::Open,
            spoken,
            voiced_since: None,
            open: false,
            started_at: None,
            utterance_since: 0,
            quiet_since: None,
            suspected_at: None,
            in_noise: false,
            owed: 0,
            flushed_at: 0,
            late: VecDeque::new(),
            late_until: 0,
            fragments: Vec::new(),
            partial: String::new(),
            changed_at: 0,
            language: None,
            shape: Shape::default(),
            said: Said::Nothing,
            wishes: false,
            pauses: Pauses::default(),
            last_turn_quiet: None,
        }
    }

    /// What the bot asks for now, and in which language.
    pub(super) fn asked(&mut self, expects: Expects, spoken: Language) {
        (self.expects, self.spoken) = (expects, spoken);
        self.read();
    }

    fn read(&mut self) {
        let heard = self.so_far();
        let language = self.language.unwrap_or(self.spoken);
        self.shape = shape(&heard, self.expects, language);
        // A "hm" is too short for the recogniser to tell its language by.
        self.said = match said(&heard, language) {
            Said::Words => said(&heard, self.spoken),
            known => known,
        };
        self.wishes = self.is_certain() && understand(&self.certain(), language).ends_the_matter();
    }

    /// A voice began; true where this opens an utterance.
    pub(super) fn voice_started(&mut self, over_floor_db: Option<u8>, at: u64) -> bool {
        self.in_noise = over_floor_db.is_some_and(|db| db < self.endpoint.noisy_below_db);
        let first_sound = at.saturating_sub(START_DELAY_MS);
        if let Some(quiet) = self.quiet_since {
            self.pauses.went_on_after(first_sound.saturating_sub(quiet));
        }
        self.voiced_since = Some(at);
        self.quiet_since = None;
        self.started_at.get_or_insert(first_sound);
        let opens = !self.open;
        if opens {
            self.utterance_since = at;
        }
        self.open = true;
        opens
    }

    pub(super) fn voice_stopped(&mut self, at: u64) {
        if let Some(since) = self.voiced_since.take() {
            self.quiet_since = Some(at.saturating_sub(STOP_DELAY_MS).max(since));
            self.suspected_at = None;
        }
    }

    /// Whether the caller goes on will be known shortly.
    pub(super) fn voice_suspected(&mut self, at: u64) {
        let known_by = |since: u64| since + self.endpoint.suspicion_ms;
        if self.suspected_at.is_none_or(|since| at >= known_by(since)) {
            self.suspected_at = Some(at);
        }
    }

    pub(super) fn partial(&mut self, text: String, at: u64) {
        // With nothing open and nothing awaited it is of a turn that is over.
        let known = self.open || self.owed > 0;
        if known && self.partial != text {
            (self.partial, self.changed_at) = (text, at);
            self.read();
        }
    }

    /// The last turn was taken for over, and it was not: this caller pauses for longer.
    pub(super) fn was_cut_short(&mut self) {
        let began = self.started_at.zip(self.last_turn_quiet);
        if let Some(pause) =
            began.map(|(began, quiet)| began.saturating_sub(quiet)).filter(|ms| *ms <= self.endpoint.most_ms)
        {
            self.pauses.went_on_after(pause);
        }
    }

    /// Takes a transcript. Answers the words of a turn that is over.
    pub(super) fn transcript(&mut self, text: &str, language: Option<Language>, at: u64) -> Option<Utterance> {
        let text = text.trim();
        if at >= self.late_until {
            self.late.clear();
        }
        if let Some(Late { start_ms, end_ms, known }) = self.late.pop_front() {
            if !self.open {
                self.partial.clear();
                self.read();
            }
            let (text, guess) = (text.to_owned(), String::new());
            return (!text.is_empty() && !known).then_some(Utterance {
                text,
                language,
                start_ms,
                end_ms,
                timed_out: true,
                guess,
            });
        }
        self.owed = self.owed.saturating_sub(1);
        self.partial.clear();
        self.changed_at = at;
        if !text.is_empty() {
            self.fragments.push(text.to_owned());
            self.language = language.or(self.language);
        }
        self.read();
        if text.is_empty() {
            return None;
        }
        // The recogniser heard somebody our own detector did not.
        if self.started_at.is_none() {
            self.started_at = Some(at);
            self.quiet_since = Some(at);
        }
        None
    }

    /// Once, when the open utterance must be flushed.
    pub(super) fn take_flush(&mut self, at: u64, after_ms: u64) -> Option<Flush> {
        if self.flush_at(after_ms).is_none_or(|due| at < due) {
            return None;
        }
        // A voice that never pauses: a monologue if there are words in it, else a noise.
        if self.voiced_since.is_some() && !self.partial.is_empty() {
            return self.renew(at);
        }
        if self.voiced_since.take().is_some() {
            self.quiet_since = Some(at);
        }
        self.end_utterance(at);
        Some(Flush::End)
    }

    /// Has what was said so far transcribed, though the voice is still on.
    pub(super) fn renew(&mut self, at: u64) -> Option<Flush> {
        if !self.open {
            return None;
        }
        self.end_utterance(at);
        (self.open, self.utterance_since) = (true, at);
        Some(Flush::Renew)
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

    /// When the open utterance is flushed.
    pub(super) fn flush_at(&self, after_ms: u64) -> Option<u64> {
        match (self.open, self.quiet_since) {
            (false, _) => None,
            (true, Some(quiet)) => Some(quiet + after_ms),
            (true, None) => Some(self.utterance_since + self.tuning.longest_utterance_ms),
        }
    }

    /// When the caller's turn is over, as far as one can say now.
    pub(super) fn over_at(&self) -> Option<u64> {
        let endless =
            self.started_at.filter(|_| self.is_certain()).map(|started| started + self.tuning.longest_turn_ms);
        [self.quiet_enough_at(), endless].into_iter().flatten().min()
    }

    fn quiet_enough_at(&self) -> Option<u64> {
        if self.open || self.voiced_since.is_some() {
            return None;
        }
        let hidden = if self.in_noise { self.endpoint.noise_hides_ms } else { 0 };
        let patience = self.shape.patience_ms(&self.pauses, &self.endpoint) + hidden;
        let patient = self.quiet_since? + patience.min(self.endpoint.most_ms);
        let suspected = self.suspected_at.filter(|since| *since < patient);
        let patient = suspected.map_or(patient, |since| patient.max(since + self.endpoint.suspicion_ms));
        if self.owed == 0 {
            return Some(patient);
        }
        let wait = if self.fragments.is_empty() { self.tuning.final_wait_ms } else { self.tuning.rest_wait_ms };
        Some((self.flushed_at + wait).max(patient))
    }

    /// The voice is over and everything of it transcribed, or given up.
    pub(super) fn is_settled(&self, at: u64) -> bool {
        let given_up = at >= self.flushed_at + self.tuning.final_wait_ms;
        self.voiced_since.is_none() && !self.open && (self.owed == 0 || given_up)
    }

    /// When what is being transcribed is given up.
    pub(super) fn settles_at(&self) -> Option<u64> {
        let waits = self.voiced_since.is_none() && !self.open && self.owed > 0;
        waits.then_some(self.flushed_at + self.tuning.final_wait_ms)
    }

    /// Since when a fragment is being transcribed.
    pub(super) fn transcribed_since(&self) -> Option<u64> {
        (self.owed > 0).then_some(self.flushed_at)
    }

    /// The last sound, where nobody speaks now.
    pub(super) fn quiet_since(&self) -> Option<u64> {
        self.quiet_since
    }

    /// The voice is between two fragments of one turn.
    pub(super) fn is_between_fragments(&self) -> bool {
        !self.open && self.quiet_since.is_some()
    }

    /// Since when the words so far are these.
    pub(super) fn changed_at(&self) -> u64 {
        self.changed_at
    }

    /// What the words so far ask for.
    pub(super) fn said(&self) -> Said {
        self.said
    }

    /// And they end the matter whatever was asked; guesses do not.
    pub(super) fn wishes(&self) -> bool {
        self.wishes
    }

    /// Words of a finished fragment are there, not only guesses.
    pub(super) fn is_certain(&self) -> bool {
        !self.fragments.is_empty()
    }

    /// The words of this turn without what is still guessed.
    pub(super) fn certain(&self) -> String {
        self.fragments.join(" ")
    }

    /// What would be the turn if it ended now: all transcribed.
    pub(super) fn all_there(&self) -> Option<(String, Option<Language>)> {
        let waiting = self.open || self.voiced_since.is_some() || self.owed > 0;
        (!waiting && self.is_certain()).then(|| (self.certain(), self.language))
    }

    /// The same where nothing in it asks for more.
    pub(super) fn maybe_turn(&self) -> Option<(String, Option<Language>)> {
        self.all_there().filter(|_| self.may_be_over())
    }

    /// Nothing in the words so far asks for more.
    pub(super) fn may_be_over(&self) -> bool {
        self.shape.may_be_over()
    }

    /// The words of this turn, guesses included.
    pub(super) fn so_far(&self) -> String {
        let mut parts = self.fragments.clone();
        if !self.partial.is_empty() {
            parts.push(self.partial.clone());
        }
        parts.join(" ")
    }

    /// The finished turn, once it is over.
    pub(super) fn take_turn(&mut self, at: u64) -> Option<Utterance> {
        if self.over_at().is_none_or(|due| at < due) {
            return None;
        }
        let turn = self.so_far_said(at)?;
        self.last_turn_quiet = self.quiet_since;
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
            end_ms: quiet.max(start_ms),
            timed_out: self.owed > 0,
            guess: if self.owed == 1 { self.partial.clone() } else { String::new() },
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
            let late = Late { start_ms: self.started_at.unwrap_or(end), end_ms: end, known: false };
            self.late.extend(std::iter::repeat_n(late, usize::from(self.owed)));
            self.late_until = at + self.tuning.late_ms;
            self.owed = 0;
        }
        self.fragments.clear();
        self.partial.clear();
        self.language = None;
        self.read();
        if self.open {
            self.started_at = Some(self.utterance_since.saturating_sub(START_DELAY_MS));
        } else {
            self.started_at = None;
            self.quiet_since = None;
        }
    }

    /// The turn that is over went by the guess: its transcript is on record already.
    pub(super) fn went_by_guess(&mut self) {
        if let Some(late) = self.late.back_mut() {
            late.known = true;
        }
    }

    /// Words are still to come for what was said in turns that are over.
    pub(super) fn awaits_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// The same for a single utterance.
    pub(super) fn awaits_one_late(&self) -> bool {
        self.late.len() == 1
    }

    /// Nobody speaks and nothing is awaited.
    pub(super) fn is_idle(&self) -> bool {
        self.voiced_since.is_none() && !self.open && self.started_at.is_none()
    }

    /// An utterance is open or a voice is on.
    pub(super) fn is_speaking(&self) -> bool {
        self.open || self.voiced_since.is_some()
    }
}
