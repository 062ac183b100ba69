//! What the bot says and understands, one table per language. Only data: who may hear what is
//! decided by the lock, when it is said by the script.

pub(super) mod asks;
mod bn;
mod en;
mod gu;
mod hi;
mod kn;
pub(super) mod machines;
pub(super) mod markers;
mod ml;
mod mr;
pub(super) mod named;
pub(super) mod networks;
mod or;
pub(super) mod others;
mod pa;
pub(super) mod refusals;
mod ta;
mod te;

use super::intent::Intent;
use super::lock::Sealed;
use crate::domain::language::Language;

/// Everything of one language.
pub(super) struct Table {
    /// Anyone may hear these.
    pub(super) open: OpenSentences,
    /// Only the right person may.
    pub(super) debt: Sealed<DebtSentences>,
    /// What callers say.
    pub(super) words: Words,
}

/// Sentences without a word about a debt. Placeholders: `{lender}` and `{name}` only.
pub(super) struct OpenSentences {
    /// Says that a machine speaks, for whom, and that the call may be recorded.
    pub(super) greeting: &'static str,
    pub(super) identity: &'static str,
    pub(super) agent: &'static str,
    pub(super) not_heard: &'static str,
    pub(super) not_understood: &'static str,
    pub(super) press_one: &'static str,
    pub(super) wait: &'static str,
    pub(super) no_agent: &'static str,
    pub(super) wrong_person: &'static str,
    pub(super) do_not_call: &'static str,
    pub(super) call_later: &'static str,
    pub(super) no_answer: &'static str,
    /// To a telephone that asks on behalf of its owner: who calls, and nothing of whom or why in particular.
    pub(super) screened: &'static str,
    pub(super) technical: &'static str,
    pub(super) goodbye: &'static str,
}

impl OpenSentences {
    /// All of them, for checks.
    #[cfg(test)]
    pub(super) fn all(&self) -> [&'static str; 15] {
        [
            self.greeting,
            self.identity,
            self.agent,
            self.not_heard,
            self.not_understood,
            self.press_one,
            self.wait,
            self.no_agent,
            self.wrong_person,
            self.do_not_call,
            self.call_later,
            self.no_answer,
            self.screened,
            self.technical,
            self.goodbye,
        ]
    }
}

/// Sentences about the debt. Placeholders: `{loan}`, `{amount}`, `{date}`.
pub(super) struct DebtSentences {
    /// With `{loan}`: the last four characters of the loan's id.
    pub(super) loan: &'static str,
    /// Where the sheet had no loan id.
    pub(super) loan_unnamed: &'static str,
    /// With `{amount}` and `{date}`; true before and after the day.
    pub(super) due: &'static str,
    /// With `{amount}`.
    pub(super) due_amount: &'static str,
    /// With `{date}`.
    pub(super) due_date: &'static str,
    /// What a delay can mean, and that there is help.
    pub(super) options: &'static str,
    /// Reads a promise back, with `{amount}` and `{date}`; asks for a yes or no.
    pub(super) promise_check: &'static str,
    /// Goodbye after a promise.
    pub(super) promise: &'static str,
    /// Goodbye to somebody who has paid.
    pub(super) paid: &'static str,
}

/// What callers say, as whole words and phrases: own script and Latin letters.
pub(super) struct Words {
    pub(super) yes: &'static [&'static str],
    pub(super) fine: &'static [&'static str],
    pub(super) no: &'static [&'static str],
    pub(super) agent: &'static [&'static str],
    pub(super) wrong_person: &'static [&'static str],
    pub(super) call_later: &'static [&'static str],
    pub(super) do_not_call: &'static [&'static str],
    pub(super) will_pay: &'static [&'static str],
    pub(super) paid: &'static [&'static str],
    pub(super) repeat: &'static [&'static str],
    pub(super) unsure: &'static [&'static str],
    pub(super) machine: &'static [&'static str],
    /// What says "I am listening", and asks for nothing: also "hello?", which asks only whether
    /// anybody is there.
    pub(super) backchannel: &'static [&'static str],
    /// What nobody ends a sentence with: conjunctions, fillers, the possessive before its noun.
    pub(super) unfinished: &'static [&'static str],
    /// Words that deny what follows (English).
    pub(super) not_before: &'static [&'static str],
    /// Words that deny what came before (the Indian languages).
    pub(super) not_after: &'static [&'static str],
}

impl Words {
    /// Each list with what it means.
    pub(super) fn phrases(&self) -> [(Intent, &'static [&'static str]); 12] {
        [
            (Intent::Yes, self.yes),
            (Intent::Fine, self.fine),
            (Intent::No, self.no),
            (Intent::Agent, self.agent),
            (Intent::WrongPerson, self.wrong_person),
            (Intent::CallLater, self.call_later),
            (Intent::DoNotCall, self.do_not_call),
            (Intent::WillPay, self.will_pay),
            (Intent::Paid, self.paid),
            (Intent::Repeat, self.repeat),
            (Intent::Unclear, self.unsure),
            (Intent::Machine, self.machine),
        ]
    }
}

/// The table of a language.
pub(super) fn table(language: Language) -> &'static Table {
    match language {
        Language::English => &en::TABLE,
        Language::Hindi => &hi::TABLE,
        Language::Tamil => &ta::TABLE,
        Language::Telugu => &te::TABLE,
        Language::Kannada => &kn::TABLE,
        Language::Malayalam => &ml::TABLE,
        Language::Marathi => &mr::TABLE,
        Language::Gujarati => &gu::TABLE,
        Language::Bengali => &bn::TABLE,
        Language::Punjabi => &pa::TABLE,
        Language::Odia => &or::TABLE,
    }
}
