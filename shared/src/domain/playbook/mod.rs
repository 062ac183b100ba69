//! What a kind of call is for: goals, persona, the facts that may be used and when, tools, the
//! sentence that must be said, and the hours in which the law allows it. Checked as a whole.

mod parse;
mod shelf;

use std::collections::BTreeMap;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

pub use parse::{BadPlaybook, Problem};
pub use shelf::Playbooks;

use super::language::Language;
use super::settings::CallingWindow;
use super::thinking::Tool;

/// A fact a playbook can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is its own name")]
pub enum Fact {
    Company,
    Customer,
    AmountDue,
    DueDate,
    LoanEnding,
    AppointmentDate,
}

impl Fact {
    /// All facts.
    pub const ALL: [Self; 6] =
        [Self::Company, Self::Customer, Self::AmountDue, Self::DueDate, Self::LoanEnding, Self::AppointmentDate];

    /// The word in a playbook.
    pub fn key(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Customer => "customer",
            Self::AmountDue => "amount_due",
            Self::DueDate => "due_date",
            Self::LoanEnding => "loan_ending",
            Self::AppointmentDate => "appointment_date",
        }
    }

    /// As a model is told of it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Company => "company on whose behalf you phone",
            Self::Customer => "person you phone",
            Self::AmountDue => "amount due",
            Self::DueDate => "due date",
            Self::LoanEnding => "the loan's number ends in",
            Self::AppointmentDate => "day of the appointment",
        }
    }

    /// Anybody may hear it.
    pub fn is_open(self) -> bool {
        match self {
            Self::Company | Self::Customer => true,
            Self::AmountDue | Self::DueDate | Self::LoanEnding | Self::AppointmentDate => false,
        }
    }
}

/// What is said as soon as the right person is confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The script's sentences about a loan.
    Loan,
    /// The playbook's own, with `{company}` and `{date}`, in every language.
    Own(BTreeMap<Language, String>),
}

/// How a call can end that has reached the right person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Nothing further is needed.
    Informed,
    /// Something was promised.
    Promised,
    /// It is paid already.
    Paid,
    /// We phone again.
    CallBack,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Informed, Self::Promised, Self::Paid, Self::CallBack];

    /// The word in a playbook.
    pub fn key(self) -> &'static str {
        match self {
            Self::Informed => "informed",
            Self::Promised => "promised",
            Self::Paid => "paid",
            Self::CallBack => "call_back",
        }
    }
}

/// Hours in which this may be phoned about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalWindow {
    /// Not before.
    pub opens: Time,
    /// Not after.
    pub closes: Time,
    /// Which rule says so.
    pub reason: String,
}

impl LegalWindow {
    /// The hours alone.
    pub fn hours(&self) -> CallingWindow {
        CallingWindow { opens: self.opens, closes: self.closes }
    }
}

/// One kind of call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playbook {
    /// `payment_reminder`.
    pub name: String,
    /// Whom the model is.
    pub persona: String,
    /// What it is to reach, in order.
    pub goals: Vec<String>,
    /// Known from the first word.
    pub open: Vec<Fact>,
    /// Known once the right person is confirmed.
    pub locked: Vec<Fact>,
    /// Tools until then.
    pub tools_before: Vec<Tool>,
    /// Tools from then on.
    pub tools_after: Vec<Tool>,
    /// Must be said, by us and not by the model.
    pub reason: Reason,
    /// Whether the caller can talk over it; what the law wants heard is said to its end.
    pub reason_interruptible: bool,
    /// The last words by kind of ending, with `{company}`, in every language; for an ending that is not
    /// here the script has its own.
    pub closing: BTreeMap<Ending, BTreeMap<Language, String>>,
    /// When.
    pub window: LegalWindow,
}

impl Playbook {
    /// The tools on offer.
    pub fn tools(&self, confirmed: bool) -> &[Tool] {
        if confirmed { &self.tools_after } else { &self.tools_before }
    }
}
