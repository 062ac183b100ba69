//! What the providers answered.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// One question that was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Where it is asked, e.g. `speech-and-llm.md F1`.
    pub question: &'static str,
    /// The switch of the simulator that stands for it.
    pub switch: &'static str,
    /// What the simulator does by default.
    pub default: Value,
    /// What the provider does.
    pub found: Value,
    /// By what that was seen.
    pub evidence: String,
    /// A setting of ours that must follow, as `NAME=value`.
    pub setting: Option<&'static str>,
}

impl Answer {
    /// Whether the simulator's default is wrong.
    pub fn changes(&self) -> bool {
        self.default != self.found
    }
}

/// One question that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// What.
    pub question: String,
    /// The switches of the simulator that stand for it, where there are any.
    pub switches: Vec<&'static str>,
    /// Why.
    pub why: String,
}

/// Everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Decided.
    pub answers: Vec<Answer>,
    /// Not decided.
    pub undecided: Vec<Undecided>,
    /// What stopped the inquiry, where it did.
    pub failures: Vec<String>,
}

impl Findings {
    /// Whether a provider could not be asked at all.
    pub fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    pub(super) fn take(&mut self, more: Self) {
        self.answers.extend(more.answers);
        self.undecided.extend(more.undecided);
        self.failures.extend(more.failures);
    }

    pub(super) fn undecided(&mut self, question: &str, why: impl Into<String>) {
        self.left_open(question, &[], why);
    }

    /// The same of a question that the simulator has switches for.
    pub(super) fn left_open(&mut self, question: &str, switches: &[&'static str], why: impl Into<String>) {
        let (question, switches) = (question.to_owned(), switches.to_vec());
        self.undecided.push(Undecided { question, switches, why: why.into() });
    }

    pub(super) fn failed(&mut self, what: impl Into<String>) {
        self.failures.push(what.into());
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for answer in &self.answers {
            let Answer { question, switch, default, found, evidence, .. } = answer;
            if answer.changes() {
                writeln!(f, "CHANGE  {question}: set the default of `{switch}` to {found} (is {default}); {evidence}")?;
            } else {
                writeln!(f, "as guessed  {question}: `{switch}` is {found}; {evidence}")?;
            }
            if let Some(setting) = answer.setting {
                writeln!(f, "        → set {setting}")?;
            }
        }
        for Undecided { question, why, .. } in &self.undecided {
            writeln!(f, "not decided  {question}: {why}")?;
        }
        for failure in &self.failures {
            writeln!(f, "FAIL  {failure}")?;
        }
        Ok(())
    }
}
