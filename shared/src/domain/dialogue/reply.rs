//! What a dialogue is given, and what it answers. Only types: `script` fills them.

use serde::{Deserialize, Serialize};

use super::free::{Promised, Purpose};
use super::intent::Intent;
use crate::domain::call::Disposition;
use crate::domain::language::Language;
use crate::domain::session::SessionCustomer;

/// What the dialogue knows when it begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// Where it starts.
    pub language: Language,
    /// What the lender calls itself.
    pub lender: String,
    /// Whom we phoned; without it nothing is said but an apology.
    pub customer: Option<SessionCustomer>,
    /// Somebody can take a hand-over.
    pub agents: bool,
    /// What the call is for; without it the script talks about a loan, alone.
    pub purpose: Option<Purpose>,
}

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// As it goes to the voice.
    pub text: String,
    /// Which voice.
    pub language: Language,
    /// The caller may talk over it.
    pub interruptible: bool,
}

/// What follows once everything is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The caller's turn.
    Listen,
    /// The model's: it is asked what to say.
    Think,
    /// Close; the flow connects an agent.
    HandOver,
    /// Close; the call is over.
    HangUp(Disposition),
}

/// What kind of answer a reply asks for: how long one waits for the rest of it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// A yes or a no.
    YesNo,
    /// Digits one by one.
    Digits {
        /// How many, where that is known.
        count: Option<u8>,
    },
    /// A sum of money.
    Amount,
    /// A day.
    Date,
    /// Anything.
    Open,
}

/// The dialogue's next move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// In order.
    pub say: Vec<Sentence>,
    /// Afterwards.
    pub then: Then,
    /// What it asks for.
    pub expects: Expects,
}

/// How the conversation went, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In one word; none while nothing was decided.
    pub disposition: Option<Disposition>,
    /// The last intent heard.
    pub intent: Option<Intent>,
    /// The language spoken last.
    pub language: Language,
    /// For the agent and the list.
    pub summary: String,
    /// What was promised, and agreed to when it was read back.
    pub promise: Option<Promised>,
}
