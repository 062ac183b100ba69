//! What ends a call, and its last words: the script's, or the playbook's own.

use super::languages::OpenSentences;
use super::reply::{Expects, Reply, Sentence, Then};
use super::script::Dialogue;
use crate::domain::call::Disposition;
use crate::domain::playbook::Ending;

impl Dialogue {
    /// To a human agent, or an apology where there is none. Says nothing about a debt.
    pub fn hand_over(&mut self) -> Reply {
        if !self.has_agents() {
            return self.goodbye(Disposition::CallbackRequested, |s| s.no_agent);
        }
        self.decided = Some(Disposition::Transferred);
        Reply { say: vec![self.firm(|s| s.wait)], then: Then::HandOver, expects: Expects::Open }
    }

    /// We can speak but no longer hear: offer the key.
    pub fn deaf(&mut self) -> Reply {
        if !self.has_agents() {
            return self.technical();
        }
        self.deaf = true;
        self.listen(vec![self.soft(|s| s.press_one)])
    }

    /// We can hear and no longer speak, not even an apology: an agent takes whom we were talking with; nobody else,
    /// for agents have no time for a whole campaign of strangers.
    pub fn mute(&mut self) -> Then {
        let reply = if self.has_agents() && self.is_confirmed() { self.hand_over() } else { self.technical() };
        reply.then
    }

    /// Our side is broken: apologise and end.
    pub fn technical(&mut self) -> Reply {
        self.goodbye(Disposition::Broken, |s| s.technical)
    }

    /// The longest a call may last is over.
    pub fn time_over(&mut self) -> Reply {
        let disposition = if self.is_confirmed() { Disposition::Informed } else { Disposition::NoResponse };
        let last = self.firm(|s| s.goodbye);
        self.close_own(disposition, Ending::Informed, last)
    }

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
