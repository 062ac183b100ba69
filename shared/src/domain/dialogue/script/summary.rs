//! How the conversation went, in a few words for an agent and the list.

use super::super::intent::Intent;
use super::Dialogue;
use crate::domain::call::Disposition;

impl Dialogue {
    pub(super) fn summary(&self) -> String {
        let who = match (&self.proof, self.name.is_some()) {
            (Some(_), _) => "The right person was reached and told about the account.",
            (None, true) => "The right person was not confirmed; nothing about the account was said.",
            (None, false) => "The call had no customer data; nothing was said.",
        };
        let how = match self.decided {
            Some(Disposition::Transferred) => "Asked for a human agent.",
            Some(Disposition::Informed) => match self.intent {
                Some(Intent::Paid) => "Says the amount is already paid.",
                _ => "Needed nothing further.",
            },
            Some(Disposition::PromiseToPay) => "Promised to pay.",
            Some(Disposition::CallbackRequested) => "To be phoned again later.",
            Some(Disposition::WrongNumber) => "Wrong number or another person's phone.",
            Some(Disposition::DoNotCall) => "Asked not to be phoned again.",
            Some(Disposition::NoResponse) => "Gave no answer that could be understood.",
            Some(Disposition::HungUp) | None => "The caller hung up before an outcome.",
            Some(Disposition::Voicemail) => "An answering machine took the call.",
            Some(Disposition::Broken) => "The conversation broke off on our side.",
        };
        let agreed = self
            .decided
            .and_then(|decided| self.free.agreed(decided))
            .map(|agreed| format!(" {agreed}"))
            .unwrap_or_default();
        format!("{who} {how}{agreed} Spoke {}.", self.language().name())
    }
}
