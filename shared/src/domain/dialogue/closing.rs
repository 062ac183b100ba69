//! The last words of a call: the script's, or the playbook's own.

use super::languages::OpenSentences;
use super::reply::{Expects, Reply, Sentence, Then};
use super::script::Dialogue;
use crate::domain::call::Disposition;
use crate::domain::playbook::Ending;

impl Dialogue {
    pub(super) fn goodbye(&mut self, disposition: Disposition, pick: fn(&OpenSentences) -> &'static str) -> Reply {
        let last = self.firm(pick);
        self.close_with(disposition, last)
    }

    /// Needs nothing further.
    pub(super) fn informed(&mut self) -> Reply {
        let last = self.firm(|s| s.goodbye);
        self.close_own(Disposition::Informed, Ending::Informed, last)
    }

    /// To be phoned again.
    pub(super) fn call_back(&mut self) -> Reply {
        let last = self.firm(|s| s.call_later);
        self.close_own(Disposition::CallbackRequested, Ending::CallBack, last)
    }

    /// With the playbook's last words, or these where it has none.
    pub(super) fn close_own(&mut self, disposition: Disposition, ending: Ending, ours: Sentence) -> Reply {
        let last = self.own_closing(ending).unwrap_or(ours);
        self.close_with(disposition, last)
    }

    pub(super) fn close_with(&mut self, disposition: Disposition, last: Sentence) -> Reply {
        self.decided = Some(disposition);
        Reply { say: vec![last], then: Then::HangUp(disposition), expects: Expects::Open }
    }

    /// The playbook's own last words, for the right person only: to anybody else they could tell what
    /// the call is about.
    fn own_closing(&self, ending: Ending) -> Option<Sentence> {
        self.proof()?;
        let text = self.free.purpose()?.playbook.closing.get(&ending)?.get(&self.language())?;
        let text = text.replace("{company}", self.lender());
        Some(Sentence { text, language: self.language(), interruptible: false })
    }
}
