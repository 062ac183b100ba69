//! What would follow if the caller's turn ended with these words. Changes nothing: the caller may go on.

use super::free::Verdict;
use super::intent::Intent;
use super::reply::{Reply, Sentence};
use super::script::Dialogue;
use crate::domain::language::Language;
use crate::domain::thinking::{Clause, ModelRequest};
use crate::domain::transcript::{Line, Speaker};

impl Dialogue {
    /// What `answer` would say.
    pub fn preview(&self, text: &str, heard: Option<Language>) -> Reply {
        self.after(text, heard).1
    }

    /// Whether these words may be followed though they are only guessed at. A wish that is followed for nothing
    /// does less harm than one that is not. Everything else decides something by itself, may be half of a word,
    /// or is a model's, who has no time left when the transcript's is over.
    pub fn may_go_by_guess(&self, text: &str, heard: Option<Language>) -> bool {
        let intent = self.understood(text, heard, self.language());
        intent.ends_the_matter() || intent == Intent::Repeat
    }

    /// What the model would be asked; `so_far` is the conversation before these words, which end at `at`.
    pub fn preview_request(
        &self,
        text: &str,
        heard: Option<Language>,
        so_far: &[Line],
        at: u64,
    ) -> Option<ModelRequest> {
        let (ahead, _) = self.after(text, heard);
        let words = Line {
            speaker: Speaker::Caller,
            text: text.to_owned(),
            language: heard.unwrap_or(self.language()),
            start_ms: at,
            end_ms: at,
            interrupted: false,
            estimated: false,
            word_starts_ms: Vec::new(),
        };
        ahead.model_request(&[so_far, &[words]].concat())
    }

    /// What would be said of the first piece of the model's answer, where any of it would.
    pub fn preview_clause(&self, text: &str, heard: Option<Language>, clause: &Clause) -> Option<Sentence> {
        match self.after(text, heard).0.clause(clause) {
            Verdict::Say(sentence) => Some(sentence),
            _ => None,
        }
    }
}
